"""What a race writes into the history: answers, copies, failures, and how far apart the last bytes left."""

import re
import socket
import threading
from collections.abc import Iterator

import pytest

from simulators.exchanges.history import RACE_NOTE, Exchange, FaultNote, History, Purpose, Request, Status
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.delivery import Delivery
from simulators.transport.rate_limits import Limits
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.servers.faults_recorder import BODY, Recorder
from tests.support.servers.small_server import Handler, listening


@pytest.fixture
def server() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


def bet(server: Recorder, number: int) -> Request:
    return Request("POST", f"{server.url}/transaction", (), b'{"transaction_id":"%d"}' % number)


def run(requests: list[Request], history: History | None = None, **more) -> list[Exchange]:
    route = Route(History() if history is None else history, **({"timeout": 30.0} | more))
    return deliver([delivery(request) for request in requests], route, together=True)


def delivery(request: Request, read=SPORTSBOOK.read, label: str = "bet", **more) -> Delivery:
    return Delivery(request, read, "operator", label, Purpose.SCENARIO, **more)


def test_every_request_arrives_whole_and_its_own_answer_is_recorded(server: Recorder) -> None:
    bets = [bet(server, number) for number in range(8)]
    kinds = [f"bet {number}" for number in range(8)]
    slow = (FaultNote("day", "slow day"),)
    exchanges = deliver(
        [delivery(bets[i], label=kinds[i], message=i, faults=slow) for i in range(8)],
        Route(History(), 30.0),
        together=True,
    )
    assert {arrival.body for arrival in server.arrivals} == {request.body for request in bets}
    assert [exchange.request for exchange in exchanges] == bets
    assert [exchange.message for exchange in exchanges] == list(range(8))
    assert [exchange.title for exchange in exchanges] == kinds
    assert all(exchange.ok and exchange.client_id == "c-1" for exchange in exchanges)
    [(reported, spread)] = {exchange.faults for exchange in exchanges}
    assert reported == FaultNote("day", "slow day")
    assert spread.name == RACE_NOTE
    assert re.fullmatch(r"race of 8, last bytes within \d+\.\d ms", spread.text)


def test_invoked_is_when_the_last_byte_left_so_all_overlap(server: Recorder) -> None:
    server.hold = 6
    invoked: list[Exchange] = []
    history = History([invoked.append])
    waiter = threading.Thread(
        target=lambda: [server.arrived.get(timeout=30) for _ in range(6)] and server.release.set()
    )
    waiter.start()
    exchanges = run([bet(server, number) for number in range(6)], history)
    waiter.join()
    left = [exchange.invoked for exchange in exchanges]
    assert left == sorted(left)
    assert left[-1] < min(exchange.answered for exchange in exchanges)
    # All were appended before the first last byte left.
    assert left[0] >= max(exchange.invoked for exchange in invoked[:6])


def test_no_request_is_whole_before_the_release(server: Recorder) -> None:
    """The history is told of each exchange just before the release: then no server has a whole request."""
    whole: list[int] = []
    history = History([lambda exchange: whole.append(server.arrived.qsize())])
    run([bet(server, number) for number in range(5)], history)
    assert whole[:5] == [0] * 5
    assert server.arrived.qsize() == 5


def test_equal_requests_are_copies_of_the_first(server: Recorder) -> None:
    history = History()
    run([bet(server, 0)], history)
    exchanges = run([bet(server, 1), bet(server, 2), bet(server, 1), bet(server, 1)], history)
    assert [exchange.copy_of for exchange in exchanges] == [None, None, 1, 1]
    copies = [delivery(bet(server, 1), copy_of=number) for number in (1, 3)]
    given = deliver(copies, Route(history), together=True)
    assert [exchange.copy_of for exchange in given] == [1, 3]


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_without_a_body_the_last_byte_of_the_head_is_held_back(server: Recorder, method: str) -> None:
    # The history is told of each exchange just before the release: wait until a server has read all but the last bytes.
    heads: list[bytes] = []
    history = History([lambda _: len(heads) < 3 and heads.append(server.received.get(timeout=60))])
    exchanges = run([Request(method, server.url)] * 3, history)
    assert all(exchange.ok for exchange in exchanges)
    assert all(head.endswith(b"\r\n\r") for head in heads)
    assert [server.received.get(timeout=60) for _ in range(3)] == [b"\n"] * 3


def test_those_without_an_answer_in_time_are_unknown_and_the_others_are_not(server: Recorder) -> None:
    server.hold = 2
    exchanges = run([bet(server, number) for number in range(5)], timeout=3.0)
    unknown = [exchange for exchange in exchanges if exchange.unknown]
    assert [exchange.failure.text for exchange in unknown] == ["no answer within 3 s"] * 2
    assert all(exchange.answered is None for exchange in unknown)
    assert sum(exchange.ok for exchange in exchanges) == 3


def test_refused_connections_are_unknown(server: Recorder) -> None:
    dead = Recorder()
    dead.close()
    exchanges = run([bet(server, 1), bet(dead, 2), bet(server, 3)])
    assert [exchange.status for exchange in exchanges] == [Status.OK, Status.UNKNOWN, Status.OK]
    assert exchanges[1].failure.text == "connection refused"
    assert exchanges[0].faults[0].text.startswith("race of 2, ")
    [alone] = run([bet(dead, 1)])
    assert alone.unknown
    assert alone.faults == ()


@pytest.mark.parametrize(
    ("said", "failure"),
    [
        (b"", "the connection was closed without an answer"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n{", "the connection was closed without an answer"),
        (b"SSH-2.0-OpenSSH_9.2\r\n\r\n", "the answer is no HTTP: "),
    ],
)
def test_what_is_no_whole_answer_is_unknown(said: bytes, failure: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def answer() -> None:
            sock, _ = listener.accept()
            received = b""
            while not received.endswith(b"}"):
                received += sock.recv(65536)
            sock.sendall(said)
            sock.close()

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        [exchange] = run([Request("POST", url, (), b"{}")])
        thread.join()
    assert exchange.unknown
    assert exchange.failure.text.startswith(failure)


def test_an_answer_before_the_last_byte_is_an_answer() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        gone = threading.Event()

        def answer() -> None:
            sock, _ = listener.accept()
            sock.recv(65536)
            sock.sendall(b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            sock.shutdown(socket.SHUT_WR)
            gone.wait(30)
            sock.close()

        thread = threading.Thread(target=answer)
        thread.start()
        [exchange] = run([Request("POST", f"http://127.0.0.1:{listener.getsockname()[1]}", (), b"{}")])
        gone.set()
        thread.join()
    assert exchange.refused
    assert exchange.answer.status == 413
    assert exchange.answered >= exchange.invoked


def test_a_client_that_serves_one_connection_at_a_time_answers_all() -> None:
    class Right(Handler):
        def do_POST(self) -> None:
            self.body()
            self.answer(BODY)

    with listening(Right, one_by_one=True) as url:
        exchanges = run([Request("POST", url, (), b"{}")] * 6, timeout=10.0)
    assert all(exchange.ok for exchange in exchanges)


def test_a_race_counts_against_the_limits(server: Recorder) -> None:
    limits = Limits(max_connections=4, max_requests_per_second=4, clock=lambda: 0.0, sleep=lambda _: None)
    held: list[int] = []
    history = History([lambda exchange: held.append(limits.open_connections)])
    width = limits.width(20)
    exchanges = run([bet(server, number) for number in range(width)], history, limits=limits)
    assert len(exchanges) == 4
    assert set(held) == {4}
    assert limits.open_connections == 0
    with pytest.raises(ValueError, match=r"narrow the race with Limits\.width"):
        run([bet(server, number) for number in range(5)], limits=limits)


def test_a_race_of_nobody_is_none() -> None:
    assert run([]) == []


def test_a_request_that_cannot_be_written_is_refused_before_anything_is_sent(server: Recorder) -> None:
    history = History()
    with pytest.raises(ValueError, match=r"cannot be written as HTTP/1\.1"):
        run([Request("POST", server.url, (("X-Bad", "a\nb"),), b"{}")], history)
    assert list(history) == []


def test_a_reader_of_answers_that_fails_leaves_no_exchange_open(server: Recorder) -> None:
    history = History()

    def fails(_):
        raise RuntimeError("reader")

    with pytest.raises(RuntimeError, match="reader"):
        deliver([delivery(bet(server, number), fails) for number in (1, 2)], Route(history), together=True)
    assert [exchange.failure.text for exchange in history] == ["RuntimeError while waiting"] * 2
