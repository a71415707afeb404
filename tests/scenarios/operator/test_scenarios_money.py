"""Each rule about money, copies and rollbacks is broken by one fault of a CLIENT, and blamed for it alone."""

from dataclasses import replace
from pathlib import Path

import pytest

import scenarios
from scenarios.contract import select
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.wallets import Wallet, served, target_of, together

# Races and lost answers are others' matter.
RULES = tuple(rule.id for rule in select("BET,RES,IDM,RBK", skip="BET-04,IDM-02,IDM-03,IDM-11,RBK-12,RBK-14"))
FILES = [
    path
    for family in ("bet", "res", "idm", "rbk")
    for path in sorted((Path(scenarios.__file__).parent / "operator" / "wallet").glob(f"test_{family}*.py"))
]
SMALL = replace(QUICK, sums=40, crowd=60, pause=0.05)
OTHERS = {"JPY": "p-jpy", "KWD": "p-kwd"}
DRIVER = ("ban", "unban")
BLAMED = (Standing.FAILED, Standing.WARNED)

# Each CLIENT by its faults with all rules that these break: one fault hides no other, and none is blamed for another.
# In how many ways a rule can be broken, the mutants show.
FAULTS = together(
    {Wallet: ""},
    {
        faulty.LendsMuch: "BET-03",
        faulty.AnyCurrencyBets: "BET-07",
        faulty.NoResultAfterRollback: "RBK-13",
        faulty.ForgivesDebts: "RES-06",
    },
    {
        faulty.KeyWithFirstBytes: "IDM-09",
        faulty.ReturnsTwice: "RBK-07",
        faulty.ReturnsRefusedBets: "RBK-08",
        faulty.IgnoresResultsInDebt: "RES-06",
    },
    {
        faulty.ThirtyTwoBits: "BET-12",
        faulty.KeyWithPlayer: "IDM-07",
        faulty.AnyPlayersRollback: "RBK-10",
        faulty.AnyCurrencyRollbacks: "RBK-15",
    },
    {
        faulty.NewIdForCopies: "IDM-01 RBK-05",
        faulty.KeyWithAction: "IDM-06",
        faulty.RollbackAdds: "RBK-02",
        faulty.RefusesLostBets: "RES-02",
    },
    {
        faulty.BetTakesLess: "BET-01",
        faulty.ForgetsRefusedBets: "BET-05",
        faulty.KeyWithAmount: "IDM-05",
        faulty.ResultPaysLess: "RES-01",
    },
    {
        faulty.BannedBets: "BET-08",
        faulty.CentsForYen: "BET-13",
        faulty.KeyNormalised: "IDM-08",
        faulty.FourthResultIgnored: "RES-05",
    },
    {
        faulty.CrashesOnFreeBets: "BET-09",
        faulty.ShortMemory: "IDM-04",
        faulty.RefusesYetTakes: "RBK-03",
    },
    {
        faulty.OtherCode: "BET-03",
        faulty.RoundsFineAmounts: "BET-11",
        faulty.ReturnsLess: "RBK-01",
        faulty.ForgetsOrphans: "RBK-05",
        faulty.BannedResults: "RES-04",
    },
    {
        faulty.OpensAccounts: "BET-06",
        faulty.Floats: "BET-10",
        faulty.RollbacksOfRollbacksCrash: "RBK-11",
    },
    {faulty.ResultsNotRemembered: "IDM-01 IDM-04 IDM-05 IDM-09"},
    {faulty.KeyIsTheBody: "IDM-05 IDM-06 IDM-07 IDM-09"},
    {faulty.PaysOrphans: "RBK-04"},
    # Another player's bet and a rollback are not found either, and a bet after its orphan is taken.
    {faulty.PaysWhateverItDoesNotFind: "RBK-04 RBK-06 RBK-10 RBK-11"},
    {faulty.RefusesOrphans: "RBK-04"},
)


# What a fault leaves open.
UNDECIDED = {
    # Whose copy is to be recognised, and what is to come late, was refused.
    faulty.RefusesOrphans: {"RBK-05", "RBK-06", "RBK-16"},
    # Another's id, rolled back, pays for being unknown alone.
    faulty.PaysOrphans: {"IDM-08"},
    faulty.PaysWhateverItDoesNotFind: {"IDM-08"},
}


RESTART_FAULTS = [
    (Wallet, ""),
    (faulty.ForgetsIdsAtRestart, "IDM-10"),
    (faulty.LosesMoneyAtRestart, "IDM-10"),
    (faulty.ForgetsRollbacksAtRestart, "RBK-07"),
]


def verdicts(wallet, driver=DRIVER):
    """Judge ``wallet``; the verdicts by rule."""
    with served(wallet) as url:
        judged = check(Settings(target_of(url, wallet, driver), RULES, SMALL, 7), paths=FILES)
    assert judged.problem is None, str(judged.problem)
    return {verdict.rule.id: verdict for verdict in judged.verdicts}


def at(found, *standings):
    return {rule: verdict.reason for rule, verdict in found.items() if verdict.standing in standings}


@pytest.mark.sampled_clients(("fault", "rules"), FAULTS)
def test_fault_is_blamed_on_the_rules_it_breaks_alone(fault, rules):
    found = verdicts(fault(others=OTHERS))
    accused = at(found, *BLAMED)
    assert set(accused) == set(rules.split()), accused
    undecided = at(found, Standing.UNDECIDED)
    assert set(undecided) == UNDECIDED.get(fault, set()), undecided
    assert set(at(found, Standing.SKIPPED)) == {"IDM-10"}


@pytest.mark.sampled_clients(("fault", "rules"), RESTART_FAULTS)
def test_fault_of_a_restart_is_blamed_where_the_client_can_be_restarted(fault, rules):
    found = verdicts(fault(), ("restart",))
    assert set(at(found, *BLAMED)) == set(rules.split()), at(found, *BLAMED)
    assert at(found, Standing.UNDECIDED) == {}


@pytest.mark.parametrize(
    ("fault", "rule"), [(Wallet, ""), (faulty.KeepsOneUnit, "BET-02"), (faulty.LendsOneUnit, "BET-03")]
)
def test_a_balance_that_the_driver_tells_shows_what_wagers_cannot(fault, rule):
    assert set(at(verdicts(fault(), ("balance",)), *BLAMED)) == set(rule.split())


@pytest.mark.parametrize(
    ("fault", "broken"),
    [(Wallet, set()), (faulty.KeepsOneUnit, {"BET-02"}), (faulty.LendsOneUnit, {"BET-03"})],
)
def test_a_known_opening_balance_shows_what_wagers_cannot(fault, broken):
    found = of_whole_balances(fault(), {"p-1": "50.00"})
    assert set(at(found, *BLAMED)) == broken
    assert {found[rule].reason for rule in set(found) - broken} == {""}


def test_an_opening_balance_that_cannot_be_true_accuses_nobody():
    found = of_whole_balances(Wallet(), {"p-1": "47.00"})
    assert set(at(found, Standing.UNDECIDED)) == {"BET-02", "BET-03"}
    assert "says that p-1 owned 47.00 EUR, and wagers found 50.00 EUR" in found["BET-02"].reason
    # Of another player nothing follows for the first.
    assert set(at(of_whole_balances(Wallet(), {"p-2": "50.00"}), Standing.PASSED)) == {"BET-02", "BET-03"}


def of_whole_balances(wallet, opening):
    with served(wallet) as url:
        judged = check(
            Settings(target_of(url, wallet, (), opening), ("BET-02", "BET-03"), SMALL, 7), paths=FILES
        )
    return {verdict.rule.id: verdict for verdict in judged.verdicts}


def test_results_tied_to_bets_are_blamed_for_each_rule_that_they_break():
    found = verdicts(faulty.ResultsSinceTheBet(), ())
    assert {"RES-03", "RES-05"} <= set(at(found, Standing.FAILED))


@pytest.mark.parametrize("driver", [("ban",), ("ban", "balance")])
@pytest.mark.parametrize(
    ("fault", "rule"), [(Wallet, ""), (faulty.BannedBets, "BET-08"), (faulty.BannedResults, "RES-04")]
)
def test_a_ban_that_lasts_is_judged_and_leaves_the_balance_as_found(fault, rule, driver):
    wallet = fault()
    with served(wallet) as url:
        target = target_of(url, wallet, driver)
        judged = check(Settings(target, ("BET-08", "RES-04"), SMALL, 7), paths=FILES)
    found = {verdict.rule.id: verdict for verdict in judged.verdicts}
    assert set(at(found, *BLAMED)) == set(rule.split())
    assert at(found, Standing.UNDECIDED, Standing.SKIPPED) == {}
    assert set(wallet.balances.values()) == {50}
    assert ["stays banned" in warning for warning in judged.run.warnings] == [True]


def test_the_only_player_is_not_banned_for_good():
    wallet = Wallet(("p-1",))
    found = verdicts(wallet, ("ban",))
    assert "unban" in found["BET-08"].reason
    assert found["BET-08"].standing is found["RES-04"].standing is Standing.SKIPPED
    assert wallet.banned == set()
