"""Work that falls due at a moment of its own, done by threads in the background or by hand."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import Final, Generic, TypeVar

from simulators.values.clocks import awake

W = TypeVar("W")
_THREADS: Final = 4


class Background(ABC, Generic[W]):
    """Does what falls due. Safe to use from several threads.

    ``clock`` counts seconds. ``start`` does it from several threads, several pieces at once, so that order is
    not kept, in real seconds; without it the caller does so with ``work``, under any clock. Subclasses keep
    what waits, notify ``_changed`` (which is also their lock) of every change of it, and say what ``_attempt`` does.
    """

    def __init__(self, name: str, clock: Callable[[], float] = awake) -> None:
        self.clock = clock
        self._name = name
        self._stopped = False
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    def work(self) -> float | None:
        """Do everything that is due; return the seconds until more is, None when nothing waits."""
        while True:
            with self._changed:
                pause = self._pause()
                if pause is None or pause > 0:
                    return pause
                piece = self._take()
            self._attempt(piece)

    def start(self) -> None:
        """Do what falls due from threads in the background, until ``stop``."""
        with self._changed:
            if self._threads:
                return
            self._stopped = False
            self._threads = [
                threading.Thread(target=self._run, name=f"{self._name}-{number}", daemon=True)
                for number in range(_THREADS)
            ]
            threads = list(self._threads)
        for thread in threads:
            thread.start()

    def stop(self) -> None:
        """Stop the threads when what they do now has ended; what waits goes on waiting."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def wait_idle(self, timeout: float) -> bool:
        """Wait at most ``timeout`` seconds until nothing waits or is under way; say whether it is so."""
        with self._changed:
            return self._wait_for(self._idle, timeout)

    def _wait_for(self, happened: Callable[[], bool], timeout: float) -> bool:
        """Wait, with the lock held, until it ``happened``; what this process is stopped for does not count."""
        until = awake() + timeout
        while not (done := happened()) and (left := until - awake()) > 0:
            self._changed.wait(left)
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and ((pause := self._pause()) is None or pause > 0):
                    self._changed.wait(pause)
                if self._stopped:
                    return
                piece = self._take()
            self._attempt(piece)

    # What subclasses say; all but _attempt are called with the lock held.

    @abstractmethod
    def _pause(self) -> float | None:
        """Seconds until something is due (0 or less: now), None where nothing waits."""

    @abstractmethod
    def _take(self) -> W:
        """What is due, which is under way from now on."""

    @abstractmethod
    def _idle(self) -> bool:
        """Whether nothing waits or is under way."""

    @abstractmethod
    def _attempt(self, piece: W, /) -> object:
        """Do it."""
