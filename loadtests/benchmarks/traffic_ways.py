"""Names of the ways of sending that are compared."""

from typing import Final

BARE: Final = "bare"
PLAIN: Final = "plain"
WRK: Final = "wrk"
