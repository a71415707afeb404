"""Room for requests at once: halved where answers take long, once for all that were under way then; none for others
while one is alone.
"""

import threading
import time

import pytest

from simulators.transport.concurrency import Concurrency


def test_it_is_halved_once_for_what_was_under_way_together() -> None:
    concurrency = Concurrency(8)
    with concurrency.slot():
        # Alone it is the CLIENT that is slow, not the crowd.
        concurrency.took(0.0, 4.0, 5.0)
        with concurrency.slot():
            concurrency.took(1.0, 1.0, 5.0)
            assert concurrency.most == 8
            concurrency.took(1.0, 2.0, 5.0)
            concurrency.took(1.5, 3.0, 5.0)
            assert concurrency.most == 4
            concurrency.took(3.0, 3.0, 5.0)
            assert concurrency.most == 2


def test_what_was_learned_while_it_was_narrowed_stays() -> None:
    concurrency = Concurrency(8)
    with concurrency.narrowed(4):
        assert concurrency.most == 4
    with concurrency.narrowed(4), concurrency.slot(), concurrency.slot():
        concurrency.took(0.0, 2.0, 5.0)
    assert concurrency.most == 2


def test_what_is_refused_beside_others_leaves_room_for_half_of_them_until_it_was_the_pace() -> None:
    concurrency = Concurrency(16)
    with concurrency.slot() as one, concurrency.slot() as other:
        assert (one.together, other.together) == (2, 2)
    concurrency.refused(8, 0.0, 1.0)
    # It was under way then, too.
    concurrency.refused(8, 0.5, 1.0)
    assert (concurrency.at_once, concurrency.most, concurrency.race(10), concurrency.race(1)) == (4, 16, 4, 1)
    for left in (2.0, 4.0, 6.0):
        concurrency.refused(8, left, 1.0)
    assert (concurrency.at_once, concurrency.race(10)) == (1, 2)
    concurrency.widen()
    assert concurrency.race(10) == 10


def test_who_is_alone_waits_for_what_is_under_way_and_nothing_else_leaves_meanwhile() -> None:
    concurrency, reported, under_way, ended = Concurrency(8), [], threading.Event(), threading.Event()

    def other() -> None:
        with concurrency.slot():
            under_way.set()
            ended.wait(60)
            reported.append("under way")
        with concurrency.slot():
            reported.append("behind")

    lane = threading.Thread(target=other)
    lane.start()
    under_way.wait(60)
    threading.Timer(0.05, ended.set).start()
    with concurrency.alone() as own, concurrency.alone() as nested:
        concurrency.turn(own)
        concurrency.turn(nested)
        with concurrency.slot(), concurrency.faulty():
            reported.append("alone")
            lane.join(0.05)
    lane.join(60)
    assert reported == ["under way", "alone", "behind"]


def test_who_is_alone_next_may_open_connections_where_the_client_answers_so_many_and_waits_for_its_turn() -> (
    None
):
    concurrency, reported = Concurrency(16), []
    concurrency.answers = 8

    def races(name: str, number: int, opened: threading.Event) -> None:
        with concurrency.alone(number) as own:
            opened.set()
            concurrency.turn(own)
            reported.append(name)

    second, third = threading.Event(), threading.Event()
    with concurrency.alone(5) as own:
        lanes = [threading.Thread(target=races, args=("second", 3, second))]
        lanes[0].start()
        second.wait(60)
        lanes.append(threading.Thread(target=races, args=("third", 1, third)))
        lanes[1].start()
        lanes[1].join(0.05)
        assert not third.is_set()
        concurrency.turn(own)
        reported.append("first")
    for lane in lanes:
        lane.join(60)
    assert reported == ["first", "second", "third"]


def test_who_is_alone_next_takes_no_connection_of_who_is_under_way() -> None:
    concurrency, reported = Concurrency(4), []
    concurrency.answers = 4

    def races(opened: threading.Event) -> None:
        with concurrency.alone(4) as own:
            opened.set()
            concurrency.turn(own)
            reported.append("race")

    opened = threading.Event()
    lane = threading.Thread(target=races, args=(opened,))
    with concurrency.faulty():
        lane.start()
        lane.join(0.05)
        # That one may still have to open its own.
        assert not opened.is_set()
        reported.append("under way")
    lane.join(60)
    assert reported == ["under way", "race"]


def test_once_the_client_had_the_time_for_a_race_others_leave_though_it_is_not_answered_yet() -> None:
    concurrency, reported = Concurrency(16), []
    concurrency.answers = 8
    concurrency.raced(4, 0.004)

    def races() -> None:
        with concurrency.alone(4) as own:
            concurrency.turn(own)
            reported.append("race")

    def single() -> None:
        with concurrency.slot() as own:
            reported.append("single")
            concurrency.sent(own)

    lanes = [threading.Thread(target=races), threading.Thread(target=single)]
    with concurrency.slot() as under_way, concurrency.alone(3) as own:
        # Its last byte has not left.
        lanes[0].start()
        lanes[0].join(0.05)
        concurrency.sent(under_way)
        concurrency.turn(own)
        lanes[1].start()
        lanes[1].join(0.05)
        assert not reported
        concurrency.sent(own)
        lanes[0].join(60)
        lanes[1].join(60)
    assert sorted(reported) == ["race", "single"]


def test_others_wait_for_the_answers_to_a_race_whose_connections_are_all_that_the_client_answers() -> None:
    concurrency, reported = Concurrency(16), []
    concurrency.answers = 4
    concurrency.raced(4, 0.004)

    def single() -> None:
        with concurrency.slot():
            reported.append("single")

    lane = threading.Thread(target=single)
    with concurrency.alone(4) as own:
        concurrency.turn(own)
        concurrency.sent(own)
        lane.start()
        lane.join(0.1)
        assert not reported
    lane.join(60)
    assert reported == ["single"]


def test_who_ends_wakes_one_who_waits_and_not_all(monkeypatch: pytest.MonkeyPatch) -> None:
    concurrency, crowd, woken = Concurrency(1), 30, list[bool]()
    wait = threading.Condition.wait

    def counted(self: threading.Condition, timeout: float | None = None) -> bool:
        ended = wait(self, timeout)
        woken.append(self is concurrency._changed)
        return ended

    monkeypatch.setattr(threading.Condition, "wait", counted)

    def enter() -> None:
        with concurrency.slot():
            # As long as an answer takes.
            time.sleep(0.001)

    threads = [threading.Thread(target=enter) for _ in range(crowd)]
    with concurrency.slot():
        for thread in threads:
            thread.start()
        while len(concurrency._changed._waiters) < crowd:
            time.sleep(0.001)
    for thread in threads:
        thread.join(5)
    # Who comes in between makes one of them wait once more.
    assert sum(woken) <= 2 * crowd


def test_a_server_is_given_no_longer_to_read_what_came_than_it_takes_to_do_the_work() -> None:
    concurrency = Concurrency(16)
    unknown = concurrency.settled(2)
    concurrency.raced(4, 0.008)
    assert concurrency.settled(2) < concurrency.settled(6) < concurrency.settled(50) == unknown
