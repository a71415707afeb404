"""A CLIENT with a limit on rates is asked more slowly: it breaks no rule by that, and players are put back."""

import time
from decimal import Decimal
from functools import partial

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.estimate import SPORTSBOOK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from simulators.transport.pace import Pace
from tests.support.in_memory.judging import judged, running
from tests.support.in_memory.wallets import Wallet, served, target_of


class SaysNotNow(Wallet):
    """Answers by ``status`` for half a second once it took ``most`` requests more, however slowly they came."""

    def __init__(self, status, headers=(), **given):
        super().__init__(**given)
        self.status, self.headers = status, headers
        self.most, self.taken, self.refused_at = 10**6, 0, None

    def __call__(self, environ, start_response):
        with self.lock:
            full = self.taken >= self.most
            if full and self.refused_at is None:
                self.refused_at = time.monotonic()
            if full and time.monotonic() - self.refused_at >= 0.5:
                full, self.taken, self.refused_at = False, 0, None
            self.taken += not full
        if full:
            start_response(self.status, [("Content-Type", "text/plain"), *self.headers])
            return [b"too many requests"]
        return super().__call__(environ, start_response)


class LimitsOnceItIsJudged:
    """A watcher that sets ``wallet``'s limit when the first scenario is about to run, and keeps what it gets."""

    def __init__(self, wallet):
        self.wallet, self.reported = wallet, []

    def planned(self, run, scenarios):
        self.wallet.most, self.wallet.taken = 60, 0

    def finished(self, run, result):
        """Nothing to do."""

    def noticed(self, run, text):
        self.reported.append(text)


@pytest.mark.parametrize(
    ("status", "headers"),
    [
        ("429 Too Many Requests", [("Retry-After", "1")]),
        ("503 Service Unavailable", []),
    ],
)
def test_a_limit_on_rates_breaks_no_rule(status, headers):
    wallet = SaysNotNow(status, headers, balance="41.37")
    watcher = LimitsOnceItIsJudged(wallet)
    rules = ("BET-01", "RES-01", "RBK-01", "IDM-02", "MSG-01", "MSG-02", "MSG-03", "MSG-16")
    result = judged(wallet, *rules, watchers=[watcher])
    found = {v.rule.id: (v.standing, v.reason) for v in result.verdicts}
    assert {standing for standing, _ in found.values()} == {Standing.PASSED}, found
    assert result.code is Exit.HOLDS
    [warning] = result.run.warnings
    assert warning.startswith(f"the CLIENT answered {status[:3]} (not now)")
    # Which pace was learned is how fast this machine is.
    assert "[target] max_requests_per_second" in warning
    assert any("requests a second, all of this run takes about" in text for text in watcher.reported)
    assert wallet.balances == {"p-1": Decimal("41.37"), "p-2": Decimal("41.37")}


@pytest.mark.parametrize(("time_limit", "grows"), [(None, True), (60, False)])
def test_the_bound_of_the_run_follows_the_pace_unless_it_was_given(time_limit, grows):
    with running(Wallet(), time_limit=time_limit) as run:
        run.turn, run.planned = 0.001, SPORTSBOOK
        before, took = run.guard.seconds, run.about
        run.limits.keep_to(4)
        assert run.about > 10 * took
        assert (run.guard.seconds > run.about > before) == grows
        # Hours are for whoever asks for them.
        run.limits.keep_to(0.8)
        assert run.too_long
        assert run.guard.seconds == (4 * before if grows else before)


@pytest.mark.parametrize(("time_limit", "most"), [(None, 4), (60, 1)])
def test_a_machine_that_became_slower_is_given_longer_up_to_four_times_unless_a_limit_was(time_limit, most):
    with running(Wallet(), time_limit=time_limit) as run:
        run.round_trip, run.turn = 1e-9, 1e-3
        run.verbs.bet(run.players[0], run.players[0].unit)
        first = run.bound()
        assert run.bound(first) == first
        assert run.bound(2 * first) == run.guard.seconds == most * first


def test_where_none_may_leave_together_races_are_undecided():
    wallet = Wallet(balance="41.37")
    with served(wallet) as url:
        target = target_of(url, wallet)
        narrow = target.target.model_copy(update={"max_connections": 1})
        result = check(Settings(target.model_copy(update={"target": narrow}), ("BET-04", "RES-01"), QUICK))
    found = {v.rule.id: v for v in result.verdicts}
    assert {rule: v.standing for rule, v in found.items()} == {
        "BET-04": Standing.UNDECIDED,
        "RES-01": Standing.PASSED,
    }
    assert "let none leave together" in found["BET-04"].reason


def test_what_is_never_taken_leaves_its_rule_undecided(monkeypatch):
    monkeypatch.setattr("scenarios.run.run.Pace", partial(Pace, patience=0.6))

    class TakesNoRollback(Wallet):
        """Answers 503 to every rollback."""

        def __call__(self, environ, start_response):
            if environ["PATH_INFO"] == "/transaction-rollback":
                start_response("503 Service Unavailable", [])
                return [b""]
            return super().__call__(environ, start_response)

    result = judged(TakesNoRollback(), "RBK-01", "RES-01")
    found = {v.rule.id: v.standing for v in result.verdicts}
    assert found == {"RBK-01": Standing.UNDECIDED, "RES-01": Standing.PASSED}
    assert result.code is Exit.UNDECIDED
