"""Every mutant is caught by a rule that it names, and the reference CLIENT is never accused."""

import pytest

from client_under_test.mutants.table import ALL
from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from tests.end_to_end.clients.running import faults
from tests.end_to_end.mutants.matrix import judge, row, serving

PART_A = tuple(rule.id for rule in select(provider="operator"))
PART_B = tuple(rule.id for rule in select(provider="jackpot"))


@pytest.mark.parametrize("mutant", ALL, ids=[mutant.name for mutant in ALL])
def test_mutant_is_caught_by_a_rule_it_names(mutant):
    entry = row(mutant, first_only=True)
    print(f"{mutant.name}: blamed {', '.join(entry.blamed) or 'nothing'}")
    assert entry.caught, f"{mutant.name} survived {', '.join(mutant.rules)}: {mutant.fault}"


@pytest.mark.parametrize("rules", [PART_A, PART_B], ids=["a", "b"])
@pytest.mark.parametrize("database", ["sqlite", "postgresql"])
def test_reference_is_never_accused(database, rules, request):
    url = request.getfixturevalue("postgres_url") if database == "postgresql" else None
    with serving(None, url, processes=2 if url else 1) as target:
        judged = judge(target, rules, "normal")
    blamed = {
        v.rule.id: v.reason for v in judged.verdicts if v.standing not in (Standing.PASSED, Standing.INFO)
    }
    assert blamed == {}
    assert judged.code is Exit.HOLDS


def test_every_rule_of_part_a_has_a_mutant():
    named = {rule for mutant in ALL for rule in mutant.rules}
    # WSGI hides how a header's name was written; tests/end_to_end/clients/wrong_memory.py breaks that rule instead.
    assert set(PART_A) - named == {"SIG-07"}
    assert "SIG-07" in faults("wrong_memory.py").warns


def test_every_rule_of_part_b_has_a_mutant():
    named = {rule for mutant in ALL for rule in mutant.rules}
    assert set(PART_B) - named == set()
