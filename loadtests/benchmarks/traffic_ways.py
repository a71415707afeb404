"""Names of the ways of sending that are compared."""

from typing import Final

BARE: Final = "bare"
PLAIN: Final = "plain"
FAST: Final = "fast"
WRK: Final = "wrk"
