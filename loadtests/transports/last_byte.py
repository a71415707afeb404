"""Connections beside the users' own, for copies that leave at once and for answers that are lost.

Each holds back what it is told to, which FastHttpUser's connections cannot. Those that were answered are kept for the
next time, a few for all users of a worker: dialling costs more than sending.
"""

import contextlib
import select
import socket
import ssl
import time
from typing import Any, Final

import gevent
import gevent.socket
import gevent.ssl

from loadtests.traffic.player_script import Seen, Send
from loadtests.transports.epoll.answers import Answer, Heads, Odd, Reader
from loadtests.transports.epoll.target import SPARE, Target
from simulators.transport.raw_connection import ClosedWithoutAnswerError, remaining, why

_RECEIVE: Final = 65_536


def alive(sock: Any) -> bool:
    """Whether the idle connection ``sock`` is still there. Unlike select, poll takes any number of sockets."""
    if sock is None or sock.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return not poll.poll(0)


class Spare:
    """One connection, for one request after the other. It blocks its greenlet, ``timeout`` seconds at most.

    ``whole``: nothing is under way, so that another request may follow.
    """

    __slots__ = ("_reader", "_timeout", "sock", "whole")

    def __init__(self, sock: Any, heads: Heads, timeout: float) -> None:
        self.sock = sock
        self._reader = Reader(heads)
        self._timeout = timeout
        self.whole = True

    def push(self, data: bytes) -> None:
        """Send ``data``, a request or a part of it. Raises OSError."""
        self.whole = False
        self.sock.settimeout(self._timeout)
        self.sock.sendall(data)

    def answer(self) -> Answer:
        """Wait for the answer. Raises OSError where none comes in time, Odd where it is no clear one."""
        deadline = time.monotonic() + self._timeout
        while True:
            self.sock.settimeout(remaining(deadline))
            data = self.sock.recv(_RECEIVE)
            answer = self._reader.take(data) if data else self._reader.ended()
            if answer is not None:
                self.whole = not answer.closes
                return answer
            if not data:
                raise ClosedWithoutAnswerError("closed")

    def close(self) -> None:
        """End the connection."""
        self.sock.close()


class Spares:
    """The connections of one worker to the CLIENT at ``base_url``.

    ``timeout`` is seconds for each step, ``ca_file`` holds the authorities of an https URL, by default the system's.
    Raises ValueError where the URL cannot be.
    """

    def __init__(self, base_url: str, timeout: float, ca_file: str | None = None) -> None:
        https = base_url.startswith("https:")
        self._tls: Any = gevent.ssl.create_default_context(cafile=ca_file) if https else None
        self._target = Target(base_url, self._tls)
        self._timeout = timeout
        self._heads = Heads()
        self._address: tuple[int, Any] | None = None
        self._kept: list[Spare] = []
        # Those that wait for an answer that nobody hears.
        self._lingering: set[Spare] = set()

    def take(self) -> Spare:
        """A connection that is open. Raises OSError (ssl.SSLError among them)."""
        while self._kept:
            spare = self._kept.pop()
            if alive(spare.sock):
                return spare
            spare.close()
        return self._dialled()

    def give_back(self, spare: Spare) -> None:
        """Keep ``spare`` for the next time, or close it where something of it is still under way."""
        if len(self._kept) < SPARE and spare.whole:
            self._kept.append(spare)
        else:
            spare.close()

    def cut(self, send: Send) -> Seen:
        """Send every byte and wait for nothing: whatever is answered is lost.

        The connection is closed at once or, where ``send`` lingers, left until the CLIENT has answered.
        """
        began = time.perf_counter()
        try:
            spare = self.take()
            try:
                spare.push(self._target.request(send.path, send.headers, send.body))
            except BaseException:
                spare.close()
                raise
        except OSError as error:
            return self._nothing(began, error)
        if send.lingers:
            self._lingering.add(spare)
            gevent.spawn(self._unheard, spare)
        else:
            spare.close()
        return Seen(0, b"", time.perf_counter() - began)

    def at_once(self, send: Send) -> list[Seen]:
        """Send copies on as many connections, all but their last bytes; then these leave together."""
        began = time.perf_counter()
        request = self._target.request(send.path, send.headers, send.body)
        taken: list[Spare] = []
        waits: list[Any] = []
        try:
            try:
                for _ in range(send.together):
                    taken.append(self.take())  # noqa: PERF401 - those before must be given back
                for spare in taken:
                    spare.push(request[:-1])
            except OSError as error:
                # None was complete, so that none should have had an effect; the ledger does not rely on it.
                return [self._nothing(began, error) for _ in range(send.together)]
            began = time.perf_counter()
            failed = [_released(spare, request[-1:]) for spare in taken]
            waits += [gevent.spawn(self._wait, *each, began) for each in zip(taken, failed, strict=True)]
            gevent.joinall(waits, raise_error=True)
            return [each.value for each in waits]
        finally:
            gevent.killall(waits)
            for spare in taken:
                self.give_back(spare)

    def close(self) -> None:
        """End the connections that are kept, and those that linger."""
        for spare in (*self._kept, *self._lingering):
            spare.close()
        self._kept.clear()

    def _wait(self, spare: Spare, failed: OSError | None, began: float) -> Seen:
        try:
            if failed is not None:
                raise failed
            answer = spare.answer()
        except (OSError, Odd) as error:
            return self._nothing(began, error)
        return Seen(answer.status, answer.body, time.perf_counter() - began)

    def _unheard(self, spare: Spare) -> None:
        """Wait for an answer that nobody hears."""
        try:
            with contextlib.suppress(OSError, Odd):
                spare.answer()
        finally:
            self._lingering.discard(spare)
            self.give_back(spare)

    def _nothing(self, began: float, error: OSError | Odd) -> Seen:
        """No answer came, for the reason ``error``."""
        problem = error.problem if isinstance(error, Odd) else why(error, self._timeout)
        return Seen(0, b"", time.perf_counter() - began, problem)

    def _dialled(self) -> Spare:
        if self._address is None:
            self._address = self._target.address(self._timeout)
        family, address = self._address
        sock: Any = gevent.socket.socket(family, socket.SOCK_STREAM)
        try:
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            sock.settimeout(self._timeout)
            sock.connect(address)
            if self._tls is not None:
                # An end without TLS's farewell, which anybody on the way can make, must end no answer.
                sock = self._tls.wrap_socket(
                    sock, server_hostname=self._target.host, suppress_ragged_eofs=False
                )
        except BaseException as error:
            sock.close()
            if isinstance(error, OSError) and not isinstance(error, ssl.SSLError):
                # The name may have moved.
                self._address = None
            raise
        return Spare(sock, self._heads, self._timeout)


def _released(spare: Spare, last: bytes) -> OSError | None:
    try:
        spare.push(last)
    except OSError as error:
        return error
    return None
