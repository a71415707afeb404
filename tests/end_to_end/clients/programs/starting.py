"""How the Python CLIENTs of this folder start and end; what they do with a request is each one's own.

Usage of every program: ``SECURITY_HASH=secret python NAME.py PORT PLAYER=BALANCE[:CURRENCY] ..``. PORT 0 lets
the system choose; the first line of standard output names the port; it ends when its standard input does.
"""

import os
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

DEFAULT_CURRENCY = "EUR"


@dataclass(frozen=True)
class Start:
    """What the command line and the environment say. ``players`` is id: (opening balance, currency)."""

    port: int
    secret: bytes
    players: dict[str, tuple[str, str]]


@dataclass(frozen=True)
class Asked:
    """One request: header names as they came."""

    method: str
    path: str
    headers: list[tuple[str, str]]
    body: bytes

    def header(self, name: str) -> str | None:
        """The first header of that name, compared without regard to case."""
        return next((value for key, value in self.headers if key.lower() == name.lower()), None)


# Status, content type, body.
Said = tuple[int, str, bytes]


def start() -> Start:
    """Read the command line; end the process with its parent."""
    port, *players = sys.argv[1:]
    read = {}
    for player in players:
        name, _, rest = player.rpartition("=")
        balance, _, currency = rest.partition(":")
        read[name] = (balance, currency or DEFAULT_CURRENCY)
    threading.Thread(target=_end_with_the_parent, daemon=True).start()
    return Start(int(port), os.environ["SECURITY_HASH"].encode(), read)


def _end_with_the_parent() -> None:
    sys.stdin.read()
    os._exit(0)


def announce(port: int) -> None:
    """Say that the server listens."""
    print(port, flush=True)


class _Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Drop the connection in silence, as a crashed worker would."""


def serve(port: int, handle: Callable[[Asked], Said]) -> None:
    """Answer with ``handle`` for ever; where it raises, the connection is dropped without an answer."""

    class Handler(BaseHTTPRequestHandler):
        # A connection for each request, as HTTP/1.0 has it; the CLIENT in Node keeps its own.
        protocol_version = "HTTP/1.0"
        disable_nagle_algorithm = True
        wbufsize = -1

        def _answer(self) -> None:
            length = int(self.headers.get("Content-Length") or 0)
            body = self.rfile.read(length)
            if len(body) < length:
                self.close_connection = True
                return
            status, kind, text = handle(Asked(self.command, self.path, self.headers.items(), body))
            self.send_response(status)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        do_GET = do_POST = do_PUT = do_DELETE = do_PATCH = _answer

        def log_message(self, *_: object) -> None:
            """Keep standard error for crashes."""

    with _Server(("127.0.0.1", port), Handler) as server:
        announce(server.server_address[1])
        server.serve_forever()
