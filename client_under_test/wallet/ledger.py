"""The ledger: each provider transaction is applied once, whatever comes twice, together, late or never.

One request is one database transaction. It first takes the player's row (PostgreSQL) or the whole file
(SQLite), so the transactions of one player happen one after the other; it is committed before the answer
leaves. The answer is stored with the transaction, and a copy is answered from there.

Statements are built once, with parameters; building one again for each request takes four times as long as
executing it.
"""

import hashlib
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime

import sqlalchemy as sa

from client_under_test.database import Database
from client_under_test.schema import players, postings, transactions
from client_under_test.values.refusals import Refused
from client_under_test.wallet.messages import Action, Transaction

INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"


@dataclass(frozen=True, slots=True)
class Player:
    """A player's row: ``balance`` in minor units of ``currency``."""

    id: str
    currency: str
    balance: int
    banned: bool


@dataclass(frozen=True, slots=True)
class Stored:
    """A transaction that was handled: what it was, and how it was answered."""

    id: int
    action: str
    player: str
    amount: int
    client_id: str
    error: str | None


@dataclass(frozen=True, slots=True)
class Posting:
    """What a transaction moved, in signed minor units."""

    id: int
    amount: int


@dataclass(frozen=True, slots=True)
class Effect:
    """What a transaction does: a signed movement in minor units, or an error; ``reverses`` is a posting."""

    movement: int = 0
    error: str | None = None
    reverses: int | None = None


NOTHING = Effect()

_PLAYER = (
    sa.select(players.c.id, players.c.currency, players.c.balance, players.c.banned)
    .where(players.c.id == sa.bindparam("player"))
    .with_for_update()
)
_STORED = (
    sa.select(
        transactions.c.id,
        transactions.c.action,
        transactions.c.player_id,
        transactions.c.amount,
        transactions.c.client_id,
        transactions.c.error,
    )
    .where(transactions.c.key == sa.bindparam("key"))
    .order_by(transactions.c.id)
    .limit(1)
)
_ROLLED_BACK = (
    sa.select(transactions.c.id)
    .where(transactions.c.target == sa.bindparam("key"))
    .where(transactions.c.player_id == sa.bindparam("player"))
    .limit(1)
)
_BET = (
    sa.select(transactions.c.id)
    .where(transactions.c.key == sa.bindparam("key"))
    .where(transactions.c.player_id == sa.bindparam("player"))
    .where(transactions.c.action == Action.BET)
    .where(transactions.c.error.is_(None))
    .limit(1)
)
_REVERSAL = postings.alias()
_ORIGINAL = (
    sa.select(postings.c.id, postings.c.amount)
    .join(transactions, postings.c.transaction_id == transactions.c.id)
    .outerjoin(_REVERSAL, _REVERSAL.c.reverses == postings.c.id)
    .where(transactions.c.key == sa.bindparam("key"))
    .where(transactions.c.player_id == sa.bindparam("player"))
    .where(transactions.c.action != Action.ROLLBACK)
    .where(_REVERSAL.c.id.is_(None))
    .limit(1)
)
_ADD_TRANSACTION = sa.insert(transactions)
_ADD_POSTING = sa.insert(postings)
_SET_BALANCE = sa.update(players).where(players.c.id == sa.bindparam("player"))


class Ledger:
    """Applies transactions to players' balances."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def apply(self, transaction: Transaction) -> str:
        """Apply ``transaction`` once and return the CLIENT's id, the same for every copy; raises Refused."""
        try:
            stored = self.attempt(transaction)
        except sa.exc.IntegrityError:
            # The same id came for another player at the same moment and was first; now its answer is there.
            stored = self.attempt(transaction)
        return self.answer(stored)

    def attempt(self, transaction: Transaction) -> Stored:
        """Handle ``transaction`` in one database transaction."""
        with self.database.write() as connection:
            return self.handle(connection, transaction)

    def answer(self, stored: Stored) -> str:
        """Return the CLIENT id of a transaction that succeeded; raises Refused for one that did not."""
        if stored.error is not None:
            raise Refused(stored.error)
        return stored.client_id

    def handle(self, connection: sa.Connection, transaction: Transaction) -> Stored:
        """Answer a copy from the store, or decide and record."""
        player = self.player(connection, transaction.player)
        return self.recall(connection, transaction) or self.carry_out(connection, transaction, player)

    def carry_out(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Stored:
        """Decide on what is new, and record it."""
        if transaction.currency != player.currency:
            raise Refused("INVALID_CURRENCY")
        decision = self.decide(connection, transaction, player)
        return self.record(connection, transaction, player, decision)

    def player(self, connection: sa.Connection, player_id: str) -> Player:
        """Return the player, whose row stays locked until the end; raises Refused for an unknown one."""
        row = connection.execute(_PLAYER, {"player": player_id}).one_or_none()
        if row is None:
            raise Refused("UNKNOWN_PLAYER")
        return Player(*row)

    def recall(self, connection: sa.Connection, transaction: Transaction) -> Stored | None:
        """Return what was stored under this id, None where it is new.

        Raises Refused where the id belongs to another action or to another player.
        """
        stored = self.stored(connection, self.key(transaction))
        if stored is not None and (stored.action, stored.player) != (transaction.action, transaction.player):
            raise Refused("TRANSACTION_ID_REUSED")
        return stored

    def key(self, transaction: Transaction) -> str:
        """Return what ``transaction`` is remembered by: the provider's id, exactly."""
        return digest(transaction.id)

    def stored(self, connection: sa.Connection, key: str) -> Stored | None:
        """Return the transaction stored under ``key``."""
        row = connection.execute(_STORED, {"key": key}).one_or_none()
        return None if row is None else Stored(*row)

    def decide(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        """Say what a new transaction does."""
        match transaction.action:
            case Action.BET:
                return self.bet(connection, transaction, player)
            case Action.RESULT:
                return self.result(connection, transaction, player)
            case Action.ROLLBACK:
                return self.rollback(connection, transaction, player)

    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        """Withdraw; declined for a banned player, for missing funds, and after its own orphan rollback."""
        if self.rolled_back(connection, transaction):
            return Effect(error="TRANSACTION_ROLLED_BACK")
        if player.banned:
            return Effect(error="PLAYER_BANNED")
        if not self.affordable(transaction.amount, player):
            return Effect(error=INSUFFICIENT_FUNDS)
        return Effect(-transaction.amount)

    def affordable(self, amount: int, player: Player) -> bool:
        """Say whether ``player`` can bet ``amount``; nothing at all can always be bet."""
        return amount == 0 or amount <= player.balance

    def result(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:  # noqa: ARG002
        """Deposit, always; only a result whose own rollback came first moves nothing.

        Raises Refused, so that it may come again, for one that names a bet which does not stand.
        """
        if transaction.bet is not None and not self.stands(connection, transaction.bet, transaction.player):
            raise Refused("UNKNOWN_BET")
        return NOTHING if self.rolled_back(connection, transaction) else Effect(transaction.amount)

    def rolled_back(self, connection: sa.Connection, transaction: Transaction) -> bool:
        """Say whether this player's rollback of ``transaction`` came before it."""
        found = connection.execute(
            _ROLLED_BACK, {"key": self.key(transaction), "player": transaction.player}
        ).one_or_none()
        return found is not None

    def stands(self, connection: sa.Connection, bet: str, player_id: str) -> bool:
        """Say whether the bet of that id was taken from this player and not rolled back."""
        named = {"key": digest(bet), "player": player_id}
        taken, undone = (connection.execute(each, named).one_or_none() for each in (_BET, _ROLLED_BACK))
        return taken is not None and undone is None

    def rollback(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        """Undo what the target moved: that very amount, once, and only this player's own bet or result.

        All else (orphans, refused bets, rollbacks, what is undone already) is recorded and moves nothing.

        Raises Refused, so that it may come again, for an orphan whose target must be known.
        """
        assert transaction.target is not None
        target = digest(transaction.target)
        if transaction.target_known and self.stored(connection, target) is None:
            raise Refused("UNKNOWN_TRANSACTION")
        original = self.original(connection, target, player)
        return NOTHING if original is None else Effect(-original.amount, reverses=original.id)

    def original(self, connection: sa.Connection, key: str, player: Player) -> Posting | None:
        """Return what the bet or result stored under ``key`` moved for ``player``, None where it is undone."""
        row = connection.execute(_ORIGINAL, {"key": key, "player": player.id}).one_or_none()
        return None if row is None else Posting(*row)

    def client_id(self, transaction: Transaction) -> str:  # noqa: ARG002 - overridden where ids are not fresh
        """Mint the CLIENT's own id for a new transaction."""
        return str(uuid.uuid4())

    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        """Write the transaction with its answer, and what it moves."""
        client_id = self.client_id(transaction)
        row = connection.execute(
            _ADD_TRANSACTION,
            {
                "key": self.key(transaction),
                "provider_id": transaction.id,
                "action": transaction.action.value,
                "player_id": player.id,
                "currency": transaction.currency,
                "amount": transaction.amount,
                "target": None if transaction.target is None else digest(transaction.target),
                "client_id": client_id,
                "error": decision.error,
                "at": datetime.now(UTC),
            },
        ).inserted_primary_key
        assert row is not None
        if decision.movement:
            self.post(connection, player, decision, row.id)
        return Stored(row.id, transaction.action, player.id, transaction.amount, client_id, decision.error)

    def post(self, connection: sa.Connection, player: Player, decision: Effect, transaction_id: int) -> None:
        """Append the posting and bring the balance up to it."""
        connection.execute(
            _ADD_POSTING,
            {
                "player_id": player.id,
                "amount": decision.movement,
                "transaction_id": transaction_id,
                "reverses": decision.reverses,
                "at": datetime.now(UTC),
            },
        )
        connection.execute(_SET_BALANCE, {"player": player.id, "balance": player.balance + decision.movement})


def digest(provider_id: str) -> str:
    """Return the key of a provider's id: SHA-256 of its UTF-8 bytes, in hex."""
    return hashlib.sha256(provider_id.encode()).hexdigest()
