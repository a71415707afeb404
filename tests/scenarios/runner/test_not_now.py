"""A CLIENT with a limit on rates is asked more slowly: it breaks no rule by that, and players are put back."""

import time
from collections import deque
from decimal import Decimal
from functools import partial

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from simulators.transport.pace import Pace
from tests.support.judging import judged
from tests.support.wallets import Wallet


class Limited(Wallet):
    """Takes ``most`` requests in any ``window`` seconds, and answers others by ``status``."""

    def __init__(self, most, window, status, headers=(), **given):
        super().__init__(**given)
        self.most, self.window, self.status, self.headers = most, window, status, headers
        self.arrived = deque()

    def __call__(self, environ, start_response):
        with self.lock:
            now = time.monotonic()
            while self.arrived and self.arrived[0] <= now - self.window:
                self.arrived.popleft()
            full = len(self.arrived) >= self.most
            if not full:
                self.arrived.append(now)
        if full:
            start_response(self.status, [("Content-Type", "text/plain"), *self.headers])
            return [b"too many requests"]
        return super().__call__(environ, start_response)


@pytest.mark.parametrize(
    ("most", "window", "status", "headers"),
    [
        (60, 1, "429 Too Many Requests", [("Retry-After", "1")]),
        (60, 1, "503 Service Unavailable", []),
    ],
)
def test_a_limit_on_rates_breaks_no_rule(most, window, status, headers):
    wallet = Limited(most, window, status, headers, balance="41.37")
    rules = ("BET-01", "RES-01", "RBK-01", "IDM-02", "MSG-01", "MSG-02", "MSG-03", "MSG-16")
    result = judged(wallet, *rules)
    found = {v.rule.id: (v.standing, v.reason) for v in result.verdicts}
    assert {standing for standing, _ in found.values()} == {Standing.PASSED}, found
    assert result.code is Exit.HOLDS
    [warning] = result.run.warnings
    assert warning.startswith(f"the CLIENT answered {status[:3]} (not now)")
    assert "[target] max_requests_per_second = " in warning
    assert wallet.balances == {"p-1": Decimal("41.37"), "p-2": Decimal("41.37")}


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
