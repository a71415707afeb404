"""CLIENTs that write whatever bytes they want, as a table: what each does with a connection that sent a request."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

# What an answer that drips begins with, and what then comes again and again.
DRIPS = {
    "status line": (b"HTTP/1.1 200 O", b"K"),
    "headers": (OK + b"X-Slow: ", b"x"),
    "interim answers": (b"", b"HTTP/1.1 100 Continue\r\n\r\n"),
    "body": (OK + b"Content-Length: 100000\r\n\r\n", b"x"),
    "body until the end": (OK + b"\r\n", b"x"),
    "chunks": (CHUNKED, b"1\r\nx\r\n"),
    "chunk extension": (CHUNKED + b"1;a=", b"x"),
    "trailers": (CHUNKED + b"0\r\n", b"X-Slow: x\r\n"),
}


@contextmanager
def answering(answer: Callable[[socket.socket], None]) -> Iterator[str]:
    """A CLIENT that reads a request and lets ``answer`` write; one connection at a time. Yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))

    def serve() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                with connection, suppress(OSError):
                    while connection.recv(65536):
                        answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join()


def drips(start: bytes, piece: bytes) -> Callable[[socket.socket], None]:
    """An answer that begins with ``start``; then comes ``piece``, fifty times a second, until nobody listens."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            # The CLIENT's own slowness, which is what is tested; it ends when the judge hangs up.
            time.sleep(0.02)

    return answer
