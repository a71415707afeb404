"""The feed: streams that go on, that are bounded, and that end."""

import json
import threading
import time
from collections.abc import Iterator

import pytest
import requests

from scenarios.console.control.filters import Filter
from scenarios.console.feed import EVERYTHING, FRAME_ROWS, OPENING_ROWS, STREAMS, Feed, Subscription
from simulators.exchanges.history import Failure, FailureKind, History, Purpose, Request
from simulators.exchanges.redaction import Redactor
from tests.scenarios.console.running import console_inside


class Reader:
    """Reads a stream frame by frame, as (event, id, data)."""

    def __init__(self, feed: Feed, last_id: str | None = None, watched: Subscription = EVERYTHING) -> None:
        self._stream = feed.stream(last_id, watched)
        self.id = ""

    def __iter__(self) -> Iterator[tuple[str, object]]:
        for chunk in self._stream:
            for frame in chunk.decode().split("\n\n"):
                lines = dict(line.split(": ", 1) for line in frame.splitlines() if not line.startswith(":"))
                self.id = lines.get("id", self.id)
                if "event" in lines:
                    yield lines["event"], json.loads(lines["data"])

    def rows(self, count: int) -> list[dict[str, object]]:
        """The next rows, at least ``count`` of them."""
        found: list[dict[str, object]] = []
        for event, data in self:
            if event == "exchanges":
                found += data["rows"]
            if len(found) >= count:
                break
        return found

    def close(self) -> None:
        self._stream.close()


@pytest.fixture
def history() -> History:
    return History()


@pytest.fixture
def feed(history: History) -> Iterator[Feed]:
    made = Feed(history, Redactor({"SECRET": "a secret of the tests"}), {})
    yield made
    made.close()


def bets(history: History, number: int, body: bytes = b"{}") -> None:
    for _ in range(number):
        request = Request("POST", "http://127.0.0.1:9/operator/transaction", (), body)
        sent = history.invoke(request, provider="operator", label="bet", purpose=Purpose.SCENARIO)
        history.complete(sent.number, answer=None, failure=Failure(FailureKind.REFUSED, "connection refused"))


def test_every_exchange_arrives_as_it_ends(feed: Feed, history: History):
    bets(history, 3)
    reader = Reader(feed)
    rows = reader.rows(3)
    assert [(row["n"], row["o"], row["w"]) for row in rows] == [
        (number, "unknown", "connection refused") for number in range(3)
    ]
    threading.Timer(0, bets, (history, 2)).start()
    assert {row["n"] for row in reader.rows(2)} <= {3, 4}
    reader.close()


def test_a_stream_goes_on_where_it_was_cut(feed: Feed, history: History):
    bets(history, 2)
    first = Reader(feed)
    assert len(first.rows(2)) == 2
    first.close()
    bets(history, 3)
    again = Reader(feed, first.id)
    frames = iter(again)
    hello = {"resumed": True, "total": 5, "now": time.time() * 1000, "fit": None}
    assert next(frames) == ("hello", pytest.approx(hello))
    assert [row["n"] for row in next(frames)[1]["rows"]] == [2, 3, 4]
    again.close()
    # An id of another run of the server means nothing here: everything is sent.
    for foreign in ("00000000-2", "nonsense", first.id.partition("-")[0] + "-999999"):
        other = Reader(feed, foreign)
        event, hello = next(iter(other))
        assert (event, hello["resumed"]) == ("hello", False)
        other.close()


def test_a_long_history_comes_in_bounded_frames_and_from_its_end(feed: Feed, history: History):
    bets(history, OPENING_ROWS + 100)
    reader = Reader(feed)
    found, longest = [], 0
    for event, data in reader:
        if event == "exchanges":
            longest = max(longest, len(data["rows"]))
            found += [row["n"] for row in data["rows"]]
        if found and found[-1] == OPENING_ROWS + 99:
            break
    reader.close()
    assert found == list(range(100, OPENING_ROWS + 100))
    assert longest <= FRAME_ROWS


def test_streams_are_bounded_and_the_longest_watching_is_let_go(feed: Feed):
    readers = [Reader(feed) for _ in range(STREAMS)]
    iterators = [iter(reader) for reader in readers]
    for frames in iterators:
        assert next(frames)[0] == "hello"
    more = Reader(feed)
    assert next(iter(more))[0] == "hello"
    assert [event for event, _ in iterators[0]] == ["bye"]
    assert feed.watching == STREAMS
    for reader in (*readers, more):
        reader.close()
    assert feed.watching == 0


def test_a_stream_ends_with_the_console_and_frees_its_thread(tmp_path):
    with console_inside(tmp_path) as inside:
        with requests.get(f"{inside.url}/events", stream=True, timeout=30) as answer:
            lines = answer.iter_lines()
            assert next(lines).startswith(b"id: ")
            assert answer.headers["Content-Type"].startswith("text/event-stream")
            inside.console.feed.close()
            assert list(lines)[-1] == b""
        assert inside.console.feed.watching == 0


def test_a_filter_is_told_of_rows_that_a_page_has_and_of_those_that_come(feed: Feed, history: History):
    bets(history, 2)
    bets(history, 1, b'{"user": "p-7"}')
    first = Reader(feed)
    assert [row["fit"] for row in first.rows(3)] == [True] * 3
    first.close()
    bets(history, 1, b'{"user": "p-7"}')
    again = Reader(feed, first.id, Subscription(Filter.read("player:p-7"), oldest=1))
    frames = iter(again)
    assert next(frames)[1]["fit"] == [2, 3], "of all that is there"
    assert [(row["n"], row["fit"]) for row in next(frames)[1]["rows"]] == [(3, True)]
    bets(history, 1)
    assert [(row["n"], row["fit"]) for row in again.rows(1)] == [(4, False)]
    again.close()


def test_a_page_that_is_about_an_old_exchange_begins_with_it(feed: Feed, history: History):
    bets(history, OPENING_ROWS + 100)
    reader = Reader(feed, None, Subscription(exchange=40))
    assert reader.rows(1)[0]["n"] == 40
    reader.close()


def test_a_page_that_watches_anew_ends_its_stream_of_before(feed: Feed):
    mine = Subscription(page="one")
    before = iter(Reader(feed, None, mine))
    other = Reader(feed)
    assert next(before)[0] == next(iter(other))[0] == "hello"
    later = Reader(feed, None, mine)
    assert next(iter(later))[0] == "hello"
    assert [event for event, _ in before] == ["bye"]
    assert feed.watching == 2
    for reader in (other, later):
        reader.close()


def test_no_secret_is_found_by_a_filter(feed: Feed, history: History):
    bets(history, 1, b'{"x": "a secret of the tests"}' + b" " * 360 + b"end")
    reader = Reader(feed, None, Subscription(Filter.read("<SECRET>")))
    assert reader.rows(1)[0]["fit"]
    reader.close()
    guess = Reader(feed, None, Subscription(Filter.read("tests")))
    assert not guess.rows(1)[0]["fit"]
    guess.close()
