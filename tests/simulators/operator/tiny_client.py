"""A tiny real CLIENT over HTTP for tests of the OPERATOR: it answers or drops, as its script says."""

import json
import socket
import threading
from collections import deque
from collections.abc import Iterable, Iterator
from contextlib import closing, contextmanager

from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.transport.route import Route
from tests.support.servers.small_server import Handler, listening

SECRET = "s3cret-Hash/+ü"


class TinyClient:
    """Answers as the next word of ``script`` says, then always OK; ``seen`` are (path, headers, body)."""

    url = ""

    def __init__(self, script: Iterable[str] = ()) -> None:
        self.script = deque(script)
        self.seen: list[tuple[str, dict[str, str], bytes]] = []
        self.lock = threading.Lock()

    @property
    def bodies(self) -> list[bytes]:
        return [body for _, _, body in self.seen]


@contextmanager
def channel(*script: str) -> Iterator[tuple[TinyClient, Operator]]:
    """A running TinyClient and the OPERATOR's channel to it."""
    tiny = TinyClient(script)

    class Scripted(Handler):
        def do_POST(self) -> None:
            body = self.body()
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
            self.answer(answer.encode(), status)

        do_PUT = do_POST

    route = Route(History(), timeout=60)
    with listening(Scripted) as url, closing(route):
        tiny.url = f"{url}/operator"
        yield tiny, Operator(tiny.url, SECRET, route)
