"""The state of the providers that are served, in one file: it survives a restart, and a kill.

Nothing leaves, a request or an answer, before what it rests on is on disk. So what was promised is known afterwards,
and what was on its way is sent again, by the same id.
"""

import fcntl
import os
import tempfile
import threading
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from decimal import Decimal
from math import isfinite
from pathlib import Path
from typing import Any, Final

import click

from scenarios.problems.errors import UsageProblem
from simulators.exchanges.history import Direction, Exchange, History, Status
from simulators.providers import PROVIDERS
from simulators.server.wsgi_server import App
from simulators.simulator import Simulator
from simulators.values import decimal_json

# 1 was of Jackpot alone.
VERSION: Final = 2
# How often it is written while nothing leaves, in seconds: after a kill, an answer of the CLIENT that came since is not
# known, and what it answered is sent once more.
_SAVE_SECONDS: Final = 5.0
# What reading a file of something else may raise.
_UNREADABLE: Final = (KeyError, TypeError, AttributeError, ValueError, OverflowError, ArithmeticError)


class StateFile:
    """Keeps simulators in the file ``path``, each in the section of its provider. Safe to use from several threads.

    ``sections`` are what the file held; those of providers that are not served stay as they are.
    """

    def __init__(self, path: Path, sections: Mapping[str, Any]) -> None:
        self.path = path
        self._sections = sections
        self._kept: dict[str, Simulator[Any]] = {}
        self._on_disk = b""
        self._turn = threading.Lock()

    def keep(self, simulator: Simulator[Any]) -> None:
        """Give ``simulator``, not started, the state that the file has of it, and keep it there from now on.

        Raises UsageProblem where that is no state of it, or the file cannot be written.
        """
        provider = PROVIDERS[simulator.provider]
        try:
            if provider.name in self._sections:
                provider.state().restore(simulator, self._sections[provider.name])
        except _UNREADABLE as error:
            raise _no_state(self.path, f"its section {provider.name}: {type(error).__name__}") from None
        # A new table: the first providers send, and are written, while the others are still to come.
        self._kept = {**self._kept, provider.name: simulator}
        try:
            self._write()
        except OSError as error:
            raise _cannot_use(self.path, error) from None

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
        """Write the state as it is now; a line tells where that cannot be."""
        try:
            self._write()
        except OSError as error:
            click.echo(f"pitboss: --state {self.path} cannot be written: {error.strerror or error}", err=True)

    def _write(self) -> None:
        # One at a time. Who waited for another's turn mostly finds all of it written.
        with self._turn:
            sections = {
                name: _exact(PROVIDERS[name].state().snapshot(each)) for name, each in self._kept.items()
            }
            data = decimal_json.dumps({"version": VERSION, "providers": {**self._sections, **sections}})
            if data != self._on_disk:
                _replace(self.path, data)
                self._on_disk = data


@contextmanager
def opened(path: Path, history: History) -> Iterator[StateFile]:
    """The state file ``path``, there or to be made, for those who send into ``history``; others are kept from it.

    It is written before anything leaves, every few seconds, and at the end. Raises UsageProblem where the file will not
    do, or another process keeps its state there.
    """
    with _alone(path):
        file = StateFile(path, _read(path))
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


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    """Keep other processes from ``path``. Raises UsageProblem where one has it."""
    # Not the file itself, in whose place a new one is put each time.
    beside = path.with_name(f".{path.name}.lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot_use(path, error) from None
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(handle)
        raise UsageProblem(
            f"--state {path} is in use by another pitboss serve",
            "a file for each: two would overwrite what the other remembers",
            "end the other, or name another file",
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def _read(path: Path) -> Mapping[str, Any]:
    """The sections of the file; none where there is no file yet. Raises UsageProblem."""
    try:
        document = decimal_json.loads(path.read_bytes())
        _check_numbers(document)
        version, sections = document["version"], document["providers"]
        if version != VERSION or not isinstance(sections, dict):
            raise _no_state(path, f"its version is not {VERSION}")
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise _cannot_use(path, error) from None
    except _UNREADABLE as error:
        raise _no_state(path, type(error).__name__) from None
    return sections


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


def _replace(path: Path, data: bytes) -> None:
    """Put ``data`` in the place of ``path``, whole or not at all; only its owner may read it. Raises OSError.

    When it returns, the bytes and the name are on disk.
    """
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        Path(name).replace(path)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


def _no_state(path: Path, why: str) -> UsageProblem:
    return UsageProblem(
        f"--state {path} is no state of pitboss serve ({why})",
        f"a whole one of version {VERSION}: what is half read would be lost",
        "name the file that this version of pitboss wrote, or another that does not exist yet",
    )


def _cannot_use(path: Path, error: OSError) -> UsageProblem:
    return UsageProblem(
        f"--state {path} cannot be used: {error.strerror or error}",
        "a file that can be read and written, there or to be made",
        "name another file",
    )
