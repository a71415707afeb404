"""How much traffic a run may make, for targets with limits: open connections and requests per second."""

import sys
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager


class Limits:
    """A gate that every sender passes; safe to use from several threads. None means unlimited.

    ``max_connections`` bounds the connections open at one time. ``max_requests_per_second`` bounds the
    requests that leave in *any* second, not only on average: its whole part, or one in 1/rate seconds where
    it is below 1. ``clock`` and ``sleep`` are in seconds. Raises ValueError where a limit is not above zero.

    What was slowed down lets more than that leave together, after a pause that makes up for them, where so many were
    seen to be taken: many CLIENTs count by the minute.
    """

    def __init__(
        self,
        max_connections: int | None = None,
        max_requests_per_second: float | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        for name, value in (
            ("max_connections", max_connections),
            ("max_requests_per_second", max_requests_per_second),
        ):
            if value is not None and not value > 0:
                raise ValueError(
                    f"{name} is {value}; it must be above 0, or nothing could ever be sent; "
                    "leave it out for no limit"
                )
        self.max_connections = max_connections
        self.max_requests_per_second = self._given = max_requests_per_second
        self._clock, self._sleep = clock, sleep
        self._changed = threading.Condition()
        self._open = 0
        self._queue: deque[object] = deque()
        self._rate = threading.Lock()
        self._left: deque[float] = deque(maxlen=0)
        self._count(max_requests_per_second or 0.0)
        # What one second allowed from the beginning, and how many may leave together.
        self._widest = self._together = self._burst if max_requests_per_second is not None else sys.maxsize

    def _count(self, rate: float) -> None:
        self._burst = max(1, int(rate))
        self._period = max(1.0, 1.0 / rate) if rate else 0.0
        self._left = deque(self._left, maxlen=self._burst)

    def keep_to(self, rate: float, together: int | None = None) -> None:
        """Let at most ``rate`` requests leave in a second from now on, no more than was given in the beginning.

        ``together`` may leave at once, where it was more.
        """
        with self._rate:
            self._together = min(self._together, together or self._together)
            self.max_requests_per_second = rate if self._given is None else min(rate, self._given)
            self._count(self.max_requests_per_second)

    def width(self, n: int) -> int:
        """How wide a race of ``n`` may be: no wider than the connections and the requests of one second."""
        bounds = [n]
        if self.max_connections is not None:
            bounds.append(self.max_connections)
        if self.max_requests_per_second is not None:
            bounds.append(max(self._burst, self._together))
        return min(bounds)

    @contextmanager
    def connection(self, n: int = 1) -> Iterator[None]:
        """Hold ``n`` connections, waiting until all of them are free, first come first served.

        Raises ValueError where ``n`` is more than there can ever be.
        """
        if self.max_connections is None:
            yield
            return
        if n > self.max_connections:
            raise ValueError(
                f"{n} connections at once were asked for; max_connections is {self.max_connections}; "
                "narrow the race with Limits.width, or raise max_connections"
            )
        self._enter(n, self.max_connections)
        try:
            yield
        finally:
            with self._changed:
                self._open -= n
                self._changed.notify_all()

    def _enter(self, n: int, most: int) -> None:
        ticket = object()
        with self._changed:
            self._queue.append(ticket)
            try:
                # Only the first in the queue may enter: a wide race must not starve behind narrow senders.
                self._changed.wait_for(lambda: self._queue[0] is ticket and self._open + n <= most)
                self._open += n
            finally:
                self._queue.remove(ticket)
                self._changed.notify_all()

    def request(self, n: int = 1) -> None:
        """Wait until ``n`` requests may leave together.

        Raises ValueError where ``n`` is more than one second allowed from the beginning.
        """
        if self.max_requests_per_second is None:
            return
        if n > self._widest:
            raise ValueError(
                f"{n} requests at once were asked for; "
                f"max_requests_per_second is {self.max_requests_per_second:g}; "
                "narrow the race with Limits.width, or raise max_requests_per_second"
            )
        with self._rate:
            now = self._clock()
            if n > self._burst:
                # So many leave together once nothing has left for as long as they would take one by one.
                slot = max(now, self._left[-1] + n * self._period / self._burst) if self._left else now
            else:
                # The n leave together once so few of the last period's requests are left that all fit.
                behind = len(self._left) - (self._burst - n)
                slot = max(now, self._left[behind - 1] + self._period) if behind > 0 else now
            self._left.extend([slot] * min(n, self._burst))
        if slot > now:
            self._sleep(slot - now)

    @property
    def open_connections(self) -> int:
        """How many connections are held now."""
        with self._changed:
            return self._open

    @property
    def waiting(self) -> int:
        """How many wait for connections now."""
        with self._changed:
            return len(self._queue)
