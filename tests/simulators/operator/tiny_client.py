"""A tiny real CLIENT over HTTP for tests of the OPERATOR: it answers or drops, as its script says."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.transport.route import Route

SECRET = "s3cret-Hash/+ü"


class TinyClient:
    """Answers as the next word of ``script`` says, then always OK; ``seen`` are (path, headers, body)."""

    def __init__(self, script: Iterable[str] = ()) -> None:
        self.script = deque(script)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.lock = threading.Lock()
        tiny = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                with tiny.lock:
                    tiny.seen.append((self.path, dict(self.headers.items()), body))
                    word = tiny.script.popleft() if tiny.script else "ok"
                if word == "drop":
                    self.close_connection = True
                    self.connection.shutdown(socket.SHUT_RDWR)
                    return
                status, answer = {
                    "ok": (200, json.dumps({"error": None, "transaction_id": f"c-{len(tiny.seen)}"})),
                    "broke": (200, '{"error": "INSUFFICIENT_FUNDS"}'),
                    "crash": (500, "<h1>oh no</h1>"),
                    "hostile": (200, '{"error": "<script>alert(1)</script>"}'),
                }[word]
                self.send_response(status)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer.encode())

            do_PUT = do_POST

            def log_message(self, *args: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_port}/operator"

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.seen]


@contextmanager
def channel(*script: str) -> Iterator[tuple[TinyClient, Operator]]:
    """A running TinyClient and the OPERATOR's channel to it."""
    client = TinyClient(script)
    thread = threading.Thread(target=client.server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    route = Route(History(), timeout=10)
    try:
        yield client, Operator(client.url, SECRET, route)
    finally:
        route.close()
        client.server.shutdown()
        thread.join()
        client.server.server_close()
