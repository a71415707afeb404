"""The ledger for many callbacks at once: those that wait for the disk at the same time share a commit.

A commit that must reach the disk takes longer than everything else about a callback. So what arrives during
one commit is handled in the next database transaction, one after the other by the rules of the ledger, over a
sheet: all it needs is read first, all it decides is written last. Each is answered when that transaction is
committed. A group never waits for a player's row: who is busy elsewhere, and all of a group that fails, is
handled alone, so that nobody is held up by another, or goes down with him.
"""

import logging
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.database import Database
from client_under_test.schema import players, postings, transactions
from client_under_test.wallet.groups import Groups
from client_under_test.wallet.ledger import (
    BALANCE,
    POST,
    RECORD,
    Decision,
    Ledger,
    Player,
    Posting,
    Stored,
    digest,
)
from client_under_test.wallet.messages import Action, Transaction
from client_under_test.wallet.refusals import Refused

log = logging.getLogger(__name__)

_KEYS: sa.BindParameter[Any] = sa.bindparam("keys", expanding=True)
_PLAYERS = (
    sa.select(players.c.id, players.c.currency, players.c.balance, players.c.banned)
    .where(players.c.id.in_(_KEYS))
    .with_for_update(skip_locked=True)
)
# What is stored under the keys, and the rollbacks that name them.
_STORED = sa.select(
    transactions.c.target,
    transactions.c.key,
    transactions.c.id,
    transactions.c.action,
    transactions.c.player_id,
    transactions.c.amount,
    transactions.c.client_id,
    transactions.c.error,
).where(sa.or_(transactions.c.key.in_(_KEYS), transactions.c.target.in_(_KEYS)))
_REVERSAL = postings.alias()
_ORIGINALS = (
    sa.select(transactions.c.key, transactions.c.player_id, postings.c.id, postings.c.amount)
    .join(postings, postings.c.transaction_id == transactions.c.id)
    .outerjoin(_REVERSAL, _REVERSAL.c.reverses == postings.c.id)
    .where(transactions.c.key.in_(_KEYS))
    .where(transactions.c.action != Action.ROLLBACK)
    .where(_REVERSAL.c.id.is_(None))
)
# The last numbers of a file that nobody else writes now; and numbers of a server that nobody else will get.
_LAST_NUMBERS = sa.select(
    sa.select(sa.func.coalesce(sa.func.max(transactions.c.id), 0)).scalar_subquery(),
    sa.select(sa.func.coalesce(sa.func.max(postings.c.id), 0)).scalar_subquery(),
)
_NEXT_NUMBERS = sa.select(
    *(sa.func.nextval(sa.func.pg_get_serial_sequence(table.name, "id")) for table in (transactions, postings))
).select_from(sa.func.generate_series(1, sa.bindparam("count", type_=sa.Integer)))


class GroupedLedger(Ledger):
    """The reference's ledger: callbacks that arrive together share a database transaction."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        self._groups: Groups[Transaction, Stored | Refused | None] = Groups(self.handle_all)
        self._numbers = Numbers(database)

    @override
    def attempt(self, transaction: Transaction) -> Stored:
        end = self._groups.run(transaction)
        if end is None:
            return super().attempt(transaction)
        if isinstance(end, Refused):
            raise end
        return end

    def handle_all(self, group: Sequence[Transaction]) -> list[Stored | Refused | None]:
        """Handle ``group`` in one database transaction; return how each ended, None for what must go alone."""
        try:
            with self.database.write() as connection:
                sheet = Sheet(self.database, connection, group, self._numbers)
                ends = [sheet.end(connection, transaction) for transaction in group]
                sheet.write(connection)
        except Exception as error:
            # What it was shows again where it belongs.
            log.info("a group of %d was undone by %s", len(group), type(error).__name__)
            return [None] * len(group)
        return ends


class Sheet(Ledger):
    """The ledger as one group sees it, in memory, while the group's transaction holds its players."""

    def __init__(
        self,
        database: Database,
        connection: sa.Connection,
        group: Sequence[Transaction],
        numbers: "Numbers",
    ) -> None:
        super().__init__(database)
        keys = list({self.key(transaction) for transaction in group})
        targets = list({digest(one.target) for one in group if one.target is not None})

        def found(statement: sa.Executable, wanted: list[str]) -> Sequence[Any]:
            return connection.execute(statement, {"keys": wanted}).all() if wanted else ()

        # Players first: what is read behind their locks stays true.
        people = found(_PLAYERS, list({transaction.player for transaction in group}))
        self._players = {row[0]: Player(*row) for row in people}
        known = [(row[0], row[1], Stored(*row[2:])) for row in found(_STORED, keys)]
        self._stored = {key: stored for _, key, stored in known}
        self._rolled_back = {(target, stored.player) for target, _, stored in known}
        undoable = found(_ORIGINALS, targets)
        self._originals = {(row[0], row[1]): Posting(row[2], row[3]) for row in undoable}
        self._numbers = numbers.take(connection, len(group))
        self._posting_number = 0
        self._rows: list[dict[str, Any]] = []
        self._postings: list[dict[str, Any]] = []
        self._moved: set[str] = set()

    def end(self, connection: sa.Connection, transaction: Transaction) -> Stored | Refused | None:
        """Handle ``transaction``; a refusal is an end as well, and has written nothing. None: not here."""
        if transaction.player not in self._players:  # in work elsewhere, or unknown
            return None
        try:
            return self.handle(connection, transaction)
        except Refused as refusal:
            return refusal

    def write(self, connection: sa.Connection) -> None:
        """Write what was decided."""
        moved = [{"player": name, "balance": self._players[name].balance} for name in self._moved]
        with self.database.at_once(connection):
            for statement, rows in ((RECORD, self._rows), (POST, self._postings), (BALANCE, moved)):
                if rows:
                    connection.execute(statement, rows)

    @override
    def player(self, connection: sa.Connection, player_id: str) -> Player:
        return self._players[player_id]

    @override
    def stored(self, connection: sa.Connection, key: str) -> Stored | None:
        return self._stored.get(key)

    @override
    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        return (self.key(transaction), transaction.player) in self._rolled_back

    @override
    def original(self, connection: sa.Connection, key: str, player: Player) -> Posting | None:
        return self._originals.get((key, player.id))

    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Decision
    ) -> Stored:
        stored = super().record(connection, transaction, player, decision)
        key = self.key(transaction)
        self._stored[key] = stored
        if transaction.target is not None:
            target = (digest(transaction.target), player.id)
            self._rolled_back.add(target)
            if decision.reverses is not None:
                del self._originals[target]
        elif decision.movement:
            self._originals[key, player.id] = Posting(self._posting_number, decision.movement)
        return stored

    @override
    def insert(self, connection: sa.Connection, row: dict[str, Any]) -> int:
        number, self._posting_number = next(self._numbers)
        self._rows.append({"id": number, **row})
        return number

    @override
    def post(
        self, connection: sa.Connection, player: Player, decision: Decision, transaction_id: int
    ) -> None:
        row = self.posting(player, decision, transaction_id)
        self._postings.append({"id": self._posting_number, **row})
        self._players[player.id] = replace(player, balance=player.balance + decision.movement)
        self._moved.add(player.id)


class Numbers:
    """Numbers for new transactions, each with one for its posting, known before they are written."""

    _BLOCK = 256

    def __init__(self, database: Database) -> None:
        self._sqlite = database.sqlite
        self._spare: list[tuple[int, int]] = []

    def take(self, connection: sa.Connection, count: int) -> Iterator[tuple[int, int]]:
        """Return ``count`` pairs for the transaction of ``connection``, which holds the whole file in SQLite."""
        if self._sqlite:
            row, posting = connection.execute(_LAST_NUMBERS).one()
            return iter([(row + step, posting + step) for step in range(1, count + 1)])
        while len(self._spare) < count:
            rows = connection.execute(_NEXT_NUMBERS, {"count": self._BLOCK})
            self._spare += [(row, posting) for row, posting in rows]
        taken, self._spare = self._spare[:count], self._spare[count:]
        return iter(taken)
