"""A real HTTP/1.1 server that records what arrives on each connection, and how the connection ended."""

import queue
import socket
import threading
from dataclasses import dataclass, field

import h11

BODY = b'{"error": null, "transaction_id": "c-1"}'


@dataclass
class Arrival:
    """One connection: its pieces as received, the body, and "answered", "reset" or "closed"."""

    number: int
    pieces: list[bytes] = field(default_factory=list)
    body: bytes = b""
    whole: bool = False
    end: str = ""


class Recorder:
    """Answers 200 with ``answer``. ``arrived`` gets each arrival when it is whole, ``ended`` at its end.

    ``received`` gets each piece. ``written`` is set once an answer is. The first ``hold`` requests are not
    answered before ``release`` is set.
    """

    def __init__(
        self,
        answer: bytes = BODY,
        hold: int = 0,
    ) -> None:
        self.answer = answer
        self.arrived: queue.Queue[Arrival] = queue.Queue()
        self.ended: queue.Queue[Arrival] = queue.Queue()
        self.received: queue.Queue[bytes] = queue.Queue()
        self.arrivals: list[Arrival] = []
        self.hold = hold
        self.release = threading.Event()
        self.written = threading.Event()
        self.threads: list[threading.Thread] = []
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.listener.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}"
        self.acceptor = threading.Thread(target=self.accept, daemon=True)
        self.acceptor.start()

    def accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            arrival = Arrival(len(self.arrivals))
            self.arrivals.append(arrival)
            thread = threading.Thread(target=self.serve, args=(sock, arrival), daemon=True)
            self.threads.append(thread)
            thread.start()

    def serve(self, sock: socket.socket, arrival: Arrival) -> None:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        try:
            with sock:
                arrival.end = self.converse(sock, arrival)
        except (ConnectionResetError, BrokenPipeError):
            arrival.end = "reset"
        self.ended.put(arrival)

    def converse(self, sock: socket.socket, arrival: Arrival) -> str:
        http = h11.Connection(h11.SERVER)
        while not arrival.whole:
            event = http.next_event()
            if event is h11.NEED_DATA:
                data = sock.recv(65536)
                if not data:
                    return "closed"
                arrival.pieces.append(data)
                self.received.put(data)
                http.receive_data(data)
            elif isinstance(event, h11.Data):
                arrival.body += bytes(event.data)
            arrival.whole = isinstance(event, h11.EndOfMessage)
        self.arrived.put(arrival)
        if arrival.number < self.hold:
            assert self.release.wait(60)
        headers = [("Content-Length", str(len(self.answer))), ("Content-Type", "application/json")]
        sock.sendall(http.send(h11.Response(status_code=200, headers=headers)))
        sock.sendall(http.send(h11.Data(data=self.answer)))
        self.written.set()
        return "answered" if sock.recv(1) == b"" else "more came"

    def close(self) -> None:
        self.release.set()
        self.listener.shutdown(socket.SHUT_RDWR)
        self.listener.close()
        self.acceptor.join()
        for thread in self.threads:
            thread.join()
