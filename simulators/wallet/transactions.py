"""Transactions: what a wallet provider asks of a CLIENT, whatever words it uses."""

from dataclasses import dataclass, replace
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
    bet or a result. ``bet`` is the id of the bet that a result belongs to, where that is known. ``beside`` are further
    ones of the player that the same request asks for, after this one: all of them are done, or none.
    """

    kind: Kind
    id: str
    player: str
    currency: str
    amount: Decimal
    of: str | None = None
    bet: str | None = None
    beside: "tuple[Transaction, ...]" = ()

    @property
    def all(self) -> "tuple[Transaction, ...]":
        """All that the request asks for, each alone, in their order."""
        return (replace(self, beside=()), *self.beside) if self.beside else (self,)

    @property
    def title(self) -> str:
        """What the request asks for, in a few words."""
        return " and ".join([self.kind, *(each.kind for each in self.beside)]) if self.beside else self.kind


@dataclass(frozen=True, slots=True)
class BalanceCall:
    """The question what ``player`` has, in ``currency``; it moves nothing."""

    player: str
    currency: str
