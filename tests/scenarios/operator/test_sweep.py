"""The sweep at the end of a run finds what was forgotten long after the crowd, and accuses nobody else."""

from decimal import Decimal

import pytest

from scenarios.run.findings import Standing
from simulators.exchanges.history import Purpose
from tests.support.in_memory import odd_wallets as odd
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet

RULES = ("BET-01", "BET-10", "RES-05", "IDM-04", "RBK-01", "RBK-02", "RBK-04")


def standings(result):
    return {verdict.rule.id: verdict.standing for verdict in result.verdicts}


def swept(result):
    return [one for one in result.run.history.since(0) if one.purpose is Purpose.SWEEP]


@pytest.mark.parametrize("seed", [1, 2])
def test_what_is_forgotten_late_is_found_at_the_end(seed):
    result = judged(odd.RemembersTheLast(), *RULES, seed=seed)
    found = standings(result)
    assert {found.pop(rule) for rule in ("IDM-04", "RBK-01", "RBK-02")} == {Standing.FAILED}
    assert set(found.values()) == {Standing.PASSED}
    guilty = [one.id for one in result.run.results if one.findings]
    assert guilty == ["sweep.late_rollbacks", "sweep.everything_genuine_once_more"]


@pytest.mark.parametrize("habit", [Wallet, odd.LateBetsTaken, odd.SpentResultsRefused, odd.RefusalsForgiven])
def test_a_right_client_answers_as_the_first_time(habit):
    wallet = habit()
    result = judged(wallet, *RULES, "RBK-03", "RBK-06", "BET-05")
    assert Standing.FAILED not in standings(result).values()
    assert len(swept(result)) > 50
    assert {str(one.message.kind) for one in swept(result)} == {"bet", "result", "rollback"}
    assert min(one.copy_of for one in swept(result)) < 20
    assert set(wallet.balances.values()) == {Decimal(50)}


def test_copies_that_are_answered_otherwise_at_once_are_not_swept():
    result = judged(odd.CopiesAreErrors(), "IDM-01", "IDM-04")
    assert standings(result) == {"IDM-01": Standing.FAILED, "IDM-04": Standing.PASSED}
    assert swept(result) == []
