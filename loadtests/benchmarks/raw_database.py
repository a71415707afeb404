"""What a database can do at best with a CLIENT's wagers: its statements, by the bare driver, one commit each.

The pattern is written out, because the CLIENT's code is none of this room; a test compares it with what it sends.
"""

import hashlib
import sqlite3
import time
import uuid
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from typing import Any, Final

import psycopg

# One bet, {name} being a parameter: lock the player, look for a copy and for a rollback that came first, write.
PLAYER: Final = "SELECT id, currency, balance, banned FROM players WHERE id = {player}"
STORED: Final = (
    "SELECT id, action, player_id, amount, client_id, error FROM transactions WHERE key = {key} "
    "ORDER BY id LIMIT 1"
)
ROLLED_BACK: Final = "SELECT id FROM transactions WHERE target = {key} AND player_id = {player} LIMIT 1"
RECORD: Final = (
    "INSERT INTO transactions (key, provider_id, action, player_id, currency, amount, target, client_id, error, at) "
    "VALUES ({key}, {provider_id}, 'bet', {player}, 'EUR', {amount}, NULL, {client_id}, NULL, {at})"
)
POST: Final = (
    "INSERT INTO postings (player_id, amount, transaction_id, reverses, at) "
    "VALUES ({player}, {moved}, {row}, NULL, {at})"
)
BALANCE: Final = "UPDATE players SET balance = {balance} WHERE id = {player}"
LOCKED: Final = " FOR UPDATE"
RETURNING: Final = " RETURNING id"

Execute = Callable[[str, dict[str, Any]], Any]


def wager(execute: Execute, statements: tuple[str, ...], player: str) -> None:
    """One bet of one smallest unit, in one transaction."""
    begin, get_player, stored, rolled_back, record, post, balance, commit = statements
    provider_id, now = str(uuid.uuid4()), datetime.now(UTC)
    named: dict[str, Any] = {
        "player": player,
        "key": hashlib.sha256(provider_id.encode()).hexdigest(),
        "provider_id": provider_id,
        "amount": 1,
        "moved": -1,
        "client_id": str(uuid.uuid4()),
        "at": now,
    }
    execute(begin, {})
    named["balance"] = execute(get_player, named).fetchone()[2] - 1
    execute(stored, named).fetchone()
    execute(rolled_back, named).fetchone()
    recorded = execute(record, named)
    named["row"] = recorded.lastrowid if hasattr(recorded, "lastrowid") else recorded.fetchone()[0]
    execute(post, named)
    execute(balance, named)
    execute(commit, {})


def sqlite_statements() -> tuple[str, ...]:
    """The statements as sqlite3 takes them."""
    raw = ("BEGIN IMMEDIATE", PLAYER, STORED, ROLLED_BACK, RECORD, POST, BALANCE, "COMMIT")
    return tuple(_named(statement, ":{}") for statement in raw)


def postgresql_statements() -> tuple[str, ...]:
    """The statements as psycopg takes them."""
    raw = ("BEGIN", PLAYER + LOCKED, STORED, ROLLED_BACK, RECORD + RETURNING, POST, BALANCE, "COMMIT")
    return tuple(_named(statement, "%({})s") for statement in raw)


def _named(statement: str, form: str) -> str:
    names = ("player", "key", "provider_id", "amount", "client_id", "at", "moved", "row", "balance")
    return statement.format(**{name: form.format(name) for name in names})


@contextmanager
def sqlite_raw(file: str, players: list[str]) -> Iterator[Callable[[int], float]]:
    """Yield what makes a number of wagers, from one connection, and returns how many it made in a second."""
    with closing(sqlite3.connect(file, isolation_level=None, timeout=20)) as connection:
        for pragma in ("synchronous=FULL", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

        def execute(statement: str, named: dict[str, Any]) -> Any:
            # A datetime is text to SQLite; its default adapter is deprecated.
            return connection.execute(
                statement, {**named, "at": str(named["at"])} if "at" in named else named
            )

        def measure(count: int) -> float:
            statements = sqlite_statements()
            start = time.perf_counter()
            for number in range(count):
                wager(execute, statements, players[number % len(players)])
            return count / (time.perf_counter() - start)

        yield measure


@contextmanager
def postgresql_raw(url: str, players: list[str], connections: int) -> Iterator[Callable[[int], float]]:
    """As sqlite_raw, from ``connections`` connections at once, a thread each."""
    opened = [psycopg.connect(url, autocommit=True) for _ in range(connections)]
    statements = postgresql_statements()

    def share(worker: int, count: int) -> None:
        cursor = opened[worker].cursor()
        for number in range(count):
            wager(cursor.execute, statements, players[(number * connections + worker) % len(players)])

    def measure(count: int) -> float:
        start = time.perf_counter()
        list(pool.map(share, range(connections), [count // connections] * connections))
        return count // connections * connections / (time.perf_counter() - start)

    try:
        with ThreadPoolExecutor(connections) as pool:
            yield measure
    finally:
        for connection in opened:
            connection.close()
