"""Durations as people write them."""

import re
from typing import Any, Final

_UNITS: Final = {"s": 1.0, "m": 60.0, "h": 3600.0}
_DURATION: Final = re.compile(r"(\d+(?:\.\d+)?)\s*([smh]?)")
EXPECTED: Final = "a duration above 0, such as 90s, 5m or 1h"


def duration(text: Any) -> float:
    """The seconds of a duration such as 90, 90s, 5m or 1.5h. Raises ValueError for anything else, and for 0."""
    found = _DURATION.fullmatch(str(text).strip())
    seconds = float(found[1]) * _UNITS[found[2] or "s"] if found else 0.0
    if seconds <= 0:
        raise ValueError(f"it is not {EXPECTED}")
    return seconds
