"""What the judge's own wagers show of the CLIENT while it funds players and reads balances."""

from dataclasses import dataclass
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Noticed:
    """A breach of ``rule`` seen in passing, and again before it was noted; ``off`` is the money at stake."""

    rule: str
    expected: str
    seen: str
    exchanges: tuple[int, ...] = ()
    off: Decimal = Decimal(0)
