"""The sportsbook's world: a bet slip and an event give a new slip and callbacks to send. Pure.

Which callbacks follow from which event (``sportsbook.txt``, *Transactions*, *Transaction-rollback*):
placing a slip is a bet of its stake; a win is a result of the payout, a loss a result of 0; a cash-out is
a result; a void rolls back what was paid and then the bet; a correction rolls the settlement back and
pays again; a bet without an answer is rolled back.

Amounts are rounded **down** to the currency's smallest unit: the OPERATOR never pays more than the odds say.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, replace
from decimal import ROUND_DOWN, Context, Decimal, localcontext
from math import prod
from typing import Final

from simulators.operator.catalogue import Selection
from simulators.operator.lifecycle import LIFECYCLE, SlipEvent, SlipState
from simulators.values import money
from simulators.wallet.transactions import Kind, Transaction

# What a cash-out pays for each unit of the stake that it closes.
CASH_OUT_PRICE: Final = Decimal("0.90")
# In units of the currency.
HIGHEST_STAKE: Final = Decimal(10**12)
# Enough digits that stake times the odds of a long accumulator is exact before it is rounded.
_EXACT: Final = Context(prec=400)

NewId = Callable[[], str]
Effects = tuple[Transaction, ...]


class Unacceptable(ValueError):
    """A bet slip or an event that the sportsbook does not take."""


@dataclass(frozen=True, slots=True)
class Payment:
    """A result that was sent for a slip; ``settlement`` tells it from a cash-out."""

    id: str
    amount: Decimal
    settlement: bool


@dataclass(frozen=True, slots=True)
class Slip:
    """A bet slip: one selection is a single bet, several are an accumulator, which wins when all of them do.

    ``stake`` is what the bet took, ``open_stake`` the part that no cash-out closed (amounts in ``currency``);
    ``payments`` are the results sent and not rolled back. ``bet_id`` is the id of its bet.
    """

    id: str
    player: str
    currency: str
    stake: Decimal
    selections: tuple[Selection, ...]
    bet_id: str
    open_stake: Decimal
    state: SlipState = LIFECYCLE.initial
    payments: tuple[Payment, ...] = ()

    @property
    def paid(self) -> Decimal:
        """What the player got for this slip so far."""
        return sum((payment.amount for payment in self.payments), Decimal(0))


@dataclass(frozen=True, slots=True)
class Happening:
    """An event in a slip's life, with what it needs.

    ``share`` (over 0, below 1) is the part of the open stake that CASH_OUT_PART closes. ``void_legs`` are ids
    of selections that count as odds of 1 in a win.
    """

    event: SlipEvent
    share: Decimal = Decimal("0.5")
    void_legs: frozenset[str] = field(default_factory=frozenset)


Consequence = Callable[[Slip, Happening, NewId], tuple[Slip, Effects]]


def _down(amount: Decimal, currency: str) -> Decimal:
    with localcontext(_EXACT):
        return amount.quantize(money.unit(currency), ROUND_DOWN)


def payout(
    open_stake: Decimal,
    selections: tuple[Selection, ...],
    currency: str,
    void_legs: frozenset[str] = frozenset(),
) -> Decimal:
    """What a win pays: the open stake times the odds of all legs, rounded down to the currency's unit."""
    with localcontext(_EXACT):
        odds = prod((leg.odds for leg in selections if leg.id not in void_legs), start=Decimal(1))
        return _down(open_stake * odds, currency)


def place(
    slip_id: str,
    player: str,
    currency: str,
    stake: Decimal,
    selections: tuple[Selection, ...],
    new_id: NewId,
) -> tuple[Slip, Effects]:
    """Return a new slip and its bet; raises Unacceptable where the sportsbook does not take it."""
    if not selections:
        raise Unacceptable("The bet slip is empty. A bet needs an outcome to bet on. Choose at least one.")
    if len({leg.event_id for leg in selections}) < len(selections):
        raise Unacceptable(
            "The bet slip names one event twice. The outcomes of one event depend on each other, so their "
            "odds cannot be multiplied. Choose one outcome for each event."
        )
    if not 0 < stake <= HIGHEST_STAKE or stake != _down(stake, currency):
        raise Unacceptable(
            f"The stake is {stake} {currency}. A stake is more than zero, at most {HIGHEST_STAKE} and a "
            f"multiple of {money.unit(currency)}, the smallest unit of {currency}. Enter such an amount."
        )
    bet = Transaction(Kind.BET, new_id(), player, currency, stake)
    slip = Slip(slip_id, player, currency, stake, selections, bet.id, open_stake=stake)
    return slip, (bet,)


def handle(slip: Slip, happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    """Return the slip after ``happening`` and the callbacks to send, in order.

    Raises IllegalTransition where it cannot happen in the slip's state, Unacceptable where its share is none.
    """
    state = LIFECYCLE.after(slip.state, happening.event)
    changed, effects = _CONSEQUENCES[happening.event](slip, happening, new_id)
    return replace(changed, state=state), effects


def _nothing(slip: Slip, _happening: Happening, _new_id: NewId) -> tuple[Slip, Effects]:
    return slip, ()


def _pay(slip: Slip, amount: Decimal, new_id: NewId, *, settlement: bool) -> tuple[Slip, Effects]:
    result = Transaction(Kind.RESULT, new_id(), slip.player, slip.currency, amount, bet=slip.bet_id)
    payment = Payment(result.id, amount, settlement)
    return replace(slip, payments=(*slip.payments, payment)), (result,)


def _win(slip: Slip, happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    amount = payout(slip.open_stake, slip.selections, slip.currency, happening.void_legs)
    return _pay(slip, amount, new_id, settlement=True)


def _lose(slip: Slip, _happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    return _pay(slip, Decimal(0), new_id, settlement=True)


def _close(slip: Slip, part: Decimal, new_id: NewId) -> tuple[Slip, Effects]:
    with localcontext(_EXACT):
        price = _down(part * CASH_OUT_PRICE, slip.currency)
        rest = slip.open_stake - part
    return _pay(replace(slip, open_stake=rest), price, new_id, settlement=False)


def _cash_out(slip: Slip, _happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    return _close(slip, slip.open_stake, new_id)


def _cash_out_part(slip: Slip, happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    if not 0 < happening.share < 1:
        raise Unacceptable(
            f"The share to cash out is {happening.share}. A part is more than nothing and less than all of "
            'the open stake. Give a share between 0 and 1, or "cash out" all of it.'
        )
    with localcontext(_EXACT):
        part = _down(slip.open_stake * happening.share, slip.currency)
    return _close(slip, part, new_id)


def _roll_back(slip: Slip, transaction_id: str, amount: Decimal, new_id: NewId) -> Transaction:
    return Transaction(Kind.ROLLBACK, new_id(), slip.player, slip.currency, amount, of=transaction_id)


def _take_back_bet(slip: Slip, _happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    return slip, (_roll_back(slip, slip.bet_id, slip.stake, new_id),)


def _void(slip: Slip, _happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
    """The last payment first, the bet last."""
    paid = [(payment.id, payment.amount) for payment in reversed(slip.payments)]
    back = [*paid, (slip.bet_id, slip.stake)]
    effects = tuple(_roll_back(slip, transaction_id, amount, new_id) for transaction_id, amount in back)
    return replace(slip, payments=(), open_stake=Decimal(0)), effects


def _take_back_settlement(slip: Slip, new_id: NewId) -> tuple[Slip, Effects]:
    wrong = next(payment for payment in slip.payments if payment.settlement)
    kept = tuple(payment for payment in slip.payments if payment is not wrong)
    return replace(slip, payments=kept), (_roll_back(slip, wrong.id, wrong.amount, new_id),)


def _corrected(settle: Consequence) -> Consequence:
    """Takes the settlement back, and settles otherwise."""

    def correct(slip: Slip, happening: Happening, new_id: NewId) -> tuple[Slip, Effects]:
        slip, undone = _take_back_settlement(slip, new_id)
        slip, paid = settle(slip, happening, new_id)
        return slip, undone + paid

    return correct


_CONSEQUENCES: Final[Mapping[SlipEvent, Consequence]] = {
    SlipEvent.ACCEPT: _nothing,
    SlipEvent.REFUSE: _nothing,
    SlipEvent.NO_ANSWER: _take_back_bet,
    SlipEvent.CASH_OUT_PART: _cash_out_part,
    SlipEvent.CASH_OUT: _cash_out,
    SlipEvent.WIN: _win,
    SlipEvent.LOSE: _lose,
    SlipEvent.VOID: _void,
    SlipEvent.CORRECT_TO_WON: _corrected(_win),
    SlipEvent.CORRECT_TO_LOST: _corrected(_lose),
}
