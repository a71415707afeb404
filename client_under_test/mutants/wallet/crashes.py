"""Faults that crowds, cut connections and kills show (IDM-02, 03, 10, BET-04, INV-05)."""

import sqlite3
import threading
import time
from functools import partial

import sqlalchemy as sa
from flask import request
from sqlalchemy.pool import QueuePool
from typing_extensions import override

from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import Unconstrained, Unguarded
from client_under_test.schema import metadata, postings, transactions
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.ledger import Effect, Ledger, Player, Stored, digest
from client_under_test.wallet.messages import Action, Endpoint, Transaction

_GAP = 0.001


class _Impatient(Database):
    """SQLite without a timeout: the second of two writers gets an error at once."""

    lock_timeout = 0.0


class _TwoConnections(Ledger):
    """Holds one connection to look and asks for a second one to act."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._slots = threading.Semaphore(4)

    @override
    def attempt(self, transaction: Transaction) -> Stored:
        with self._slots:
            time.sleep(_GAP)
            if not self._slots.acquire(timeout=20):
                raise TimeoutError("no connection came free")
            try:
                return super().attempt(transaction)
            finally:
                self._slots.release()


class _ConflictFails(Ledger):
    """The unique key does its work, and nobody expects it to."""

    @override
    def apply(self, transaction: Transaction) -> str:
        with self.database.read() as connection:
            stored = self.recall(connection, transaction)
        if stored is None:
            time.sleep(_GAP)
            with self.database.write() as connection:
                player = self.player(connection, transaction.player)
                decision = self.decide(connection, transaction, player)
                stored = self.record(connection, transaction, player, decision)
        return self.answer(stored)


class _Behind(Database):
    """Answers from memory and writes to the disk every other second."""

    _EVERY = 2.0

    def __init__(self, address: str, *, fsync: bool = True) -> None:
        super().__init__(address, fsync=fsync)
        self._disk = str(self.url.database)
        self._memory = f"file:behind-{id(self)}?mode=memory&cache=shared"
        self._keep = sqlite3.connect(self._memory, uri=True, check_same_thread=False)
        with sqlite3.connect(self._disk) as disk:
            disk.backup(self._keep)
        disk.close()
        self.engine.dispose()
        self.engine = sa.create_engine(
            "sqlite://",
            creator=lambda: sqlite3.connect(
                self._memory, uri=True, check_same_thread=False, isolation_level=None
            ),
            poolclass=QueuePool,
            pool_size=32,
        )
        self._closed = threading.Event()
        sa.event.listen(self.engine, "begin", _begin)
        threading.Thread(target=self._flush, daemon=True).start()

    def _flush(self) -> None:
        while not self._closed.wait(self._EVERY):
            with self._queue:
                self._save()

    def _save(self) -> None:
        disk = sqlite3.connect(self._disk)
        self._keep.backup(disk)
        disk.close()

    @override
    def close(self) -> None:
        self._closed.set()
        with self._queue:
            self._save()
            self._keep.close()
        super().close()


def _begin(connection: sa.Connection) -> None:
    if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
        connection.exec_driver_sql("BEGIN")


class _IdsLater(Unconstrained):
    """Money is written at once, ids in batches of fifty."""

    @override
    def handle(self, connection: sa.Connection, transaction: Transaction) -> Stored:
        pending: dict[str, Stored] = self.__dict__.setdefault("pending", {})
        if transaction.id in pending:
            return pending[transaction.id]
        stored = super().handle(connection, transaction)
        real = self.key(transaction)
        connection.execute(
            sa.update(transactions).where(transactions.c.id == stored.id).values(key=f"pending-{stored.id}")
        )
        self.__dict__.setdefault("keys", {})[stored.id] = real
        pending[transaction.id] = stored
        if len(pending) >= 50:
            self._book(connection)
        return stored

    @override
    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        self._book(connection, digest(str(transaction.target)))
        return super().rollback(connection, transaction, player)

    def _book(self, connection: sa.Connection, only: str | None = None) -> None:
        keys: dict[int, str] = self.__dict__.get("keys", {})
        for number, key in list(keys.items()):
            if only in (None, key):
                connection.execute(
                    sa.update(transactions).where(transactions.c.id == number).values(key=keys.pop(number))
                )
        if only is None:
            self.__dict__["pending"] = {}


class _Cut(CallbackHandler):
    """Looks, before it answers, whether anybody still listens."""

    @override
    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        client_id = super().process(endpoint, body, given)
        gone = request.environ.get("waitress.client_disconnected")
        for _ in range(3):
            time.sleep(_GAP)
            if gone is not None and gone():
                self.undo(client_id)
                break
        return client_id

    def undo(self, client_id: str) -> None:
        """Forget the id, keep the money: the copy moves it again."""
        with self.ledger.database.write() as connection:
            connection.execute(
                sa.update(transactions)
                .where(transactions.c.client_id == client_id)
                .values(key="gone-" + client_id[:32])
            )


class _CutUndone(_Cut):
    @override
    def undo(self, client_id: str) -> None:
        """Give the money back, keep the id: the copy is answered as if it had moved."""
        with self.ledger.database.write() as connection:
            row = connection.execute(
                sa.select(postings.c.amount, transactions.c.player_id)
                .join(transactions, postings.c.transaction_id == transactions.c.id)
                .where(transactions.c.client_id == client_id)
            ).one_or_none()
            if row is None:
                return
            row_player = self.ledger.player(connection, row.player_id)
            balance = row_player.balance - row.amount
            players = metadata.tables["players"]
            connection.execute(
                sa.update(players).where(players.c.id == row.player_id).values(balance=balance)
            )


class _SlowIsNew(Unconstrained):
    """A copy is recognised once the first answer is written; until then it is new."""

    @override
    def attempt(self, transaction: Transaction) -> Stored:
        done: dict[str, Stored] = self.__dict__.setdefault("done", {})
        if transaction.id in done:
            return done[transaction.id]
        with self.database.write() as connection:
            known = super().recall(connection, transaction)
            # After a restart the database is asked; within one process the cache is trusted.
            if known is not None and transaction.id not in self.__dict__.setdefault("mine", set()):
                return known
            self.__dict__.setdefault("mine", set()).add(transaction.id)
            stored = self.handle(connection, transaction)
        time.sleep(0.01 if transaction.action is Action.ROLLBACK else 0.005)
        done[transaction.id] = stored
        return stored

    @override
    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        return None


_mutant = partial(mutant, sequential=False)

MUTANTS: tuple[Mutant, ...] = (
    _mutant(
        "crash-locked", ("IDM-02", "BET-04"), "A locked database is an error at once.", database=_Impatient
    ),
    _mutant(
        "crash-locked-500",
        ("IDM-02", "BET-04"),
        "A locked database is HTTP 500.",
        database=_Impatient,
        callbacks=Unguarded,
    ),
    _mutant("crash-conflict", ("IDM-02",), "A broken unique key is INTERNAL_ERROR.", ledger=_ConflictFails),
    _mutant("crash-pool", ("IDM-02", "BET-04"), ledger=_TwoConnections),
    _mutant("crash-write-behind", ("IDM-10", "INV-05"), database=_Behind, needs=("restart",)),
    _mutant("crash-ids-later", ("IDM-10",), ledger=_IdsLater, needs=("restart",)),
    _mutant(
        "crash-cut-again", ("IDM-03",), "A lost answer forgets the id.", callbacks=_Cut, ledger=Unconstrained
    ),
    _mutant(
        "crash-cut-undone",
        ("IDM-03",),
        "A lost answer returns the money and keeps the id.",
        callbacks=_CutUndone,
        ledger=Unconstrained,
    ),
    _mutant("crash-slow-is-new", ("IDM-02", "IDM-03", "IDM-11"), ledger=_SlowIsNew),
)
