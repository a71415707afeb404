"""CLIENTs that write whatever bytes they want, as a table: what each does with a connection that sent a request."""

import json
import re
import socket
import struct
import threading
import time
import zlib
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from functools import cache
from pathlib import Path

# What a CLIENT does with a connection on which a request came.
Answer = Callable[[socket.socket], None]

OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"

_REQUEST = re.compile(rb"POST .*?\r\ncontent-length: *(\d+)\r\n.*?\r\n\r\n", re.IGNORECASE | re.DOTALL)

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


def peak_megabytes(pid: int) -> float:
    """The most memory that the process ``pid``, which is still there, has held so far."""
    status = Path(f"/proc/{pid}/status").read_text(encoding="utf-8")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1000


@contextmanager
def answering(answer: Answer) -> Iterator[str]:
    """A CLIENT that reads a request and lets ``answer`` write; one connection at a time. Yields its address."""
    listener, last = socket.create_server(("127.0.0.1", 0)), socket.socket()
    last.bind(("127.0.0.1", 0))
    end = last.getsockname()

    def serve() -> None:
        peer = None
        while peer != end:
            connection, peer = listener.accept()
            with connection, suppress(OSError):
                while connection.recv(65536):
                    answer(connection)

    thread = threading.Thread(target=serve)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        # Whoever came before is answered first.
        with last, listener:
            last.connect(listener.getsockname())
            last.shutdown(socket.SHUT_WR)
            thread.join()


@contextmanager
def answering_each(answers: Mapping[str, Answer], met: Callable[[str], None]) -> Iterator[str]:
    """A CLIENT that answers transactions of each player in another way; any number of connections at a time.

    ``met`` is told of each player of whom a transaction came. Yields the address.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=1024)
    threads: list[threading.Thread] = []

    def serve(connection: socket.socket) -> None:
        with connection, suppress(OSError):
            while player := _player(connection):
                met(player)
                answers[player](connection)

    def accept() -> None:
        with suppress(OSError):
            while True:
                connection, _ = listener.accept()
                threads.append(threading.Thread(target=serve, args=(connection,)))
                threads[-1].start()

    accepting = threading.Thread(target=accept)
    accepting.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/x"
    finally:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        for thread in (accepting, *threads):
            thread.join()


def _player(connection: socket.socket) -> str:
    """The player of the next transaction on ``connection``; empty where none comes any more."""
    came = b""
    while not (found := _REQUEST.match(came)) or len(came) < found.end() + int(found[1]):
        piece = connection.recv(65536)
        if not piece:
            return ""
        came += piece
    return str(json.loads(came[found.end() :])["user_id"])


def drips(start: bytes, piece: bytes) -> Answer:
    """An answer that begins with ``start``; then comes ``piece``, fifty times a second, until nobody listens."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)
            # The CLIENT's own slowness, which is what is tested; it ends when the judge hangs up.
            time.sleep(0.02)

    return answer


def says(*pieces: bytes) -> Answer:
    """An answer of ``pieces``, after which the connection ends."""

    def answer(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.shutdown(socket.SHUT_RDWR)

    return answer


def resets(*pieces: bytes) -> Answer:
    """An answer of ``pieces``, after which the connection is reset."""

    def answer(connection: socket.socket) -> None:
        for piece in pieces:
            connection.sendall(piece)
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        connection.close()

    return answer


def whole(body: bytes, head: bytes = OK) -> Answer:
    """An answer of ``head`` with ``body``, its length told."""
    return says(head + b"Content-Length: %d\r\n\r\n" % len(body) + body)


def floods(start: bytes, piece: bytes) -> Answer:
    """An answer without end, as fast as it is read."""

    def answer(connection: socket.socket) -> None:
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    return answer


@cache
def _packed(size: int) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(b" " * size) + packer.flush()


def bomb(size: int) -> Answer:
    """A small answer that is ``size`` bytes once unpacked; packed when it is first asked for, since that takes long."""

    def answer(connection: socket.socket) -> None:
        whole(_packed(size), OK + b"Content-Encoding: gzip\r\n")(connection)

    return answer


# What CLIENTs do that mean harm, or are broken in the worst way.
HOSTILE: dict[str, Answer] = {
    **{f"drips: {name}": drips(*drip) for name, drip in DRIPS.items()},
    "floods: headers": floods(OK, b"X-More: 1\r\n" * 1000),
    "floods: interim answers": floods(b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000),
    "floods: body": floods(OK + b"\r\n", b"x" * 65536),
    "floods: chunks": floods(CHUNKED, b"400\r\n" + b"x" * 0x400 + b"\r\n"),
    "bomb": bomb(256 << 20),
    "no gzip": whole(b"no gzip", OK + b"Content-Encoding: gzip\r\n"),
    "ends at once": says(),
    "ends in the status line": says(b"HTTP/1."),
    "ends in the headers": says(OK + b"Content-Ty"),
    "ends in the body": says(OK + b"Content-Length: 10\r\n\r\n{"),
    "ends in a chunk": says(CHUNKED + b"a\r\n{"),
    "length too short": says(OK + b"Content-Length: 1\r\n\r\n{}"),
    "length of 400 digits": says(OK + b"Content-Length: " + b"9" * 400 + b"\r\n\r\n{}"),
    "negative length": says(OK + b"Content-Length: -1\r\n\r\n{}"),
    "two lengths": says(OK + b"Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}"),
    "chunk without measure": says(CHUNKED + b"f" * 400 + b"\r\n{}"),
    "another protocol": says(b"SSH-2.0-OpenSSH_9.9\r\n"),
    "status of 9 digits": says(b"HTTP/1.1 999999999 OK\r\n\r\n"),
    "control characters in headers": says(OK + b"X: a\0b\x07\r\nContent-Length: 2\r\n\r\n{}"),
    "control characters in the error": whole(b'{"error": "\\u001b[2J\\u0000\\u202e"}'),
    "deep JSON": whole(b'{"error":' * 100_000),
    "deep lists": whole(b"[" * 1_000_000),
    "1e999999999": whole(b'{"error": null, "transaction_id": 1e999999999}'),
    "5,000 digits": whole(b'{"error": null, "transaction_id": ' + b"9" * 5_000 + b"}"),
    "a text of 1 MB": whole(b'{"error": "' + b"x" * 1_000_000 + b'"}'),
    "no UTF-8": whole(b'{"error": "\xff\xfe"}'),
    "redirect to itself": whole(b"", b"HTTP/1.1 307 T\r\nLocation: /x\r\n"),
    "redirect elsewhere": whole(b"", b"HTTP/1.1 302 F\r\nLocation: file:///etc/passwd\r\n"),
    "switches protocols": says(b"HTTP/1.1 101 S\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n"),
    "body before the headers": says(b'{"error": null}' + OK + b"\r\n"),
    "two answers": says((OK + b"Content-Length: 2\r\n\r\n{}") * 2),
    "an answer and noise": says(OK + b"Content-Length: 2\r\n\r\n{}" + b"\0" * 70_000),
    "resets at once": resets(),
    "resets in the status line": resets(b"HTTP/1.1 2"),
    "resets in the headers": resets(OK + b"Content-Length: 4"),
    "resets in the body": resets(OK + b'Content-Length: 40\r\n\r\n{"error"'),
    "resets in a chunk": resets(CHUNKED + b"40\r\n{"),
    "resets after a whole answer": resets(OK + b"Content-Length: 2\r\n\r\n{}"),
    "negative chunk": says(CHUNKED + b"-1\r\n{}\r\n0\r\n\r\n"),
    "chunk of 2**63": says(CHUNKED + b"8000000000000000\r\n{}"),
    "chunks without their end": says(CHUNKED + b"2\r\n{}\r\n"),
    "length and chunks": says(
        OK + b"Content-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n"
    ),
    "another transfer encoding": says(OK + b"Transfer-Encoding: gzip\r\n\r\n{}"),
    "length in words": says(OK + b"Content-Length: two\r\n\r\n{}"),
    "length with a sign": says(OK + b"Content-Length: +2\r\n\r\n{}"),
    "length of ten terabytes": says(OK + b"Content-Length: 10995116277760\r\n\r\n{}"),
    "10,000 headers": says(OK, b"X-More: 1\r\n" * 10_000, b"\r\n{}"),
    "a header of 1 MB": says(OK + b"X-Long: ", b"x" * 1_000_000, b"\r\n\r\n{}"),
    "a header on two lines": says(OK + b"X-Folded: a\r\n  b\r\nContent-Length: 2\r\n\r\n{}"),
    "a header without a colon": says(OK + b"no colon\r\nContent-Length: 2\r\n\r\n{}"),
    "a header without a name": says(OK + b": nothing\r\nContent-Length: 2\r\n\r\n{}"),
    "a bare line feed": says(b"HTTP/1.1 200 OK\nContent-Length: 2\n\n{}"),
    "a bare carriage return": says(OK + b"X: a\rContent-Length: 3\r\nContent-Length: 2\r\n\r\n{}"),
    "HTTP/0.9": says(b'{"error": null, "transaction_id": "1"}'),
    "HTTP/2": says(b"\x00\x00\x12\x04\x00\x00\x00\x00\x00" + b"\0" * 18),
    "HTTP/9.9": says(b"HTTP/9.9 200 OK\r\nContent-Length: 2\r\n\r\n{}"),
    "TLS": says(b"\x15\x03\x01\x00\x02\x02\x46"),
    "status 99": says(b"HTTP/1.1 099 Low\r\nContent-Length: 2\r\n\r\n{}"),
    "status in words": says(b"HTTP/1.1 two hundred\r\n\r\n"),
    "no status": says(b"HTTP/1.1\r\n\r\n"),
    "204 with a body": whole(b"{}", b"HTTP/1.1 204 No Content\r\n"),
    "304": says(b"HTTP/1.1 304 Not Modified\r\n\r\n"),
    "401": whole(b"", b'HTTP/1.1 401 U\r\nWWW-Authenticate: Basic realm="\x1b[31m"\r\n'),
    "407": whole(b"", b"HTTP/1.1 407 P\r\nProxy-Authenticate: Basic\r\n"),
    "redirect of 100 KB": says(b"HTTP/1.1 302 F\r\nLocation: /", b"x" * 100_000, b"\r\n\r\n"),
    "redirect to no address": whole(b"", b"HTTP/1.1 302 F\r\nLocation: http://[::1\r\n"),
    "10,000 cookies": says(OK, b"Set-Cookie: a=b\r\n" * 10_000, b"\r\n{}"),
    "an encoding nobody knows": whole(b"{}", OK + b"Content-Encoding: rot13\r\n"),
    "a hundred encodings": whole(b"{}", OK + b"Content-Encoding: " + b"gzip, " * 99 + b"gzip\r\n"),
    "a type nobody knows": whole(b'{"error": null}', OK + b"Content-Type: \xff; charset=\x00\r\n"),
    "a charset that runs code": whole(b'{"error": null}', OK + b"Content-Type: text/html; charset=hex\r\n"),
    "UTF-16": whole('{"error": null}'.encode("utf-16")),
    "UTF-32 without a mark": whole('{"error": null}'.encode("utf-32-be")),
    "lone surrogates": whole(b'{"error": "\\ud800"}'),
    "a name twice": whole(b'{"error": null, "error": "X", "transaction_id": "1"}'),
    "NaN": whole(b'{"error": NaN, "transaction_id": Infinity}'),
    "20,000 fields": whole(b"{" + b",".join(b'"%d":0' % each for each in range(20_000)) + b"}"),
    "a number as the document": whole(b"1" * 1_000),
    "nothing but spaces": whole(b" " * 100_000),
    "the id is an object": whole(b'{"error": null, "transaction_id": {"a": [1]}}'),
    "the id is 1 MB": whole(b'{"error": null, "transaction_id": "' + b"1" * 1_000_000 + b'"}'),
    "the error is a list": whole(b'{"error": ["X"], "transaction_id": null}'),
}
