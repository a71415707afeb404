"""The rules that have no scenario yet, part by part; a test pairs rules with scenarios."""

_JACKPOT = (
    *(f"VTK-{n:02}" for n in range(1, 9)),
    *(f"EVT-{n:02}" for n in range(1, 13)),
    *(f"CAT-{n:02}" for n in range(1, 8)),
    *(f"VCH-{n:02}" for n in range(1, 12)),
)
_CHECKOUT = tuple(f"CHK-{n:02}" for n in range(1, 12))

PLANNED: frozenset[str] = frozenset((*_JACKPOT, *_CHECKOUT))
