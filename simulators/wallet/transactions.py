"""Transactions: what a wallet provider asks of a CLIENT, whatever words it uses."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum


class Kind(StrEnum):
    """What a transaction does: a bet withdraws, a result deposits, a rollback undoes one of them."""

    BET = "bet"
    RESULT = "result"
    ROLLBACK = "rollback"


@dataclass(frozen=True, slots=True)
class Transaction:
    """One transaction of ``player``; ``amount`` is in ``currency``.

    ``id`` is the provider's own, the same in every copy. ``of`` is the id of what a rollback undoes, None for a
    bet or a result. ``bet`` is the id of the bet that a result belongs to, where that is known.
    """

    kind: Kind
    id: str
    player: str
    currency: str
    amount: Decimal
    of: str | None = None
    bet: str | None = None


@dataclass(frozen=True, slots=True)
class BalanceCall:
    """The question what ``player`` has, in ``currency``; it moves nothing."""

    player: str
    currency: str
