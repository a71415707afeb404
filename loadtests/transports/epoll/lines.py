"""One connection to the CLIENT: non-blocking, kept alive, one request at a time.

A line never raises for what the network does: it tells its owner what was seen, where there is no answer as status 0
with the reason. A line that broke opens a new connection for its next request.
"""

import errno
import os
import select
import socket
import time
from collections.abc import Callable
from typing import Any, Final, Protocol

from gevent import monkey

from loadtests.traffic.player_script import Seen
from loadtests.transports.epoll.answers import Answer, Heads, Odd, Reader

# Locust replaces these by ones that block greenlets; a non-blocking socket wants the originals.
Socket = monkey.get_original("socket", "socket")
READ: Final = select.EPOLLIN
WRITE: Final = select.EPOLLOUT
_AT_ONCE: Final = 65_536
_now = time.perf_counter


class Owner(Protocol):
    """Whom a line tells what came of its request."""

    def seen(self, line: "Line", seen: Seen) -> None:
        """The request that was given to ``line`` came to this."""


class Wires(Protocol):
    """What lines need of their engine."""

    heads: Heads

    def watch(self, line: "Line", events: int, known: bool) -> None:
        """Call ``line.ready`` when one of ``events`` is there; ``known`` where it was watched before."""

    def forget(self, line: "Line") -> None:
        """Close the connection of ``line``."""

    def later(self, call: Callable[[], None]) -> None:
        """Make ``call`` in the loop's next turn."""

    def address(self) -> tuple[int, Any]:
        """Family and address to connect to; raises OSError where the name has none."""


class Line:
    """A connection for one request after the other, over plain TCP."""

    __slots__ = (
        "_connecting",
        "_cut",
        "_out",
        "_owner",
        "_put",
        "_reader",
        "_then",
        "_wires",
        "fd",
        "sock",
        "started",
    )

    def __init__(self, wires: Wires) -> None:
        self._wires = wires
        self.sock: Any = None
        self.fd = -1
        self.started = 0.0
        self._owner: Owner | None = None
        self._connecting = False
        # Set when the connection is to be closed as soon as the loop turns: what still comes is not read.
        self._cut = False
        # Whether the request itself, and not only a handshake, was given to the connection.
        self._put = False
        self._then: Then | None = None
        self._out = b""
        self._reader = Reader(wires.heads)

    @property
    def busy(self) -> bool:
        """Whether a request is under way."""
        return self._owner is not None

    def exchange(self, owner: Owner, request: bytes, then: "Then | None" = None) -> None:
        """Send ``request`` and tell ``owner`` what came; ``then`` is called when the last byte has left."""
        self._owner = owner
        self._then = then
        self.started = _now()
        if self.sock is None:
            self._out = request
            self._connect()
        else:
            self.put(request)

    def cut_off(self) -> None:
        """Close the connection and tell the owner that no answer was waited for."""
        # In the loop's next turn: whoever writes on this line finds it as it was.
        self._cut = True
        self._lost_later(None)

    def put(self, data: bytes) -> None:
        """Send ``data``, the request or the end of it, on a connection that is open."""
        self._put = True
        self._write(data)

    def release(self, last: bytes) -> None:
        """Send the ``last`` bytes of a request that was held back."""
        if self._owner is not None:
            self.started = _now()
            self.put(last)

    def close(self) -> None:
        """End the connection, and give up what is under way without telling its owner."""
        if self.sock is not None:
            self._wires.forget(self)
        self.sock, self.fd, self.started, self._owner = None, -1, 0.0, None
        self._out, self._connecting, self._put, self._cut, self._then = b"", False, False, False, None
        self._reader = Reader(self._wires.heads)

    def lost(self, problem: str | None) -> None:
        """End the connection; what is under way has no answer, for the reason ``problem`` (None: it was planned)."""
        owner, started = self._owner, self.started
        self.close()
        if owner is not None:
            owner.seen(self, Seen(0, b"", _now() - started, problem))

    def ready(self, events: int) -> None:
        """Go on: ``events`` are there."""
        if self._connecting:
            self._connected()
            return
        if events & WRITE and self._out:
            self._write(b"")
            if not events & ~WRITE:
                return
        try:
            data = self.sock.recv(_AT_ONCE)
        except BlockingIOError:
            return
        except OSError as problem:
            self.lost(_named(problem))
            return
        if data:
            self.received(data)
        else:
            self.ended()

    def received(self, data: bytes) -> None:
        """Take ``data`` that came; the last of an answer goes to the owner."""
        if self._cut or self._owner is None:
            self.lost(None if self._cut else "bytes that nobody asked for")
            return
        try:
            answer = self._reader.take(data)
        except Odd as odd:
            self.lost(odd.problem)
            return
        if answer is not None:
            self._answered(answer)

    def ended(self) -> None:
        """The CLIENT closed the connection."""
        try:
            answer = self._reader.ended()
        except Odd as odd:
            self.lost(odd.problem)
            return
        if answer is not None:
            self._answered(answer)
        else:
            self.lost("the connection was closed before an answer")

    def _answered(self, answer: Answer) -> None:
        owner, seconds = self._owner, _now() - self.started
        assert owner is not None
        if self._out:
            # Answered before it was sent whole: the rest must not be taken for the next request.
            self.close()
        self._owner, self.started = None, 0.0
        if answer.closes:
            self.close()
        owner.seen(self, Seen(answer.status, answer.body, seconds, None))

    def _write(self, data: bytes) -> None:
        waiting = bool(self._out)
        if waiting:
            data = self._out + data
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        except OSError as problem:
            self._lost_later(_named(problem))
            return
        if sent < len(data):
            self._out = data[sent:]
            if not waiting:
                self._wires.watch(self, READ | WRITE, known=True)
            return
        if waiting:
            self._out = b""
            self._wires.watch(self, READ, known=True)
        if self._then is not None and self._put:
            then, self._then = self._then, None
            then(self)

    def _lost_later(self, reason: str | None) -> None:
        owner, started = self._owner, self.started

        def lose() -> None:
            # Unless another request is under way by now.
            if self._owner is owner and self.started == started:
                self.lost(reason)

        self._wires.later(lose)

    def _connect(self) -> None:
        try:
            family, address = self._wires.address()
            self.sock = Socket(family, socket.SOCK_STREAM)
            self.fd = self.sock.fileno()
            self.sock.setblocking(False)
            self.sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            code = self.sock.connect_ex(address)
            if code not in {0, errno.EINPROGRESS}:
                raise OSError(code, os.strerror(code))
            self._connecting = True
            self._wires.watch(self, WRITE, known=False)
        except OSError as problem:
            self._lost_later(f"no connection: {_named(problem)}")

    def _connected(self) -> None:
        code = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if code:
            self.lost(f"no connection: {_named(OSError(code, os.strerror(code)))}")
            return
        self._connecting = False
        self._wires.watch(self, READ, known=True)
        self.opened()

    def opened(self) -> None:
        """The connection is there: send what waits for it."""
        request, self._out = self._out, b""
        self.put(request)


Then = Callable[[Line], None]


def _named(problem: OSError) -> str:
    """The reason without numbers that differ each time, so that alike failures are counted together."""
    if problem.errno in {errno.EMFILE, errno.ENFILE}:
        return "too many open files; raise the limit with ulimit -n"
    return problem.strerror or type(problem).__name__
