"""Each dialect that is shipped: the reference CLIENT speaks it, every rule about money holds, and faults are found."""

from contextlib import contextmanager
from pathlib import Path

import pytest

import scenarios
from client_under_test.app import OtherWords, create_app
from client_under_test.config import Config
from client_under_test.mutants.host import find
from client_under_test.server import threaded
from client_under_test.wallet.adapters.table import ADAPTERS
from scenarios.cli.reference_client import new_secrets, target_at
from scenarios.contract import RULES as CONTRACT
from scenarios.contract import Level, select
from scenarios.dialects.file import read_dialect
from scenarios.report.document import document
from scenarios.run.findings import Standing
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from simulators.dialects import SHIPPED
from tests.scenarios.operator.test_scenarios_money import SMALL

FILES = sorted((Path(scenarios.__file__).parent / "operator").glob("*/test_*.py"))
ALL = tuple(rule.id for rule in select("BET,RES,IDM,RBK,INV,BAL"))
# Of these, what single requests show: races, restarts and stories ask the ledger, whatever the words.
SPOKEN = tuple(
    rule
    for rule in ALL
    if not rule.startswith("INV")
    and rule not in {"BET-04", "BET-10", "IDM-02", "IDM-03", "IDM-04", "IDM-10", "IDM-11", "RBK-12", "RBK-14"}
)
# Ways to be wrong about bets, results, copies and rollbacks, shown by single requests; the first few at every change.
FAULTS = {
    "bet-overdraft": "BET-03",
    "rollback-orphan-unknown": "RBK-04",
    "idm-no-results": "IDM-01",
    "rollback-half": "RBK-01",
    "rollback-always-adds": "RBK-02",
    "result-second-ignored": "RES-05",
}
# What answers tell of balances is told in one dialect as in the other: tests/mutants judges those mutants.
FEW = 3
# Faults that are none in a dialect: it refuses orphans.
NONE = {("blueocean", "rollback-orphan-unknown")}
# Rules that do not apply to a dialect, and why.
ABSENT = {
    "blueocean": {
        "IDM-07": "two players may share an id",
        **dict.fromkeys(("RBK-05", "RBK-06", "RBK-16"), "the rollback of what is unknown is refused"),
        "RBK-11": "a rollback has no id of its own",
    },
    "hub88": {"RES-03": "each result names a bet", "RBK-15": "a rollback says no currency"},
}


@contextmanager
def speaking(dialect, folder, mutant=None):
    """The target of a CLIENT that speaks ``dialect``: the reference, or a mutant of it."""
    signs, checks = new_secrets(dialect)
    config = Config(
        database=f"{folder}/client.sqlite", fsync=mutant is not None, dialect=dialect, security_hash=checks
    )
    app = find(mutant).build(config) if mutant else create_app(config)
    with threaded(app) as site:
        yield target_at(site, 0, signs, "a password of the tests", dialect=dialect)
    app.extensions["database"].close()


def judged(dialect, folder, rules, mutant=None):
    with speaking(dialect, folder, mutant) as target:
        found = check(Settings(target, rules, SMALL, 7), paths=FILES)
    assert found.problem is None, str(found.problem)
    # What `pitboss replay` has the reference speak.
    assert document(found.run, found.verdicts).dialect == dialect
    return {verdict.rule.id: (verdict.standing, verdict.reason) for verdict in found.verdicts}


def test_each_is_whole_named_as_its_file_and_spoken_by_the_reference():
    assert set(ADAPTERS) == set(SHIPPED)
    for name, path in SHIPPED.items():
        dialect = read_dialect(path)
        assert dialect.name == name
        assert "http" in dialect.source


@pytest.mark.parametrize("dialect", SHIPPED)
def test_the_reference_holds_every_rule_about_money(dialect, tmp_path, request):
    rules = ALL if request.config.getoption("--mutants") == "all" else SPOKEN
    found = judged(dialect, tmp_path, rules)
    recorded = [rule for rule in rules if CONTRACT[rule].level is Level.INFO]
    others = {rule: said for rule, said in found.items() if said[0] is not Standing.PASSED}
    assert {rule: standing for rule, (standing, _) in others.items()} == {
        **dict.fromkeys(recorded, Standing.INFO),
        # It cannot be killed here; and what the dialect's words leave out.
        **dict.fromkeys({"IDM-10", *ABSENT[dialect]} & {*rules}, Standing.SKIPPED),
    }, others
    for rule, why in ABSENT[dialect].items():
        assert why in found[rule][1]


def pytest_generate_tests(metafunc):
    if "mutant" in metafunc.fixturenames:
        few = None if metafunc.config.getoption("--mutants") == "all" else FEW
        chosen = [
            (dialect, *each)
            for dialect in SHIPPED
            for each in [one for one in FAULTS.items() if (dialect, one[0]) not in NONE][:few]
        ]
        metafunc.parametrize(("dialect", "mutant", "rule"), chosen)


def test_a_fault_of_the_ledger_is_found_in_these_words(dialect, mutant, rule, tmp_path):
    [(standing, reason)] = judged(dialect, tmp_path, (rule,), mutant).values()
    assert standing is Standing.FAILED, reason
    # It is told in these words as well.
    assert "error null" not in reason


def test_a_fault_in_the_documents_words_is_refused_in_others(tmp_path):
    with pytest.raises(OtherWords, match="hub88"):
        find("sig-prefix").build(Config(database=f"{tmp_path}/client.sqlite", dialect="hub88"))
