"""About how long a check takes: its exchanges in a row, each a round trip long."""

from typing import Final

from scenarios.run.effort import Effort

# A run may take so many times as long as it probably does before it ends by itself.
_PATIENCE: Final = 4.0
# With so many players several scenarios run at once: a second one is there for rules that need another player.
_SIDE_BY_SIDE: Final = 3
# The share of the exchanges that can go side by side.
_IN_LANES: Final = 0.4
# The scenarios of the sportsbook, for which an effort says how many exchanges they take.
_OF_ALL: Final = 90
# All exchanges, for each of those in a row: what leaves together counts, too, where a rate is limited.
_TOGETHER: Final = 2.0


def lanes(players: int) -> int:
    """How many scenarios are run at once where there are so many test ``players``."""
    return players if players >= _SIDE_BY_SIDE else 1


def about(
    effort: Effort, round_trip: float, share: float = 1.0, players: int = 1, rate: float | None = None
) -> float:
    """Seconds that ``share`` of all scenarios of ``effort`` take where an answer takes ``round_trip`` seconds.

    ``rate`` requests may leave in a second; None for as many as there are.
    """
    in_a_row = effort.in_a_row * (1 - _IN_LANES + _IN_LANES / lanes(players))
    sending = max(in_a_row * round_trip, _TOGETHER * effort.in_a_row / rate if rate else 0.0)
    return share * (sending + effort.waits)


def share_of(scenarios: int) -> float:
    """The share of all scenarios that so many are."""
    return min(1.0, scenarios / _OF_ALL)


def bound(effort: Effort, round_trip: float | None, rate: float | None = None) -> float:
    """Seconds after which a run that was given no limit ends; the least where the link was not measured."""
    return max(effort.seconds, _PATIENCE * about(effort, round_trip or 0.0, rate=rate))


def spoken(seconds: float) -> str:
    """``seconds`` in a few words: "40 s", "3 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
