"""Faults of forgetful CLIENTs (IDM-04, 08, 10; RBK-05, 07)."""

import time
import zlib
from collections import OrderedDict, deque
from dataclasses import replace
from typing import ClassVar

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained
from client_under_test.wallet.ledger import Effect, Ledger, Player, Stored, digest
from client_under_test.wallet.messages import Action, Transaction


class _Cached(Unconstrained):
    """Recognises copies of ``actions`` by a cache alone; the database is never asked."""

    actions: ClassVar[frozenset[Action]] = frozenset(Action)
    seconds = float("inf")
    entries = 10**9

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._cache: OrderedDict[str, tuple[float, Stored]] = OrderedDict()

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        if transaction.action not in self.actions:
            return super().recall(connection, transaction)
        born, stored = self._cache.get(transaction.id, (0.0, None))
        return stored if time.monotonic() - born < self.seconds else None

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        stored = super().record(connection, transaction, player, decision)
        self._cache[transaction.id] = (time.monotonic(), stored)
        while len(self._cache) > self.entries:
            self._cache.popitem(last=False)
        return stored


def _cached(**limits: object) -> type[Ledger]:
    return type("Cached", (_Cached,), limits)


def _in_memory(*actions: Action) -> type[Ledger]:
    """Ids of ``actions`` are kept in the process, balances in the database."""
    return _cached(actions=frozenset(actions))


class _Nightly(_Cached):
    """All ids are cleared, every 500 transactions."""

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        stored = super().record(connection, transaction, player, decision)
        if stored.id % 500 == 0:
            self._cache.clear()
        return stored


def _last_of_each(many: int) -> type[Ledger]:
    """The last ``many`` ids of each player are kept."""

    class LastOfEach(Unconstrained):
        @override
        def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
            all_kept: dict[str, deque[str]] = self.__dict__.setdefault("kept", {})
            kept = all_kept.setdefault(transaction.player, deque(maxlen=many))
            if transaction.id in kept:
                return super().recall(connection, transaction)
            kept.append(transaction.id)
            return None

    return LastOfEach


class _Keyed(Unconstrained):
    """Ids are known by their first 8 characters."""

    def short(self, given: str) -> str:
        return given[:8]

    @override
    def key(self, transaction: Transaction) -> str:
        return digest(self.short(transaction.id))

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        target = self.short(str(transaction.target))
        return super().rollback(connection, replace(transaction, target=target), player)


class _Crc(_Keyed):
    @override
    def short(self, given: str) -> str:
        return str(zlib.crc32(given.encode()) & 0xFFFF)


class _ThisSecond(_Keyed):
    """Each second has its own ids."""

    @override
    def short(self, given: str) -> str:
        return given

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        # One set of ids for each second, as others keep one for each day.
        came: dict[str, int] = self.__dict__.setdefault("came", {})
        now = int(time.time())
        return (
            super().recall(connection, transaction) if came.setdefault(transaction.id, now) == now else None
        )


class _OrphansInMemory(Ledger):
    """Orphans are kept in the process only."""

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        if transaction.action is not Action.ROLLBACK or decision.movement:
            return super().record(connection, transaction, player, decision)
        kept: dict[str, Stored] = self.__dict__.setdefault("orphans", {})
        stored = Stored(0, Action.ROLLBACK, player.id, transaction.amount, self.client_id(transaction), None)
        self.__dict__.setdefault("undone", set()).add((str(transaction.target), player.id))
        return kept.setdefault(transaction.id, stored)

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        kept: dict[str, Stored] = self.__dict__.setdefault("orphans", {})
        return kept.get(transaction.id) or super().recall(connection, transaction)

    @override
    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        undone: set[tuple[str, str]] = self.__dict__.setdefault("undone", set())
        return (transaction.id, transaction.player) in undone or super().rolled_back(connection, transaction)


class _UndoneInMemory(Unconstrained):
    """Which bets were returned already is known to the process only."""

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        undone: set[str] = self.__dict__.setdefault("undone", set())
        original = self.stored(connection, digest(str(transaction.target)))
        unfit = original is None or original.error or original.player != player.id
        if (
            original is None
            or unfit
            or original.action == Action.ROLLBACK
            or str(transaction.target) in undone
        ):
            return Effect()
        undone.add(str(transaction.target))
        return Effect(original.amount if original.action == Action.BET else -original.amount)


MUTANTS: tuple[Mutant, ...] = (
    mutant("idm-last-of-player", ("IDM-04",), "Only the player's last id is kept.", ledger=_last_of_each(1)),
    mutant(
        "idm-in-memory",
        ("IDM-10",),
        "Ids are kept in the process.",
        ledger=_in_memory(*Action),
        needs=("restart",),
    ),
    mutant(
        "idm-bets-in-memory",
        ("IDM-10",),
        "Ids of bets are kept in the process.",
        ledger=_in_memory(Action.BET),
        needs=("restart",),
    ),
    mutant(
        "idm-results-in-memory",
        ("IDM-10",),
        "Ids of results are kept in the process.",
        ledger=_in_memory(Action.RESULT),
        needs=("restart",),
    ),
    mutant("memory-0.2-s", ("IDM-04",), "Ids are forgotten after 0.2 s.", ledger=_cached(seconds=0.2)),
    mutant(
        "memory-1-s",
        ("IDM-04",),
        "Ids are forgotten after a second.",
        ledger=_cached(seconds=1.0),
        sequential=False,
    ),
    mutant("memory-30", ("IDM-04",), "The last 30 ids are kept.", ledger=_cached(entries=30)),
    mutant(
        "memory-1000",
        ("IDM-04",),
        "The last 1,000 ids are kept.",
        ledger=_cached(entries=1000),
        sequential=False,
    ),
    mutant("memory-nightly", ("IDM-04",), ledger=_Nightly, sequential=False),
    mutant(
        "memory-ten-each",
        ("IDM-04",),
        "Ten ids are kept for each player.",
        ledger=_last_of_each(10),
        sequential=False,
    ),
    mutant("memory-prefix", ("IDM-08", "RBK-06"), ledger=_Keyed),
    mutant("memory-crc", ("BET-10",), "Ids are known by 16 bits.", ledger=_Crc, sequential=False),
    mutant("memory-this-second", ("IDM-04",), ledger=_ThisSecond, sequential=False),
    mutant("memory-orphans", ("IDM-10",), ledger=_OrphansInMemory, needs=("restart",)),
    mutant("memory-undone", ("RBK-07", "IDM-10"), ledger=_UndoneInMemory, needs=("restart",)),
    mutant(
        "memory-rollbacks",
        ("IDM-10",),
        "The ids of rollbacks, and with them their answers, are kept in the process only.",
        ledger=_in_memory(Action.ROLLBACK),
        needs=("restart",),
    ),
)
