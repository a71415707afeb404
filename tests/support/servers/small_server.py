"""Small HTTP servers of the tests, for CLIENTs of a few lines: what they answer, and the block in which they serve."""

import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from socketserver import ThreadingMixIn
from typing import Any


class Handler(BaseHTTPRequestHandler):
    """Keeps connections open and logs nothing."""

    protocol_version = "HTTP/1.1"

    def body(self) -> bytes:
        """What came."""
        return self.rfile.read(int(self.headers.get("Content-Length", 0)))

    def answer(self, body: bytes = b"", status: int = 200) -> None:
        """Answer, with head and body in two writes."""
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: Any) -> None:
        """Say nothing."""


class _OneByOne(HTTPServer):
    # More than come at once: on a busy machine all of them wait to be accepted.
    request_queue_size = 128

    def handle_error(self, *address: Any) -> None:
        # Who went away is no news.
        if not isinstance(sys.exception(), OSError):
            super().handle_error(*address)


class _Threaded(ThreadingMixIn, _OneByOne):
    daemon_threads = True


@contextmanager
def listening(handler: type[BaseHTTPRequestHandler], *, one_by_one: bool = False) -> Iterator[str]:
    """Serve until the block is left, connections side by side or ``one_by_one``. Yields the address."""
    with (_OneByOne if one_by_one else _Threaded)(("127.0.0.1", 0), handler) as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()
