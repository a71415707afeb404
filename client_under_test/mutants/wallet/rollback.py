"""Faults in rollbacks (RBK)."""

from collections.abc import Callable
from dataclasses import replace

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained, any_currency, deciding, moving
from client_under_test.schema import postings, transactions
from client_under_test.values.refusals import Refused
from client_under_test.wallet.ledger import NOTHING, Effect, Ledger, Player, Stored, digest
from client_under_test.wallet.messages import Action, Transaction


class _Target(Unconstrained):
    """Looks the target up as a careless team would: by its id alone."""

    def target(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        return self.stored(connection, digest(str(transaction.target)))

    def undone(self, connection: sa.Connection, transaction: Transaction) -> bool:
        return (
            connection.execute(
                sa.select(transactions.c.id).where(transactions.c.target == digest(str(transaction.target)))
            ).first()
            is not None
        )


def _changed(change: Callable[[Effect, Transaction, Player], Effect]) -> type[Ledger]:
    return deciding(Action.ROLLBACK, change)


def _knowing(
    change: Callable[[Effect, Transaction, Player, Stored | None, bool], Effect],
) -> type[Ledger]:
    """A ledger whose rollbacks know the target, anybody's, and whether it was undone before."""

    class Knowing(_Target):
        @override
        def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
            original, undone = self.target(connection, transaction), self.undone(connection, transaction)
            decision = super().rollback(connection, transaction, player)
            return change(decision, transaction, player, original, undone)

    return Knowing


_half = moving(Action.ROLLBACK, lambda moved, _: moved // 2)
_opposite = moving(Action.ROLLBACK, lambda moved, _: -moved)
_always_adds = moving(Action.ROLLBACK, lambda moved, _: abs(moved))
_never_takes = moving(Action.ROLLBACK, lambda moved, _: max(moved, 0))
_clamped = moving(Action.ROLLBACK, lambda moved, player: max(moved, -max(player.balance, 0)))
_recorded_only = _changed(lambda *_: NOTHING)
_as_asked = _changed(
    lambda decision, transaction, _: (
        replace(decision, movement=(transaction.amount if decision.movement > 0 else -transaction.amount))
        if decision.movement
        else decision
    )
)
_orphans_pay = _changed(
    lambda decision, transaction, _: Effect(transaction.amount) if decision == NOTHING else decision
)
_orphans_refused = _changed(
    lambda decision, _transaction, _player: (
        Effect(error="TRANSACTION_NOT_FOUND") if decision == NOTHING else decision
    )
)
_spent_refused = _changed(
    lambda decision, _, player: (
        Effect(error="INSUFFICIENT_FUNDS") if player.balance + decision.movement < 0 else decision
    )
)


def _orphan_unknown(
    decision: Effect, _transaction: Transaction, _player: Player, original: Stored | None, _undone: bool
) -> Effect:
    if original is None:
        raise Refused("TRANSACTION_NOT_FOUND")
    return decision


class _MatchedByAmount(_Target):
    """Looks among the player's last bets for one of the amount where nothing has the id."""

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        if self.target(connection, transaction) is None:
            alike = connection.execute(
                sa.select(transactions.c.key)
                .where(transactions.c.player_id == player.id)
                .where(transactions.c.amount == transaction.amount)
                .where(transactions.c.action == Action.BET)
                .order_by(transactions.c.id.desc())
            ).scalar()
            original = None if alike is None else self.original(connection, alike, player)
            if original is not None:
                return Effect(-original.amount, reverses=original.id)
        return super().rollback(connection, transaction, player)


class _AmongTheLast(_Target):
    """Rolls back what is among the last 20 transactions of all; the rest is unknown to it."""

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        newest = connection.execute(sa.select(sa.func.max(transactions.c.id))).scalar() or 0
        original = self.target(connection, transaction)
        if original is not None and original.id <= newest - 20:
            return NOTHING
        return super().rollback(connection, transaction, player)


def _again(
    _decision: Effect, _transaction: Transaction, player: Player, original: Stored | None, _undone: bool
) -> Effect:
    unfit = original is None or original.player != player.id or original.error
    if original is None or unfit or original.action == Action.ROLLBACK:
        return NOTHING
    return Effect(original.amount if original.action == Action.BET else -original.amount)


def _large_again(
    decision: Effect, transaction: Transaction, player: Player, original: Stored | None, undone: bool
) -> Effect:
    if undone and transaction.amount < 100:
        return NOTHING
    return _again(decision, transaction, player, original, undone)


def _anyone_asker(
    decision: Effect, _transaction: Transaction, player: Player, original: Stored | None, undone: bool
) -> Effect:
    if original is not None and original.player != player.id and not undone:
        return Effect(0 if original.error or original.action != Action.BET else original.amount)
    return decision


_orphan_deposits = _knowing(
    lambda decision, transaction, _player, original, _undone: (
        Effect(transaction.amount) if original is None else decision
    )
)
_refused_refused = _knowing(
    lambda decision, _transaction, _player, original, _undone: (
        Effect(error="TRANSACTION_FAILED") if original is not None and original.error else decision
    )
)
_refused_paid = _knowing(
    lambda decision, _transaction, _player, original, undone: (
        Effect(original.amount) if original is not None and original.error and not undone else decision
    )
)
_rollback_pays = _knowing(
    lambda decision, _transaction, player, original, _undone: (
        Effect(original.amount)
        if original is not None and original.action == Action.ROLLBACK and original.player == player.id
        else decision
    )
)


class _OrphanForgotten(_Target):
    """An orphan is not recorded."""

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        if transaction.action is Action.ROLLBACK and self.target(connection, transaction) is None:
            return Stored(
                0, Action.ROLLBACK, player.id, transaction.amount, self.client_id(transaction), None
            )
        return super().record(connection, transaction, player, decision)


class _OrphanCopyRefused(_Target):
    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = super().recall(connection, transaction)
        orphan = transaction.action is Action.ROLLBACK and self.target(connection, transaction) is None
        if stored is not None and orphan:
            raise Refused("DUPLICATE_TRANSACTION")
        return stored


class _LateBetTaken(Ledger):
    @override
    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        return False


class _AnyonesPaysOwner(_Target):
    """The owner of the bet is paid, whoever is named."""

    @override
    def handle(self, connection: sa.Connection, transaction: Transaction) -> Stored:
        if transaction.action is Action.ROLLBACK:
            original = self.target(connection, transaction)
            if original is not None:
                transaction = replace(transaction, player=original.player)
        return super().handle(connection, transaction)


class _ResultAfterRollbackVoid(Ledger):
    """A result behind a rolled back bet is refused."""

    @override
    def result(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        last = connection.execute(
            sa.select(transactions.c.action, postings.c.amount)
            .join(postings, postings.c.transaction_id == transactions.c.id)
            .where(transactions.c.player_id == player.id)
            .order_by(transactions.c.id.desc())
            .limit(1)
        ).one_or_none()
        if last is not None and last.action == Action.ROLLBACK and last.amount > 0:
            return Effect(error="BET_ROLLED_BACK")
        return super().result(connection, transaction, player)


MUTANTS: tuple[Mutant, ...] = (
    mutant("rollback-half", ("RBK-01", "RBK-02"), "Half of the bet is returned.", ledger=_half),
    mutant("rollback-opposite", ("RBK-01", "RBK-02"), "The sign is wrong.", ledger=_opposite),
    mutant(
        "rollback-recorded-only", ("RBK-01",), "A rollback is noted, no money moves.", ledger=_recorded_only
    ),
    mutant(
        "rollback-always-adds", ("RBK-02",), "A result rolled back is paid once more.", ledger=_always_adds
    ),
    mutant("rollback-never-takes", ("RBK-02",), "A result cannot be taken back.", ledger=_never_takes),
    mutant("rollback-clamped", ("RBK-03",), "A spent result is taken back down to zero.", ledger=_clamped),
    mutant("rollback-spent-refused", ("RBK-03",), "A spent result is not taken back.", ledger=_spent_refused),
    mutant("rollback-orphan-unknown", ("RBK-04",), "An orphan is refused.", ledger=_knowing(_orphan_unknown)),
    mutant("rollback-orphan-matched", ("RBK-04",), ledger=_MatchedByAmount),
    mutant("rollback-last-20", ("RBK-01",), ledger=_AmongTheLast),
    mutant("rollback-orphan-deposits", ("RBK-04",), "An orphan pays its amount.", ledger=_orphan_deposits),
    mutant("rollback-orphan-forgotten", ("RBK-05", "RBK-06"), ledger=_OrphanForgotten),
    mutant("rollback-orphan-copy", ("RBK-05",), "A copy of an orphan is refused.", ledger=_OrphanCopyRefused),
    mutant("rollback-late-bet", ("RBK-06",), "A bet behind its own rollback is taken.", ledger=_LateBetTaken),
    mutant("rollback-again", ("RBK-07",), "A second rollback pays again.", ledger=_knowing(_again)),
    mutant(
        "rollback-again-large",
        ("RBK-07",),
        "A second rollback of one unit or more pays again.",
        ledger=_knowing(_large_again),
    ),
    mutant(
        "rollback-nothing-refused",
        ("RBK-04", "RBK-08"),
        "What moves nothing is refused, and the refusal stored.",
        ledger=_orphans_refused,
    ),
    mutant(
        "rollback-nothing-pays",
        ("RBK-04", "RBK-07", "RBK-08"),
        "Where no movement is found the amount is paid.",
        ledger=_orphans_pay,
    ),
    mutant(
        "rollback-refused-refused",
        ("RBK-08",),
        "Rolling back a refused bet is an error.",
        ledger=_refused_refused,
    ),
    mutant("rollback-refused-paid", ("RBK-08",), "A refused bet is returned too.", ledger=_refused_paid),
    mutant("rollback-as-asked", ("RBK-09",), "The rollback's own amount is returned.", ledger=_as_asked),
    mutant(
        "rollback-anyone-asker",
        ("RBK-10",),
        "Another player's bet is returned to who asks.",
        ledger=_knowing(_anyone_asker),
        needs=("players",),
    ),
    mutant("rollback-anyone-owner", ("RBK-10",), ledger=_AnyonesPaysOwner, needs=("players",)),
    mutant(
        "rollback-rollback-pays", ("RBK-11",), "A rollback rolled back pays once more.", ledger=_rollback_pays
    ),
    mutant("rollback-result-void", ("RBK-13",), ledger=_ResultAfterRollbackVoid),
    mutant(
        "rollback-any-currency",
        ("RBK-15",),
        "The currency of a rollback is not looked at.",
        ledger=any_currency(Action.ROLLBACK),
    ),
)
