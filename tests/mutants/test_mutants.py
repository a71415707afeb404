"""Every mutant is caught by a rule that it names, and the reference CLIENT is never accused."""

from collections.abc import Iterable
from dataclasses import replace

import pytest

from client_under_test.mutants.host import find
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL
from scenarios.cli.reference_client import reference_client
from scenarios.contract import RULES, Level, Rule, select
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import NORMAL, QUICK, Effort
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from simulators.providers import PROVIDERS
from tests.documents.scenarios_by_rule import scenarios_by_rule
from tests.end_to_end.clients.running import faults
from tests.mutants.blamed import CAUGHT, TOGETHER
from tests.mutants.sample import one_for_each_rule, sample, sample_of, tenth, touched
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.judging import BLAMED, at
from tests.support.in_memory.wallets import Wallet
from tests.support.programs.mutants import serving

SEED = 7
# Seconds that a mutant may take to do what an acknowledged event asks of it.
PATIENCE = 2.0
RACES = "BET-04,IDM-02,IDM-03,IDM-11,RBK-12,RBK-14"
# What a CLIENT of several faults is judged by: that of the first group that any of them is about. Races and lost
# answers are others' matter, and so are decisions, which take longest.
JUDGED_BY = {
    "CHK": select("CHK", skip="CHK-11"),
    "VTK": select("VTK"),
    "OUT": select("OUT"),
    "SIG,MSG": select("SIG,MSG,BET-06"),
    "BET,RES,IDM,RBK": select("BET,RES,IDM,RBK", skip=RACES),
}
# What is only recorded cannot be broken.
JUDGED = {name for name, rule in RULES.items() if rule.level is not Level.INFO}
# Those that share a CLIENT with others.
SHARING = {name for names, _ in TOGETHER for name in names.split()}


def pytest_generate_tests(metafunc):
    if "database" in metafunc.fixturenames:
        # Where all mutants are judged, it is looked at closer. Quickly, on SQLite, `make demo` does; here its wagers
        # are looked at, as tests of Jackpot's scenarios have vouchers on SQLite, and mutants of checkouts the rest.
        closer = metafunc.config.getoption("--mutants") == "all"
        rows = [("postgresql", provider, NORMAL if closer else QUICK) for provider in PROVIDERS]
        rows += [] if closer else [("sqlite", "operator", QUICK)]
        ids = [f"{database}-{provider}" for database, provider, _ in rows]
        metafunc.parametrize(("database", "provider", "effort"), rows, ids=ids)


# First, since nothing takes longer: what is started last is waited for by an idle machine.
def test_reference_is_never_accused(database, effort, provider, tmp_path, request):
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    # A right CLIENT is waited for.
    effort = effort if effort is NORMAL else replace(effort, patience=30)
    rules = tuple(rule.id for rule in select(provider=provider))
    with reference_client(tmp_path, database=url, processes=2 if url else 1) as target:
        judged = check(Settings(target, rules, effort, SEED))
    assert judged.problem is None, str(judged.problem)
    wrong = {
        each.rule.id: each.reason
        for each in judged.verdicts
        if each.standing not in {Standing.PASSED, Standing.INFO}
    }
    assert wrong == {}
    assert judged.code is Exit.HOLDS


@pytest.mark.mutants(
    "operator",
    "jackpot",
    but={row[1] for row in CAUGHT},
    together=SHARING,
)
def test_mutant_is_caught_by_a_rule_it_names(mutant):
    # What single requests do not show may take more than a quick look.
    efforts = [QUICK] if mutant.sequential else [QUICK, NORMAL]
    assert any(blamed(mutant, effort) for effort in efforts), f"survived {mutant.rules}: {mutant.fault}"


def blamed(mutant: Mutant, effort: Effort) -> list[str]:
    """The rules that ``mutant`` names and is found to break, up to the first."""
    # What a mutant does not do is waited for at each of its rules: on this machine nobody needs five seconds.
    soon = replace(effort, patience=PATIENCE)
    return [*accused(mutant.name, mutant.rules, soon, strict=True, first_only=True)]


def accused(names: str, rules: Iterable[str], effort: Effort, **options: bool) -> dict[str, str]:
    """The rules among ``rules`` that a CLIENT with the faults of all of ``names`` is found to break, and why."""
    with serving(names) as target:
        judged = check(Settings(target, tuple(rules), effort, SEED, **options))
    assert judged.problem is None, str(judged.problem)
    found = at(judged, *BLAMED)
    print(names, effort.name, len(judged.run.history), *found)
    return found


@pytest.mark.parametrize(
    ("rule", "name", "by", "breaks"), CAUGHT, ids=[f"{row[0]}-{row[1]}" for row in CAUGHT]
)
def test_rule_blames_who_breaks_it_and_no_other(rule, name, by, breaks):
    found = accused(name, (each.id for each in select(by)), QUICK)
    assert set(found) == breaks, found
    assert rule in breaks & set(find(name).rules)


@pytest.mark.sampled_clients(("names", "breaks"), TOGETHER)
def test_one_fault_hides_no_other_and_is_blamed_on_the_rules_it_breaks_alone(names, breaks):
    named = [set(find(name).rules) for name in names.split()]
    by = _judged_by([RULES[rule] for rule in set.union(*named)])
    effort = replace(QUICK, patience=PATIENCE, sums=40, crowd=60, pause=0.05)
    found = accused(names, (rule.id for rule in by), effort)
    assert set(found) == set(breaks.split()), found
    assert all(rules & set(found) for rules in named)


def _judged_by(broken: list[Rule]) -> list[Rule]:
    # Who breaks SHOULDs alone fails no MUST, whichever.
    if all(rule.level is Level.SHOULD for rule in broken):
        return select(provider=broken[0].provider)
    return next(by for groups, by in JUDGED_BY.items() if set(broken) & set(select(groups)))


@pytest.mark.mutants("checkout", together=SHARING)
def test_rules_of_checkouts_blame_who_breaks_them_and_no_other(mutant):
    # What is wrong with claims alone has nothing to do with decisions, which take longest.
    rules = {rule.id for rule in select(provider="checkout")} - {"CHK-11"} | set(mutant.rules)
    found = accused(mutant.name, sorted(rules), replace(QUICK, patience=PATIENCE))
    assert found
    assert set(found) <= set(mutant.rules), found


def test_every_rule_has_a_mutant():
    named = {rule for mutant in ALL for rule in mutant.rules}
    # WSGI hides how a header's name was written; end_to_end/clients/programs/wrong_memory.py breaks that rule instead.
    assert JUDGED - named == {"SIG-07"}
    assert "SIG-07" in faults("wrong_memory.py").warns


def test_every_rule_is_broken_at_every_change():
    caught = {row[0] for row in CAUGHT}
    assert caught | {rule for mutant in one_for_each_rule() for rule in mutant.rules} >= JUDGED - {"SIG-07"}
    assert {mutant.name for mutant in one_for_each_rule()} <= {mutant.name for mutant in sample()}


def test_the_sample_has_what_a_change_touches():
    assert find("rollback-orphan-deposits") in touched(["client_under_test/mutants/wallet/rollback.py"])
    scenario = scenarios_by_rule()["BET-03"][0]
    assert {mutant.name for mutant in ALL if "BET-03" in mutant.rules} <= {
        mutant.name for mutant in touched([scenario.path])
    }
    assert touched(["README.md"]) == []


def test_every_mutant_has_its_turn():
    turns = [{mutant.name for mutant in tenth(f"commit {number}")} for number in range(200)]
    assert set.union(*turns) == {mutant.name for mutant in ALL}
    assert all(len(turn) < len(ALL) / 5 for turn in turns)


def test_of_a_table_right_clients_what_a_change_touches_and_a_tenth_are_judged():
    touched_by = scenarios_by_rule()
    others = {one.path for rule in ("IDM-01", "RBK-05") for one in touched_by[rule]}
    scenario = next(one.path for one in touched_by["BET-03"] if one.path not in others)
    rows = [(Wallet, ""), (faulty.LendsMuch, "BET-03"), (faulty.ResultsNotRemembered, {"IDM-01"}, {"RBK-05"})]
    # Of commit "1" none is in the tenth.
    assert sample_of(rows, [], "1") == rows[:1]
    assert sample_of(rows[1:], [], "1") == rows[1:2]
    assert sample_of(rows, [scenario], "1") == rows[:2]
    assert sample_of(rows, ["tests/support/in_memory/faulty_wallets.py"], "1") == rows
    assert any(sample_of(rows, [], str(number)) == [rows[0], rows[2]] for number in range(200))
    named = [("idm-no-bets", "IDM-01"), ("bet-overdraft", "BET-03")]
    assert sample_of(named, [scenario], "1") == named[1:]
