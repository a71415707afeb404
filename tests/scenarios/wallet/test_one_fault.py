"""One fault hides nothing: it is told by its own rule, and whatever can still be decided is decided."""

from decimal import Decimal

import pytest

from scenarios.contract import RULES, select
from scenarios.run.begin import begin
from scenarios.run.findings import ScenarioResult, Standing
from scenarios.run.judge import Judge
from tests.support.in_memory import odd_wallets as odd
from tests.support.in_memory.judging import judged, running
from tests.support.in_memory.wallets import Refused, Wallet

ANSWERS = tuple(rule.id for rule in select("SIG,MSG,BET-03,BET-06,RES-03,IDM-01,IDM-02,IDM-04,RBK-05,RES-01"))
FEW = tuple(rule.id for rule in select("SIG-01,MSG-11,BET-01,BET-03,RES,IDM-01,RBK-02,RBK-04"))


def standings(result):
    return {verdict.rule.id: verdict.standing for verdict in result.verdicts}


def at(result, standing):
    return {rule for rule, own in standings(result).items() if own is standing}


def test_a_client_that_never_refuses_a_bet_is_judged_by_its_answers_and_put_back():
    wallet = odd.NeverRefuses()
    result = judged(wallet, *ANSWERS)
    assert at(result, Standing.FAILED) == {"BET-03"}
    decided = {rule for rule in ANSWERS if RULES[rule].by_answers}
    assert len(decided) > 15
    assert decided <= at(result, Standing.PASSED)
    # Copies that are answered as they should be may have moved money all the same.
    assert {"RES-01", "MSG-08", "IDM-01", "IDM-02"} <= at(result, Standing.UNDECIDED)
    why = {verdict.rule.id: verdict.reason for verdict in result.verdicts}
    assert why["IDM-04"].startswith("judged by answers alone")
    assert why["RES-01"] == why["IDM-01"] == result.run.diagnosis.why
    assert wallet.balances == {"p-1": Decimal(50), "p-2": Decimal(50)}


def test_where_balances_cannot_be_told_answers_still_break_rules():
    class ManyFaults(odd.NeverRefuses):
        def again(self, known, message):
            return super().again(known, message) | {"transaction_id": self.new_id()}

        def orphan(self, message):
            raise Refused("NOT_FOUND")

        def undo(self, original, message):
            if original.message["action"] == "result":
                raise Refused("INSUFFICIENT_FUNDS")
            return super().undo(original, message)

        def key(self, message):
            if "\u202e" in message["transaction_id"]:
                raise RuntimeError
            return super().key(message)

        def foreign(self, message):
            return self.fresh(message)

        def result(self, message):
            if not message["amount"]:
                raise Refused("INVALID_AMOUNT")
            return super().result(message)

    shown = ("IDM-01", "IDM-11", "MSG-13", "RBK-02", "RBK-04", "RES-02")
    warned = ("BET-07", "RBK-03")
    result = judged(ManyFaults(), "BET-03", *shown, *warned, "RES-01", "RES-03")
    assert at(result, Standing.FAILED) == {"BET-03", *shown}
    assert at(result, Standing.WARNED) == {*warned}
    assert at(result, Standing.UNDECIDED) == {"RES-01"}
    assert at(result, Standing.PASSED) == {"RES-03"}


def test_a_driver_decides_what_answers_do_not():
    result = judged(odd.NeverRefuses(), *FEW, driver=["balance"])
    assert at(result, Standing.FAILED) == {"BET-03"}
    assert at(result, Standing.PASSED) >= set(FEW) - {"BET-03", "RES-04"}


@pytest.mark.parametrize(("habit", "broken"), [(odd.PaysAfterBets, "RES-03"), (odd.WholeAmounts, "RES-01")])
def test_what_the_first_wager_shows_is_told_and_the_rest_is_judged(habit, broken):
    wallet = habit()
    result = judged(wallet, *FEW)
    assert at(result, Standing.FAILED) == {broken}
    assert not at(result, Standing.UNDECIDED)
    assert wallet.balances == {"p-1": Decimal(50), "p-2": Decimal(50)}


def test_a_least_bet_is_a_choice_and_the_rest_is_judged_by_multiples_of_it():
    wallet = odd.LeastBets()
    result = judged(wallet, *FEW, "INV-01", "MSG-12")
    # Only what needs a ban is left out.
    assert at(result, Standing.SKIPPED) == {"RES-04"}
    assert len(at(result, Standing.PASSED)) == len(result.verdicts) - 1
    assert [
        text
        for text in result.run.warnings
        if text.startswith("single bets below 0.10 EUR seem to be refused")
    ]
    assert wallet.balances == {"p-1": Decimal(50), "p-2": Decimal(50)}


def test_bets_that_are_refused_for_a_limit_of_the_player_are_no_fault():
    wallet = odd.LimitsAllBets()
    result = judged(wallet, *FEW, "BET-10")
    assert not at(result, Standing.FAILED) | at(result, Standing.WARNED)
    undecided = {one.rule.id: one.reason for one in result.verdicts if one.standing is Standing.UNDECIDED}
    assert "refused with 'DAILY_LIMIT', not 'INSUFFICIENT_FUNDS'" in undecided["RBK-02"]
    # Here it is reached in the middle of what is judged.
    assert undecided["BET-10"].startswith(
        "a bet was refused with 'DAILY_LIMIT', and a covered one of 0.01 EUR"
    )
    assert wallet.balances == {"p-1": Decimal(50), "p-2": Decimal(50)}


def test_what_plain_wagers_do_as_well_is_not_blamed_on_odd_ones():
    class PutsBackTheBalanceOfBefore(Wallet):
        def bet(self, message):
            message["before"] = self.balances[message["user_id"]]
            return super().bet(message)

        def undo(self, original, message):
            super().undo(original, message)
            return original.message.get("before", Decimal(0)) - self.balances[message["user_id"]]

    result = judged(PutsBackTheBalanceOfBefore(), "MSG-13", "RBK-01")
    [odd_ids] = [verdict for verdict in result.verdicts if verdict.rule.id == "MSG-13"]
    assert odd_ids.standing is Standing.UNDECIDED
    assert "with nothing odd about them" in odd_ids.reason


def test_a_refusal_may_say_more_than_a_code():
    result = judged(odd.TellsMore(), *FEW)
    # The code of a bet that is not covered is a SHOULD, which is told.
    assert at(result, Standing.WARNED) == {"BET-03"}
    assert not at(result, Standing.FAILED) | at(result, Standing.UNDECIDED)


def test_what_wagers_alone_cannot_tell_is_said():
    rules = ("BET-02", "BET-03")
    why = {verdict.rule.id: verdict.reason for verdict in judged(Wallet(), *rules).verdicts}
    assert all("to within 0.01 EUR" in why[rule] for rule in rules)
    read = judged(Wallet(), *rules, driver=["balance"])
    assert {verdict.reason for verdict in read.verdicts} == {""}


@pytest.mark.parametrize("bets", [(1200,), (400, 800), (1200, 100)])
def test_a_player_whose_results_are_refused_below_zero_is_funded_and_put_back(bets):
    class Blocks(Wallet):
        def result(self, message):
            if self.balances[message["user_id"]] < 0:
                raise Refused("ACCOUNT_BLOCKED")
            return super().result(message)

    wallet = Blocks()
    with running(wallet, "RES-06") as run:
        judge, player = Judge(run, ScenarioResult("made", "made", ("RES-06",))), run.players[0]
        begin(run)
        judge.fund(player, 1000)
        won = run.verbs.result(player, player.money(500))
        for units in bets:
            run.verbs.bet(player, player.money(units))
        run.verbs.rollback(won)
        assert wallet.balances[player.id] < 0
        judge.fund(player, 700)
        assert wallet.balances[player.id] == 7
        run.restore()
        assert wallet.balances[player.id] == 50
        assert not run.warnings
