"""A verdict in one line that is no longer than needed: why it is not clean."""

from collections.abc import Iterator
from typing import Final

from loadtests.audit.text import amount
from loadtests.audit.verdict import Verdict
from scenarios.report.plain import printable

# How many players, and how many reasons, are told of.
_TOLD: Final = 3


def why_not(verdict: Verdict) -> str:
    """Why ``verdict`` is not clean, harmless to print; empty where it is."""
    reasons = list(_broken(verdict)) or list(_undecided(verdict))
    more = f", and {len(reasons) - _TOLD} more" if len(reasons) > _TOLD else ""
    return printable(", ".join(reasons[:_TOLD]) + more)


def _broken(verdict: Verdict) -> Iterator[str]:
    if not verdict.rules:
        return
    yield " and ".join(f"{rule} ({count} times)" for rule, count in verdict.rules.items())
    for off in verdict.whole.offs:
        yield f"{off.player} {amount(abs(off.off), verdict.currency)} too {'much' if off.off > 0 else 'little'}"


def _undecided(verdict: Verdict) -> Iterator[str]:
    whole = verdict.whole
    yield from verdict.lost
    for doubt in whole.doubts:
        if doubt.why not in verdict.lost:
            yield f"{doubt.count} players: {doubt.why}"
    if not verdict.compared:
        yield "CLIENT ids could not all be compared"
    if not whole.transactions:
        yield "nothing was sent"
