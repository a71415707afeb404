"""Faults of one send, against a real server that says which bytes arrived and how the connection ended."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from simulators.exchanges.history import FaultNote, History, Purpose, Request, Status
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.delivery import Delivery
from simulators.transport.faults.wire import AnswerLost, ClientKilled, ResetWhileSending, SlowBody, SlowReader
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.servers.faults_recorder import BODY, Recorder

WALLET = Path(__file__).parents[2] / "support" / "in_memory" / "racing_wallet.py"
BET = b'{"transaction_id":"t-1"}'


@pytest.fixture
def server() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


def delivery(server, body: bytes = BET, method: str = "POST") -> Delivery:
    headers = (("Content-Type", "application/json"), ("X-Security-Hash", "ab"))
    return Delivery(
        Request(method, f"{server.url}/transaction", headers, body),
        SPORTSBOOK.read,
        "operator",
        "bet",
        Purpose.SCENARIO,
        "bet 1",
    )


def test_without_a_fault_the_exchange_is_as_ordinary_as_any(server: Recorder) -> None:
    [exchange] = deliver(delivery(server), Route(History()), [])
    assert exchange.status is Status.OK
    assert exchange.client_id == "c-1"
    assert exchange.answer.body == BODY
    assert (exchange.title, exchange.message, exchange.faults) == ("bet", "bet 1", ())
    assert server.ended.get(timeout=60).body == BET


@pytest.mark.parametrize("cut", ["reset", "close"])
@pytest.mark.parametrize("after", [0.0, 0.02])
def test_a_lost_answer_leaves_the_request_whole_and_the_exchange_unknown(cut: str, after: float) -> None:
    server = Recorder(hold=1)
    slept: list[float] = []
    try:
        fault = AnswerLost(after=after, cut=cut)
        [exchange] = deliver(delivery(server), Route(History(), sleep=slept.append), [fault])
        assert server.arrived.get(timeout=60).body == BET
        server.release.set()
        end = server.ended.get(timeout=60).end
    finally:
        server.close()
    assert exchange.status is Status.UNKNOWN
    assert exchange.answer is None
    assert exchange.failure.text == "the answer was lost, as planned"
    assert exchange.faults == (fault.note,)
    assert slept == ([after] if after else [])
    # Nothing was read on our side, so after FIN the answer itself is met by silence or by RST.
    assert end == "reset" if cut == "reset" else end in ("answered", "reset")


def test_an_answer_lost_at_its_first_byte_was_being_written(server: Recorder) -> None:
    server.answer = BODY + b" " * 4_000_000
    [exchange] = deliver(delivery(server), Route(History()), [AnswerLost(after="first-byte")])
    assert exchange.unknown
    arrival = server.ended.get(timeout=60)
    assert arrival.whole
    assert arrival.end == "reset"


@pytest.mark.parametrize(("after", "left"), [(0, 0), (5, 5), (len(BET), len(BET) - 1), (1000, len(BET) - 1)])
def test_a_reset_while_sending_never_lets_the_last_byte_out(server: Recorder, after: int, left: int) -> None:
    [exchange] = deliver(delivery(server), Route(History()), [ResetWhileSending(after_bytes=after)])
    arrival = server.ended.get(timeout=60)
    assert not arrival.whole
    assert arrival.end == "reset"
    assert b"".join(arrival.pieces).partition(b"\r\n\r\n")[2] == BET[:left]
    assert exchange.unknown
    assert exchange.failure.text == f"reset after {left} of {len(BET)} bytes of the body, as planned"


def test_a_reset_of_a_request_without_a_body_holds_the_end_of_the_head_back(server: Recorder) -> None:
    [exchange] = deliver(delivery(server, b"", "GET"), Route(History()), [ResetWhileSending()])
    arrival = server.ended.get(timeout=60)
    assert exchange.unknown
    assert arrival.end == "reset"
    assert b"".join(arrival.pieces).endswith(b"\r\n\r")


def test_a_slow_body_arrives_in_pieces_in_order(server: Recorder) -> None:
    pieces: list[bytes] = []
    pauses: list[float] = []

    def until_it_was_read(seconds: float) -> None:
        pauses.append(seconds)
        pieces.append(server.received.get(timeout=60))

    route = Route(History(), sleep=until_it_was_read)
    [exchange] = deliver(delivery(server), route, [SlowBody(chunk=5, pause=0.25)])
    assert exchange.ok
    assert exchange.faults == (FaultNote("slow-body", "slow body: 5 bytes at a time, 250 ms apart"),)
    assert pauses == [0.25] * 5
    assert pieces[0].endswith(b"\r\n\r\n")
    assert [*pieces[1:], server.received.get(timeout=60)] == [BET[i : i + 5] for i in range(0, len(BET), 5)]


def test_a_slow_reader_takes_the_whole_answer_in_small_pieces(server: Recorder) -> None:
    pauses: list[float] = []
    [exchange] = deliver(
        delivery(server), Route(History(), sleep=pauses.append), [SlowReader(chunk=7, pause=0.5)]
    )
    assert exchange.ok
    assert exchange.answer.body == BODY
    assert len(pauses) >= len(BODY) // 7


def test_a_slow_reader_makes_the_client_wait_with_its_answer() -> None:
    """60 kB fit into ordinary buffers: only a reader with a small one keeps the CLIENT waiting."""
    server = Recorder(answer=BODY + b" " * 60_000)
    written: list[bool] = []

    def look(_: float) -> None:
        if not written:
            written.append(server.written.wait(0.5))

    try:
        [exchange] = deliver(
            delivery(server), Route(History(), sleep=look, timeout=30), [SlowReader(chunk=1000)]
        )
    finally:
        server.close()
    assert exchange.ok
    assert len(exchange.answer.body) > 60_000
    assert written == [False]


def test_an_answer_is_lost_only_after_a_long_request_has_arrived_whole(server: Recorder) -> None:
    body = b'{"filler":"' + b"x" * 3_000_000 + b'"}'
    [exchange] = deliver(delivery(server, body), Route(History(), timeout=30), [AnswerLost()])
    assert exchange.failure.text == "the answer was lost, as planned"
    assert server.arrived.get(timeout=30).body == body


def test_faults_of_one_send_compose_and_each_is_told(server: Recorder) -> None:
    faults = [SlowBody(chunk=10, pause=0.1), AnswerLost()]
    [exchange] = deliver(delivery(server), Route(History(), sleep=lambda _: None), faults)
    assert exchange.unknown
    assert exchange.faults == tuple(fault.note for fault in faults)
    assert server.arrived.get(timeout=60).body == BET


def test_no_answer_in_time_is_unknown_and_says_so() -> None:
    server = Recorder(hold=1)
    try:
        [exchange] = deliver(delivery(server), Route(History(), timeout=0.2), [])
    finally:
        server.close()
    assert exchange.unknown
    assert exchange.failure.text == "no answer within 0.2 s"


def test_a_refused_connection_is_unknown_and_says_so(server: Recorder) -> None:
    history = History()
    dead = Recorder()
    dead.close()
    [exchange] = deliver(delivery(dead), Route(history), [SlowBody()])
    assert exchange.unknown
    assert exchange.failure.text == "connection refused"
    assert list(history) == [exchange]


class Killable:
    """A wallet in a process of its own, killed with SIGKILL and started again on the same port."""

    def __init__(self, gap: str) -> None:
        self.kills = 0
        self.process = self.start(gap, "0")
        self.port = int(self.process.stdout.readline())
        self.url = f"http://127.0.0.1:{self.port}"

    def start(self, gap: str, port: str) -> subprocess.Popen:
        command = [sys.executable, str(WALLET), gap, "9", port]
        return subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def end(self) -> None:
        self.process.kill()
        self.process.communicate()

    def restart(self) -> None:
        """Return before it listens again: to wait for that is the fault's part."""
        self.kills += 1
        self.end()
        self.process = self.start("0", str(self.port))


@pytest.mark.parametrize("when", ["before", "sent", "answered"])
def test_the_client_is_killed_at_the_chosen_instant_and_is_back_afterwards(when: str) -> None:
    # Only the one killed in the middle of its work must not be able to answer.
    client = Killable(gap="60" if when == "sent" else "0")
    route = Route(History(), restart=client.restart)
    try:
        [exchange] = deliver(delivery(client), route, [ClientKilled(when=when)])
        [later] = deliver(delivery(client), route, [])
    finally:
        client.end()
    assert client.kills == 1
    assert exchange.faults[0].text.startswith("CLIENT killed and started again ")
    assert exchange.unknown if when == "sent" else exchange.ok
    assert later.ok


def test_a_kill_needs_the_driver(server: Recorder) -> None:
    with pytest.raises(ValueError, match=r"add restart under \[driver\]"):
        deliver(delivery(server), Route(History()), [ClientKilled()])
    assert server.arrivals == []


def test_a_restart_that_fails_is_raised_and_the_exchange_is_complete(server: Recorder) -> None:
    history = History()

    def fails() -> None:
        raise RuntimeError("no such container")

    with pytest.raises(RuntimeError, match="no such container"):
        deliver(delivery(server), Route(history, restart=fails), [ClientKilled(when="sent")])
    assert history[0].failure.text == "RuntimeError while waiting"


@pytest.mark.parametrize(
    "wrong",
    [
        lambda: SlowBody(chunk=0),
        lambda: SlowBody(pause=-1.0),
        lambda: SlowReader(chunk=True),
        lambda: AnswerLost(after="last-byte"),
        lambda: AnswerLost(cut="saw"),
        lambda: AnswerLost(attempts=0),
        lambda: ResetWhileSending(after_bytes=-1),
        lambda: ClientKilled(when="later"),
    ],
)
def test_parameters_out_of_bounds_are_refused(wrong) -> None:
    with pytest.raises(ValueError, match="it must be"):
        wrong()
