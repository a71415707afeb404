"""The plain users' connections for copies at once and lost answers, against a real CLIENT that does what it is told."""

import contextlib
import fcntl
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import gevent
import pytest

from loadtests.transports.last_byte import Spares, alive
from tests.loadtests.traffic.playing import PATIENCE, Script, send
from tests.loadtests.transports.test_epoll_tls import over_tls
from tests.support.scripted_server import BODY, Asked, HangUp, Scripted, answer, first_hangs_up

COPIES = send(together=4)


@contextlib.contextmanager
def spares(base_url: str, timeout: float = PATIENCE, ca_file: str | None = None) -> Iterator[Spares]:
    made = Spares(base_url, timeout, ca_file)
    try:
        with gevent.Timeout(PATIENCE):
            yield made
    finally:
        made.close()


@contextlib.contextmanager
def client(script: Script, timeout: float = PATIENCE) -> Iterator[tuple[Scripted, Spares]]:
    server = Scripted(script)
    with server.running() as base_url, spares(base_url, timeout) as made:
        yield server, made


def test_copies_are_all_under_way_before_one_is_answered_and_their_connections_are_used_again():
    meeting = threading.Barrier(4)

    def script(asked: Asked) -> bytes:
        meeting.wait(PATIENCE)
        return answer(asked.body)

    with client(script) as (server, made):
        for _ in range(2):
            assert [(each.status, each.body, each.problem) for each in made.at_once(COPIES)] == [
                (200, COPIES.body, None)
            ] * 4
        assert server.connections == 4
    assert {(each.path, each.headers["x-security-hash"], each.body) for each in server.asked} == {
        ("/operator/transaction", "00", COPIES.body)
    }


def test_nothing_is_complete_before_every_copy_lacks_but_a_byte():
    """One that cannot be begun keeps all the others from having an effect."""
    server = Scripted(lambda _: answer())
    with server.running() as base_url, spares(base_url) as made:
        refused = [True]

        def dialled() -> None:
            if len(refused) > 2:
                raise ConnectionRefusedError
            refused.append(True)

        take = made.take
        made.take = lambda: (dialled(), take())[1]  # type: ignore[method-assign]
        seen = made.at_once(COPIES)
        assert [(each.status, each.problem) for each in seen] == [(0, "connection refused")] * 4
    assert server.asked == []


def test_a_cut_reaches_the_client_whole_and_nobody_waits_for_its_answer():
    hung_up = threading.Event()

    def script(_: Asked) -> bytes:
        assert hung_up.wait(PATIENCE)
        return answer()

    with client(script) as (server, made):
        seen = made.cut(send(cut=True))
        hung_up.set()
        assert server.ended.acquire(timeout=PATIENCE)
    assert (seen.status, seen.problem) == (0, None)
    assert [each.body for each in server.asked] == [send().body]


def test_one_copy_that_breaks_does_not_hold_up_the_others():
    with client(first_hangs_up()) as (_, made):
        seen = made.at_once(COPIES)
    assert sorted(each.status for each in seen) == [0, 200, 200, 200]
    assert [each.problem for each in seen if each.problem] == ["the connection was closed without an answer"]


@pytest.mark.parametrize(
    ("bytes_", "problem"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 90\r\n\r\n{}", "not a clear answer: the connection ended"),
        (b"SSH-2.0-OpenSSH\r\n\r\n", "not a clear answer: not an HTTP/1.1 status line"),
    ],
)
def test_an_unclear_answer_is_none_and_its_connection_is_not_used_again(bytes_: bytes, problem: str):
    def script(asked: Asked) -> bytes:
        if asked.connection <= 4:
            raise HangUp(bytes_)
        return answer()

    with client(script) as (server, made):
        for each in made.at_once(COPIES):
            assert each.status == 0
            assert each.problem is not None
            assert each.problem.startswith(problem)
        assert [each.status for each in made.at_once(COPIES)] == [200] * 4
        assert server.connections == 8


def test_an_answer_that_never_comes_is_waited_for_so_long_and_no_longer():
    end = threading.Event()

    def script(_: Asked) -> bytes:
        end.wait(PATIENCE)
        raise HangUp

    with client(script, timeout=0.2) as (_, made):
        try:
            assert [each.problem for each in made.at_once(COPIES)] == ["no answer within 0.2 s"] * 4
        finally:
            end.set()


def test_connections_that_the_client_ended_meanwhile_are_replaced():
    def script(asked: Asked) -> bytes:
        if asked.connection <= 4:
            raise HangUp(answer())
        return answer()

    with client(script) as (server, made):
        assert [each.status for each in made.at_once(COPIES)] == [200] * 4
        for _ in range(4):
            assert server.ended.acquire(timeout=PATIENCE)
        assert [each.status for each in made.at_once(COPIES)] == [200] * 4
        assert server.connections == 8


def test_who_is_stopped_in_the_middle_leaves_no_connection_behind():
    arrived, end = threading.Semaphore(0), threading.Event()

    def script(_: Asked) -> bytes:
        arrived.release()
        end.wait(PATIENCE)
        raise HangUp

    with client(script) as (server, made):
        user = gevent.spawn(made.at_once, COPIES)
        assert gevent.get_hub().threadpool.apply(arrived.acquire, kwds={"timeout": PATIENCE})
        user.kill()
        end.set()
        for _ in range(4):
            assert server.ended.acquire(timeout=PATIENCE)
        assert made._kept == []


def test_a_client_that_is_not_there_is_a_problem_of_each_copy():
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    with spares(f"http://127.0.0.1:{port}/operator") as made:
        assert [(each.status, each.problem) for each in made.at_once(COPIES)] == [
            (0, "connection refused")
        ] * 4
        assert made.cut(send(cut=True)).problem == "connection refused"


def test_over_tls_everything_is_as_without(tmp_path: Path):
    meeting = threading.Barrier(4)

    def script(asked: Asked) -> bytes:
        if asked.headers["x-security-hash"] == "00":
            meeting.wait(PATIENCE)
        return answer()

    with over_tls(tmp_path, script) as (server, base_url, file), spares(base_url, ca_file=str(file)) as made:
        for _ in range(2):
            assert [(each.status, each.body) for each in made.at_once(COPIES)] == [(200, BODY)] * 4
        assert server.connections == 4
        seen = made.cut(send(cut=True, headers={"X-Security-Hash": "cut"}))
        assert (seen.status, seen.problem) == (0, None)
    assert [each.headers["x-security-hash"] for each in server.asked].count("cut") == 1


def test_over_tls_an_end_without_farewell_ends_no_answer(tmp_path: Path):
    def script(_: Asked) -> bytes:
        raise HangUp(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)

    with over_tls(tmp_path, script) as (_, base_url, file), spares(base_url, ca_file=str(file)) as made:
        for each in made.at_once(send(together=2)):
            assert each.status == 0
            assert each.problem is not None
            assert each.problem.startswith("TLS failed: ")


@pytest.mark.parametrize(("host", "trusted"), [("127.0.0.1", False), ("localhost", True)])
def test_a_certificate_that_proves_nothing_gets_no_request(tmp_path: Path, host: str, trusted: bool):
    with over_tls(tmp_path, lambda _: answer()) as (server, base_url, file):
        url = base_url.replace("127.0.0.1", host)
        with spares(url, ca_file=str(file) if trusted else None) as made:
            for each in (made.cut(send(cut=True)), *made.at_once(COPIES)):
                assert each.status == 0
                assert each.problem is not None
                assert each.problem.startswith("TLS failed: ")
    assert server.asked == []


def test_an_idle_connection_is_told_from_a_dead_one_also_beyond_1024_sockets():
    ours, theirs = socket.socketpair()
    high = socket.socket(fileno=fcntl.fcntl(ours.fileno(), fcntl.F_DUPFD, 1500))
    assert alive(high)
    theirs.close()
    assert not alive(high)
    high.close()
    ours.close()
    assert not alive(high)
    assert not alive(None)
