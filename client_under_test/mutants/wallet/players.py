"""Faults that take two players to show (INV-03, RBK-10)."""

import time
from dataclasses import replace
from functools import partial

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.schema import players, transactions
from client_under_test.wallet.ledger import Effect, Ledger, Player, Stored, digest
from client_under_test.wallet.messages import Action, Transaction


def _shared(name: str) -> type[Ledger]:
    """Keeps the field ``name`` of the request in the ledger, where the next request overwrites it."""

    class Shared(Unconstrained):
        @override
        def attempt(self, transaction: Transaction) -> Stored:
            self.__dict__["current"] = getattr(transaction, name)
            time.sleep(0.001)
            return super().attempt(replace(transaction, **{name: self.__dict__["current"]}))

    return Shared


class _LastPlayerPaid(Unconstrained):
    """A rollback pays whoever bet last."""

    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        self.__dict__["last"] = player.id
        return super().bet(connection, transaction, player)

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        if transaction.action is Action.ROLLBACK and decision.movement > 0:
            player = self.player(connection, self.__dict__.get("last", player.id))
        return super().record(connection, transaction, player, decision)


class _Moved(Unconstrained):
    """Writes a copy over what has its id, with the player that the copy names."""

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        stored = self.stored(connection, self.key(transaction))
        if stored is not None and stored.action == transaction.action:
            connection.execute(
                sa.update(transactions)
                .where(transactions.c.id == stored.id)
                .values(player_id=transaction.player)
            )
            return stored
        return super().recall(connection, transaction)


class _LastBetAmount(Unconstrained):
    """A rollback returns the amount of the last bet, anybody's."""

    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        decision = super().bet(connection, transaction, player)
        if decision.error is None:
            self.__dict__["last"] = (transaction.id, transaction.amount)
        return decision

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        decision = super().rollback(connection, transaction, player)
        _, amount = self.__dict__.get("last", ("", decision.movement))
        return replace(decision, movement=amount) if decision.movement > 0 else decision


class _ResultsToBettor(Ledger):
    """A result directly behind a bet is the bettor's, whoever is named."""

    @override
    def handle(self, connection: sa.Connection, transaction: Transaction) -> Stored:
        last: str | None = self.__dict__.get("last")
        self.__dict__["last"] = transaction.player if transaction.action is Action.BET else None
        if transaction.action is Action.RESULT and last is not None:
            transaction = replace(transaction, player=last)
        return super().handle(connection, transaction)


class _BalanceCache(Unconstrained):
    """The last balance read is kept for the next bet, anybody's."""

    @override
    def affordable(self, amount: int, player: Player) -> bool:
        last: int = self.__dict__.get("last", player.balance)
        self.__dict__["last"] = player.balance - amount if amount <= player.balance else player.balance
        return super().affordable(amount, replace(player, balance=max(last, player.balance)))


class _HousePool(Unconstrained):
    """What one player may bet is what all of them have."""

    @override
    def affordable(self, amount: int, player: Player) -> bool:
        if super().affordable(amount, player):
            return True
        with self.database.read() as connection:
            total = connection.scalar(
                sa.select(sa.func.sum(players.c.balance)).where(players.c.currency == player.currency)
            )
        return amount <= int(total or 0)


class _TargetOfOthers(Unconstrained):
    """A rollback marks the target as returned, also where it named another player's."""

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        undone: set[str] = self.__dict__.setdefault("undone", set())
        original = self.stored(connection, digest(str(transaction.target)))
        if str(transaction.target) in undone or original is None:
            return Effect()
        undone.add(str(transaction.target))
        return super().rollback(connection, transaction, player)


_mutant = partial(mutant, needs=("players",), sequential=False)

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "players-shared",
        ("INV-03", "INV-04"),
        "The current player is a variable of all threads.",
        ledger=_shared("player"),
    ),
    _mutant(
        "players-shared-amount",
        ("INV-04", "INV-03"),
        "The current amount is a variable of all threads.",
        ledger=_shared("amount"),
    ),
    _mutant("players-upsert", ("INV-01",), ledger=_Moved),
    _mutant("players-last-paid", ("INV-03", "INV-01"), ledger=_LastPlayerPaid),
    _mutant("players-last-bet", ("INV-01", "INV-03"), ledger=_LastBetAmount),
    _mutant("players-bettor", ("INV-03", "INV-01"), ledger=_ResultsToBettor),
    _mutant("players-balance-cache", ("BET-03", "INV-02", "INV-03"), ledger=_BalanceCache),
    _mutant("players-house-pool", ("BET-03", "INV-02"), ledger=_HousePool),
    _mutant("players-mark-others", ("RBK-10", "INV-03"), ledger=_TargetOfOthers),
)
