"""The route to the CLIENT: where exchanges are recorded, how long is waited, and the connections that are kept."""

import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace

from simulators.exchanges.history import Answer, Headers, History, Request
from simulators.transport.concurrency import Concurrency, Slot
from simulators.transport.pace import Pace
from simulators.transport.rate_limits import Limits
from simulators.transport.raw_connection import Connection, endpoint, parsed
from simulators.values.clocks import running_time

_KNOCK = 0.02


@dataclass
class Route:
    """The way that everything takes to the CLIENT; safe to use from several threads.

    ``timeout`` is seconds to connect, and again for a whole answer. ``ca_file`` names the certificates that https
    targets are verified against (None: the system's). ``headers`` are for a gateway on the way: each request has them
    beside its own, and none of them is recorded. At most ``connections`` requests are under way in the pool.
    ``sleep`` takes the faults' seconds, so that time can be scaled. ``restart`` kills the CLIENT and starts it again
    (the driver's). ``pace`` sends what the CLIENT does not take now again later (None: it is sent once).
    """

    history: History
    timeout: float = 5.0
    ca_file: str | None = None
    limits: Limits = field(default_factory=Limits)
    connections: int = 16
    sleep: Callable[[float], None] = time.sleep
    restart: Callable[[], None] | None = None
    pace: Pace | None = None
    headers: Headers = field(default=(), repr=False)
    _idle: dict[str, list[Connection]] = field(init=False, default_factory=dict, repr=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock, repr=False)
    concurrency: Concurrency = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self.concurrency = Concurrency(self.connections)
        # A route that is forgotten takes its connections with it.
        weakref.finalize(self, _cut_all, self._idle)

    @contextmanager
    def slot(self, *, pooled: bool) -> Iterator[Slot]:
        """Wait for room for one connection, and hold it; ``pooled`` ones are no more than ``concurrency`` allows."""
        if not pooled:
            with self.concurrency.faulty() as own, self.slots(1):
                yield own
            return
        # The connection comes second: who waits for a race to end must hold none.
        with self.concurrency.slot() as own, self.limits.connection():
            yield own

    def width(self, n: int) -> int:
        """How wide a race of ``n`` may be: no wider than the limits allow, and than the CLIENT takes at once."""
        return self.concurrency.race(self.limits.width(n))

    @contextmanager
    def slots(self, n: int) -> Iterator[None]:
        """Wait for room for ``n`` connections, and hold it. Raises ValueError where there can never be so much."""
        with self.limits.connection(n):
            # Where connections are counted, idle ones count too: beyond those that it was seen to answer side by side,
            # a CLIENT may turn to none before an idle one is closed.
            if self.limits.max_connections is not None:
                self._keep_only(self.concurrency.beside - self.limits.open_connections)
            yield

    def connect(self, request: Request, *, pooled: bool = False, buffer: int | None = None) -> Connection:
        """A connection ready for ``request``: a kept one where it is ``pooled``, or a new one.

        ``buffer`` is the receive buffer in bytes. Raises what Connection raises.
        """
        own = {name.lower() for name, _ in request.headers}
        more = tuple(pair for pair in self.headers if pair[0].lower() not in own)
        request = replace(request, headers=(*request.headers, *more)) if more else request
        if pooled:
            while (kept := self._kept(request)) is not None:
                if kept.again(request):
                    return kept
                kept.cut()
        return Connection(request, timeout=self.timeout, ca_file=self.ca_file, buffer=buffer)

    def ask(self, request: Request) -> Answer:
        """Send ``request`` over a kept connection, or a new one, and return the answer; no history tells of it.

        ``timeout`` holds for all of it. Raises OSError and h11.RemoteProtocolError where there is none (``failure_of``
        puts them into words), and ValueError where the request cannot be written.
        """
        deadline = running_time() + self.timeout
        with self.slot(pooled=True):
            connection = self.connect(request, pooled=True)
            try:
                # A peer may answer before it has read all, and close: then the answer is there to be read.
                with suppress(BrokenPipeError, ConnectionResetError):
                    connection.push(connection.head + connection.body, deadline)
                answer = connection.wait(deadline)
            except BaseException:
                connection.cut()
                raise
            self.keep(connection, request)
            return answer

    def _kept(self, request: Request) -> Connection | None:
        with self._lock:
            idle = self._idle.get(_host(request))
            return idle.pop() if idle else None

    def keep(self, connection: Connection, request: Request) -> None:
        """Keep ``connection``, which carried ``request``, for another one; close it where it can carry none."""
        if not connection.reusable:
            connection.cut()
            return
        with self._lock:
            self._idle.setdefault(_host(request), []).append(connection)

    @contextmanager
    def set_aside(self, request: Request) -> Iterator[None]:
        """Leave what is kept for requests to where ``request`` went open and unused: others take new connections."""
        host = _host(request)
        with self._lock:
            kept = self._idle.pop(host, [])
        try:
            yield
        finally:
            with self._lock:
                self._idle.setdefault(host, []).extend(kept)

    def close(self) -> None:
        """Close every connection that is kept."""
        self._keep_only(0)

    def _keep_only(self, number: int) -> None:
        """Close what is kept beyond so many, what was used longest ago first."""
        surplus: list[Connection] = []
        with self._lock:
            too_many = sum(map(len, self._idle.values())) - max(0, number)
            for idle in self._idle.values():
                some = max(0, too_many - len(surplus))
                surplus += idle[:some]
                del idle[:some]
        for connection in surplus:
            connection.cut()


def _cut_all(idle: dict[str, list[Connection]]) -> None:
    for connections in idle.values():
        for connection in connections:
            connection.cut()


def _host(request: Request) -> str:
    url = parsed(request.url)
    return f"{url.scheme}://{url.netloc}"


def reachable(request: Request, timeout: float) -> bool:
    """Wait until the request's host accepts connections, at most ``timeout`` seconds; say whether it does."""
    address = endpoint(parsed(request.url))
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        try:
            socket.create_connection(address, timeout=left).close()
        except OSError:
            time.sleep(_KNOCK)
        else:
            return True
    return False
