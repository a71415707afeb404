"""The reference CLIENT's database where it is locked, full, or was away: each request ends, and nothing is lost."""

import sqlite3
import threading
import time
import uuid
from concurrent.futures import ThreadPoolExecutor

import psycopg
import pytest
import sqlalchemy as sa

from client_under_test.database import Database, DatabaseLocked
from client_under_test.schema import players, postings, transactions
from client_under_test.wallet.accounts import Accounts
from client_under_test.wallet.ledger import Ledger
from client_under_test.wallet.messages import Action, Transaction


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    return tmp_path / "books.sqlite" if request.param == "sqlite" else request.getfixturevalue("postgres_url")


@pytest.fixture
def database(where):
    books = Database(str(where))
    books.prepare()
    Accounts(books).seed(["p-1", "p-2"], "EUR", 10**6)
    yield books
    books.close()


def bet(player="p-1", amount=100):
    return Transaction(str(uuid.uuid4()), Action.BET, player, "EUR", amount)


def counted(database):
    with database.read() as connection:
        return [
            connection.scalar(sa.select(sa.func.count()).select_from(table))
            for table in (transactions, postings)
        ]


def test_a_locked_database_refuses_all_who_wait_within_one_wait(where, monkeypatch):
    monkeypatch.setattr(Database, "lock_timeout", 1.0)
    crowd = 8
    database = Database(str(where))
    database.prepare()
    Accounts(database).seed(["p-1"], "EUR", 10**6)
    ledger = Ledger(database)
    start = threading.Barrier(crowd)

    def one(transaction):
        start.wait()
        began = time.monotonic()
        with pytest.raises((DatabaseLocked, sa.exc.OperationalError)):
            ledger.apply(transaction)
        return time.monotonic() - began

    pending = [bet() for _ in range(crowd)]
    before = counted(database)
    other = Database(str(where))
    with other.write() as connection, ThreadPoolExecutor(crowd) as pool:
        connection.execute(sa.select(players).with_for_update()).all()
        waited = list(pool.map(one, pending))
    # One wait after the other would be eight seconds for the last of them.
    assert 0.9 < min(waited) <= max(waited) < 3
    assert counted(database) == before
    for transaction in pending:
        ledger.apply(transaction)
    assert Accounts(database).recompute() == []
    other.close()
    database.close()


def test_what_fails_takes_nobody_with_it(database):
    ledger = Ledger(database)
    start = threading.Barrier(3)

    def one(transaction):
        start.wait()
        try:
            return ledger.apply(transaction)
        except Exception as error:
            return error

    bad = Transaction("bad", Action.RESULT, "p-1", "EUR", 2**70)
    with ThreadPoolExecutor(3) as pool:
        ends = list(pool.map(one, (bet(), bad, bet("p-2"))))
    assert isinstance(ends[0], str)
    assert isinstance(ends[1], (OverflowError, sa.exc.SQLAlchemyError))
    assert isinstance(ends[2], str)
    assert [Accounts(database).get(name).balance for name in ("p-1", "p-2")] == [10**6 - 100] * 2
    assert Accounts(database).recompute() == []


def test_a_player_who_is_busy_holds_no_other_up(postgres_url):
    database = Database(postgres_url)
    database.prepare()
    Accounts(database).seed(["p-1", "p-2"], "EUR", 1000)
    with database.write() as connection:
        connection.execute(sa.select(players).where(players.c.id == "p-1").with_for_update())
        assert Ledger(database).apply(bet("p-2"))
    database.close()


def test_a_full_disk_answers_no_one_and_loses_nothing(tmp_path):
    database = Database(str(tmp_path / "books.sqlite"))
    database.prepare()
    Accounts(database).seed(["p-1"], "EUR", 10**6)
    full = True

    @sa.event.listens_for(database.engine, "checkout")
    def fill(connection: sqlite3.Connection, *_):
        pages = connection.execute("PRAGMA page_count").fetchone()[0]
        connection.execute(f"PRAGMA max_page_count={pages if full else 10**6}").close()

    ledger = Ledger(database)
    failed = None
    for _ in range(200):
        failed = bet()
        before = counted(database)
        try:
            ledger.apply(failed)
        except sa.exc.OperationalError:
            break
    assert counted(database) == before
    full = False
    client_id = ledger.apply(failed)
    assert ledger.apply(failed) == client_id
    assert Accounts(database).recompute() == []
    database.close()


def test_connections_that_the_server_ended_are_replaced(postgres_url):
    database = Database(postgres_url)
    database.prepare()
    Accounts(database).seed(["p-1"], "EUR", 1000)
    ledger = Ledger(database)
    ledger.apply(bet())
    with psycopg.connect(postgres_url, autocommit=True) as other:
        other.execute(
            "SELECT pg_terminate_backend(pid, 10000) FROM pg_stat_activity "
            "WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
    ledger.apply(bet())
    assert Accounts(database).get("p-1").balance == 800
    database.close()


@pytest.mark.parametrize(("fsync", "synchronous"), [(True, 2), (False, 1)])
def test_commits_wait_for_the_disk_unless_told_otherwise(tmp_path, fsync, synchronous):
    database = Database(str(tmp_path / "books.sqlite"), fsync=fsync)
    with database.read() as connection:
        assert connection.exec_driver_sql("PRAGMA synchronous").scalar() == synchronous
    database.close()
