"""What a verdict cost: exchanges, how many of them in a row, the round trip, and seconds by group of rules. Pure."""

import statistics
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from itertools import islice, pairwise
from typing import Final

from scenarios.contract import RULES
from scenarios.run.findings import ScenarioResult
from simulators.exchanges.history import Exchange

# The link is measured by so many of the first genuine wagers that were answered.
_MEASURED: Final = 9


@dataclass(frozen=True, slots=True)
class Cost:
    """``exchanges`` there were, ``in_a_row`` of which each left when the one before was answered; the round trip in
    seconds (None where no genuine wager was answered); seconds of the scenarios by group of their first rule.
    """

    exchanges: int = 0
    in_a_row: int = 0
    round_trip: float | None = None
    seconds: dict[str, float] = field(default_factory=dict)


def cost(history: Sequence[Exchange], results: Iterable[ScenarioResult]) -> Cost:
    """What all exchanges of ``history``, and the scenarios of ``results``, cost."""
    seconds: dict[str, float] = defaultdict(float)
    for result in results:
        if result.rules:
            seconds[RULES[result.rules[0]].group] += result.seconds
    return Cost(len(history), in_a_row(history), round_trip(history), dict(seconds))


def in_a_row(exchanges: Iterable[Exchange]) -> int:
    """The length of the longest chain of answered exchanges of which each left when the one before was over."""
    chain, over = 0, float("-inf")
    for end, start in sorted((one.answered, one.invoked) for one in exchanges if one.answered is not None):
        if start >= over:
            chain, over = chain + 1, end
    return chain


def round_trip(exchanges: Iterable[Exchange], most: int | None = _MEASURED) -> float | None:
    """Seconds from a request to its answer: the median of the first ``most`` genuine wagers, None for all of them.

    None where none was answered.
    """
    times = (
        one.seconds
        for one in exchanges
        if one.genuine and one.message is not None and one.seconds is not None and not one.faulty
    )
    measured = [*islice(times, most)]
    return statistics.median(measured) if measured else None


def turn(exchanges: Sequence[Exchange]) -> float | None:
    """Seconds from one request to the next where that waits for the answer, the judge's own work and all.

    The median of the first genuine wagers; None where no two followed each other.
    """
    times = [
        after.invoked - one.invoked
        for one, after in pairwise(exchanges)
        if one.genuine and after.genuine and one.answered is not None and after.invoked >= one.answered
    ]
    return statistics.median(times[:_MEASURED]) if times else None
