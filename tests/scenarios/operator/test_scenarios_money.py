"""Each rule about money, copies and rollbacks is broken by one fault of a CLIENT, and blamed for it alone."""

from dataclasses import replace
from pathlib import Path

import pytest

import scenarios
from scenarios.contract import select
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.judging import BLAMED, at, judged
from tests.support.in_memory.wallets import Wallet, together

# Races and lost answers are others' matter.
RULES = tuple(rule.id for rule in select("BET,RES,IDM,RBK", skip="BET-04,IDM-02,IDM-03,IDM-11,RBK-12,RBK-14"))
FILES = [
    path
    for family in ("bet", "res", "idm", "rbk")
    for path in sorted((Path(scenarios.__file__).parent / "operator" / "wallet").glob(f"test_{family}*.py"))
]
SMALL = replace(QUICK, sums=40, crowd=60, pause=0.05)
OTHERS = {"JPY": "p-jpy", "KWD": "p-kwd"}
WHOLE = ("BET-02", "BET-03")

# Each CLIENT by its faults with all rules that these break: what no mutant does. One fault hides no other, and none is
# blamed for another.
FAULTS = together(
    {Wallet: ""},
    {
        faulty.LendsMuch: "BET-03",
        faulty.KeyWithFirstBytes: "IDM-09",
        faulty.ForgivesDebts: "RES-06",
        faulty.NoResultAfterRollback: "RBK-13",
        faulty.FourthResultIgnored: "RES-05",
        faulty.ReturnsLess: "RBK-01",
        faulty.BansBeforeCopies: "IDM-04",
    },
    {
        faulty.BetTakesLess: "BET-01",
        faulty.RefusesYetTakes: "RBK-03",
        faulty.ResultPaysLess: "RES-01",
        faulty.RollbacksOfRollbacksCrash: "RBK-11",
    },
)


def of_money(wallet, *rules, **more):
    result = judged(wallet, *(rules or RULES), paths=FILES, effort=SMALL, seed=7, **more)
    assert result.problem is None, str(result.problem)
    return result


@pytest.mark.sampled_clients(("fault", "rules"), FAULTS)
def test_fault_is_blamed_on_the_rules_it_breaks_alone(fault, rules):
    found = of_money(fault(others=OTHERS), driver=("ban", "unban"))
    accused = at(found, *BLAMED)
    assert set(accused) == set(rules.split()), accused
    assert at(found, Standing.UNDECIDED) == {}
    assert set(at(found, Standing.SKIPPED)) == {"IDM-10"}


@pytest.mark.parametrize(
    ("fault", "rule"), [(Wallet, ""), (faulty.KeepsOneUnit, "BET-02"), (faulty.LendsOneUnit, "BET-03")]
)
def test_a_balance_that_the_driver_tells_shows_what_wagers_cannot(fault, rule):
    assert set(at(of_money(fault(), driver=("balance",)), *BLAMED)) == set(rule.split())


@pytest.mark.parametrize(
    ("fault", "broken"),
    [(Wallet, set()), (faulty.KeepsOneUnit, {"BET-02"}), (faulty.LendsOneUnit, {"BET-03"})],
)
def test_a_known_opening_balance_shows_what_wagers_cannot(fault, broken):
    found = of_money(fault(), *WHOLE, opening={"p-1": "50.00"})
    assert set(at(found, *BLAMED)) == broken
    assert at(found, Standing.PASSED) == dict.fromkeys(set(WHOLE) - broken, "")


def test_an_opening_balance_that_cannot_be_true_accuses_nobody():
    undecided = at(of_money(Wallet(), *WHOLE, opening={"p-1": "47.00"}), Standing.UNDECIDED)
    assert set(undecided) == set(WHOLE)
    assert "says that p-1 owned 47.00 EUR, and wagers found 50.00 EUR" in undecided["BET-02"]
    # Of another player nothing follows for the first.
    assert set(at(of_money(Wallet(), *WHOLE, opening={"p-2": "50.00"}), Standing.PASSED)) == set(WHOLE)


@pytest.mark.parametrize("driver", [("ban",), ("ban", "balance")])
@pytest.mark.parametrize(
    ("fault", "rule"), [(Wallet, ""), (faulty.BannedBets, "BET-08"), (faulty.BannedResults, "RES-04")]
)
def test_a_ban_that_lasts_is_judged_and_leaves_the_balance_as_found(fault, rule, driver):
    wallet = fault()
    found = of_money(wallet, "BET-08", "RES-04", driver=driver)
    assert set(at(found, *BLAMED)) == set(rule.split())
    assert at(found, Standing.UNDECIDED, Standing.SKIPPED) == {}
    assert set(wallet.balances.values()) == {50}
    assert ["stays banned" in warning for warning in found.run.warnings] == [True]


def test_the_only_player_is_not_banned_for_good():
    wallet = Wallet(("p-1",))
    skipped = at(of_money(wallet, "BET-08", "RES-04", driver=("ban",)), Standing.SKIPPED)
    assert set(skipped) == {"BET-08", "RES-04"}
    assert "unban" in skipped["BET-08"]
    assert wallet.banned == set()


@pytest.mark.parametrize(("player", "tried"), [("p-1", False), ("player-number-1", True)])
def test_only_an_id_that_is_nobody_elses_in_other_letters_is_tried_so(player, tried):
    wallet = Wallet(players=(player,))
    reason = at(judged(wallet, "BET-06", seed=1), Standing.PASSED)["BET-06"]
    assert ("in other letters not tried" in reason) != tried
