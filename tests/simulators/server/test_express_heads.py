"""The express way remembers how requests begin: what it gives is what reading each anew gives."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.benchmarks import simulators
from loadtests.benchmarks.driver import post
from simulators.exchanges.export import Redactor, write_jsonl
from simulators.exchanges.history import Answer, Direction, History, Outcome, Request
from simulators.server import express
from simulators.transport.http_client import Sender

JSON = ("Content-Type", "application/json")
BODY = json.dumps({"username": simulators.USERNAME, "password": simulators.PASSWORD}).encode()


def test_requests_that_begin_alike_keep_their_own_bodies():
    first, second = (express.read(post("/auth", body, [JSON])) for body in (b"one", b"two"))
    assert first.headers is second.headers
    assert (first.body, second.body) == (b"one", b"two")
    # As long as the one before was, but not as it says.
    assert express.read(post("/auth", b"one", [JSON]) + b"more") is None
    assert express.read(post("/auth", b"one", [JSON])[:-1]) is None


def test_a_credential_is_the_requests_own():
    shown = [
        express.read(post("/start-session", b"{}", [JSON, ("Authorization", f"Bearer {token}")])).bearer
        for token in ("a", "b", "a")
    ]
    assert shown == ["a", "b", "a"]


def test_what_is_remembered_cannot_be_changed():
    fields = express.read(post("/auth", BODY, [JSON])).fields
    with pytest.raises(TypeError):
        fields["content-length"] = "7"


def test_long_beginnings_are_read_but_not_remembered():
    request = post("/auth", BODY, [JSON, ("X-Long", "x" * 3000)])
    first, second = express.read(request), express.read(request)
    assert first == second
    assert first.headers is not second.headers


@given(
    st.lists(
        st.sampled_from(
            [JSON, ("Transfer-Encoding", "chunked"), ("Connection", "close"), ("X_Odd", "1"), JSON]
        )
    ),
    st.binary(max_size=3),
)
def test_a_beginning_is_judged_the_second_time_as_the_first(headers, body):
    request = post("/auth", body, headers)
    express._read_again.cache_clear()
    anew, again = express.read(request), express.read(request)
    assert anew == again
    plain = len({name for name, _ in headers}) == len(headers) and set(headers) <= {JSON}
    assert (anew is not None) == plain


def test_answers_of_each_length_announce_it():
    app = simulators.APPS["operator"](Sender(History()))
    way = express.of(app)
    asked = post("/auth", BODY, [JSON])
    for _ in range(2):
        head, _, body = way.answer(asked).partition(b"\r\n\r\n")
        assert f"Content-Length: {len(body)}".encode() in head.split(b"\r\n")


def test_an_exchange_that_is_added_whole_is_told_of_once(tmp_path):
    history, heard = History(scenario="s"), []
    history.listeners.append(heard.append)
    lines = write_jsonl(history, tmp_path / "lines", Redactor({}))
    came = history.now()
    history.add("operator", "auth", came, ("POST", "http://host/auth", (), b"{}"), (200, (JSON,), b"[]"))
    lines.close()
    added = history[0]
    assert heard == [added] == list(history)
    assert history[-1] is added
    assert (added.request, added.answer) == (
        Request("POST", "http://host/auth", (), b"{}"),
        Answer(200, (JSON,), b"[]"),
    )
    assert (added.direction, added.outcome) == (Direction.FROM_CLIENT, Outcome.OK)
    assert (added.number, added.scenario, added.failure) == (0, "s", None)
    assert added.answered >= added.invoked == came
    assert [json.loads(line)["event"] for line in (tmp_path / "lines").read_text().splitlines()] == [
        "completed"
    ]
    with pytest.raises(ValueError, match="complete already"):
        history.complete(0, answer=Answer(200))


def test_what_nobody_looked_at_is_read_the_same_every_time():
    history = History()
    for number in range(3):
        history.add(
            "operator", "auth", history.now(), ("POST", f"http://host/{number}", (), b""), (200, (), b"")
        )
    urls = [f"http://host/{number}" for number in range(3)]
    assert [exchange.request.url for exchange in history.since(1)] == urls[1:]
    assert [exchange.request.url for exchange in history] == urls
    assert [exchange.number for exchange in history] == [0, 1, 2]
    assert history[-1] is history[2]
    assert history[1] is list(history)[1]
    assert len(history) == 3
    with pytest.raises(ValueError, match="complete already"):
        history.complete(0, answer=Answer(200))
