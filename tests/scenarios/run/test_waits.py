"""Waits for what a CLIENT does, on a machine that stands still now and then."""

from types import SimpleNamespace

import pytest

from scenarios.browsers.waiting import wait_until


@pytest.mark.parametrize(("look", "pause", "fewest"), [(0.001, 0, 20), (6, 0, 5), (0.001, 6, 20)])
def test_a_wait_is_over_when_it_was_looked_often_enough(monkeypatch, look, pause, fewest):
    """However long a look takes, or the machine stands still in a pause, the last look began after the bound."""
    now, looks = [0.0], []

    def happened():
        looks.append(now[0])
        now[0] += look
        return False

    def sleep(seconds):
        now[0] += seconds + pause

    fake = SimpleNamespace(monotonic=lambda: now[0], sleep=sleep)
    monkeypatch.setattr("scenarios.browsers.waiting.time", fake)
    assert not wait_until(happened, 2.5)
    assert len(looks) >= fewest
    assert looks[-1] > 2.5
