"""Lost answers of which the CLIENT learns nothing: over both transports, against a CLIENT that does what it is told."""

import socket
import ssl
import threading
from typing import Any

import gevent

from tests.loadtests.traffic.playing import PATIENCE, asked, engine, play, requests, run, send
from tests.loadtests.transports.test_last_byte import client, spares
from tests.support.commanding import free_port
from tests.support.scripted_server import BODY, Asked, Scripted, answer

UNHEARD = send(cut=True, lingers=True, name="lost answer", headers={"X-Security-Hash": "unheard"})


def unheard(asked: Asked) -> bool:
    return asked.headers["x-security-hash"] == "unheard"


def test_plain_users_wait_for_nothing_and_the_connection_stays_until_it_was_answered():
    go_on = threading.Event()

    def script(_: Asked) -> bytes:
        assert go_on.wait(PATIENCE)
        return answer()

    with client(script) as (server, made):
        for _ in range(2):
            seen = made.cut(UNHEARD)
            assert (seen.status, seen.body, seen.problem) == (0, b"", None)
            assert made._kept == []
            go_on.set()
            while not made._kept:
                gevent.sleep(0.001)
        # Nobody hung up, so that there is still the one connection.
        assert server.connections == 1
    assert [each.body for each in server.asked] == [UNHEARD.body] * 2


def test_what_is_never_answered_to_nobody_is_given_up_in_time():
    end = threading.Event()

    def script(_: Asked) -> bytes:
        assert end.wait(PATIENCE)
        return answer()

    with client(script, timeout=0.2) as (server, made):
        assert made.cut(UNHEARD).problem is None
        while made._lingering:
            gevent.sleep(0.001)
        assert made._kept == []
        # The CLIENT comes to it at last, and finds nobody.
        end.set()
        assert server.ended.acquire(timeout=PATIENCE)


def test_the_end_of_the_run_ends_what_lingers():
    asked_for, end = threading.Event(), threading.Event()

    def script(_: Asked) -> bytes:
        asked_for.set()
        assert end.wait(PATIENCE)
        return answer()

    server = Scripted(script)
    with server.running() as base_url:
        with spares(base_url) as made:
            made.cut(UNHEARD)
            assert asked_for.wait(PATIENCE)
        end.set()
        assert server.ended.acquire(timeout=PATIENCE)


def test_the_engine_goes_on_while_the_client_is_at_work():
    followed = threading.Event()

    def script(asked: Asked) -> bytes:
        if unheard(asked):
            assert followed.wait(PATIENCE)
        else:
            followed.set()
        return answer()

    seen, server, made = asked(script, UNHEARD, send())
    assert [(each.status, each.body, each.problem) for each in seen] == [(0, b"", None), (200, BODY, None)]
    assert [each.body for each in server.asked if unheard(each)] == [UNHEARD.body]
    assert requests(made) == [("lost answer", None), ("bet", None)]


def test_the_engine_hears_no_answer_however_soon_it_comes():
    seen, server, made = asked(lambda _: answer(), *[UNHEARD, send()] * 200)
    assert [each.status for each in seen] == [0, 200] * 200
    assert len(server.asked) == 400
    # Their connections are used again.
    assert server.connections < 100
    assert requests(made) == [("lost answer", None), ("bet", None)] * 200


def test_the_engine_tells_what_kept_it_from_sending():
    made, seen = engine(f"http://127.0.0.1:{free_port()}/operator"), list[Any]()
    run(made, play([UNHEARD], seen))
    assert [(each.status, each.problem) for each in seen] == [(0, "no connection: Connection refused")]


def test_who_is_stopped_before_it_has_left_is_counted_and_leaves_nothing_behind():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://127.0.0.1:{silent.getsockname()[1]}/operator"
        made, seen = engine(url, tls=ssl.create_default_context()), list[Any]()
        playing = made.play(play([UNHEARD], seen), lambda _: None)
        with gevent.Timeout(PATIENCE):
            while not made._lines:
                gevent.sleep(0.001)
        made.stop(playing)
        assert (made.given_up, seen, made._lines) == (1, [], {})
