"""The users' connection, races and faults, against a CLIENT that does what it is notified of."""

import fcntl
import socket
import threading
from contextlib import contextmanager
from functools import partial

import pytest

from loadtests.traffic.player_script import Send
from loadtests.transports import disturbed as transport
from loadtests.transports.connection import Connection
from scenarios.hosting.ports import free_port
from simulators.exchanges.history import History
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.faults.table import parse_fault
from simulators.transport.raw_connection import ANSWER_LIMIT, readable
from simulators.transport.route import Route
from tests.support.servers.hostile import DRIPS, OK, answering, drips
from tests.support.servers.scripted_server import BODY, HangUp, Scripted, answer, over_tls

PATIENCE = 20
SEND = Send("/transaction", b'{"amount":1}', "bet", {"X-Security-Hash": "00"})
LOST = tuple(map(parse_fault, ("answer-lost:cut=close", "answer-lost:after=first-byte")))


@contextmanager
def connected(script, timeout=PATIENCE):
    server = Scripted(script)
    with server.running() as base_url:
        connection = Connection(base_url, timeout)
        try:
            yield server, connection
        finally:
            connection.close()


def disturbed(sends, base_url, timeout, ca_file, headers=()):
    way = partial(Route, History(), timeout, ca_file, headers=headers)
    return transport.disturbed(sends, base_url, way, SPORTSBOOK.read)


def came(seen):
    return [(each.status, each.body, each.problem) for each in seen]


def test_a_connection_is_used_for_one_request_after_the_other():
    with connected(lambda asked: answer(asked.body)) as (server, connection):
        assert came([connection.ask(SEND) for _ in range(3)]) == [(200, SEND.body, None)] * 3
        assert server.connections == 1
    assert {(each.path, each.headers["x-security-hash"], each.body) for each in server.asked} == {
        ("/operator/transaction", "00", SEND.body)
    }
    assert server.asked[0].headers["host"].startswith("127.0.0.1:")


def test_headers_for_a_gateway_are_sent_by_every_way():
    more = (("X-Gateway", "k"), ("X-Security-Hash", "never in place of its own"))
    fault = Send(SEND.path, SEND.body, "bet", SEND.headers, (parse_fault("copies:n=2"),))
    server = Scripted(lambda _: answer())
    with server.running() as base_url:
        connection = Connection(base_url, PATIENCE, headers=more[:1])
        connection.ask(SEND)
        connection.close()
        disturbed([SEND, SEND], base_url, PATIENCE, None, more)
        disturbed([fault], base_url, PATIENCE, None, more)
    assert [each.headers["x-gateway"] for each in server.asked] == ["k"] * 6
    assert {each.headers["x-security-hash"] for each in server.asked} == {"00"}


def test_what_has_no_body_is_asked_by_get_in_every_way():
    asked = Send("/wallet?id=1&key=0", b"", "bet", {})
    server = Scripted(lambda _: answer())
    with server.running() as base_url:
        connection = Connection(base_url, PATIENCE)
        assert connection.ask(asked).status == 200
        connection.close()
        disturbed([asked, asked], base_url, PATIENCE, None)
    # The server takes a GET for what has no body.
    assert [(each.path, each.body) for each in server.asked] == [("/operator/wallet?id=1&key=0", b"")] * 3


def test_what_the_client_ended_is_dialled_again():
    def script(asked):
        if asked.connection == 1:
            raise HangUp(answer())
        if asked.connection == 2:
            return answer(extra="Connection: close\r\n")
        return answer()

    with connected(script) as (server, connection):
        assert connection.ask(SEND).status == 200
        assert server.ended.acquire(timeout=PATIENCE)
        assert [connection.ask(SEND).status for _ in range(3)] == [200] * 3
        assert server.connections == 3


@pytest.mark.parametrize(
    ("bytes_", "problem"),
    [
        (b"", "the connection was closed without an answer"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "the answer is no HTTP"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}", "the answer is no HTTP"),
    ],
)
def test_an_answer_that_is_none_is_told_and_its_connection_is_not_used_again(bytes_, problem):
    def script(asked):
        if asked.connection == 1:
            raise HangUp(bytes_)
        return answer()

    with connected(script) as (_, connection):
        assert came([connection.ask(SEND)]) == [(0, b"", problem)]
        assert came([connection.ask(SEND)]) == [(200, BODY, None)]


def test_an_answer_that_never_comes_is_waited_for_so_long_and_no_longer():
    end = threading.Event()

    def script(_):
        end.wait(PATIENCE)
        raise HangUp

    with connected(script, timeout=0.2) as (_, connection):
        assert connection.ask(SEND).problem == "no answer within 0.2 s"
        end.set()
    refused = f"http://127.0.0.1:{free_port()}/operator"
    assert Connection(refused, PATIENCE).ask(SEND).problem == "connection refused"


@pytest.mark.parametrize("drip", DRIPS)
def test_an_answer_that_drips_is_late(drip):
    with answering(drips(*DRIPS[drip])) as url:
        assert Connection(url, 0.2).ask(SEND).problem == "no answer within 0.2 s"


@pytest.mark.parametrize(
    ("start", "piece", "seen"),
    [
        (OK, b"X-More: 1\r\n" * 1000, (0, "the answer is no HTTP")),
        (b"", b"HTTP/1.1 100 Continue\r\n\r\n" * 1000, (0, "the answer is no HTTP")),
        (OK + b"\r\n", b"x" * 100_000, (200, None)),
    ],
    ids=["headers", "interim answers", "body"],
)
def test_an_answer_without_end_is_read_no_further_than_its_bound(start, piece, seen):
    def flood(connection):
        connection.sendall(start)
        while True:
            connection.sendall(piece)

    with answering(flood) as url:
        came = Connection(url, PATIENCE).ask(SEND)
    assert (came.status, came.problem) == seen
    assert len(came.body) <= ANSWER_LIMIT


def test_an_idle_connection_is_told_from_a_dead_one_also_beyond_1024_sockets():
    ours, theirs = socket.socketpair()
    high = socket.socket(fileno=fcntl.fcntl(ours.fileno(), fcntl.F_DUPFD, 1500))
    assert not readable(high)
    theirs.close()
    assert readable(high)
    high.close()
    ours.close()
    assert readable(high)


def test_a_lost_answer_is_no_problem_and_the_request_arrived_whole():
    server = Scripted(lambda _: answer())
    with server.running() as base_url:
        for fault in LOST:
            lost = Send(SEND.path, SEND.body, "bet", SEND.headers, (fault,))
            assert came(disturbed([lost], base_url, PATIENCE, None)) == [(0, b"", None)]
        for _ in LOST:
            assert server.ended.acquire(timeout=PATIENCE)
    assert [each.body for each in server.asked] == [SEND.body] * 2


def test_a_fault_that_could_not_act_is_a_problem_and_one_that_copies_tells_of_each():
    lost = Send(SEND.path, SEND.body, "bet", SEND.headers, LOST[:1])
    (seen,) = disturbed([lost], f"http://127.0.0.1:{free_port()}/operator", PATIENCE, None)
    assert (seen.status, seen.problem) == (0, "connection refused")
    copied = Send(SEND.path, SEND.body, "bet", SEND.headers, (parse_fault("copies:n=2"),))
    server = Scripted(lambda _: answer())
    with server.running() as base_url:
        assert came(disturbed([copied], base_url, PATIENCE, None)) == [(200, BODY, None)] * 3


def test_over_tls_everything_is_as_without_and_what_proves_nothing_gets_no_request(tmp_path):
    with over_tls(tmp_path, lambda _: answer()) as (server, base_url, file):
        lost = Send(SEND.path, SEND.body, "bet", SEND.headers, LOST[1:])
        connection = Connection(base_url, PATIENCE, file)
        assert came([connection.ask(SEND), connection.ask(SEND)]) == [(200, BODY, None)] * 2
        connection.close()
        assert came(disturbed([SEND, SEND], base_url, PATIENCE, file)) == [(200, BODY, None)] * 2
        assert came(disturbed([lost], base_url, PATIENCE, file)) == [(0, b"", None)]
        asked = len(server.asked)
        other_name = base_url.replace("127.0.0.1", "localhost")
        for url, trusted in ((base_url, None), (other_name, file)):
            failed = [Connection(url, PATIENCE, trusted).ask(SEND)]
            failed += disturbed([SEND, SEND], url, PATIENCE, trusted) + disturbed(
                [lost], url, PATIENCE, trusted
            )
            assert {each.status for each in failed} == {0}
            assert all(each.problem.startswith("TLS failed: ") for each in failed), failed
        assert len(server.asked) == asked
