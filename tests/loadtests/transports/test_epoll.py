"""The engine over real connections: what the generator and the CLIENT see of each kind of request."""

import json
import threading
from typing import Any

import gevent
import pytest

from loadtests.traffic.player_script import Play, Seen
from loadtests.transports.epoll.target import Target
from tests.loadtests.traffic.playing import PATIENCE, Recorded, asked, engine, play, requests, run, send
from tests.support.scripted_server import Asked, Scripted, answer, first_hangs_up


def test_requests_go_over_one_connection_and_their_answers_come_back_in_order() -> None:
    sends = [send(body=json.dumps({"n": n}).encode(), name=f"n{n}") for n in range(5)]
    seen, server, made = asked(lambda asked: answer(asked.body), *sends)
    assert [(each.status, each.body, each.problem) for each in seen] == [
        (200, one.body, None) for one in sends
    ]
    assert server.connections == 1
    assert [each.body for each in server.asked] == [one.body for one in sends]
    assert {each.path for each in server.asked} == {"/operator/transaction"}
    assert all(each.headers["x-security-hash"] == "00" for each in server.asked)
    assert requests(made) == [(one.name, None) for one in sends]


def test_what_the_generator_finds_wrong_in_an_answer_is_the_requests_problem() -> None:
    def picky() -> Play:
        seen = yield send()
        assert isinstance(seen, Seen)
        seen.problem = "not what the contract says"

    with Scripted(lambda _: answer()).running() as base_url:
        made = engine(base_url)
        run(made, picky())
    assert requests(made) == [("bet", "not what the contract says")]


def test_a_cut_reaches_the_client_whole_and_nobody_waits_for_its_answer() -> None:
    hung_up = threading.Event()

    def script(asked: Asked) -> bytes:
        if asked.connection == 1:
            assert hung_up.wait(PATIENCE)
        return answer()

    server, seen = Scripted(script), list[Any]()
    with server.running() as base_url:
        made = engine(base_url)
        run(made, play([send(cut=True, name="lost answer"), send()], seen))
        # Only now may the CLIENT answer the first: nothing has waited for it.
        hung_up.set()
    assert [(each.status, each.problem) for each in seen] == [(0, None), (200, None)]
    assert sorted((each.connection, each.body) for each in server.asked) == [
        (1, send().body),
        (2, send().body),
    ]
    assert requests(made) == [("lost answer", None), ("bet", None)]


def test_a_player_may_cut_every_answer_without_end() -> None:
    seen, server, _ = asked(lambda _: answer(), *[send(cut=True) for _ in range(1_500)], send())
    assert {(each.status, each.problem) for each in seen[:-1]} == {(0, None)}
    # Connections are accepted in order, so that none is missing when the last was.
    assert len(server.asked) == 1_501


def test_copies_at_once_are_all_under_way_before_one_is_answered() -> None:
    meeting = threading.Barrier(5)

    def script(asked: Asked) -> bytes:
        if asked.headers["x-security-hash"] == "copies":
            meeting.wait(PATIENCE)
        return answer()

    copies = send(together=5, headers={"X-Security-Hash": "copies"}, name="copies at once")
    seen, server, made = asked(script, send(), copies, copies, send())
    assert [each.status for each in seen[1]] == [200] * 5
    assert [each.status for each in seen[2]] == [200] * 5
    # The second volley uses the connections of the first again, and the player's own is its own.
    assert server.connections == 6
    assert [name for name, _ in requests(made)] == ["bet", *["copies at once"] * 10, "bet"]


def test_one_copy_that_breaks_does_not_hold_up_the_others() -> None:
    seen, _, made = asked(first_hangs_up(), send(together=4))
    assert sorted(each.status for each in seen[0]) == [0, 200, 200, 200]
    assert [problem for _, problem in requests(made) if problem] == [
        "the connection was closed before an answer"
    ]


def test_bodies_larger_than_any_buffer_go_both_ways() -> None:
    body = b"a" * 8_000_000
    seen, _, made = asked(lambda asked: answer(asked.body), send(body=body), send())
    assert seen[0].body == body
    assert seen[1].body == send().body
    assert isinstance(made.recorder, Recorded)
    assert made.recorder.lengths == len(body) + len(send().body)


def test_a_play_that_fails_tells_its_user_and_the_others_go_on() -> None:
    def fails() -> Play:
        yield send()
        raise LookupError("a fault of the traffic")

    seen: list[Any] = []
    with Scripted(lambda _: answer()).running() as base_url:
        made = engine(base_url)
        others = play([send() for _ in range(50)], seen)
        with pytest.raises(LookupError, match="a fault of the traffic"):
            run(made, fails(), others)
        run(made)
        while len(seen) < 50:
            gevent.sleep(0.001)
    assert {each.status for each in seen} == {200}


def test_a_header_with_a_line_break_is_never_sent() -> None:
    server = Scripted(lambda _: answer())
    with server.running() as base_url, pytest.raises(ValueError, match="line break"):
        run(engine(base_url), play([send(headers={"X-Security-Hash": "00\r\nX-Other: 1"})], []))
    assert server.asked == []


def test_a_play_that_is_stopped_gives_up_what_is_under_way_and_says_so() -> None:
    arrived, stopped = threading.Event(), threading.Event()

    def script(_: Asked) -> bytes:
        arrived.set()
        assert stopped.wait(PATIENCE)
        return answer()

    ended: list[Any] = []

    def endless() -> Play:
        try:
            while True:
                yield send()
        finally:
            ended.append("generator")

    with Scripted(script).running() as base_url:
        made = engine(base_url)
        playing = made.play(endless(), ended.append)
        with gevent.Timeout(PATIENCE):
            while not arrived.is_set():
                gevent.sleep(0.001)
        made.stop(playing)
        made.stop(playing)
        stopped.set()
    assert made.given_up == 1
    assert ended == ["generator"]
    assert requests(made) == []
    assert isinstance(made.recorder, Recorded)
    assert made.recorder.flushed == 1


def test_a_play_that_is_stopped_while_it_waits_sends_nothing_more() -> None:
    seen: list[Any] = []
    server = Scripted(lambda _: answer())
    with server.running() as base_url:
        made = engine(base_url)
        stopped = made.play(play([send(wait=0.05, body=b"stopped")], []), lambda _: None)

        def stops_the_other() -> Play:
            seen.append((yield send()))
            made.stop(stopped)
            # Its time comes before this one's.
            seen.append((yield send(wait=0.1)))

        run(made, stops_the_other())
    assert [each.status for each in seen] == [200, 200]
    assert [each.body for each in server.asked] == [send().body] * 2
    assert made.given_up == 0


def test_other_greenlets_have_their_turns_while_the_engine_never_rests() -> None:
    enough, too_many = 5, 1_000_000
    calls, turns = [0], [0]

    def busy() -> None:
        calls[0] += 1
        if turns[0] < enough and calls[0] < too_many:
            made.later(busy)

    with Scripted(lambda _: answer()).running() as base_url:
        made = engine(base_url)
        made.play(play([send()], []), lambda _: None)
        made.later(busy)
        while calls[0] == 0:
            gevent.sleep(0.001)
        while turns[0] < enough and calls[0] < too_many:
            gevent.sleep(0)
            turns[0] += 1
        run(made, play([send()], []))
    assert calls[0] < too_many


def test_many_players_get_equal_shares_and_the_totals_are_what_the_client_counted() -> None:
    players, each = 120, 20
    server = Scripted(lambda asked: answer(asked.body))
    seen: list[list[Any]] = [[] for _ in range(players)]
    with server.running() as base_url:
        made = engine(base_url)
        run(made, *[play([send(body=b"%d" % n)] * each, seen[n]) for n in range(players)])
    assert all([one.body for one in seen[n]] == [b"%d" % n] * each for n in range(players))
    assert len(requests(made)) == len(server.asked) == players * each
    assert server.connections == players
    # Nobody is through before everybody has begun.
    assert set(range(players)) == {int(one.body) for one in server.asked[: players * (each - 1)]}


@pytest.mark.parametrize(
    "base_url",
    ["127.0.0.1:8710", "ftp://127.0.0.1", "http://", "http://a/?b=c", "http://user:word@127.0.0.1"],
)
def test_an_address_that_cannot_be_is_refused_with_what_to_give_instead(base_url: str) -> None:
    with pytest.raises(ValueError, match=r"--host|Leave it out") as refused:
        Target(base_url)
    assert "word" not in str(refused.value)
