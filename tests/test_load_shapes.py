"""Shapes: the search for the highest rate on tables of made-up CLIENTs, and what each shape asks for over time."""

from types import SimpleNamespace

import pytest

from loadtests.saturation import Search, Step
from tests.load_locust import parsed, unpatched

unpatched()

from locust.env import Environment  # noqa: E402
from locust.stats import RequestStats  # noqa: E402

from loadtests import shapes  # noqa: E402


def search(most, client, limit_ms=100):
    """Let the search look at ``client`` (users to a step); return it and the numbers of users it tried."""
    looking, tried = Search(most, limit_ms), []
    while not looking.over:
        assert len(tried) < 30, tried
        tried.append(looking.users)
        looking.judge(client(looking.users))
    return looking, tried


def bears(most_users, rate_of=lambda users: 10.0 * users):
    """A CLIENT that answers in time up to so many users."""
    return lambda users: Step(users, rate_of(users), 0.0, 50 if users <= most_users else 500)


def test_the_search_grows_until_it_breaks_then_narrows():
    looking, tried = search(320, bears(90))
    assert tried == [10, 20, 40, 80, 160, 120, 100, 90, 95]
    assert looking.best == Step(90, 900.0, 0.0, 50)
    assert (
        "900 requests/s with 90 users, p99 50 ms (limit 100 ms), if the audit is clean" in looking.verdict()
    )


@pytest.mark.parametrize(
    ("most", "borne", "best"),
    [(1, 1, 1), (2, 1, 1), (3, 2, 2), (10, 7, 7), (1000, 999, 999), (64, 3, 3), (5, 500, 5)],
)
def test_the_best_held_and_is_near_the_limit(most, borne, best):
    looking, tried = search(most, bears(borne))
    assert looking.best.users == best <= borne
    assert max(tried) <= most


def test_the_best_is_the_highest_rate_not_the_most_users():
    looking, _ = search(64, bears(64, rate_of=lambda users: 100 - abs(users - 16)))
    assert (looking.best.users, looking.best.rate) == (16, 100)


def test_a_client_that_is_never_saturated_is_told_so():
    looking, tried = search(100, bears(10_000))
    assert tried[-1] == 100
    assert looking.verdict().endswith("100 users did not saturate the CLIENT")


def test_a_client_that_bears_nobody_has_no_rate():
    looking, tried = search(64, bears(0))
    assert looking.best is None
    assert tried == [2, 1]
    assert looking.verdict().startswith("ramp: no rate holds")


@pytest.mark.parametrize(
    ("step", "holds"),
    [
        (Step(1, 100.0, 0.0, 100), True),
        (Step(1, 100.0, 0.0, 101), False),
        (Step(1, 1000.0, 1.0, 1), True),
        (Step(1, 1000.0, 1.1, 1), False),
        (Step(1, 0.0, 0.0, 0), False),
    ],
)
def test_a_step_holds_in_time_and_without_failures(step, holds):
    assert step.holds(100) is holds


class Runner:
    """As much of a runner as a shape looks at."""

    def __init__(self, *arguments):
        self.environment = Environment(parsed_options=parsed(*arguments))
        self.stats = RequestStats()
        self.user_count = 0


def shape_of(kind, *arguments):
    made = shapes.chosen(parsed(f"--shape={kind}", *arguments))
    made.runner = Runner(f"--shape={kind}", *arguments)
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
    assert at(ramp, 41) == (4, 4.0)
    assert (ramp.search.best.users, ramp.search.best.p99_ms) == (2, 20)
    assert ramp.search.best.rate == pytest.approx(50 / 6, rel=0.01)


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
    stats.log_request("POST", "lost answer", 9000, 0)
    stats.log_request("JACKPOT", "conversion", 9000, 0)
    step = before.until(shapes.Meter.read(stats, 20.0), 7)
    assert step == Step(7, 20.0, 0.1, 10)
    assert shapes.Meter.read(stats, 20.0).until(shapes.Meter.read(stats, 30.0), 7) == Step(7, 0.0, 0.0, 0)


def test_found_is_what_a_ramp_found():
    ramp = shape_of("ramp", "-u", 64)
    ramp.tick()
    assert shapes.found(SimpleNamespace(shape_class=ramp)) is ramp.search
    assert shapes.found(SimpleNamespace(shape_class=None)) is None
