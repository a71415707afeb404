"""Shapes: how many users each asks for over time, and how a ramp goes from step to audit to step."""

import pytest

from loadtests.audit.outcome.verdict import AuditVerdict, WorkerResult, WrongBalance
from loadtests.shapes.ramp_search import RampStep
from tests.support.programs.locust_runs import parsed, unpatched

unpatched()

from locust.env import Environment  # noqa: E402
from locust.stats import RequestStats  # noqa: E402

from loadtests.shapes import shapes  # noqa: E402


class Runner:
    """As much of a runner as a shape looks at."""

    def __init__(self, *arguments):
        self.environment = Environment(parsed_options=parsed(*arguments))
        self.stats = RequestStats()
        self.user_count = 0


class Audits:
    """Audits of a CLIENT that does nothing: each verdict is taken from ``verdicts``, the last one again and again."""

    def __init__(self, *verdicts):
        self.verdicts = list(verdicts) or [WorkerResult(transactions=1)]
        self.ramp = None
        self.ending = False
        self.done = []
        self.missing = self.closed = ""
        self.preparing = 0

    def between(self):
        self.done.append("between")
        result = self.verdicts.pop(0) if len(self.verdicts) > 1 else self.verdicts[0]
        return None if self.ending else AuditVerdict("EUR", 1, result)

    def resume(self):
        self.done.append("go on")
        return self.closed

    def flush(self):
        self.done.append("tell")
        return self.preparing

    def lost(self):
        return self.missing


def shape_of(kind, *arguments, audits=None):
    made = shapes.chosen(parsed(f"--shape={kind}", *arguments))
    made.runner = Runner(f"--shape={kind}", *arguments)
    made.audit = audits or Audits()
    return made


def at(shape, seconds):
    """What the shape asks for when so many seconds have passed."""
    shape.start_time -= seconds - shape.passed
    return shape.tick()


def test_steady_and_match_day_are_locusts_own():
    assert shapes.chosen(parsed()) is None
    assert shapes.chosen(parsed("--shape=match-day")) is None


def test_a_spike_goes_up_at_once_and_down_again():
    spike = shape_of("spike", "-u", 50, "--step-time=10")
    assert [at(spike, seconds) for seconds in (0, 9, 10, 19, 20, 29, 30)] == [
        *[(5, 50.0)] * 2,
        *[(50, 50.0)] * 2,
        *[(5, 50.0)] * 2,
        None,
    ]


def test_spikes_come_again_for_the_run_time():
    spike = shape_of("spike", "-u", 50, "--step-time=10", "-t", "65s")
    assert [at(spike, seconds)[0] for seconds in (15, 35, 45, 60)] == [50, 5, 50, 5]
    assert at(spike, 65) is None


def test_a_soak_takes_half_of_the_users_for_hours():
    soak = shape_of("soak", "-u", 50, "-r", 3)
    assert at(soak, 0) == at(soak, 3 * 3600) == (25, 3.0)
    assert at(soak, 4 * 3600) is None
    assert at(shape_of("soak", "-u", 1, "-t", "10s"), 10) is None
    assert at(shape_of("soak", "-u", 1), 1) == (1, 1.0)


def measured(ramp, seconds, requests=50):
    """Let the users that the ramp asks for come at ``seconds``, and play for the 10 seconds of its step."""
    ramp.runner.user_count = ramp.search.users
    at(ramp, seconds)
    at(ramp, seconds + 4)
    for _ in range(requests):
        ramp.runner.stats.log_request("POST", "bet", 20, 0)
    return at(ramp, seconds + 10.01)


def test_a_ramp_measures_a_step_only_once_its_users_are_there():
    ramp = shape_of("ramp", "-u", 64, "--step-time=10", "--p99-limit=100")
    assert at(ramp, 0) == (2, 2.0)
    assert at(ramp, 30) == (2, 2.0)
    ramp.runner.user_count = 2
    assert at(ramp, 31) == (2, 2.0)
    # Until here users settle; what comes then does not count.
    ramp.runner.stats.log_request("POST", "bet", 9000, 0)
    assert at(ramp, 35) == (2, 2.0)
    for _ in range(50):
        ramp.runner.stats.log_request("POST", "bet", 20, 0)
    assert ramp.audit.done == ["tell"]
    assert at(ramp, 41.01) == (0, 2.0)
    assert (ramp.search.best.users, ramp.search.best.p99_ms) == (2, 20)
    assert ramp.search.best.rate == pytest.approx(50 / 6, rel=0.01)
    assert ramp.audit.ramp is ramp.search


def test_a_ramp_does_not_measure_while_opening_balances_are_read():
    ramp = shape_of("ramp", "-u", 64, "--step-time=10")
    at(ramp, 0)
    ramp.runner.user_count, ramp.audit.preparing = 2, 1
    for seconds in (1, 5, 9):
        assert at(ramp, seconds) == (2, 2.0)
    assert ramp.audit.done == ["tell", "tell"]
    ramp.audit.preparing = 0
    at(ramp, 12.01)
    ramp.runner.stats.log_request("POST", "bet", 20, 0)
    assert at(ramp, 18.99) == (2, 2.0)
    assert at(ramp, 19.01) == (0, 2.0)
    assert ramp.search.best.rate == pytest.approx(1 / 7, rel=0.01)


@pytest.mark.parametrize(("answered", "rate"), [(True, 1 / 3.7), (False, 0.0)])
def test_a_short_step_without_an_answer_is_measured_on_for_some_seconds(answered, rate):
    ramp = shape_of("ramp", "-u", 2, "--step-time=1")
    at(ramp, 0)
    ramp.runner.user_count = 1
    for seconds in (1, 1.31, 2.31, 4):
        assert at(ramp, seconds) == (1, 1.0)
    if answered:
        ramp.runner.stats.log_request("POST", "bet", 2600, 0)
    at(ramp, 5.01 if answered else 6.32)
    assert ramp.search.steps[0].rate == pytest.approx(rate, rel=0.01)


def test_the_next_step_of_a_ramp_begins_when_the_users_are_gone_and_the_gate_is_open():
    ramp = shape_of("ramp", "-u", 64, "--step-time=10", "--p99-limit=100")
    at(ramp, 0)
    assert measured(ramp, 1) == (0, 2.0)
    assert ramp.audit.done == ["tell", "tell", "between"]
    # An audit takes its time, and workers tell late that their users have ended.
    assert at(ramp, 200) == (0, 2.0)
    ramp.runner.user_count = 0
    ramp.runner.stats.log_request("POST", "bet", 9000, 0)
    assert at(ramp, 201) == (4, 4.0)
    assert ramp.audit.done[3:] == ["go on"]
    assert at(ramp, 230) == (4, 4.0)
    assert measured(ramp, 231) == (0, 4.0)
    assert ramp.search.steps[1].p99_ms == 20
    assert ramp.search.steps[1].rate == pytest.approx(50 / 6, rel=0.01)


def test_a_ramp_ends_with_the_first_audit_that_is_broken():
    broken = WorkerResult(transactions=1)
    broken.add_wrong(WrongBalance("p-1", 100, "why"))
    ramp = shape_of("ramp", "-u", 64, "--step-time=10", audits=Audits(WorkerResult(transactions=1), broken))
    at(ramp, 0)
    assert measured(ramp, 1) == (0, 2.0)
    ramp.runner.user_count = 0
    assert at(ramp, 15) == (4, 4.0)
    assert measured(ramp, 16) is None
    assert ramp.search.verdict().endswith(
        "audit clean; at 4 users the audit is broken: INV-05 (1 times), p-1 1.00 EUR too much"
    )


def test_nothing_of_a_ramp_ends_the_run_while_the_audit_at_the_end_is_made():
    ramp = shape_of("ramp", "-u", 64, "--step-time=10", "-t", "60s")
    at(ramp, 0)
    ramp.audit.ending = True
    ramp.audit.missing = "worker 1 of 2: it was lost"
    assert at(ramp, 100) == (2, 2.0)
    assert (ramp.audit.done, ramp.search.over) == ([], False)


def test_an_audit_between_steps_that_the_last_one_took_over_judges_nothing():
    ramp = shape_of("ramp", "-u", 64, "--step-time=10")
    at(ramp, 0)
    ramp.runner.user_count = 2
    for seconds in (1, 5):
        at(ramp, seconds)
    between = ramp.audit.between

    def interrupted():
        ramp.audit.ending = True
        return between()

    ramp.audit.between = interrupted
    assert at(ramp, 11.01) == (2, 2.0)
    assert ramp.audit.done == ["tell", "tell", "between"]
    assert ramp.search.steps == []


@pytest.mark.parametrize("when", ["playing", "between"])
def test_a_ramp_ends_when_a_worker_is_lost(when):
    ramp = shape_of("ramp", "-u", 64, "--step-time=10")
    at(ramp, 0)
    measured(ramp, 1)
    ramp.runner.user_count = 0
    if when == "playing":
        at(ramp, 13)
        ramp.audit.missing = "worker 1 of 2: it was lost"
    else:
        ramp.audit.closed = "worker 1 of 2: it did not go on"
    assert at(ramp, 14) is None
    assert ramp.search.best.users == 2
    assert "audit clean; worker 1 of 2: it" in ramp.search.verdict()


def test_a_ramp_does_not_wait_for_ever_for_users_without_a_player():
    ramp = shape_of("ramp", "-u", 64, "--step-time=10")
    at(ramp, 0)
    ramp.runner.user_count = 1
    assert at(ramp, 5) == at(ramp, 64) == (2, 2.0)
    assert at(ramp, 66) is None
    assert "of 2 users only 1 play" in ramp.search.verdict()


def test_a_ramp_ends_with_its_run_time_and_begins_anew_with_the_next_test():
    ramp = shape_of("ramp", "-u", 64, "-t", "20s")
    at(ramp, 5)
    found = ramp.search
    assert at(ramp, 20) is None
    ramp.reset_time()
    assert ramp.tick() == (2, 2.0)
    assert ramp.search is not found


def test_a_meter_counts_answers_to_callbacks_between_two_moments():
    stats = RequestStats()
    stats.log_request("POST", "bet", 5000, 0)
    before = shapes.Meter.read(stats, 10.0)
    for _ in range(199):
        stats.log_request("POST", "win", 10, 0)
    stats.log_request("POST", "bet", 300, 0)
    stats.log_error("POST", "bet", "broken")
    stats.log_request("POST", "with a fault", 9000, 0)
    stats.log_request("JACKPOT", "conversion", 9000, 0)
    step = before.until(shapes.Meter.read(stats, 20.0), 7)
    assert step == RampStep(7, 20.0, 0.1, 10)
    assert shapes.Meter.read(stats, 20.0).until(shapes.Meter.read(stats, 30.0), 7) == RampStep(7, 0.0, 0.0, 0)
