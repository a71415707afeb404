"""A CLIENT that costs next to nothing, for measuring who sends: one process, one epoll loop, no money.

Run as ``python -m loadtests.benchmarks.traffic.server``: it prints its port and serves 127.0.0.1 until its
parent closes
the standard input. Every callback is answered ``error: null`` with the CLIENT id made of the provider's, so that
copies are answered alike; no hash is checked. It is never the bottleneck of a sender written in Python.
"""

import select
import socket
import sys
from typing import Final

_BLANK: Final = b"\r\n\r\n"
_ID: Final = b'"transaction_id":"'
_ANSWER: Final = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: %d\r\n\r\n%b"
_BODY: Final = b'{"error":null,"transaction_id":"c-%b"}'


def answer(request: bytes) -> bytes:
    """The answer to one whole request."""
    start = request.find(_ID) + len(_ID)
    body = _BODY % request[start : request.find(b'"', start)]
    return _ANSWER % (len(body), body)


def whole(received: bytes) -> bool:
    """Whether ``received`` is a whole request."""
    end = received.find(_BLANK)
    if end < 0:
        return False
    head = received[:end].lower()
    at = head.find(b"content-length:")
    return len(received) - end - 4 >= int(head[at + 15 :].split(b"\r\n", 1)[0])


def serve(listener: socket.socket) -> None:
    """Answer until the standard input ends."""
    poll = select.epoll()
    poll.register(listener, select.EPOLLIN)
    poll.register(sys.stdin, select.EPOLLIN)
    connections: dict[int, socket.socket] = {}
    started: dict[int, bytes] = {}
    while True:
        for number, _ in poll.poll():
            connection = connections.get(number)
            if connection is None:
                if number != listener.fileno():
                    return
                connection = listener.accept()[0]
                connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
                connections[connection.fileno()] = connection
                poll.register(connection, select.EPOLLIN)
                continue
            try:
                data = started.pop(number, b"") + connection.recv(65_536)
                if data and not whole(data):
                    started[number] = data
                elif data:
                    connection.send(answer(data))
            except ConnectionError:
                data = b""
            if not data:
                poll.unregister(number)
                connections.pop(number).close()


def main() -> int:
    """Listen on a port that is free, say which, serve."""
    with socket.create_server(("127.0.0.1", 0), backlog=4096) as listener:
        print(listener.getsockname()[1], flush=True)
        serve(listener)
    return 0


if __name__ == "__main__":
    sys.exit(main())
