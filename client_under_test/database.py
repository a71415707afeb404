"""The database: one engine, one kind of transaction for writing, SQLite or PostgreSQL."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any, ClassVar

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from client_under_test.schema import metadata
from client_under_test.values.misuse import Misuse

CONNECTIONS = 16


class DatabaseUnreachable(Misuse):
    """The database cannot be opened."""


class DatabaseLocked(Exception):
    """Others held the database for too long; nothing was changed."""


class Database:
    """Reads and writes of the CLIENT's one database, safe to use from several threads.

    Without ``fsync`` SQLite leaves it to the system when a commit reaches the disk: a kill of the process loses
    nothing, a power loss may lose the last commits.
    """

    # Seconds a request waits for others' locks, in total, before it gives up and changes nothing.
    lock_timeout: ClassVar[float] = 4.0

    def __init__(self, address: str, *, fsync: bool = True) -> None:
        self.url = url(address)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = (
            _sqlite_engine(self.url, self.lock_timeout, fsync=fsync)
            if self.sqlite
            else _server_engine(self.url, self.lock_timeout)
        )
        # SQLite has one writer and lets the others poll: in a crowd some never get their turn. So the threads
        # of this process queue here, and only processes compete for the file.
        self._queue = threading.Lock()
        # What works with it in the background, and must stop first.
        self.closing: list[Callable[[], None]] = []

    def prepare(self) -> None:
        """Create the tables that are missing; raises DatabaseUnreachable."""
        try:
            with self.write() as connection:
                metadata.create_all(connection)
        except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
            raise _unreachable(self.url, error) from None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that writes: committed where the block ends well, undone where it raises.

        Raises DatabaseLocked or SQLAlchemy's OperationalError after ``lock_timeout``.
        """
        if not self.sqlite:
            with self.engine.begin() as connection:
                yield connection
            return
        deadline = time.monotonic() + self.lock_timeout
        if not self._queue.acquire(timeout=self.lock_timeout):
            raise DatabaseLocked(f"the database was locked for {self.lock_timeout:g} s")
        try:
            with self.engine.connect().execution_options(deadline=deadline) as connection, connection.begin():
                yield connection
        finally:
            self._queue.release()

    @contextmanager
    def read(self) -> Iterator[sa.Connection]:
        """One statement or several that only read, each seeing what is committed."""
        with self.engine.connect().execution_options(isolation_level="AUTOCOMMIT") as connection:
            yield connection

    def close(self) -> None:
        """Stop who works with it in the background, and close every connection."""
        for stop in self.closing:
            stop()
        self.engine.dispose()


def url(address: str) -> sa.URL:
    """Read ``address``, a file or a SQLAlchemy URL; PostgreSQL is always spoken through psycopg 3."""
    if "://" not in address:
        return sa.URL.create("sqlite", database=str(Path(address).absolute()))
    try:
        given = sa.make_url(address)
        if given.drivername in ("postgres", "postgresql"):
            given = given.set(drivername="postgresql+psycopg")
        given.get_dialect().import_dbapi()
    except (sa.exc.ArgumentError, ImportError):
        raise DatabaseUnreachable(
            "the database address is neither a file nor a URL of a database that is known here",
            "a file name (SQLite) or postgresql://user:password@host/name, for the ledger to live in",
            "correct --database",
        ) from None
    return given


def _sqlite_engine(address: sa.URL, lock_timeout: float, *, fsync: bool) -> sa.Engine:
    engine = sa.create_engine(
        address, poolclass=QueuePool, pool_size=CONNECTIONS, max_overflow=CONNECTIONS, pool_use_lifo=True
    )

    @sa.event.listens_for(engine, "connect")
    def prepare(connection: sqlite3.Connection, _record: Any) -> None:
        # sqlite3's own BEGIN comes late, and so takes the lock late; ours comes first.
        connection.isolation_level = None
        synchronous = "synchronous=FULL" if fsync else "synchronous=NORMAL"
        for pragma in ("journal_mode=WAL", synchronous, "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        deadline = connection.get_execution_options().get("deadline")
        left = lock_timeout if deadline is None else max(deadline - time.monotonic(), 0)
        connection.exec_driver_sql(f"PRAGMA busy_timeout={int(left * 1000)}")
        if deadline is not None:
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _server_engine(address: sa.URL, lock_timeout: float) -> sa.Engine:
    return sa.create_engine(
        address,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_use_lifo=True,
        pool_pre_ping=True,
        connect_args={
            "connect_timeout": 5,
            # A plan that was made while the tables were small, and is kept, would read all of them for ever.
            "options": f"-c lock_timeout={int(lock_timeout * 1000)} -c plan_cache_mode=force_custom_plan",
        },
    )


def _unreachable(address: sa.URL, error: Exception) -> DatabaseUnreachable:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return DatabaseUnreachable(
        f"the database {address.render_as_string(hide_password=True)} does not open: {reason}",
        "a SQLite file that the ledger may write, or a PostgreSQL server that answers",
        "check --database, that the directory exists or the server runs, and try again",
    )
