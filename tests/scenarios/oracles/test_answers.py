"""Silence is no proof: what too few answers were given to is undecided, and a pass says on how many it rests."""

from collections import Counter
from dataclasses import replace

import pytest

from scenarios.oracles.answers import Answers
from scenarios.report.document import document
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from simulators.exchanges.history import Status
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet

SMALL = replace(QUICK, width=6, races=1, examples=4, steps=8, crowd=20, sums=20)
RACES = ("BET-04", "IDM-02", "RBK-12", "RBK-14", "INV-04")

CUT = ("200 OK", [("Content-Length", "10")])
BAD_GATEWAY = ("502 Bad Gateway", [("Content-Type", "text/html")])


class _Nothing(BaseException):
    """This request is not handled."""


class SilentAtOnce(Wallet):
    """Handles nothing that comes together with others, but for every ``lets``-th, and answers by ``instead``.

    It watches the run, whose history says which those are before they arrive.
    """

    def __init__(self, instead, lets=1000, **given):
        super().__init__(**given)
        self.instead, self.lets, self.racing, self.came = instead, lets, Counter(), 0

    def planned(self, run, scenarios):
        run.history.listeners.append(self.heard)

    def heard(self, exchange):
        if exchange.race is not None and exchange.status is Status.PENDING:
            with self.lock:
                self.racing[exchange.request.body] += 1

    def finished(self, run, result):
        """Nothing to do."""

    def noticed(self, run, text):
        """Nothing to do."""

    def answer(self, environ, path, body):
        if self.racing[body]:
            self.racing[body] -= 1
            self.came += 1
            if self.came % self.lets:
                raise _Nothing
        return super().answer(environ, path, body)

    def __call__(self, environ, start_response):
        try:
            return super().__call__(environ, start_response)
        except _Nothing:
            start_response(*self.instead)
            return [b""]


def standings(result):
    return {verdict.rule.id: verdict.standing for verdict in result.verdicts}


@pytest.mark.parametrize("instead", [CUT, BAD_GATEWAY])
def test_races_of_which_nothing_was_answered_pass_no_rule(instead):
    wallet = SilentAtOnce(instead)
    result = judged(wallet, *RACES, "MSG-01", "MSG-16", effort=SMALL, watchers=[wallet])
    found = standings(result)
    # That no answer comes, or that it is 502, is said of it.
    known = {"MSG-16": Standing.WARNED}
    if instead is BAD_GATEWAY:
        known = {"IDM-02": Standing.FAILED, "MSG-01": Standing.FAILED}
    assert found == dict.fromkeys((*RACES, "MSG-01", "MSG-16"), Standing.UNDECIDED) | known
    why = next(verdict.reason for verdict in result.verdicts if verdict.rule.id == "BET-04")
    assert "too few answers to decide: 6 of 6 requests sent at once got none" in why


def test_a_pass_says_on_how_many_answers_it_rests():
    wallet = SilentAtOnce(CUT, lets=2)
    result = judged(wallet, "BET-04", "RBK-12", "RES-01", effort=SMALL, watchers=[wallet])
    assert set(standings(result).values()) == {Standing.PASSED}
    answered = {rule.id: rule for rule in document(result.run, result.verdicts).rules}
    [race] = answered["BET-04"].scenarios
    assert (race.raced, race.lost) == (3, 3)
    assert answered["BET-04"].reason == (
        f"rests on {race.answers} answers, 3 of them to requests sent at once; "
        "3 requests got none that says what was done"
    )
    assert answered["RES-01"].answers == 5
    assert answered["RES-01"].reason == ""


@pytest.mark.parametrize(
    ("seen", "too_few"),
    [
        (Answers(), False),
        (Answers(answered=1), False),
        (Answers(lost=1), True),
        (Answers(answered=5, lost=5), False),
        (Answers(answered=50, lost=8, lost_racing=8), True),
        (Answers(answered=50, lost=8, raced=8, lost_racing=8), False),
    ],
)
def test_more_silence_than_answers_tells_nothing(seen, too_few):
    assert bool(seen.too_few) is too_few
