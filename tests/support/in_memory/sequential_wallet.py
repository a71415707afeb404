"""What one CLIENT does with the OPERATOR's callbacks, one after the other: what the oracles are compared with.

Implements ``contract.md``, part A (BET, RES, IDM, RBK), for any number of players. Money is integer minor
units. Where the contract leaves an answer open (a late bet, one id under another amount, action or player),
it repeats the first answer or accepts; a judge must not compare those answers. ``Wallet.model`` holds one way
for each choice about late transactions and spent results.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from decimal import Decimal
from enum import StrEnum

from scenarios.oracles.model import DOCUMENTED, Late, Model, Spent
from simulators.values import money
from simulators.wallet.transactions import Kind, Transaction


class Phase(StrEnum):
    """Where one provider id stands in the wallet."""

    NEW = "new"
    APPLIED = "applied"
    REFUSED = "refused"
    ROLLED_BACK = "rolled back"
    VOID = "void"  # its orphan rollback came first


class Event(StrEnum):
    """What can happen to a provider id."""

    FUNDED = "arrives, covered"
    SHORT = "arrives, not covered"
    ROLLBACK = "is rolled back"


class Move(StrEnum):
    """What a step does to the balance."""

    NOTHING = "nothing"
    APPLY = "apply"
    REVERSE = "reverse"


# The whole lifecycle: every phase meets every event. VOID and ROLLED_BACK absorb, so does REFUSED (BET-05).
LIFECYCLE: Mapping[tuple[Phase, Event], tuple[Phase, bool, Move]] = {
    (Phase.NEW, Event.FUNDED): (Phase.APPLIED, True, Move.APPLY),
    (Phase.NEW, Event.SHORT): (Phase.REFUSED, False, Move.NOTHING),
    (Phase.NEW, Event.ROLLBACK): (Phase.VOID, True, Move.NOTHING),
    (Phase.APPLIED, Event.FUNDED): (Phase.APPLIED, True, Move.NOTHING),
    (Phase.APPLIED, Event.SHORT): (Phase.APPLIED, True, Move.NOTHING),
    (Phase.APPLIED, Event.ROLLBACK): (Phase.ROLLED_BACK, True, Move.REVERSE),
    (Phase.REFUSED, Event.FUNDED): (Phase.REFUSED, False, Move.NOTHING),
    (Phase.REFUSED, Event.SHORT): (Phase.REFUSED, False, Move.NOTHING),
    (Phase.REFUSED, Event.ROLLBACK): (Phase.REFUSED, True, Move.NOTHING),
    (Phase.ROLLED_BACK, Event.FUNDED): (Phase.ROLLED_BACK, True, Move.NOTHING),
    (Phase.ROLLED_BACK, Event.SHORT): (Phase.ROLLED_BACK, True, Move.NOTHING),
    (Phase.ROLLED_BACK, Event.ROLLBACK): (Phase.ROLLED_BACK, True, Move.NOTHING),
    (Phase.VOID, Event.FUNDED): (Phase.VOID, True, Move.NOTHING),
    (Phase.VOID, Event.SHORT): (Phase.VOID, True, Move.NOTHING),
    (Phase.VOID, Event.ROLLBACK): (Phase.VOID, True, Move.NOTHING),
}


@dataclass(frozen=True, slots=True)
class Account:
    """One player's currency and balance in its minor units."""

    currency: str
    balance: int


@dataclass(frozen=True, slots=True)
class Entry:
    """What the wallet keeps of one bet or result: who, what, its effect when applied, and where it stands."""

    player: str
    currency: str
    effect: int
    phase: Phase


@dataclass(frozen=True, slots=True)
class Wallet:
    """The CLIENT's whole state. ``voids`` are the (player, currency, id) whose rollback came before them."""

    accounts: Mapping[str, Account]
    entries: Mapping[str, Entry] = field(default_factory=dict)
    rollbacks: frozenset[str] = frozenset()
    voids: frozenset[tuple[str, str, str]] = frozenset()
    model: Model = DOCUMENTED

    def balance(self, player: str) -> int:
        """Return the balance of ``player`` in minor units; raises KeyError for an unknown player."""
        return self.accounts[player].balance


def open_wallet(currency: str, balances: Mapping[str, Decimal], model: Model = DOCUMENTED) -> Wallet:
    """Return a wallet without transactions whose players hold ``balances``, amounts of ``currency``."""
    return Wallet(
        {player: Account(currency, money.to_minor(amount, currency)) for player, amount in balances.items()},
        model=model,
    )


def handle(state: Wallet, message: Transaction) -> tuple[Wallet, bool, int]:
    """Handle one callback: the state after it, whether it is accepted, and what it added to the player's
    balance.

    The effect is in minor units. An unknown player, another currency than the player's, a negative amount
    and one finer than the currency's unit are refused and not remembered; a bet refused for funds is
    remembered (BET-05).
    """
    account = state.accounts.get(message.player)
    if account is None or account.currency != message.currency:
        return _rollback_or_refuse(state, message)
    try:
        amount = money.to_minor(message.amount, message.currency)
    except ValueError:
        return state, False, 0
    if amount < 0:
        return state, False, 0
    if message.id in state.rollbacks:
        return state, True, 0
    known = state.entries.get(message.id)
    if message.kind is Kind.ROLLBACK:
        return (state, known.phase is not Phase.REFUSED, 0) if known else _rollback(state, message)
    if known is not None:
        # A copy, or the same id under another amount, action or player: the first answer again.
        return state, LIFECYCLE[known.phase, Event.FUNDED][1], 0
    void = (message.player, message.currency, message.id)
    phase = Phase.VOID if void in state.voids else Phase.NEW
    covered = message.kind is Kind.RESULT or account.balance >= amount
    (late,) = state.model.late_result if message.kind is Kind.RESULT else state.model.late_bet
    if phase is Phase.VOID and late is not Late.NOTHING:
        phase = Phase.NEW
    else:
        late = Late.NOTHING
    phase, accepted, move = LIFECYCLE[phase, Event.FUNDED if covered else Event.SHORT]
    if late is Late.KEPT and phase is Phase.APPLIED:
        phase = Phase.ROLLED_BACK
    effect = amount if message.kind is Kind.RESULT else -amount
    entry = Entry(message.player, message.currency, effect, phase)
    moved = effect if move is Move.APPLY else 0
    return _moved(_kept(state, message.id, entry), message.player, moved), accepted, moved


def _rollback_or_refuse(state: Wallet, message: Transaction) -> tuple[Wallet, bool, int]:
    # RBK-15: a rollback in another currency moves nothing; it is answered like an orphan, where the player
    # exists.
    if message.kind is not Kind.ROLLBACK or message.player not in state.accounts:
        return state, False, 0
    return replace(state, rollbacks=state.rollbacks | {message.id}), True, 0


def _rollback(state: Wallet, message: Transaction) -> tuple[Wallet, bool, int]:
    state = replace(state, rollbacks=state.rollbacks | {message.id})
    subject = message.of or ""
    entry = state.entries.get(subject)
    if entry is None:
        if subject in state.rollbacks:  # RBK-11: a rollback of a rollback moves nothing in the model
            return state, True, 0
        void = (message.player, message.currency, subject)
        return replace(state, voids=state.voids | {void}), True, 0
    if (entry.player, entry.currency) != (message.player, message.currency):  # RBK-10, RBK-15
        return state, True, 0
    phase, accepted, move = LIFECYCLE[entry.phase, Event.ROLLBACK]
    moved = -_taken_back(state, entry) if move is Move.REVERSE else 0
    return _moved(_kept(state, subject, replace(entry, phase=phase)), message.player, moved), accepted, moved


def _taken_back(state: Wallet, entry: Entry) -> int:
    balance = state.balance(entry.player)
    if entry.effect <= balance:
        return entry.effect
    (way,) = state.model.spent
    return {Spent.ALL: entry.effect, Spent.NOTHING: 0, Spent.REST: max(0, balance)}[way]


def _kept(state: Wallet, key: str, entry: Entry) -> Wallet:
    return replace(state, entries={**state.entries, key: entry})


def _moved(state: Wallet, player: str, effect: int) -> Wallet:
    if effect == 0:
        return state
    account = state.accounts[player]
    moved = replace(account, balance=account.balance + effect)
    return replace(state, accounts={**state.accounts, player: moved})
