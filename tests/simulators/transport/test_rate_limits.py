"""Limits: how many connections are open at once and how many requests leave in any second."""

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.transport.rate_limits import Limits
from tests.support.clock import Clock


def test_without_limits_nothing_is_held_back() -> None:
    limits = Limits(sleep=lambda _: pytest.fail("it waited"))
    with limits.connection(1000):
        limits.request(1000)
    assert limits.width(1000) == 1000


@pytest.mark.parametrize(
    ("connections", "rate", "asked", "width"),
    [(8, None, 20, 8), (8, None, 3, 3), (None, 5, 20, 5), (8, 5, 20, 5), (None, 0.5, 20, 1), (3, 50, 20, 3)],
)
def test_a_race_is_narrowed_to_both_limits(connections, rate, asked, width) -> None:
    assert Limits(connections, rate).width(asked) == width


@pytest.mark.parametrize(
    "wrong", [{"max_connections": 0}, {"max_requests_per_second": 0}, {"max_connections": -1}]
)
def test_a_limit_of_nothing_is_refused(wrong) -> None:
    with pytest.raises(ValueError, match="must be above 0"):
        Limits(**wrong)


def test_asking_for_more_than_there_can_be_is_an_error_and_not_a_wait() -> None:
    limits = Limits(4, 4)
    with pytest.raises(ValueError, match="max_connections is 4"), limits.connection(5):
        pass
    with pytest.raises(ValueError, match="max_requests_per_second is 4"):
        limits.request(5)
    assert limits.open_connections == 0


@given(
    rate=st.one_of(st.integers(1, 20), st.floats(0.1, 20)),
    asked=st.lists(st.tuples(st.integers(1, 20), st.floats(0, 3)), max_size=60),
)
def test_in_no_second_do_more_leave_than_the_rate(rate, asked) -> None:
    clock = Clock(100.0)
    limits = Limits(None, rate, clock=clock, sleep=clock.sleep)
    left: list[float] = []
    for count, pause in asked:
        count = limits.width(count)
        limits.request(count)
        left += [clock.now] * count
        clock.sleep(pause)
    for start in left:
        within = [time for time in left if start <= time < start + 1 - 1e-6]
        assert len(within) <= max(1, int(rate))


def test_a_rate_that_is_not_reached_costs_no_wait() -> None:
    clock = Clock(100.0)
    limits = Limits(None, 10, clock=clock, sleep=clock.sleep)
    limits.request(10)
    assert clock.now == 100.0
    limits.request()
    assert clock.now == 101.0


def test_what_was_slowed_down_lets_a_race_leave_after_as_long_as_it_takes_one_by_one() -> None:
    clock = Clock(100.0)
    limits = Limits(clock=clock, sleep=clock.sleep)
    limits.keep_to(0.5, together=6)
    assert limits.width(8) == 6
    limits.request()
    began = clock.now
    limits.request(6)
    assert clock.now == began + 12
    limits.request()
    assert clock.now == began + 14
    # What was seen to be taken at once the first time bounds it for good.
    limits.keep_to(0.25, together=60)
    limits.keep_to(0.25, together=2)
    assert limits.width(8) == 2


def test_connections_of_many_threads_never_exceed_the_limit() -> None:
    limits = Limits(3)
    lock = threading.Lock()
    now, most = 0, 0

    def work(n: int) -> None:
        nonlocal now, most
        for _ in range(50):
            with limits.connection(n):
                with lock:
                    now += n
                    most = max(most, now)
                with lock:
                    now -= n

    threads = [threading.Thread(target=work, args=(1 + i % 3,)) for i in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert most == 3
    assert limits.open_connections == 0


def test_a_wide_race_does_not_starve_behind_narrow_senders() -> None:
    limits = Limits(2)
    order: list[str] = []
    first_in, leave = threading.Event(), threading.Event()

    def hold() -> None:
        with limits.connection():
            first_in.set()
            leave.wait(30)

    def enter(name: str, n: int) -> threading.Thread:
        def run() -> None:
            with limits.connection(n):
                order.append(name)

        thread = threading.Thread(target=run)
        waiting = limits.waiting
        thread.start()
        while limits.waiting == waiting:
            threading.Event().wait(0.001)
        return thread

    holder = threading.Thread(target=hold)
    holder.start()
    first_in.wait(30)
    # One connection is free, but the race of two came first.
    threads = [enter("race", 2), enter("single", 1)]
    assert order == []
    leave.set()
    for thread in (holder, *threads):
        thread.join()
    assert order == ["race", "single"]
