"""A sender of prepared requests that costs little: one process, one epoll loop, a fixed number of connections.

Run as ``python -m loadtests.benchmarks.driver PORT CONNECTIONS SECONDS FILE``. The file holds length-prefixed
requests, HTTP/1.1 bytes as they are sent. Each connection sends the next one as soon as the last one is answered;
after the last request the file begins anew where ``--repeat`` is given, and the run ends where it is not. What was
measured is printed as one line of JSON.
"""

import argparse
import json
import os
import select
import socket
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import cycle
from pathlib import Path
from typing import Final

_LENGTH: Final = struct.Struct("!I")
_END_OF_HEAD: Final = b"\r\n\r\n"
_LAST_CHUNK: Final = b"0\r\n\r\n"
_PATIENCE: Final = 20.0


class BadAnswer(RuntimeError):
    """An answer was not the one expected: a rate of wrong answers means nothing."""


@dataclass(frozen=True, slots=True)
class Driven:
    """What one run measured: ``seconds`` of wall time from the first byte sent to the last answer."""

    answers: int
    seconds: float

    @property
    def rate(self) -> float:
        """Answers per second."""
        return self.answers / self.seconds


def drive(
    port: int,
    requests: Sequence[bytes],
    *,
    connections: int,
    seconds: float = 60.0,
    repeat: bool = False,
    expect: str = "",
    core: int | None = None,
) -> Driven:
    """Send ``requests`` to 127.0.0.1:``port`` from a process of its own, bound to ``core`` where one is given.

    Every answer must have status 200 and hold the text ``expect``. Raises BadAnswer.
    """
    with tempfile.TemporaryDirectory(prefix="pitboss-driver-") as folder:
        file = Path(folder, "requests")
        file.write_bytes(b"".join(_LENGTH.pack(len(one)) + one for one in requests))
        arguments = [str(port), str(connections), str(seconds), str(file), "--expect", expect]
        arguments += ["--repeat"] if repeat else []
        arguments += [] if core is None else ["--core", str(core)]
        ran = subprocess.run(
            [sys.executable, "-m", "loadtests.benchmarks.driver", *arguments],
            capture_output=True,
            text=True,
            check=False,
        )
    if ran.returncode != 0:
        raise BadAnswer((ran.stderr.strip().splitlines() or ["the driver said nothing"])[-1])
    return Driven(**json.loads(ran.stdout))


def post(path: str, body: bytes, headers: Iterable[tuple[str, str]], host: str = "127.0.0.1") -> bytes:
    """The bytes of a POST as a provider's client sends it."""
    return _request("POST", path, host, [*headers, ("Content-Length", str(len(body)))]) + body


def get(path: str, headers: Iterable[tuple[str, str]] = (), host: str = "127.0.0.1") -> bytes:
    """The bytes of a GET."""
    return _request("GET", path, host, headers)


def _request(method: str, path: str, host: str, headers: Iterable[tuple[str, str]]) -> bytes:
    fields = "".join(f"{name}: {value}\r\n" for name, value in headers if name.lower() != "content-length")
    length = "".join(f"{name}: {value}\r\n" for name, value in headers if name.lower() == "content-length")
    return f"{method} {path} HTTP/1.1\r\nHost: {host}\r\n{fields}{length}\r\n".encode("latin-1")


def complete(received: bytes) -> bool:
    """Say whether ``received`` is a whole answer: as long as announced, or with its last chunk."""
    end = received.find(_END_OF_HEAD)
    if end < 0:
        return False
    head = received[: end + 2].lower()
    at = head.find(b"\r\ncontent-length:")
    if at >= 0:
        length = int(head[at + 17 : head.find(b"\r\n", at + 2)])
        return len(received) >= end + 4 + length
    return b"\r\ntransfer-encoding: chunked" in head and received.endswith(_LAST_CHUNK)


def _run(port: int, connections: int, seconds: float, requests: Iterator[bytes], expect: bytes) -> Driven:
    poll = select.epoll()
    sockets: dict[int, socket.socket] = {}
    received: dict[int, bytes] = {}
    for _ in range(connections):
        one = socket.create_connection(("127.0.0.1", port), _PATIENCE)
        one.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        sockets[one.fileno()], received[one.fileno()] = one, b""
        poll.register(one, select.EPOLLIN)
    answers = open_requests = 0
    start = time.perf_counter()
    ends = start + seconds
    for one in sockets.values():
        if (request := next(requests, None)) is not None:
            one.sendall(request)
            open_requests += 1
    while open_requests:
        ready = poll.poll(_PATIENCE)
        if not ready:
            raise BadAnswer(f"no answer within {_PATIENCE:g} s")
        over = time.perf_counter() > ends
        for number, _ in ready:
            one = sockets[number]
            came = one.recv(262_144)
            if not came:
                raise BadAnswer(f"the server closed a connection after {received[number][:200]!r}")
            whole = received[number] + came if received[number] else came
            if not complete(whole):
                received[number] = whole
                continue
            received[number] = b""
            if not whole.startswith(b"HTTP/1.1 200 ") or expect not in whole:
                raise BadAnswer(f"an answer was not as expected: {whole[:600]!r}")
            answers += 1
            request = None if over else next(requests, None)
            if request is None:
                open_requests -= 1
            else:
                one.sendall(request)
    return Driven(answers, time.perf_counter() - start)


def _read(file: Path) -> list[bytes]:
    content = file.read_bytes()
    requests, at = [], 0
    while at < len(content):
        (length,) = _LENGTH.unpack_from(content, at)
        requests.append(content[at + 4 : at + 4 + length])
        at += 4 + length
    return requests


def main() -> int:
    """Drive, and print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("port", type=int)
    parser.add_argument("connections", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("file", type=Path)
    parser.add_argument("--repeat", action="store_true")
    parser.add_argument("--expect", default="")
    parser.add_argument("--core", type=int)
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    requests = _read(given.file)
    taken = cycle(requests) if given.repeat else iter(requests)
    try:
        driven = _run(given.port, given.connections, given.seconds, taken, given.expect.encode())
    except (BadAnswer, OSError) as error:
        print(f"{type(error).__name__}: {error}", file=sys.stderr)
        return 1
    print(json.dumps(asdict(driven)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
