"""Attempts: the requests of a history that may have moved money, in integer units, grouped by what they ask.

Both judges (acceptable balances, linearizability) read a history through this module.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Final, Literal

from scenarios.oracles.model import DOCUMENTED, CopyAnswer, Model
from simulators.exchanges.history import Exchange, Status
from simulators.wallet.transactions import Kind, Transaction

# The kind of a record that reads the balance.
READ: Final = "read"


@dataclass(frozen=True, slots=True)
class Record:
    """One request of one player.

    ``amount`` is in minor units (of a read: the balance seen), ``of`` the id that is rolled back,
    ``invoked`` and ``answered`` are seconds on one monotonic clock (``answered`` None: no answer),
    ``number`` the exchange's.
    """

    kind: Kind | Literal["read"]
    id: str
    amount: int
    invoked: float
    answered: float | None
    outcome: Status
    of: str | None = None
    client_id: str | int | None = None
    player: str = ""
    currency: str = ""
    number: int | None = None


def messages_of(exchange: Exchange) -> tuple[Transaction, ...]:
    """The transactions that ``exchange`` asked for: one as a rule, none where it was no callback."""
    return exchange.message.all if isinstance(exchange.message, Transaction) else ()


def places(exchanges: Iterable[Exchange], *amounts: Decimal) -> int:
    """How many decimals are needed to write every amount exactly, more or fewer than the currency has (BET-11)."""
    every = (*amounts, *(message.amount for exchange in exchanges for message in messages_of(exchange)))
    return max(map(_decimals, every), default=0)


def _decimals(amount: Decimal) -> int:
    _, digits, exponent = amount.as_tuple()
    if not isinstance(exponent, int) or exponent >= 0:
        return 0
    while digits and not digits[-1] and exponent < 0:
        digits, exponent = digits[:-1], exponent + 1
    return -exponent


def to_units(amount: Decimal, decimals: int) -> int:
    """Return ``amount`` in units of ``10 ** -decimals``, exactly; raises ValueError where it is finer than
    that.
    """
    numerator, denominator = amount.as_integer_ratio()
    scale: int = 10**decimals
    units, rest = divmod(numerator * scale, denominator)
    if rest:
        raise ValueError(f"{amount} has more than {decimals} decimals")
    return units


def from_units(units: int, decimals: int) -> Decimal:
    """Return ``units`` of ``10 ** -decimals`` as a decimal, exactly and whatever the decimal context."""
    return Decimal(f"{units}E-{decimals}")


def attempts(exchanges: Iterable[Exchange], decimals: int) -> list[Record]:
    """Return every genuine callback of every player, in order. A negative amount moves nothing (MSG-08):
    left out.
    """
    return [
        record_of(exchange, message, decimals)
        for exchange in exchanges
        for message in messages_of(exchange)
        if exchange.genuine and message.amount >= 0
    ]


def record_of(exchange: Exchange, message: Transaction, decimals: int) -> Record:
    """Return what ``exchange`` asked with ``message``, its amount in units of ``10 ** -decimals``."""
    return Record(
        kind=message.kind,
        id=message.id,
        amount=to_units(message.amount, decimals),
        invoked=exchange.invoked,
        answered=exchange.answered,
        outcome=exchange.effect,
        of=message.of,
        client_id=None if exchange.message.beside else exchange.client_id,
        player=message.player,
        currency=message.currency,
        number=exchange.number,
    )


@dataclass(frozen=True, slots=True)
class Settled:
    """What the attempts of one transaction say together.

    ``outcome`` is ok where one was; unknown where one without answer was not followed by a refusal; else
    refused. ``invoked`` is the first invocation, ``done`` the earliest ok. ``refused`` is the earliest
    refusal. ``open_from`` is the first invocation of the attempts that no refusal followed.
    ``after_refusal`` says whether the first ok surely came after a refusal, seen or lost; None where that is open.
    """

    outcome: Status
    invoked: float
    done: float | None
    refused: float | None
    open_from: float | None
    after_refusal: bool | None


def settle(group: Iterable[Record], model: Model = DOCUMENTED) -> Settled:
    """Fold the attempts of one transaction.

    A copy that is refused settles the unanswered ones sent before it (refused means: not done), unless the
    ``model`` refuses copies of what was done; one sent after the last refusal may have been done, for a
    refusal may have been a passing one.
    """
    every = list(group)
    oks = [_end(r) for r in every if r.outcome is Status.OK]
    refusals = [r for r in every if r.outcome is Status.REFUSED]
    telling = [] if CopyAnswer.REFUSED in model.copy_answer else refusals
    last = max((r.invoked for r in telling), default=float("-inf"))
    still_open = [r.invoked for r in every if r.outcome is Status.UNKNOWN and r.invoked > last]
    unanswered = Status.UNKNOWN if still_open else Status.REFUSED
    refused = min((_end(r) for r in refusals), default=None)
    asked = min((r.invoked for r in every if r.outcome is Status.OK), default=None)
    after: bool | None = False
    if refused is not None and asked is not None and min(r.invoked for r in refusals) < min(oks):
        after = True if refused < asked else None
    elif oks and any(r.outcome is Status.UNKNOWN and r.invoked < min(oks) for r in every):
        # What got no answer may have been refused.
        after = None
    return Settled(
        outcome=Status.OK if oks else unanswered,
        invoked=min(r.invoked for r in every),
        done=min(oks, default=None),
        refused=refused,
        open_from=min(still_open, default=None),
        after_refusal=after,
    )


def _end(record: Record) -> float:
    # What said ok or refused was answered; a record made by hand without a time is over at once.
    return record.invoked if record.answered is None else record.answered
