"""Faults that only long traffic shows (BET-10, IDM-04, INV-01)."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from functools import partial

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.wallet.ledger import Effect, Ledger, Player, Stored
from client_under_test.wallet.messages import Action, Transaction


def _every(number: int, action: Action, change: Callable[[Effect], Effect]) -> type[Ledger]:
    """Counts the transactions of each player, and does every n-th of ``action`` otherwise."""

    class Every(Unconstrained):
        @override
        def decide(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
            decision = super().decide(connection, transaction, player)
            if transaction.action is not action or decision.error is not None:
                return decision
            counts: Counter[str] = self.__dict__.setdefault("counts", Counter())
            counts[player.id] += 1
            return decision if counts[player.id] % number else change(decision)

    return Every


def _posting(change: Callable[[Effect, Player, int], Effect]) -> type[Ledger]:
    """Posts what ``change`` makes of a decision, given the player and how many postings these are."""

    class Posting(Unconstrained):
        @override
        def post(
            self, connection: sa.Connection, player: Player, decision: Effect, transaction_id: int
        ) -> None:
            counts: Counter[str] = self.__dict__.setdefault("counts", Counter())
            counts[player.id] += 1
            changed = change(decision, player, counts[player.id])
            super().post(connection, player, changed, transaction_id)

    return Posting


def _drifting(decision: Effect, _player: Player, count: int) -> Effect:
    """After 300 wagers of a player the sum of floats is a unit off, and so on every 50."""
    lost = 1 if count > 300 and count % 50 == 0 else 0
    return replace(decision, movement=decision.movement - lost)


def _in_tenths(decision: Effect, player: Player, count: int) -> Effect:
    """Every 250 postings the balance is written to a snapshot in tenths, and read back from there."""
    lost = (player.balance + decision.movement) % 10 if count % 250 == 0 else 0
    return replace(decision, movement=decision.movement - lost)


class _ArchivedBets(Ledger):
    """Bets that 300 transactions lie behind are archived, where rollbacks and copies do not look."""

    @override
    def stored(self, connection: sa.Connection, key: str) -> Stored | None:
        stored = super().stored(connection, key)
        if stored is None or stored.id + 300 > self.__dict__.get("newest", 0):
            return stored
        return replace(stored, client_id=f"archived-{stored.client_id}"[:36])

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        stored = super().record(connection, transaction, player, decision)
        self.__dict__["newest"] = max(stored.id, self.__dict__.get("newest", 0))
        return stored


class _TiredOfRefusals(Ledger):
    """After forty refused bets the funds check is taken to be broken, and skipped once."""

    @override
    def affordable(self, amount: int, player: Player) -> bool:
        if super().affordable(amount, player):
            return True
        refusals: int = self.__dict__.get("refusals", 0) + 1
        self.__dict__["refusals"] = refusals
        return refusals % 40 == 0


_mutant = partial(mutant, sequential=False)

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "long-97th-result",
        ("BET-10",),
        "Every 97th result is doubled.",
        ledger=_every(97, Action.RESULT, lambda right: replace(right, movement=right.movement * 2)),
    ),
    _mutant(
        "long-100th-result",
        ("BET-10",),
        "Every 100th result is lost.",
        ledger=_every(100, Action.RESULT, lambda _: Effect()),
    ),
    _mutant(
        "long-150th-bet",
        ("BET-10",),
        "Every 150th bet is free.",
        ledger=_every(150, Action.BET, lambda _: Effect()),
    ),
    _mutant(
        "long-drift", ("BET-10",), "After 300 wagers a unit is lost now and then.", ledger=_posting(_drifting)
    ),
    _mutant(
        "long-snapshots",
        ("BET-10",),
        "Every 250th posting cuts the balance to tenths.",
        ledger=_posting(_in_tenths),
    ),
    _mutant("long-archived", ("IDM-04",), ledger=_ArchivedBets),
    _mutant("long-tired", ("BET-03", "INV-02", "BET-10"), ledger=_TiredOfRefusals),
)
