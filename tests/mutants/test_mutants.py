"""Every mutant is caught by a rule that it names, and the reference CLIENT is never accused."""

import pytest

from client_under_test.mutants.host import find
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.table import ALL
from scenarios.cli.reference_client import reference_client
from scenarios.contract import RULES, Level, select
from scenarios.problems.errors import Exit
from scenarios.run.effort import NORMAL, QUICK, Effort
from scenarios.run.findings import Standing
from scenarios.run.settings import Settings
from scenarios.runner.pytest_run import check
from tests.documents.generated import scenarios_by_rule
from tests.end_to_end.clients.running import faults
from tests.mutants.sample import one_for_each_rule, sample, tenth, touched
from tests.support.mutants import serving

SEED = 7
# What is only recorded cannot be broken.
JUDGED = {name for name, rule in RULES.items() if rule.level is not Level.INFO}


@pytest.mark.mutants
def test_mutant_is_caught_by_a_rule_it_names(mutant):
    # What single requests do not show may take more than a quick look.
    efforts = [QUICK] if mutant.sequential else [QUICK, NORMAL]
    assert any(blamed(mutant, effort) for effort in efforts), f"survived {mutant.rules}: {mutant.fault}"


def blamed(mutant: Mutant, effort: Effort) -> list[str]:
    """The rules that ``mutant`` names and is found to break, up to the first."""
    with serving(mutant.name) as target:
        judged = check(Settings(target, mutant.rules, effort, SEED, strict=True, first_only=True))
    assert judged.problem is None, str(judged.problem)
    wrong = [each for each in judged.verdicts if each.standing in {Standing.FAILED, Standing.WARNED}]
    print(mutant.name, effort.name, len(judged.run.history), *(each.rule.id for each in wrong))
    return [each.rule.id for each in wrong]


@pytest.mark.parametrize("provider", ["operator", "jackpot"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_reference_is_never_accused(database, provider, tmp_path, request):
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    rules = tuple(rule.id for rule in select(provider=provider))
    with reference_client(tmp_path, database=url, processes=2 if url else 1) as target:
        judged = check(Settings(target, rules, NORMAL, SEED))
    assert judged.problem is None, str(judged.problem)
    accused = {
        each.rule.id: each.reason
        for each in judged.verdicts
        if each.standing not in {Standing.PASSED, Standing.INFO}
    }
    assert accused == {}
    assert judged.code is Exit.HOLDS


def test_every_rule_has_a_mutant():
    named = {rule for mutant in ALL for rule in mutant.rules}
    # WSGI hides how a header's name was written; tests/end_to_end/clients/wrong_memory.py breaks that rule instead.
    assert JUDGED - named == {"SIG-07"}
    assert "SIG-07" in faults("wrong_memory.py").warns


def test_the_sample_has_one_for_each_rule():
    assert {rule for mutant in one_for_each_rule() for rule in mutant.rules} >= JUDGED - {"SIG-07"}
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
