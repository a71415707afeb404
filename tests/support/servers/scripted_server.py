"""A CLIENT that does what a test says, connection by connection, request by request; for tests of transports."""

import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

import h11

from tests.support.servers.racing_certificate import certificate

BODY = b'{"error":null,"transaction_id":"c-1"}'


def answer(body: bytes = BODY, extra: str = "") -> bytes:
    """An answer as a careful server writes it."""
    return f"HTTP/1.1 200 OK\r\nContent-Length: {len(body)}\r\n{extra}\r\n".encode() + body


@dataclass
class Asked:
    """One whole request, checked by h11: number of its connection, path, headers, body."""

    connection: int
    path: str
    headers: dict[str, str]
    body: bytes


class HangUp(Exception):
    """What a script raises to close the connection, after the bytes it may hold; ``farewell`` is that of TLS."""

    def __init__(self, last: bytes = b"", *, farewell: bool = False) -> None:
        self.last = last
        self.farewell = farewell


@dataclass
class Scripted:
    """A server on 127.0.0.1: ``script`` says for each request which bytes are sent; it may raise HangUp."""

    script: Callable[[Asked], bytes]
    tls: ssl.SSLContext | None = None
    asked: list[Asked] = field(default_factory=list)
    connections: int = 0
    ended: threading.Semaphore = field(default_factory=lambda: threading.Semaphore(0))
    problems: list[BaseException] = field(default_factory=list)
    _open: list[socket.socket] = field(default_factory=list)

    @contextmanager
    def running(self) -> Iterator[str]:
        """Serve, and yield the base URL; every thread has ended afterwards."""
        threads: list[threading.Thread] = []
        with socket.create_server(("127.0.0.1", 0), backlog=1024) as listener:
            accepting = threading.Thread(target=self._accept, args=(listener, threads))
            accepting.start()
            try:
                yield f"http{'s' if self.tls else ''}://127.0.0.1:{listener.getsockname()[1]}/operator"
            finally:
                # Closing a listener wakes nobody who waits in accept.
                listener.shutdown(socket.SHUT_RDWR)
                accepting.join(20)
                # Nor need the other side have closed what it would use again.
                for connection in tuple(self._open):
                    with suppress(OSError):
                        connection.shutdown(socket.SHUT_RDWR)
                for thread in threads:
                    thread.join(20)
                    assert not thread.is_alive()
        assert not self.problems, self.problems

    def _accept(self, listener: socket.socket, threads: list[threading.Thread]) -> None:
        while True:
            try:
                connection = listener.accept()[0]
            except OSError:
                return
            self.connections += 1
            thread = threading.Thread(target=self._serve, args=(connection, self.connections))
            threads.append(thread)
            thread.start()

    def _serve(self, connection: socket.socket, number: int) -> None:
        try:
            connection.settimeout(20)
            if self.tls is not None:
                connection = self.tls.wrap_socket(connection, server_side=True)
            self._open.append(connection)
            with connection:
                self._converse(connection, number)
        except (ConnectionError, ssl.SSLError):
            pass
        except BaseException as problem:
            self.problems.append(problem)
        finally:
            self.ended.release()

    def _converse(self, connection: socket.socket, number: int) -> None:
        while True:
            asked = _read(connection, number)
            if asked is None:
                return
            self.asked.append(asked)
            try:
                connection.sendall(self.script(asked))
            except HangUp as hang_up:
                connection.sendall(hang_up.last)
                if hang_up.farewell:
                    assert isinstance(connection, ssl.SSLSocket)
                    connection.unwrap()
                return


def _read(connection: socket.socket, number: int) -> Asked | None:
    parser, head, body = h11.Connection(h11.SERVER), None, b""
    while True:
        event = parser.next_event()
        if event is h11.NEED_DATA:
            parser.receive_data(connection.recv(65_536))
        elif isinstance(event, h11.Request):
            head = event
        elif isinstance(event, h11.Data):
            body += bytes(event.data)
        elif isinstance(event, h11.ConnectionClosed):
            return None
        elif isinstance(event, h11.EndOfMessage):
            assert head is not None
            assert head.method == (b"POST" if body else b"GET")
            headers = {name.decode(): value.decode() for name, value in head.headers}
            return Asked(number, head.target.decode(), headers, body)


@contextmanager
def over_tls(folder, script):
    """Serve ``script`` behind a certificate made in ``folder``: the server, its URL, the certificate's file."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file := certificate(folder))
    server = Scripted(script, context)
    with server.running() as base_url:
        yield server, base_url, str(file)
