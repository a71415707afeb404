"""About how long a check takes: its exchanges in a row, each a round trip long."""

from typing import Final

from scenarios.run.effort import Effort

# A run may take so many times as long as it probably does before it ends by itself.
_PATIENCE: Final = 4.0


def about(effort: Effort, round_trip: float, share: float = 1.0) -> float:
    """Seconds that ``share`` of all scenarios of ``effort`` take where an answer takes ``round_trip`` seconds."""
    return share * (effort.in_a_row * round_trip + effort.waits)


def bound(effort: Effort, round_trip: float | None) -> float:
    """Seconds after which a run that was given no limit ends; the least where the link was not measured."""
    return max(effort.seconds, _PATIENCE * about(effort, round_trip or 0.0))


def spoken(seconds: float) -> str:
    """``seconds`` in a few words: "40 s", "3 min"."""
    if seconds < 90:
        return f"{max(1, round(seconds))} s"
    return f"{round(seconds / 60)} min" if seconds < 5400 else f"{seconds / 3600:.1f} h"
