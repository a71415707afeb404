"""When a session is used: seconds from the end of its hour, when its money is given back. Contract VCH-09."""

from scenarios.generated.families.family import Family, family


def moments() -> Family[int]:
    """Below zero: before its end. Jackpot's own session, opened late, still reserves an hour later."""
    return family(
        core=[("a minute after its end", 60)],
        others=[("a second before its end", -1), ("at its end", 0), ("an hour after its end", 3600)],
    )
