"""Faults that only requests at the same time show: check, gap, act (BET-04, IDM-02, RBK-12, RBK-14).

The gap is one millisecond between two database transactions, as an await or a slow query would make it.
"""

import threading
import time
import uuid
from dataclasses import replace
from functools import partial
from typing import ClassVar

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.values.refusals import Refused
from client_under_test.wallet.ledger import Effect, Ledger, Stored
from client_under_test.wallet.messages import Action, Transaction

GAP = 0.001


class _Gap(Unconstrained):
    """Looks in one database transaction and acts in another, for ``actions``.

    ``stale`` is what it does not look at again behind the gap: "copy" (whether it is one), "decision" (what it does),
    "balance" (of which that is a change).
    """

    actions: ClassVar[frozenset[Action]] = frozenset({Action.BET})
    stale: ClassVar[frozenset[str]] = frozenset()

    @override
    def attempt(self, transaction: Transaction) -> Stored:
        return self.apart(transaction) if transaction.action in self.actions else super().attempt(transaction)

    def apart(self, transaction: Transaction) -> Stored:
        with self.database.read() as connection:
            stored = self.recall(connection, transaction)
            if stored is not None:
                return stored
            player = self.player(connection, transaction.player)
            if transaction.currency != player.currency:
                raise Refused("INVALID_CURRENCY")
            decision = self.decide(connection, transaction, player)
        time.sleep(GAP)
        with self.database.write() as connection:
            stored = None if "copy" in self.stale else self.recall(connection, transaction)
            if stored is not None:
                return stored
            if "balance" not in self.stale:
                player = self.player(connection, transaction.player)
            if "decision" not in self.stale:
                decision = self.decide(connection, transaction, player)
            return self.record(connection, transaction, player, decision)


class _LateBetGap(_Gap):
    """Only the look for a rollback that came first is taken before the gap."""

    @override
    def apart(self, transaction: Transaction) -> Stored:
        with self.database.read() as connection:
            undone = super().rolled_back(connection, transaction)
        time.sleep(GAP)
        with self.database.write() as connection:
            player = self.player(connection, transaction.player)
            stored = self.recall(connection, transaction)
            if stored is not None:
                return stored
            decision = self.decide(connection, transaction, player)
            return self.record(
                connection, transaction, player, decision if not undone else Effect(error="LATE")
            )

    @override
    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        return transaction.action is Action.RESULT and super().rolled_back(connection, transaction)


class _MintedTwice(_Gap):
    """The effect is guarded, the id that is answered is whichever was minted for this very request."""

    actions = frozenset(Action)

    @override
    def apart(self, transaction: Transaction) -> Stored:
        with self.database.read() as connection:
            stored = self.recall(connection, transaction)
        if stored is not None:
            return stored
        time.sleep(GAP)
        return replace(super(_Gap, self).attempt(transaction), client_id=str(uuid.uuid4()))


class _InProgress(Ledger):
    """A copy that comes while the first is in work is sent away."""

    @override
    def attempt(self, transaction: Transaction) -> Stored:
        running: set[str] = self.__dict__.setdefault("running", set())
        if transaction.id in running:
            raise Refused("IN_PROGRESS")
        running.add(transaction.id)
        try:
            time.sleep(GAP)
            return super().attempt(transaction)
        finally:
            running.discard(transaction.id)


class _RunningIsNew(Unconstrained):
    """Copies are looked for among what is finished when the request comes in."""

    @override
    def attempt(self, transaction: Transaction) -> Stored:
        finished: dict[str, Stored] = self.__dict__.setdefault("finished", {})
        if transaction.id in finished:
            return finished[transaction.id]
        with self.database.write() as connection:
            player = self.player(connection, transaction.player)
            stored = self.carry_out(connection, transaction, player)
        time.sleep(GAP)  # the answer is on its way before the id is noted
        finished[transaction.id] = stored
        return stored


class _OneLockForEach(_Gap):
    """Bets are locked against bets and rollbacks against rollbacks, but not against each other."""

    @override
    def apart(self, transaction: Transaction) -> Stored:
        locks: dict[str, threading.Lock] = self.__dict__.setdefault(
            "locks", {action.value: threading.Lock() for action in Action}
        )
        with locks[transaction.action]:
            return super().apart(transaction)


def _gap(stale: str, *actions: Action, base: type[_Gap] = _Gap) -> type[_Gap]:
    """A gap in what it does with ``actions``, behind which the words of ``stale`` are not looked at again."""
    return type("Gap", (base,), {"actions": frozenset(actions), "stale": frozenset(stale.split())})


_mutant = partial(mutant, sequential=False)

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "race-funds",
        ("BET-04",),
        "Funds are checked a millisecond before they are taken.",
        ledger=_gap("decision", Action.BET),
    ),
    _mutant(
        "race-lost-update",
        ("BET-04", "INV-04"),
        "A balance is read, changed in memory and written back.",
        ledger=_gap("balance", Action.BET, Action.RESULT),
    ),
    _mutant(
        "race-copy-bet",
        ("IDM-02",),
        "A bet's id is looked up before it is stored.",
        ledger=_gap("copy", Action.BET),
    ),
    _mutant(
        "race-copy-result",
        ("IDM-02", "IDM-11"),
        "A result's id is looked up before it is stored.",
        ledger=_gap("copy", Action.RESULT),
    ),
    _mutant(
        "race-copy-rollback",
        ("IDM-02", "IDM-11"),
        "A rollback's id is looked up before it is stored.",
        ledger=_gap("copy", Action.ROLLBACK),
    ),
    _mutant(
        "race-rollbacks",
        ("RBK-14",),
        "Two rollbacks both find the bet not yet returned.",
        ledger=_gap("decision", Action.ROLLBACK),
    ),
    _mutant(
        "race-rollbacks-copies",
        ("RBK-14", "IDM-02"),
        "Copies of a rollback pay each.",
        ledger=_gap("copy decision", Action.ROLLBACK),
    ),
    _mutant(
        "race-bet-rollback",
        ("RBK-12",),
        "Bet and rollback do not see each other.",
        ledger=_gap("decision", Action.BET, Action.ROLLBACK),
    ),
    _mutant(
        "race-two-locks",
        ("RBK-12",),
        "Bets and rollbacks hold different locks.",
        ledger=_gap("decision", Action.BET, Action.ROLLBACK, base=_OneLockForEach),
    ),
    _mutant(
        "race-late-bet",
        ("RBK-12",),
        "A bet looks for its rollback a millisecond too early.",
        ledger=_LateBetGap,
    ),
    _mutant(
        "race-everything",
        ("BET-04", "IDM-02", "RBK-14"),
        "Nothing is locked at all.",
        ledger=_gap("copy decision", *Action),
    ),
    _mutant(
        "race-minted-twice", ("IDM-02",), "Copies at once are answered with an id each.", ledger=_MintedTwice
    ),
    _mutant("race-in-progress", ("IDM-02",), ledger=_InProgress),
    _mutant("race-running-is-new", ("IDM-02", "IDM-03"), ledger=_RunningIsNew),
)
