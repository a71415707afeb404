"""The state of the providers that are served, in one file: it survives a restart, and a kill.

Nothing leaves, a request or an answer, before what it rests on is on disk. So what was promised is known afterwards,
and what was on its way is sent again, by the same id. The file is a SQLite database with a row a record, so that a
change costs what changed, however much there is.
"""

import os
import sqlite3
import threading
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Final, NamedTuple

import click

from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import Direction, Exchange, History, Status
from simulators.providers import PROVIDERS
from simulators.server.wsgi_server import App
from simulators.simulator import Simulator
from simulators.values import decimal_json
from simulators.values.records import Table

# 1 was of Jackpot alone, 2 one JSON document.
VERSION: Final = 3
# How often it is written while nothing leaves, in seconds: after a kill, an answer of the CLIENT that came since is not
# known, and what it answered is sent once more.
_SAVE_SECONDS: Final = 5.0
# What reading a file of something else may raise.
_UNREADABLE: Final = (KeyError, TypeError, AttributeError, ValueError, OverflowError, ArithmeticError)
# Tells SQLite databases of other programs from this one's ("pitb").
_APPLICATION: Final = 0x70697462
_OWN: Final = 0o600
_OTHERS: Final = 0o077
_TABLE: Final = "CREATE TABLE record (provider, name, key, value, PRIMARY KEY (provider, name, key))"
_READ: Final = "SELECT name, key, value FROM record WHERE provider = ? ORDER BY rowid"
# A record that is there keeps its place in the order.
_PUT: Final = "INSERT INTO record VALUES (?, ?, ?, ?) ON CONFLICT DO UPDATE SET value = excluded.value"
_TAKE_OUT: Final = "DELETE FROM record WHERE (provider, name, key) = (?, ?, ?)"


class _Changes(NamedTuple):
    """What changed in a table of a provider: each key with its record, None where it is gone."""

    provider: str
    name: str
    table: Table[Any, Any]
    rows: dict[Any, Any]


class StateFile:
    """Keeps simulators in ``database``, the file ``path``. Safe to use from several threads.

    The records of providers that are not served stay as they are.
    """

    def __init__(self, path: Path, database: sqlite3.Connection) -> None:
        self.path = path
        self._database = database
        self._kept: dict[str, Simulator[Any]] = {}
        self._turn = threading.Lock()

    def keep(self, simulator: Simulator[Any]) -> None:
        """Give ``simulator``, not started, the state that the file has of it, and keep it there from now on.

        Raises UsageProblem where that is no state of it, or the file cannot be written.
        """
        name = simulator.provider
        try:
            if records := self._records(name):
                simulator.restore(records)
        except (*_UNREADABLE, sqlite3.Error) as error:
            raise _no_state(self.path, f"its section {name}: {type(error).__name__}") from None
        # A new table: the first providers send, and are written, while the others are still to come.
        self._kept = {**self._kept, name: simulator}
        try:
            self._write()
        except sqlite3.Error as error:
            raise _cannot_use(self.path, str(error)) from None

    def saving(self, app: App) -> App:
        """``app``, with what its requests change on disk before it answers."""

        def saved_first(environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
            def start(*answer: Any) -> Any:
                if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
                    self.save()
                return start_response(*answer)

            return app(environ, start)

        return saved_first

    def leaving(self, exchange: Exchange) -> None:
        """Write what ``exchange`` rests on, where it is one that is about to leave."""
        if exchange.direction is Direction.TO_CLIENT and exchange.status is Status.PENDING:
            self.save()

    def save(self) -> None:
        """Write what changed since the last time; a line tells where that cannot be, and it is tried again the next."""
        try:
            self._write()
        except sqlite3.Error as error:
            click.echo(f"pitboss: --state {self.path} cannot be written: {error}", err=True)

    def _records(self, provider: str) -> dict[str, dict[Any, Any]]:
        """The records that the file has of a provider, by table and key; none at all where it was never served."""
        forms = PROVIDERS[provider].forms()
        records: dict[str, dict[Any, Any]] = {name: {} for name in forms}
        with self._turn:
            rows = self._database.execute(_READ, (provider,)).fetchall()
        for name, key, text in rows:
            value = decimal_json.loads(text)
            _check_numbers(value)
            records[name][key] = forms[name].read(value)
        return records if rows else {}

    def _write(self) -> None:
        # One at a time. Who waited for another's turn mostly finds all of it written.
        with self._turn:
            changes = self._changes()
            if not changes:
                return
            try:
                with self._database:
                    for each in changes:
                        self._put(each)
            except BaseException:
                for each in changes:
                    each.table.untaken(each.rows)
                raise

    def _changes(self) -> list[_Changes]:
        found = []
        for provider, simulator in self._kept.items():
            with simulator.lock:
                for name, table in simulator.tables().items():
                    if rows := table.take_changes():
                        found.append(_Changes(provider, name, table, rows))
        return found

    def _put(self, changes: _Changes) -> None:
        provider, name, _, rows = changes
        write = PROVIDERS[provider].forms()[name].write
        for key, record in rows.items():
            if record is None:
                self._database.execute(_TAKE_OUT, (provider, name, key))
            else:
                text = decimal_json.dumps(_exact(write(record))).decode()
                self._database.execute(_PUT, (provider, name, key, text))


@contextmanager
def opened(path: Path, history: History) -> Iterator[StateFile]:
    """The state file ``path``, there or to be made, for those who send into ``history``; others are kept from it.

    It is written before anything leaves, every few seconds, and at the end. Raises UsageProblem where the file will not
    do, or another process keeps its state there.
    """
    with closing(_connected(path)) as database:
        file = StateFile(path, database)
        ended = threading.Event()

        def now_and_then() -> None:
            while not ended.wait(_SAVE_SECONDS):
                file.save()

        thread = threading.Thread(target=now_and_then, name="state-file", daemon=True)
        thread.start()
        history.listeners.append(file.leaving)
        try:
            yield file
        finally:
            history.listeners.remove(file.leaving)
            ended.set()
            thread.join()
        file.save()


def _connected(path: Path) -> sqlite3.Connection:
    """The database ``path``, ours alone until it is closed. Raises UsageProblem."""
    try:
        # SQLite would make it readable for others.
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, _OWN))
        database = sqlite3.connect(path, timeout=0, check_same_thread=False)
    except (OSError, sqlite3.Error) as error:
        raise _cannot_use(path, getattr(error, "strerror", None) or str(error)) from None
    try:
        _prepare(path, database)
    except sqlite3.Error as error:
        database.close()
        raise _refused(path, error) from None
    except BaseException:
        database.close()
        raise
    return database


def _prepare(path: Path, database: sqlite3.Connection) -> None:
    """Lock ``database``, and make its table where it is new. Raises UsageProblem and sqlite3.Error."""
    database.execute("PRAGMA locking_mode = EXCLUSIVE")
    # Before anything is read: of two that come at once, one has it.
    database.execute("BEGIN EXCLUSIVE")
    with database:
        [application, version, tables] = (
            database.execute(asked).fetchone()[0]
            for asked in (
                "PRAGMA application_id",
                "PRAGMA user_version",
                "SELECT count(*) FROM sqlite_master",
            )
        )
        if not tables:
            database.execute(f"PRAGMA application_id = {_APPLICATION}")
            database.execute(f"PRAGMA user_version = {VERSION}")
            database.execute(_TABLE)
        elif (application, version) != (_APPLICATION, VERSION):
            raise _no_state(path, f"its version is not {VERSION}")
        elif (found := database.execute("PRAGMA quick_check(1)").fetchone()[0]) != "ok":
            raise _no_state(path, found)
    # A commit is one append and one sync.
    database.execute("PRAGMA journal_mode = WAL")
    database.execute("PRAGMA synchronous = FULL")
    if path.stat().st_mode & _OTHERS:
        path.chmod(_OWN)


def _refused(path: Path, error: sqlite3.Error) -> UsageProblem:
    match getattr(error, "sqlite_errorcode", None):
        case sqlite3.SQLITE_BUSY | sqlite3.SQLITE_LOCKED:
            return UsageProblem(
                f"--state {path} is in use by another pitboss serve",
                "a file for each: two would overwrite what the other remembers",
                "end the other, or name another file",
            )
        case sqlite3.SQLITE_NOTADB:
            return _no_state(path, "it is no database; before version 3 it was JSON")
        case sqlite3.SQLITE_CORRUPT:
            return _no_state(path, str(error))
    return _cannot_use(path, str(error))


def _check_numbers(value: Any) -> None:
    """Raise ValueError where a number in ``value`` is more than a float holds: some are read as such."""
    match value:
        case Decimal():
            if not isfinite(float(value)):
                raise ValueError("a number without bounds")
        case dict():
            for each in value.values():
                _check_numbers(each)
        case list():
            for each in value:
                _check_numbers(each)


def _exact(value: Any) -> Any:
    """``value`` with its floats as the numbers that they are written as."""
    match value:
        case float():
            return Decimal(repr(value))
        case dict():
            return {name: _exact(each) for name, each in value.items()}
        case list() | tuple():
            return [_exact(each) for each in value]
    return value


def _no_state(path: Path, why: str) -> UsageProblem:
    return UsageProblem(
        f"--state {path} is no state of pitboss serve ({why})",
        f"a whole one of version {VERSION}: what is half read would be lost",
        "name the file that this version of pitboss wrote, or another that does not exist yet",
    )


def _cannot_use(path: Path, why: str) -> UsageProblem:
    return UsageProblem(
        f"--state {path} cannot be used: {why}",
        "a file that can be read and written, there or to be made",
        "name another file",
    )
