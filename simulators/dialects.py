"""The one table of wallet dialects: what a target file calls them, and how they are made."""

from collections.abc import Callable

from simulators.operator.dialect import AmountFormat, Sportsbook
from simulators.wallet.dialect import Dialect

# A dialect with one spelling of amounts takes the format and has no use for it.
DIALECTS: dict[str, Callable[[AmountFormat], Dialect]] = {Sportsbook.name: Sportsbook}
DEFAULT = Sportsbook.name
