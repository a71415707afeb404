"""Peers that take connections, drip, or write what two readers would understand differently."""

import socket
import time
from contextlib import ExitStack, closing

import pytest

from simulators.server import strict_channel, wsgi_server
from simulators.server.wsgi_server import Server

PATIENCE = 20


def app(environ, start):
    body = environ["wsgi.input"].read()
    start("200 OK", [("Content-Length", str(len(body)))])
    return [body]


def connected(server, peer="127.0.0.1"):
    return closing(socket.create_connection((server.host, server.port), PATIENCE, (peer, 0)))


def answer(server, request):
    with connected(server) as peer:
        peer.sendall(request)
        return b"".join(iter(lambda: peer.recv(65536), b""))


@pytest.fixture(scope="module")
def server():
    with Server(app) as one:
        yield one


HEAD = b"POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
REFUSED = {
    "both lengths": HEAD + b"Content-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
    "lengths in the other order": HEAD + b"Transfer-Encoding: chunked\r\ncontent-length: 3\r\n\r\n0\r\n\r\n",
    "folded": HEAD + b"X-A: b\r\n c\r\n\r\n",
    "folded by a tab": HEAD + b"X-A: b\r\n\tc\r\n\r\n",
    "NUL": HEAD + b"X-A: b\0c\r\n\r\n",
    "CR alone": HEAD + b"X-A: b\rc\r\n\r\n",
    "LF alone": HEAD + b"X-A: b\nX-B: c\r\n\r\n",
    "length of 5,000 digits": HEAD + b"Content-Length: " + b"9" * 5000 + b"\r\n\r\n",
    "two lengths": HEAD + b"Content-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
    "negative length": HEAD + b"Content-Length: -3\r\n\r\n",
}


@pytest.mark.parametrize("what", REFUSED)
def test_what_can_be_understood_in_two_ways_is_400(server, what):
    assert answer(server, REFUSED[what]).split()[1] == b"400"


def test_either_length_alone_is_fine(server):
    assert answer(server, HEAD + b"Content-Length: 3\r\n\r\nabc").endswith(b"\r\n\r\nabc")
    assert answer(server, HEAD + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n").endswith(
        b"\r\n\r\nabc"
    )


def test_idle_and_slow_connections_do_not_take_the_port_from_others(monkeypatch):
    monkeypatch.setattr(wsgi_server, "_CONNECTIONS", 40)
    with Server(app) as server, ExitStack() as stack:
        for number in range(300):
            peer = stack.enter_context(connected(server))
            peer.sendall(HEAD if number % 2 else b"")
            if number % 50 == 0:
                assert answer(server, HEAD + b"Content-Length: 2\r\n\r\nhi").endswith(b"hi")
        assert answer(server, HEAD + b"Content-Length: 2\r\n\r\nhi").endswith(b"hi")


def test_a_peer_that_holds_few_keeps_them_however_many_another_opens(monkeypatch):
    monkeypatch.setattr(wsgi_server, "_CONNECTIONS", 40)
    with Server(app) as server, ExitStack() as stack:
        # Kept open by a CLIENT's pool, and idle for longer than any of the other peer's.
        kept = [stack.enter_context(connected(server)) for _ in range(3)]
        for number in range(300):
            peer = stack.enter_context(connected(server, "127.0.0.2"))
            peer.sendall(HEAD if number % 2 else b"")
        for connection in kept:
            connection.sendall(HEAD + b"Content-Length: 2\r\n\r\nhi")
            assert b"".join(iter(lambda: connection.recv(65536), b"")).endswith(b"hi")  # noqa: B023


def test_a_request_that_drips_in_is_ended_in_time(monkeypatch):
    monkeypatch.setattr(strict_channel, "REQUEST_SECONDS", 0.5)
    with Server(app) as server, connected(server) as peer:
        peer.sendall(HEAD + b"Content-Length: 100000\r\n\r\n")
        with pytest.raises(ConnectionError):
            drip(peer)


def drip(peer):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        peer.sendall(b"x")
        # The peer's own slowness, which is what is tested.
        time.sleep(0.05)
