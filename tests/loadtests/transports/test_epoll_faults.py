"""What the engine makes of a network and a CLIENT that fail: unknown, with the reason, and then it goes on."""

import socket
import struct
import threading
from collections.abc import Callable
from typing import Any

import pytest

from loadtests.traffic.player_script import Play
from loadtests.transports.epoll.loop import Engine
from loadtests.transports.epoll.target import Target
from tests.loadtests.traffic.playing import PATIENCE, Recorded, asked, engine, play, requests, run, send
from tests.support.scripted_server import BODY, Asked, HangUp, Scripted, answer


def test_no_answer_in_time_is_unknown() -> None:
    stopped = threading.Event()

    def script(asked: Asked) -> bytes:
        if asked.connection == 1:
            assert stopped.wait(PATIENCE)
        return answer()

    server, seen = Scripted(script), list[Any]()
    with server.running() as base_url:
        run(engine(base_url, timeout=0.2), play([send(), send()], seen))
        stopped.set()
    assert (seen[0].status, seen[0].problem) == (0, "no answer within 0.2 s")
    assert seen[0].seconds > 0.2
    assert (seen[1].status, seen[1].problem) == (200, None)


@pytest.mark.parametrize(
    ("last", "problem"),
    [
        (b"", "the connection was closed before an answer"),
        (answer()[:-1], "not a clear answer: the connection ended in the middle of the answer"),
        (b"HTTP/1.1 200", "not a clear answer: the connection ended in the middle of the answer"),
        (b"nonsense\r\n\r\n", "not a clear answer: not an HTTP/1.1 status line: b'nonsense'"),
        (answer() + b"HTTP/1.1", "not a clear answer: 8 bytes after the end of the answer"),
    ],
)
def test_a_broken_answer_is_unknown_and_the_next_request_has_a_new_connection(
    last: bytes, problem: str
) -> None:
    def script(asked: Asked) -> bytes:
        if asked.connection == 1:
            raise HangUp(last)
        return answer()

    seen, server, made = asked(script, send(), send())
    assert (seen[0].status, seen[0].body, seen[0].problem) == (0, b"", problem)
    assert (seen[1].status, seen[1].body) == (200, BODY)
    assert server.connections == 2
    assert requests(made) == [("bet", problem), ("bet", None)]


def test_a_connection_that_the_client_says_it_closes_is_not_used_again() -> None:
    def script(_: Asked) -> bytes:
        raise HangUp(answer(extra="Connection: close\r\n"))

    seen, server, _ = asked(script, send(), send(), send())
    assert [(each.status, each.problem) for each in seen] == [(200, None)] * 3
    assert server.connections == 3


def test_a_body_that_only_the_end_of_the_connection_ends_is_an_answer() -> None:
    def script(_: Asked) -> bytes:
        raise HangUp(b"HTTP/1.1 200 OK\r\n\r\n" + BODY)

    seen, _, _ = asked(script, send(), send())
    assert [(each.status, each.body) for each in seen] == [(200, BODY)] * 2


def test_a_connection_that_ended_while_nothing_was_under_way_costs_no_request() -> None:
    server, seen = Scripted(lambda _: _once()), list[Any]()

    def waits_for_the_end() -> Play:
        seen.append((yield send()))
        # The engine must have its turns while this player does nothing.
        while not server.ended.acquire(blocking=False):
            seen.append((yield send(wait=0.01, cut=True)))
        seen.append((yield send(wait=0.01)))

    def _once() -> bytes:
        raise HangUp(answer())

    with server.running() as base_url:
        run(engine(base_url), waits_for_the_end())
    assert {(each.status, each.problem) for each in seen} <= {(200, None), (0, None)}
    assert seen[-1].status == 200


def test_a_reset_is_unknown() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        seen: list[Any] = []

        def reset() -> None:
            connection = listener.accept()[0]
            connection.recv(65_536)
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
            connection.close()

        thread = threading.Thread(target=reset)
        thread.start()
        run(engine(f"http://127.0.0.1:{listener.getsockname()[1]}"), play([send()], seen))
        thread.join(PATIENCE)
    assert (seen[0].status, seen[0].problem) == (0, "Connection reset by peer")


def test_a_port_where_nobody_listens_is_unknown_and_is_not_hammered() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    seen: list[Any] = []
    pauses: list[float] = []

    class Noting(Engine):
        def after(self, seconds: float, call: Callable[[], None]) -> None:
            pauses.append(seconds)
            super().after(seconds, call)

    made = Noting(Target(f"http://127.0.0.1:{port}"), Recorded())
    run(made, play([send() for _ in range(3)], seen))
    assert {(each.status, each.problem) for each in seen} == {(0, "no connection: Connection refused")}
    assert pauses == [0.05, 0.1, 0.2]


def test_a_host_without_an_address_is_unknown() -> None:
    seen: list[Any] = []
    run(engine("http://no-such-host.invalid"), play([send()], seen))
    assert seen[0].status == 0
    assert seen[0].problem.startswith("no connection: ")


def test_a_name_of_several_addresses_is_reached_where_somebody_listens() -> None:
    server, seen = Scripted(lambda _: answer()), list[Any]()
    with server.running() as base_url:
        run(engine(base_url.replace("127.0.0.1", "localhost")), play([send(), send()], seen))
    assert [each.status for each in seen] == [200, 200]
