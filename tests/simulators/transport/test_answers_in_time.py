"""One deadline for a whole answer, one bound for its size, and numbers in the order of leaving; in every way out."""

import socket
import threading
import zlib
from collections.abc import Callable

import pytest

from simulators.exchanges.history import FailureKind, History, Purpose, Request, Status
from simulators.transport.delivery import Delivery, Meaning
from simulators.transport.faults.ordering import DelayedDelivery
from simulators.transport.rate_limits import Limits
from simulators.transport.raw_connection import ANSWER_LIMIT
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.servers.hostile import DRIPS, OK, answering, drips

WAYS = {
    "pooled": {},
    "with a fault": {"faults": [DelayedDelivery(seconds=0)]},
    "together": {"together": True},
}


def bet(url: str, **more) -> Delivery:
    request = Request("POST", url, (), b"{}")
    return Delivery(request, lambda _: Meaning(Status.OK), "operator", "bet", Purpose.SCENARIO, **more)


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_that_drips_is_late(way: str, drip: str) -> None:
    with answering(drips(*DRIPS[drip])) as url:
        # It drips until nobody listens: what has no deadline for the whole of it would not come back.
        [exchange] = deliver([bet(url)], Route(History(), timeout=0.3), **WAYS[way])
    assert exchange.status is Status.UNKNOWN
    assert exchange.failure is not None
    assert (exchange.failure.kind, exchange.failure.text) == (FailureKind.TIMEOUT, "no answer within 0.3 s")


def whole(body: bytes, *headers: bytes) -> Callable[[socket.socket], None]:
    fields = b"".join(line + b"\r\n" for line in headers)
    return lambda connection: connection.sendall(
        OK + fields + b"Content-Length: %d\r\n\r\n" % len(body) + body
    )


def gzipped(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=zlib.MAX_WBITS | 16)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize("way", WAYS)
def test_the_size_of_an_answer_is_bounded(way: str) -> None:
    with answering(whole(b"x" * (ANSWER_LIMIT + 100_000))) as url:
        [exchange] = deliver([bet(url)], Route(History(), timeout=30), **WAYS[way])
    assert exchange.answer is not None
    assert exchange.answer.body == b"x" * ANSWER_LIMIT


@pytest.mark.parametrize("way", WAYS)
def test_the_inflated_size_is_bounded_too(way: str) -> None:
    bomb = gzipped(b"\0" * (ANSWER_LIMIT * 16))
    assert len(bomb) < ANSWER_LIMIT // 16
    with answering(whole(bomb, b"Content-Encoding: gzip")) as url:
        [exchange] = deliver([bet(url)], Route(History(), timeout=30), **WAYS[way])
    assert exchange.answer is not None
    assert exchange.answer.body == b"\0" * ANSWER_LIMIT


@pytest.mark.parametrize(
    ("coding", "body", "expected"),
    [
        (b"gzip", gzipped(b'{"error": null}'), b'{"error": null}'),
        (b"deflate", zlib.compress(b"{}"), b"{}"),
        (b"br", b"as it is", b"as it is"),
    ],
)
def test_an_answer_is_inflated(coding: bytes, body: bytes, expected: bytes) -> None:
    with answering(whole(body, b"Content-Encoding: " + coding)) as url:
        [exchange] = deliver([bet(url)], Route(History()))
    assert exchange.answer is not None
    assert exchange.answer.body == expected


def test_an_answer_that_is_no_gzip_is_no_http() -> None:
    with answering(whole(b"no gzip", b"Content-Encoding: gzip")) as url:
        [exchange] = deliver([bet(url)], Route(History()))
    assert exchange.failure is not None
    assert exchange.failure.kind is FailureKind.NOT_HTTP


def test_a_connection_is_kept_for_the_next_and_left_when_it_was_closed() -> None:
    ports: list[int] = []

    def answer(connection: socket.socket) -> None:
        ports.append(connection.getpeername()[1])
        whole(b"{}")(connection)
        if len(ports) == 2:
            connection.shutdown(socket.SHUT_RDWR)

    with answering(answer) as url:
        route = Route(History())
        exchanges = deliver([bet(url)] * 2, route)
        # The end of the connection is on its way; the next request must not be lost on it.
        [kept] = route._idle.values()
        assert kept[0].socket.recv(1) == b""
        exchanges += deliver([bet(url)] * 2, route)
        route.close()
    assert all(exchange.ok for exchange in exchanges)
    assert ports[0] == ports[1] != ports[2] == ports[3]


def test_numbers_follow_the_order_of_leaving() -> None:
    """One that waits to be allowed out takes its number when it is, after those that overtook it."""
    waits, go_on = threading.Event(), threading.Event()
    history = History()
    with answering(whole(b"{}")) as url:
        held = Limits(
            max_requests_per_second=1, clock=lambda: 0.0, sleep=lambda _: (waits.set(), go_on.wait(30))
        )
        held.request()
        slow = Route(history, limits=held)
        jobs: list = []
        thread = threading.Thread(target=lambda: jobs.extend(deliver(bet(url, message="slow"), slow)))
        thread.start()
        assert waits.wait(30)
        assert len(history) == 0
        # The CLIENT serves one connection at a time, which the slow one holds already; it need not be answered.
        [quick] = deliver(bet(url, message="quick"), Route(history, timeout=0.2))
        go_on.set()
        thread.join()
        slow.close()
    assert [(one.number, one.message) for one in history] == [(0, "quick"), (1, "slow")]
    assert quick.invoked < jobs[0].invoked
