"""What the history keeps of a CLIENT that answers without measure: the newest whole, of the rest the beginning."""

import json

import pytest

from simulators.exchanges import bounds
from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Answer, Direction, History, Purpose, Request, Status
from simulators.exchanges.redaction import Redactor

LONG = b"x" * 100_000


def answered(history: History, answer: Answer, **more):
    request = Request("POST", "http://c/transaction", (), b"{}")
    number = history.invoke(request, provider="operator", label="bet", purpose=Purpose.SCENARIO).number
    return history.complete(number, answer=answer, status=Status.OK, **more)


@pytest.fixture(autouse=True)
def small_room(monkeypatch):
    monkeypatch.setattr(bounds, "ROOM", 1_000_000)


def test_long_answers_take_no_more_than_the_room_and_the_newest_are_whole():
    history = History()
    for _ in range(100):
        answered(history, Answer(200, (), LONG))
    lengths = [len(one.answer.body) for one in history]
    assert sum(lengths) < 1_300_000
    assert lengths[-10:] == [len(LONG)] * 10
    first = history[0].answer
    assert (first.body, first.length) == (LONG[:2048], len(LONG))
    shown = as_json(history[0], Redactor({}))["answer"]["body"]
    assert shown.endswith("... (100000 bytes or more, the first 2048 shown)")


def test_short_answers_are_all_kept():
    history = History()
    for _ in range(2_000):
        answered(history, Answer(200, (), b"x" * 1_000))
    assert {len(one.answer.body) for one in history} == {1_000}


def test_headers_count_as_well():
    history = History()
    many = tuple((f"X-{number}", "y" * 10) for number in range(1_000))
    for _ in range(50):
        answered(history, Answer(200, many, b"{}"))
    assert len(history[0].answer.headers) < 100
    assert history[49].answer.headers == many


def test_what_the_client_asked_counts_as_well():
    history = History()
    for _ in range(20):
        asked = Request("POST", "http://us/auth", (), LONG)
        number = history.invoke(
            asked, provider="operator", label="auth", purpose=Purpose.CLIENT, direction=Direction.FROM_CLIENT
        ).number
        history.complete(number, answer=Answer(200, (), b"{}"), status=Status.OK)
    assert (len(history[0].request.body), history[0].request.length) == (2048, len(LONG))
    assert history[19].request.body == LONG


def test_texts_without_measure_are_kept_in_part_and_ids_are_told_apart_all_the_same():
    history = History()
    long, other = "i" * 1_000_000 + "a", "i" * 1_000_000 + "b"
    first, copy, second = (
        answered(history, Answer(200), client_id=given, error=json.dumps(given))
        for given in (long, long, other)
    )
    assert first.client_id == copy.client_id != second.client_id
    assert max(len(first.client_id), len(first.error)) < 400
