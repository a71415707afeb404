"""Writing a file that a user begins with, so that nothing they wrote is lost."""

from pathlib import Path

from scenarios.problems.errors import UsageProblem


def write_new(path: Path, text: str, command: str, *, force: bool) -> None:
    """Write ``text`` to ``path``, which is free, or may be overwritten by ``force``; ``command`` asked for it.

    Raises UsageProblem.
    """
    try:
        with path.open("w" if force else "x", encoding="utf-8") as file:
            file.write(text)
    except FileExistsError:
        raise UsageProblem(
            f"{path} is there already",
            "a name that is free, so that nothing you wrote is lost",
            f"write elsewhere, or overwrite it: {command} {path} --force",
        ) from None
    except OSError as problem:
        raise UsageProblem(
            f"{path} cannot be written: {problem.strerror}",
            "a file in a directory that exists and may be written to",
            "choose another place",
        ) from None
