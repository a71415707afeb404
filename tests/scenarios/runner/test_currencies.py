"""Several currencies in one check: the rules about money are judged once more in each that is agreed on."""

import json
from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from scenarios.oracles.model import Reused
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.runner.session import Watcher
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet
from tests.support.programs.mutants import serving

SMALL = replace(QUICK, sums=40, crowd=20, pause=0.05, examples=1)
# JPY is not agreed on where nothing else is said.
OTHERS = {"USD": "p-usd", "GBP": "p-gbp", "JPY": "p-jpy"}
MONEY = ("BET-01", "BET-03", "RES-01", "IDM-01", "IDM-05", "IDM-07", "RBK-01", "INV-01")


def currencies(result):
    return Counter(one.currency for one in result.run.results)


def test_a_right_wallet_holds_in_each_and_every_balance_is_put_back():
    wallet = Wallet(others=OTHERS)
    wallet.balances["p-gbp"] = Decimal("7.31")
    before = dict(wallet.balances)
    result = judged(wallet, *MONEY, "BET-13", effort=SMALL)
    assert result.code is Exit.HOLDS, [verdict.reason for verdict in result.verdicts]
    assert wallet.balances == before
    count = currencies(result)
    # Two players are needed for IDM-07 and half of INV-01, and each further currency has one; BET-13 has its own.
    assert count["USD"] == count["GBP"] == count[""] - 3 > 0
    assert set(count) == {"", "USD", "GBP"}
    # Each wager of those scenarios is in their currency.
    for one in result.run.results:
        if one.currency:
            sent = [exchange.message for exchange in result.run.sent_in(one)]
            assert {message.currency for message in sent if message is not None} == {one.currency}
            assert one.id.endswith(f"[{one.currency}]")


def test_with_one_currency_nothing_is_judged_twice():
    plain, other = (judged(Wallet(others=others), *MONEY, effort=SMALL) for others in ({}, {"JPY": "p-jpy"}))
    assert [one.id for one in plain.run.results] == [one.id for one in other.run.results]
    assert set(currencies(plain)) == {""}


class PoundsForAnother(Wallet):
    """In pounds an id that is known is another transaction where another player has it."""

    def again(self, known, message):
        if message["currency"] == "GBP" and message["user_id"] != known.message["user_id"]:
            return self.fresh(message)
        return super().again(known, message)


class Learned(Watcher):
    """A run in which a story has learned already that each player has ids of their own."""

    def planned(self, run, scenarios):
        run.choices["reused"] = frozenset({Reused.EACH})


def test_two_players_of_a_currency_are_kept_apart_there_too():
    others = {"USD": "p-usd", "GBP": ("p-gbp-1", "p-gbp-2")}
    right = judged(Wallet(others=others), "IDM-07", "INV-03", effort=SMALL)
    assert right.code is Exit.HOLDS, [verdict.reason for verdict in right.verdicts]
    count = currencies(right)
    assert count["GBP"] == count[""] > count["USD"]
    for one in right.run.results:
        if one.currency == "GBP" and "IDM-07" in one.rules:
            sent = {exchange.message.player for exchange in right.run.sent_in(one) if exchange.message}
            assert sent == {"p-gbp-1", "p-gbp-2"}
    # What was learned elsewhere is no excuse to the rule about it.
    wrong = judged(PoundsForAnother(others=others), "IDM-07", watchers=[Learned()], effort=SMALL)
    (verdict,) = wrong.verdicts
    assert verdict.standing in (Standing.WARNED, Standing.FAILED)
    assert verdict.reason.startswith("in GBP, ")


class PoundsCopied(Wallet):
    """Copies of bets in pounds are new bets."""

    def again(self, known, message):
        if message["currency"] == "GBP" and message["action"] == "bet":
            return self.fresh(message)
        return super().again(known, message)


class PoundsWithoutPence(Wallet):
    """Bets in pounds take whole pounds, as if the currency had no minor unit."""

    def bet(self, message):
        effect = super().bet(message)
        return effect.to_integral_value() if message["currency"] == "GBP" else effect


class PoundsCostMore(Wallet):
    """A bet in pounds costs a penny."""

    def bet(self, message):
        effect = super().bet(message)
        return effect - Decimal("0.01") if message["currency"] == "GBP" else effect


@pytest.mark.parametrize(("fault", "rule"), [(PoundsCopied, "IDM-01"), (PoundsWithoutPence, "BET-01")])
def test_what_is_wrong_in_one_currency_alone_is_told_of_it(fault, rule, tmp_path):
    result = judged(fault(others=OTHERS), "BET-01", "RES-01", "IDM-01", effort=SMALL, report=tmp_path)
    assert result.code is Exit.BROKEN
    broken = [verdict for verdict in result.verdicts if verdict.standing is Standing.FAILED]
    assert [verdict.rule.id for verdict in broken] == [rule]
    assert broken[0].reason.startswith(("in GBP, ", "in GBP: "))
    # Where balances cannot be read in one, the others are judged all the same.
    undecided = [verdict for verdict in result.verdicts if verdict.standing is Standing.UNDECIDED]
    assert all(verdict.reason.startswith("in GBP, ") for verdict in undecided)
    reported = next(
        one
        for one in json.loads((tmp_path / "report.json").read_text(encoding="utf-8"))["rules"]
        if one["id"] == rule
    )
    outcomes = {one["currency"]: one["outcome"] for one in reported["scenarios"]}
    assert outcomes == {"": "passed", "USD": "passed", "GBP": "failed"}


def test_what_is_wrong_in_the_players_own_currency_is_not_told_of_another():
    class BetsTakeNothing(Wallet):
        def bet(self, message):
            super().bet(message)
            return Decimal(0)

    result = judged(BetsTakeNothing(others=OTHERS), *MONEY, effort=SMALL)
    found = [one for each in result.run.results for one in each.findings]
    assert found
    assert not [one for one in found if one.case.startswith("in ")]
    assert {one.ended for one in result.run.results if one.currency} == {Standing.SKIPPED}


def test_a_wallet_whose_balances_the_driver_reads_is_judged_in_each_and_put_back():
    wallet = PoundsCostMore(others=OTHERS)
    wallet.balances["p-gbp"] = Decimal("7.00")
    result = judged(wallet, "BET-01", "RES-01", driver=["balance"], effort=SMALL)
    standing = {verdict.rule.id: verdict.standing for verdict in result.verdicts}
    assert standing == {"BET-01": Standing.FAILED, "RES-01": Standing.PASSED}
    assert (wallet.balances["p-usd"], wallet.balances["p-gbp"]) == (0, 7)


def test_the_reference_holds_in_three():
    with serving(further=("USD", "GBP")) as target:
        result = check(
            Settings(target, ("BET-01", "BET-03", "RES-01", "IDM-01", "RBK-01", "INV-01"), SMALL, 3)
        )
    assert result.code is Exit.HOLDS, [verdict.reason for verdict in result.verdicts]
    assert currencies(result)["GBP"] == currencies(result)[""] > 0
