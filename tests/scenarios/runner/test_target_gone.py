"""A CLIENT that goes away in the middle of a run: waited for, judged again, or given up; whose finding it is."""

import json
import threading
from dataclasses import replace
from decimal import Decimal
from textwrap import dedent

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet

IMPATIENT = replace(QUICK, return_within=0.3)
DEADLY = Decimal("7.77")


class Mortal(Wallet):
    """Goes away at a bet of 7.77 as often as ``lives`` says; ``how`` it then answers is "closed", "paused" or a status.

    "paused" is not at all, until it is asked for something else.

    The first ``unseen`` deaths are over before anybody asks, as of one worker among several.
    """

    def __init__(self, how="closed", lives=1, unseen=0, **given):
        super().__init__(**given)
        self.how, self.lives, self.unseen, self.away = how, lives, unseen, False
        # Of the request that its thread is at work for.
        self.this = threading.local()
        self.resumed = threading.Event()

    def __call__(self, environ, start_response):
        self.resumed.set()
        if not self.away:
            self.this.lethal, said = False, []
            answer = super().__call__(environ, lambda *given: said.append(given))
            if not self.this.lethal:
                start_response(*said[0])
                return answer
            self.away = not self.unseen
            self.unseen = max(0, self.unseen - 1)
        if self.how == "paused":
            self.resumed.clear()
            self.resumed.wait()
        if self.how in ("closed", "paused"):
            # Without an answer: waitress closes what has promised more than it sends.
            start_response("200 OK", [("Content-Length", "10")])
            return [b""]
        start_response(self.how, [("Content-Type", "text/html")])
        return [b"<h1>no upstream</h1>"]

    def read(self, path, body):
        message = super().read(path, body)
        if message["amount"] == DEADLY and self.lives:
            self.lives -= 1
            self.this.lethal = True
        return message


class Supervisor:
    """Watches a run and brings the CLIENT back when it is waited for."""

    def __init__(self, wallet, times=100):
        self.wallet, self.times, self.said = wallet, times, []

    def planned(self, run, scenarios):
        # On a busy machine the first wager is said to be waited for: that was before.
        self.said.clear()
        if getattr(self.wallet, "how", "") == "paused":
            run.route.timeout = 1.0

    def finished(self, run, result):
        pass

    def noticed(self, run, text):
        self.said.append(text)
        if "waiting up to" in text and self.times:
            self.times -= 1
            self.wallet.away = False


SCENARIOS = """
    import pytest

    @pytest.mark.rules("RES-01")
    def test_before(judge, player, operator):
        judge.fund(player, 1000)
        operator.result(player, player.money(333))
        judge.balance("RES-01", player, player.money(1333))

    @pytest.mark.rules("{rule}")
    @pytest.mark.last
    def test_deadly(judge, player, operator):
        funded = judge.fund(player, 1000)
        bet = operator.bet(player, player.money(777))
        judge.accepted("{rule}", bet)
        judge.balance("{rule}", player, funded - player.money(777), bet)

    @pytest.mark.rules("BET-03")
    @pytest.mark.last(2)
    def test_after(judge, player, operator):
        judge.fund(player, 1000)
        judge.refused("BET-03", operator.bet(player, player.money(1001)))

    @pytest.mark.rules("MSG-05")
    @pytest.mark.whole_history
    def test_whole(judge, run):
        judge.holds("MSG-05", len(run.history) > 5, expected="", seen="")
"""


@pytest.fixture
def judge_it(tmp_path):
    """Judges a wallet by the scenarios above, ``rule`` being that of the deadly one."""

    def judge_it(wallet, rule="BET-01", times=100, more=(), scenarios=SCENARIOS, **given):
        path = tmp_path / "test_made.py"
        path.write_text(dedent(scenarios.format(rule=rule)))
        supervisor = Supervisor(wallet, times)
        result = judged(
            wallet,
            *("RES-01", rule, "BET-03", "MSG-05", *more),
            paths=[path],
            effort=IMPATIENT,
            watchers=[supervisor],
            **given,
        )
        return result, supervisor.said

    return judge_it


def standings(result):
    return {verdict.rule.id: verdict.standing for verdict in result.verdicts}


HOW = pytest.mark.parametrize("how", ["closed", "502 Bad Gateway", "500 Internal Server Error"])


SERIES = """
    import pytest

    @pytest.mark.rules("RES-01")
    def test_series(judge, player, operator):
        judge.fund(player, 0)
        for units in range(1, 9):
            operator.result(player, player.money(100 + units))
        judge.balance("RES-01", player, player.money(836))
"""


def test_one_that_is_restarted_twice_in_one_scenario_is_not_accused(judge_it):
    class Restarted(Mortal):
        """Goes away at the result of 1.02, and once back at that of 1.07: at different places."""

        left = (Decimal("1.02"), Decimal("1.07"))

        def read(self, path, body):
            message = super().read(path, body)
            if message["amount"] in self.left[:1]:
                self.left, self.this.lethal = self.left[1:], True
            return message

    result, said = judge_it(Restarted(balance="41.37"), scenarios=SERIES)
    assert standings(result)["RES-01"] is Standing.PASSED
    assert sum("answers again" in one for one in said) == 2


class Leaky(Mortal):
    """Loses a connection with each bet of 10.00 that it refuses, and goes away once three are lost; then it has all."""

    lost = 0

    def read(self, path, body):
        if self.lost == 3:
            self.lost, self.this.lethal = 0, True
        return super().read(path, body)

    def affordable(self, message):
        enough = super().affordable(message)
        self.lost += not (enough or self.this.lethal) and message["amount"] == 10
        return enough


REFUSALS = """
    import pytest

    @pytest.mark.rules("BET-03")
    @pytest.mark.parametrize("place", range(6))
    def test_refused(judge, player, operator, place):
        judge.fund(player, 900)
        for _ in range(2):
            judge.refused("BET-03", operator.bet(player, player.money(1000)))
        judge.balance("BET-03", player, player.money(900))
"""


def test_one_that_goes_away_at_this_and_at_that_ends_the_run_and_what_adds_up_is_told(judge_it):
    wallet = Leaky(balance="41.37")
    result, said = judge_it(wallet, scenarios=REFUSALS)
    assert result.code is Exit.UNREACHABLE
    ended = [one.ended for one in result.run.results]
    assert ended == [None, None, None, Standing.UNDECIDED, Standing.SKIPPED, Standing.SKIPPED]
    assert sum("answers again" in one for one in said) == 3
    reported = next(one.reason for one in result.verdicts if one.rule.id == "BET-03")
    assert "the target went away too often: it went away 3 times and was back each time" in reported
    assert "made.refused[1], made.refused[2], made.refused[3]" in reported
    assert wallet.balances["p-1"] == Decimal("41.37")


@HOW
def test_one_that_comes_back_has_the_verdict_of_an_undisturbed_run(judge_it, how):
    wallet = Mortal(how, balance="41.37")
    result, said = judge_it(wallet)
    assert set(standings(result).values()) == {Standing.PASSED}
    assert result.code is Exit.HOLDS
    assert "the CLIENT does not answer; it may be restarting; waiting up to 0 s" in said[0]
    assert "answers again" in said[1]
    assert result.run.warnings == [
        "the CLIENT went away during made.deadly and came back; that was judged again"
    ]
    assert wallet.balances["p-1"] == Decimal("41.37")


@pytest.mark.parametrize("how", ["closed", "502 Bad Gateway", "paused"])
def test_one_that_stays_away_ends_the_run_and_no_rule_is_blamed(judge_it, how, tmp_path):
    out = tmp_path / "out"
    result, _ = judge_it(Mortal(how, balance="41.37"), times=0, report=out)
    assert result.code is Exit.UNREACHABLE
    assert standings(result) == {
        "RES-01": Standing.PASSED,
        "BET-01": Standing.UNDECIDED,
        "BET-03": Standing.SKIPPED,
        "MSG-05": Standing.PASSED,
    }
    reasons = {verdict.rule.id: verdict.reason for verdict in result.verdicts}
    assert "went away and stayed away" in reasons["BET-01"]
    assert reasons["BET-03"] == "not run: the target stopped answering after BET-01"
    [reported] = result.run.warnings
    assert reported.startswith("player p-1 could not be put back to 41.37 EUR")
    assert reported.endswith("by what was sent it owns 2.23 or 10.00 EUR now")
    assert json.loads((out / "report.json").read_text())["target_gone"] == "BET-01"


@pytest.mark.parametrize(("rule", "standing"), [("BET-01", Standing.FAILED), ("MSG-14", Standing.WARNED)])
@pytest.mark.parametrize("unseen", [0, 1, 2])
def test_what_kills_it_twice_is_that_rules_finding_and_the_others_are_judged(
    judge_it, rule, standing, unseen
):
    wallet = Mortal(lives=100, unseen=unseen, balance="41.37")
    result, _ = judge_it(wallet, rule)
    assert standings(result) == {
        "RES-01": Standing.PASSED,
        rule: standing,
        "BET-03": Standing.PASSED,
        "MSG-05": Standing.PASSED,
    }
    assert wallet.balances["p-1"] == Decimal("41.37")


def test_what_kills_it_for_good_is_that_rules_finding_and_the_rest_is_not_run(judge_it):
    result, _ = judge_it(Mortal(lives=100), times=1)
    assert result.code is Exit.BROKEN
    assert standings(result)["BET-01"] is Standing.FAILED
    assert standings(result)["BET-03"] is Standing.SKIPPED


@pytest.mark.parametrize("how", ["closed", "paused"])
def test_one_that_is_back_before_anybody_asks_is_not_accused(judge_it, how):
    result, said = judge_it(Mortal(how, unseen=1))
    assert said == []
    assert set(standings(result).values()) == {Standing.PASSED}


def test_a_broken_rule_stays_broken_where_the_target_goes_away_later(judge_it):
    class PaysTooLittle(Mortal):
        """Pays one cent less whenever a result comes to 3.33."""

        def result(self, message):
            return super().result(message) - (Decimal("0.01") if message["amount"] == Decimal("3.33") else 0)

    result, _ = judge_it(PaysTooLittle(), times=0)
    assert standings(result)["RES-01"] is Standing.FAILED
    assert result.code is Exit.BROKEN


def test_a_finding_that_could_not_be_tried_again_is_undecided(judge_it):
    class GoesAtTheSecondLook(Mortal):
        """Refuses the first deadly bet, and goes away at the next."""

        refused = False

        def bet(self, message):
            if message["amount"] == DEADLY and not self.refused:
                self.refused = True
                return Decimal(0)
            return super().bet(message)

        def read(self, path, body):
            if not self.refused:
                self.lives = 0
                message = super().read(path, body)
                self.lives = 1
                return message
            return super().read(path, body)

    result, _ = judge_it(GoesAtTheSecondLook(), times=0)
    assert standings(result)["BET-01"] is Standing.UNDECIDED
    assert "before it could be tried again" in next(
        v.reason for v in result.verdicts if v.rule.id == "BET-01"
    )
    assert result.code is Exit.UNREACHABLE


def test_what_a_gateway_answers_while_the_driver_restarts_the_client_breaks_no_rule():
    class BehindGateway(Wallet):
        """The gateway listens all the time, and answers for the CLIENT the first three times after a restart."""

        starting = restarts = 0

        def __call__(self, environ, start_response):
            restarted = environ["PATH_INFO"] == "/restart"
            self.starting = 3 if restarted else max(0, self.starting - 1)
            self.restarts += restarted
            if restarted or not self.starting:
                return super().__call__(environ, start_response)
            start_response("502 Bad Gateway", [("Content-Type", "text/html")])
            return [b"<h1>502 Bad Gateway</h1>"]

    wallet = BehindGateway()
    result = judged(wallet, "IDM-10", "MSG-01", "MSG-02", driver=["restart"])
    assert wallet.restarts == 1
    assert set(standings(result).values()) == {Standing.PASSED}
