"""Clocks of a machine that pauses, and whose time of day is set back."""

import pytest

from simulators.jackpot.field_types import at, moment
from simulators.values.clocks import IncreasingTime, RunningTime


class Hands:
    """The hands of a clock, set by the test."""

    def __init__(self, now=0.0):
        self.now = now

    def __call__(self):
        return self.now


def test_what_a_process_was_stopped_for_is_left_out_while_it_is_watched():
    hands = Hands()
    clock = RunningTime(hands)
    with clock.watched():
        before = clock.now()
        hands.now += 6
        assert clock.now() - before == pytest.approx(0.05)
        hands.now += 0.2
        assert clock.now() - before == pytest.approx(0.25)
    assert RunningTime(Hands(6.0)).now() == 6


def test_what_was_said_is_never_taken_back():
    hands = Hands()
    clock = RunningTime(hands)
    with clock.watched():
        reported = []
        for pause in (0.29, 0.02, 0.31, 0.29, 0.29, 6, 0.01):
            hands.now += pause
            reported.append(clock.now())
    assert reported == sorted(reported)


def test_the_time_of_events_never_goes_back_and_never_stands_still():
    hands = Hands(1_700_000_000_123_000_000)
    clock = IncreasingTime(hands)
    reported = [moment(at(clock.now()))]
    hands.now -= 2_600_000_000
    reported += [moment(at(clock.now())) for _ in range(2000)]
    hands.now += 10_000_000_000
    reported.append(moment(at(clock.now())))
    assert reported[0].endswith("20.123Z")
    assert reported == sorted(set(reported))
