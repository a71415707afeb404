"""The database: one engine, one kind of transaction for writing, SQLite or PostgreSQL."""

import sqlite3
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from sqlalchemy.pool import QueuePool

from client_under_test.schema import metadata

# Seconds a request waits for another one's lock before it gives up and leaves things as they were.
LOCK_TIMEOUT = 4.0
CONNECTIONS = 16
# Seconds for which a connection that was used is taken to be alive.
_FRESH = 1.0


class DatabaseUnreachable(Exception):
    """The database cannot be opened; the message says what came, what was expected and what to do."""


class Database:
    """Reads and writes of the CLIENT's one database, safe to use from several threads."""

    def __init__(self, address: str) -> None:
        self.url = url(address)
        self.sqlite = self.url.get_backend_name() == "sqlite"
        self.engine = _sqlite_engine(self.url) if self.sqlite else _server_engine(self.url)
        # SQLite has one writer: the threads of this process queue here, in turn, and need not poll the file.
        self._turn = threading.Lock() if self.sqlite else nullcontext()
        # Who works with it in the background, and must stop first.
        self.closing: list[Callable[[], None]] = []

    def prepare(self) -> None:
        """Create the tables that are missing; raises DatabaseUnreachable."""
        try:
            with self.write() as connection:
                metadata.create_all(connection)
        except (sa.exc.OperationalError, sa.exc.DatabaseError) as error:
            raise DatabaseUnreachable(_three_beats(self.url, error)) from None

    @contextmanager
    def write(self) -> Iterator[sa.Connection]:
        """One transaction that writes: committed where the block ends well, undone where it raises."""
        with self._turn, self.engine.begin() as connection:
            yield connection

    @contextmanager
    def at_once(self, connection: sa.Connection) -> Iterator[None]:
        """Send the writes of this block together, where the server can take them so; none may return rows."""
        with nullcontext() if self.sqlite else connection.connection.driver_connection.pipeline():  # type: ignore[union-attr]
            yield

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
            "the database address is neither a file nor a URL of a database that is known here; a file name "
            "(SQLite) or postgresql://user:password@host/name was expected, for the ledger to live in. "
            "Correct --database."
        ) from None
    return given


def _sqlite_engine(address: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        address, poolclass=QueuePool, pool_size=CONNECTIONS, max_overflow=CONNECTIONS, pool_use_lifo=True
    )

    @sa.event.listens_for(engine, "connect")
    def settle(connection: sqlite3.Connection, _record: Any) -> None:
        # sqlite3's own BEGIN comes late, and so takes the lock late; ours comes first.
        connection.isolation_level = None
        for pragma in (
            "journal_mode=WAL",
            "synchronous=FULL",
            f"busy_timeout={int(LOCK_TIMEOUT * 1000)}",
            "foreign_keys=ON",
        ):
            connection.execute(f"PRAGMA {pragma}").close()

    @sa.event.listens_for(engine, "begin")
    def begin(connection: sa.Connection) -> None:
        if connection.get_execution_options().get("isolation_level") != "AUTOCOMMIT":
            connection.exec_driver_sql("BEGIN IMMEDIATE")

    return engine


def _server_engine(address: sa.URL) -> sa.Engine:
    engine = sa.create_engine(
        address,
        pool_size=CONNECTIONS,
        max_overflow=CONNECTIONS,
        pool_use_lifo=True,
        connect_args={
            "connect_timeout": 5,
            # A plan that was made while the tables were small, and is kept, would read all of them for ever.
            "options": f"-c lock_timeout={int(LOCK_TIMEOUT * 1000)} -c plan_cache_mode=force_custom_plan",
        },
    )

    @sa.event.listens_for(engine, "checkin")
    def rested(_connection: Any, record: Any) -> None:
        record.info["rested"] = time.monotonic()

    # SQLAlchemy's own pre-ping asks before every transaction, and costs a tenth of one.
    @sa.event.listens_for(engine, "checkout")
    def alive(connection: Any, record: Any, _proxy: Any) -> None:
        if time.monotonic() - record.info.get("rested", time.monotonic()) > _FRESH:
            try:
                engine.dialect.do_ping(connection)
            except engine.dialect.loaded_dbapi.Error as error:
                raise sa.exc.DisconnectionError from error

    return engine


def _three_beats(address: sa.URL, error: Exception) -> str:
    reason = str(getattr(error, "orig", None) or error).strip().splitlines()[0]
    return (
        f"the database {address.render_as_string(hide_password=True)} does not open: {reason}. "
        "The ledger needs a SQLite file it may write or a PostgreSQL server that answers. "
        "Check --database, that the directory exists or the server runs, and try again."
    )
