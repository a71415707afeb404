"""About how long a check takes: its exchanges in a row, each as long as those seen so far, and its waits."""

from collections.abc import Mapping
from functools import lru_cache
from typing import Final, NamedTuple

from scenarios.run.planning.effort import Effort
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR

# A run may take so many times as long as it probably does before it ends by itself.
_PATIENCE: Final = 4.0
# With so many players scenarios about money run at once: a second one is there for rules that need another player.
_SIDE_BY_SIDE: Final = 3
# The share of the exchanges that can go side by side.
_IN_LANES: Final = 0.72
# The share of the sportsbook's scenarios that each further currency has once more: the rules about money.
_MONEY: Final = 0.55
# All exchanges, for each of those in a row: what leaves together counts, too, where a rate is limited.
_TOGETHER: Final = 2.0


class Part(NamedTuple):
    """A provider's ``scenarios``, and what they take beside the sportsbook's: exchanges in a row, seconds of waits."""

    scenarios: int
    in_a_row: float
    waits: float


PARTS: Final[Mapping[str, Part]] = {
    OPERATOR: Part(110, 1.0, 1.0),
    JACKPOT: Part(57, 1.35, 2.3),
    CHECKOUT: Part(23, 0.45, 0.4),
}
# All that is judged of a wallet.
SPORTSBOOK: Final[Mapping[str, int]] = {OPERATOR: PARTS[OPERATOR].scenarios}


def lanes(players: int) -> int:
    """How many scenarios about money are run at once where there are so many test ``players``."""
    return players if players >= _SIDE_BY_SIDE else 1


def about(
    effort: Effort,
    turn: float,
    planned: Mapping[str, int] = SPORTSBOOK,
    players: int = 1,
    rate: float | None = None,
    further: int = 0,
) -> float:
    """Seconds that the ``planned`` scenarios of each provider take where one exchange in a row takes ``turn`` seconds.

    ``rate`` requests may leave in a second; None for as many as there are. In ``further`` currencies what is judged of
    money is judged once more.
    """
    in_a_row = effort.in_a_row * (1 - _IN_LANES + _IN_LANES / lanes(players))
    sending = max(in_a_row * turn, _TOGETHER * effort.in_a_row / rate if rate else 0.0)
    times = {OPERATOR: 1 + _MONEY * further}
    shares = [
        (min(1.0, planned.get(name, 0) / part.scenarios) * times.get(name, 1.0), part)
        for name, part in PARTS.items()
    ]
    return sum(share * (part.in_a_row * sending + part.waits * effort.waits) for share, part in shares)


# Asked for at every exchange, and always of the same.
@lru_cache
def bound(
    effort: Effort, turn: float | None, rate: float | None = None, further: int = 0, slower: float = 1.0
) -> float:
    """Seconds after which a run that was given no limit ends; the least where the link was not measured.

    ``slower`` is how many times as long answers take as when it was, on a machine that has become busy, say. A CLIENT
    that takes few requests gives a run some times the least, not the hours that all of it would need.
    """
    least = effort.seconds * (1 + _MONEY * further)
    paced = min(about(effort, turn or 0.0, rate=rate, further=further), least)
    first = max(least, _PATIENCE * max(paced, about(effort, turn or 0.0, further=further)))
    now = _PATIENCE * about(effort, (turn or 0.0) * slower, further=further)
    # Who answers ever more slowly has an end, too.
    return max(first, min(now, _PATIENCE * first))


def spoken(seconds: float) -> str:
    """``seconds`` in a few words: "40 s", "3 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
