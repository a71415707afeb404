"""Clocks for a machine that pauses, and whose time of day is set back.

``running_time()`` counts seconds in which this process could run: while it is ``watched``, what passed as it was
stopped (a virtual machine that is frozen, a signal) is left out, so that nobody's patience ends meanwhile.
``increasing_time()`` is the time of day as events are stamped with it: it never goes back, and no two calls get the
same millisecond.
"""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Final

# Seconds between two beats, and without one after which the process was stopped.
_BEAT: Final = 0.05
_LATE: Final = 0.3


class RunningTime:
    """``clock`` counts seconds, whether or not this process can run."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._watchers = 0
        self._beating: threading.Thread | None = None
        self._last = self._stopped = 0.0

    def now(self) -> float:
        """Seconds, without those that were left out."""
        with self._lock:
            now = self._clock()
            # In a fork nothing beats.
            if self._beating is not None and self._beating.is_alive():
                self._leave_out(now)
            return now - self._stopped

    def _leave_out(self, now: float) -> None:
        gap = now - self._last
        if gap > _LATE:
            self._stopped += gap - _BEAT
        # Who asks runs, too: what was said once is never taken back.
        self._last = now

    def _beat(self) -> None:
        while True:
            with self._lock:
                if not self._watchers:
                    self._beating = None
                    return
                self._leave_out(self._clock())
            time.sleep(_BEAT)

    @contextmanager
    def watched(self) -> Iterator[None]:
        """Notice meanwhile that this process is stopped."""
        with self._lock:
            self._watchers += 1
            if self._beating is None or not self._beating.is_alive():
                self._last = self._clock()
                self._beating = threading.Thread(target=self._beat, name="beat", daemon=True)
                self._beating.start()
        try:
            yield
        finally:
            with self._lock:
                self._watchers -= 1


class IncreasingTime:
    """``clock`` is the time of day in nanoseconds since the epoch."""

    def __init__(self, clock: Callable[[], int] = time.time_ns) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._last = 0

    def now(self) -> float:
        """Seconds since the epoch."""
        with self._lock:
            self._last = max(self._clock() // 1_000_000, self._last + 1)
            # The middle of the millisecond: no rounding makes it another one.
            return (self._last + 0.5) / 1000


_RUNNING, _INCREASING = RunningTime(), IncreasingTime()


def running_time() -> float:
    """Seconds on a monotonic clock, without those in which this process was stopped while it was ``watched``."""
    return _RUNNING.now()


def watched() -> AbstractContextManager[None]:
    """A context in which is noticed that this process is stopped."""
    return _RUNNING.watched()


def increasing_time() -> float:
    """Seconds since the epoch, later by a millisecond at least than ever before in this process."""
    return _INCREASING.now()
