"""A habit that the contract allows is no fault, and one that breaks a SHOULD is told by that rule alone."""

from dataclasses import replace
from decimal import Decimal

import pytest

from scenarios.contract import select
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from tests.support.in_memory import odd_wallets as odd
from tests.support.in_memory.judging import at, judged
from tests.support.in_memory.wallets import together

EVERY = tuple(rule.id for rule in select(provider="operator"))
SMALL = replace(QUICK, sums=20, crowd=20, races=1, examples=6, steps=10, pause=0.02)
MONEY = tuple(rule.id for rule in select("BET,RES,IDM,RBK,INV"))
STORIES = tuple(rule.id for rule in select("RBK-12,RBK-14,IDM-02,IDM-03,IDM-11,INV"))

# Each CLIENT by habits that have nothing to do with each other: the rules that these fail, and those warned of.
HABITS = together(
    {odd.LateResultsPaid: ("", "")},
    # Who forgives refused bets refuses nothing else: the copy of a refused rollback would say that it moved money.
    {odd.LateResultsIgnored: ("", ""), odd.RefusalsForgiven: ("", "BET-05")},
    {
        odd.LateResultsRefused: ("", ""),
        odd.SpentResultsRefused: ("", "RBK-03"),
        odd.ReturnsTheNamedAmount: ("", "RBK-09"),
    },
    {
        odd.LateBetsAccepted: ("", ""),
        odd.SpentResultsTakeTheRest: ("", "RBK-03"),
        odd.BalancePerCurrency: ("", "RBK-15"),
    },
    {odd.LateBetsTaken: ("", "RBK-06")},
    {odd.LateBetsTakenForGood: ("", "RBK-06")},
    {odd.CopiesAreErrors: ("IDM-01 IDM-02 IDM-11 RBK-05", "")},
    {odd.SecondOrphanPays: ("RBK-04 RBK-07", "")},
    {odd.CapsResults: ("BET-12", "")},
)


def verdicts(wallet, rules, seed):
    result = judged(wallet, *rules, effort=SMALL, seed=seed)
    assert result.problem is None, str(result.problem)
    assert result.run.warnings == []
    return result


@pytest.mark.sampled_clients(("habit", "failed", "warned"), HABITS)
def test_a_habit_is_told_by_its_own_rule_alone(habit, failed, warned):
    wallet = habit()
    found = verdicts(wallet, MONEY, 1)
    accused = at(found, Standing.FAILED)
    assert set(accused) == set(failed.split()), accused
    assert set(at(found, Standing.WARNED)) == set(warned.split()), at(found, Standing.WARNED)
    assert set(wallet.balances.values()) == {Decimal(50)}
    assert set(getattr(wallet, "dollars", {}).values()) <= {Decimal(50)}


@pytest.mark.sampled_clients(
    ("habit", "rules"), [(habit, STORIES) for habit, failed, _ in HABITS if not failed]
)
@pytest.mark.parametrize("seed", [2, 3])
def test_stories_and_races_alone_learn_a_habit_first(habit, rules, seed):
    found = verdicts(habit(), rules, seed)
    assert at(found, Standing.FAILED) == at(found, Standing.WARNED) == {}


def test_a_habit_of_messages_is_told_by_its_own_rule_alone():
    # What holds more than is asked for is met where it is listened to whom a run names.
    found = verdicts(odd.IntegerIds(), EVERY, 1)
    assert at(found, Standing.FAILED, Standing.UNDECIDED) == {}
    assert set(at(found, Standing.WARNED)) == {"MSG-03", "SIG-06"}, at(found, Standing.WARNED)


def test_a_limit_on_single_bets_leaves_fortunes_undecided_and_nothing_else():
    wallet = odd.LimitsSingleBets()
    found = verdicts(wallet, MONEY, 1)
    assert at(found, Standing.FAILED) == at(found, Standing.WARNED) == {}
    undecided = at(found, Standing.UNDECIDED)
    assert set(undecided) == {"BET-12"}
    assert "single bets seem to be limited" in undecided["BET-12"]
    assert set(wallet.balances.values()) == {Decimal(50)}


def test_a_client_is_held_to_what_it_chose():
    class Wavers(odd.LateResultsPaid):
        """Moves nothing for a late bet at first, and takes every later one."""

        late = 0

        def void(self, message):
            if not super().void(message):
                return False
            self.late += 1
            return self.late < 2

    assert "INV-01" in at(verdicts(Wavers(), MONEY, 1), Standing.FAILED)
