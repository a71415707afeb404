"""A CLIENT that says *not now*: waits, the pace that is learned, and the copies that are sent."""

import threading
from collections import deque
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest

from simulators.exchanges.history import Answer, History, Purpose, Request, Status
from simulators.server.wsgi_server import Server
from simulators.transport.delivery import Delivery, Meaning
from simulators.transport.pace import Pace
from simulators.transport.rate_limits import Limits
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.clock import Clock
from tests.support.servers.small_server import Handler, listening


class Limited:
    """Takes ``most`` requests in any ``window`` seconds of ``clock``."""

    def __init__(self, clock, most, window, status="429 Too Many Requests", headers=()):
        self.clock, self.most, self.window, self.status, self.headers = clock, most, window, status, headers
        self.taken, self.refused = deque(), 0

    def __call__(self, environ, start_response):
        environ["wsgi.input"].read()
        now = self.clock()
        while self.taken and self.taken[0] <= now - self.window:
            self.taken.popleft()
        if len(self.taken) >= self.most:
            self.refused += 1
            start_response(self.status, list(self.headers))
            return [b"later"]
        self.taken.append(now)
        start_response("200 OK", [])
        return [b"done"]


def route(clock, reported=None):
    limits = Limits(clock=clock, sleep=clock.sleep)
    return Route(History(), limits=limits, pace=Pace(limits, reported, clock=clock, sleep=clock.sleep))


def request(url, number):
    one = Request("POST", url, (), b"%d" % number)
    return Delivery(one, lambda answer: Meaning(Status.OK), "p", "bet", Purpose.SCENARIO)


@pytest.mark.parametrize(
    ("most", "window", "headers", "lowest"),
    [
        (40, 1, [("Retry-After", "1")], 20),
        (40, 1, [], 10),
        (60, 60, [("Retry-After", "1")], 0.4),
        (60, 60, [], 0.4),
    ],
)
def test_the_pace_of_a_limit_is_learned_and_kept(most, window, headers, lowest):
    clock, reported = Clock(100.0), []
    client = Limited(clock, most, window, headers=headers)
    with Server(client) as server:
        way = route(clock, reported.append)
        sent = [deliver(request(server.url, number), way)[0] for number in range(3 * most)]
        way.close()
    assert all(one.ok for one in sent)
    assert len(reported) == 1
    # Once learned it is kept: what was refused was refused before, or while it was.
    assert client.refused <= 12
    assert lowest <= way.pace.learned <= most / window
    # The key takes whole numbers alone.
    advice = (
        f"max_requests_per_second = {int(way.pace.learned)}" if window == 1 else "raise the CLIENT's limit"
    )
    assert advice in way.pace.warning(None)


def test_who_is_away_for_a_moment_time_and_again_is_not_asked_ever_more_slowly():
    clock = Clock(100.0)
    pace = Pace(Limits(clock=clock, sleep=clock.sleep), clock=clock, sleep=clock.sleep)
    for number in range(1, 4000):
        pace.limits.request()
        # Twenty requests a second, but for two seconds out of twelve.
        clock.sleep(0.05)
        while clock.now % 12 > 10:
            pace.wait(Answer(503), number, 1, 0.0)
        pace.taken(number)
    assert clock.now > 300
    assert pace.learned > 10


def test_a_request_that_was_not_taken_is_sent_again_as_a_copy_of_itself():
    clock = Clock(100.0)
    client = Limited(clock, 1, 3, "503 Service Unavailable")
    with Server(client) as server:
        way = route(clock)
        first, second = deliver([request(server.url, 1), request(server.url, 2)], way)
        way.close()
    chain = [one for one in way.history if one.request.body == b"2"]
    assert [one.not_now for one in chain] == [True] * (len(chain) - 1) + [False]
    assert {one.copy_of for one in chain[1:]} == {chain[0].number}
    assert second == chain[-1]
    assert first.copy_of is None


@pytest.mark.parametrize(
    ("status", "headers", "later"),
    [
        ("503 Service Unavailable", [], False),
        ("503 Service Unavailable", [("Retry-After", "1")], True),
        ("429 Too Many Requests", [], True),
    ],
)
def test_503_to_what_its_provider_sends_again_is_no_matter_of_pace(status, headers, later):
    clock = Clock(100.0)
    client = Limited(clock, 1, 1, status, headers)
    with Server(client) as server:
        way = route(clock)
        deliver([request(server.url, 1), replace(request(server.url, 2), retried=True)], way)
        way.close()
    assert (len(way.history) > 2) == later
    assert (way.pace.warning(None) is not None) == later


def test_what_a_race_could_not_get_rid_of_follows_it():
    clock = Clock(100.0)
    with Server(Limited(clock, 3, 1)) as server:
        way = route(clock)
        sent = deliver([request(server.url, number) for number in range(8)], way, together=True)
        way.close()
    assert [one.ok for one in sent] == [True] * 8
    assert [one.request.body for one in sent] == [b"%d" % number for number in range(8)]


def test_what_a_race_could_not_get_rid_of_slows_the_run_once():
    clock = Clock(100.0)
    client = Limited(clock, 10, 1)
    with Server(client) as server:
        way = route(clock)
        sent = deliver([request(server.url, number) for number in range(30)], way, together=True)
        way.close()
    assert [one.ok for one in sent] == [True] * 30
    assert way.pace.learned >= 6


def test_patience_is_bounded_and_shorter_where_it_was_in_vain():
    clock = Clock(100.0)
    with Server(Limited(clock, 0, 1)) as server:
        way = route(clock)
        began = clock.now
        [one] = deliver(request(server.url, 1), way)
        first, began = clock.now - began, clock.now
        deliver(request(server.url, 2), way)
        second = clock.now - began
        way.close()
    assert one.not_now
    # Limits are often counted by the minute: the last try is when patience ends, not long before.
    assert first == 75
    assert second < first / 2


def test_those_that_wait_side_by_side_lose_patience_once():
    clock = Clock(100.0)
    clock.sleep(75)
    pace = Pace(Limits(), clock=clock, sleep=clock.sleep)
    assert [pace.wait(Answer(429), number, 9, 75.0) for number in range(12)] == [None] * 12
    assert pace.patience == 75 / 4


@pytest.mark.parametrize(
    ("said", "pause"),
    [
        ("7", 7),
        ("0", 0.5),
        ("100000", 60),
        ("soon", 0.5),
        ("", 0.5),
        ("-3", 0.5),
        ("Wed, 21 Oct 2015 07:28:00 GMT", 0.5),
        ("Fri, 31 Dec 2999 23:59:59 GMT", 60),
    ],
)
def test_retry_after_is_kept_within_bounds(said, pause):
    clock = Clock(100.0)
    pace = Pace(Limits(), clock=clock, sleep=clock.sleep)
    assert pace.wait(Answer(429, (("Retry-After", said),)), 1, 1, 0.0) == pause
    assert clock.now == 100.0 + pause


def test_without_a_pace_nothing_is_sent_again():
    clock = Clock(100.0)
    with Server(Limited(clock, 0, 1)) as server:
        way = Route(History())
        [one] = deliver(request(server.url, 1), way)
        way.close()
    assert one.not_now
    assert len(way.history) == 1


class TakesThreeAtOnce:
    """Refuses what comes while it has three; each takes long enough for others to come."""

    def __init__(self):
        self.room, self.refused = threading.Semaphore(3), 0

    def __call__(self, environ, start_response):
        environ["wsgi.input"].read()
        if not self.room.acquire(blocking=False):
            self.refused += 1
            start_response("503 Service Unavailable", [])
            return [b"later"]
        try:
            threading.Event().wait(0.02)
            start_response("200 OK", [])
            return [b"done"]
        finally:
            self.room.release()


def test_who_takes_few_at_once_is_sent_fewer_at_once_and_no_slower():
    client = TakesThreeAtOnce()
    with Server(client) as server:
        limits = Limits()
        way = Route(History(), limits=limits, pace=Pace(limits))
        raced = deliver([request(server.url, number) for number in range(8)], way, together=True)
        after_race = client.refused
        way.concurrency.widen()
        with ThreadPoolExecutor(8) as pool:
            pooled = list(pool.map(lambda n: deliver(request(server.url, n), way)[0], range(8, 80)))
        way.close()
    assert all(one.ok for one in [*raced, *pooled])
    assert after_race == 5
    # Eight at once, then four at most, then two, and what is on its way when there becomes room for fewer.
    assert client.refused <= after_race + 12
    assert way.pace.learned is None
    assert way.concurrency.at_once <= 3
    assert way.pace.warning(2).endswith("no more than 2 went out at once from then on")


class ClosesIdleConnections(Handler):
    """Answers, and closes a connection on which nothing came for a moment."""

    timeout = 0.1

    def do_POST(self):
        self.body()
        self.answer()


def test_what_waits_for_its_turn_does_not_leave_on_a_connection_that_was_closed_meanwhile():
    with listening(ClosesIdleConnections) as url:
        way = Route(History(), limits=Limits(None, 1))
        sent = deliver([request(url, number) for number in range(2)], way)
        way.close()
    assert [one.ok for one in sent] == [True, True]
