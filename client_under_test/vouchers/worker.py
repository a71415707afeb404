"""Works on conversions in the background, in one process at a time, and goes on after a restart."""

import fcntl
import logging
import os
import queue
import threading
import time
from pathlib import Path
from typing import Final

import sqlalchemy as sa

from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import JackpotFailed
from client_under_test.vouchers.resolver import Resolver

log = logging.getLogger(__name__)

THREADS: Final = 4
# Seconds between two looks into the database, where no event wakes the worker earlier.
_EVERY: Final = 0.2
# The advisory lock of PostgreSQL that the working process holds.
_LOCK: Final = 0x70697462


class Leadership:
    """The right to work on a database: one process has it at a time, and loses it when it dies."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._file: int | None = None
        self._connection: sa.Connection | None = None
        self._locked = False

    def held(self) -> bool:
        """Say whether it is ours, and take it where it is free."""
        return self._of_file() if self._database.sqlite else self._of_server()

    def _of_file(self) -> bool:
        if self._file is not None:
            return True
        path = Path(f"{self._database.url.database}-worker")
        file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError:
            os.close(file)
            return False
        self._file = file
        return True

    def _of_server(self) -> bool:
        try:
            if self._connection is None:
                self._connection = self._database.engine.connect().execution_options(
                    isolation_level="AUTOCOMMIT"
                )
            if self._locked:
                self._connection.execute(sa.text("SELECT 1"))
            else:
                self._locked = bool(self._connection.scalar(sa.select(sa.func.pg_try_advisory_lock(_LOCK))))
        except sa.exc.DBAPIError:
            # Gone with its connection.
            self.release()
        return self._locked

    def release(self) -> None:
        """Give it up."""
        if self._file is not None:
            os.close(self._file)
            self._file = None
        if self._connection is not None:
            # The connection itself must end, or the lock would go back into the pool with it.
            self._connection.invalidate()
            self._connection.close()
            self._connection = None
        self._locked = False


class Worker:
    """Threads that work on what is due; safe to start and to wake from any thread."""

    def __init__(self, database: Database, inbox: Inbox, resolver: Resolver, config: Config) -> None:
        self._inbox = inbox
        self._resolver = resolver
        self._config = config
        self._leadership = Leadership(database)
        self._changed = threading.Condition()
        self._jobs: queue.SimpleQueue[int | None] = queue.SimpleQueue()
        self._claimed: set[int] = set()
        self._woken = False
        self._stopped = False
        self._threads: list[threading.Thread] = []
        database.closing.append(self.stop)

    def start(self) -> None:
        """Start, unless it runs or was stopped."""
        with self._changed:
            if self._threads or self._stopped:
                return
            targets = [self._dispatch] + [self._work] * THREADS
            self._threads = [
                threading.Thread(target=target, name=f"vouchers-{number}", daemon=True)
                for number, target in enumerate(targets)
            ]
            for thread in self._threads:
                thread.start()

    def stop(self) -> None:
        """Stop; what is in work is finished first, what waits is done by the next process."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            threads = self._threads
        for thread in threads:
            thread.join()

    def wait(self, conversion_id: int, seconds: float) -> bool:
        """Have a conversion worked on now; say whether all that waited was done within ``seconds``."""
        self.start()
        deadline = time.monotonic() + seconds
        with self._changed:
            self._woken = True
            self._changed.notify_all()
        while self._inbox.pending(conversion_id):
            left = deadline - time.monotonic()
            if left <= 0:
                return False
            with self._changed:
                # Another process may be the one that works.
                self._changed.wait(min(left, 0.05))
        return True

    def _dispatch(self) -> None:
        while not self._stopped:
            with self._changed:
                self._woken = False
            try:
                if self._leadership.held():
                    self._hand_out()
            except Exception:
                log.exception("the due conversions cannot be read")
            with self._changed:
                self._changed.wait_for(lambda: self._woken or self._stopped, _EVERY)
        for _ in range(THREADS):
            self._jobs.put(None)
        for thread in self._threads[1:]:
            thread.join()
        self._leadership.release()

    def _hand_out(self) -> None:
        for conversion_id in self._inbox.due(self._config.clock()):
            with self._changed:
                if conversion_id in self._claimed or self._stopped:
                    continue
                self._claimed.add(conversion_id)
            self._jobs.put(conversion_id)

    def _work(self) -> None:
        while (conversion_id := self._jobs.get()) is not None:
            try:
                if not self._stopped:
                    self._one(conversion_id)
            except Exception:
                log.exception("conversion %d failed", conversion_id)
            with self._changed:
                self._claimed.discard(conversion_id)
                self._woken = True
                self._changed.notify_all()

    def _one(self, conversion_id: int) -> None:
        try:
            self._resolver.work(conversion_id, self._config.clock())
        except JackpotFailed as failure:
            log.info("conversion %d waits: %s", conversion_id, failure)
            self._inbox.postpone(conversion_id)
        except Exception:
            log.exception("conversion %d failed", conversion_id)
            self._inbox.postpone(conversion_id)
