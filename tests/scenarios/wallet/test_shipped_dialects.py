"""Each dialect that is shipped: the reference CLIENT speaks it, every rule about money holds, and faults are found."""

from contextlib import contextmanager
from pathlib import Path

import pytest

import scenarios
from client_under_test.app import UnfitForDialect, create_app
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
# A way to be wrong about each rule on bets, results, copies and rollbacks, shown by single requests; the first few at
# every change. Others of the same rule are no others in these words.
FAULTS = {
    "BET-03": "bet-overdraft",
    "IDM-01": "idm-no-results",
    "RBK-01": "rollback-half",
    "RBK-02": "rollback-always-adds",
    "RBK-03": "rollback-clamped",
    "BET-01": "amount-fee",
    "BET-02": "bet-keeps-one",
    "BET-05": "bet-refusal-forgotten",
    "BET-07": "bet-any-currency",
    "BET-09": "bet-zero-unit",
    "RES-01": "amount-tax",
    "RES-02": "result-zero-refused",
    "RES-05": "result-second-ignored",
    "RES-06": "result-negative",
    "IDM-05": "idm-corrected",
    "IDM-06": "idm-by-action",
    "IDM-08": "idm-case",
}
# What is a fault in one dialect and none in the other, whose provider decided otherwise or never says it so.
OWN = {
    "hub88": {
        "RBK-01": "rollback-last-20",
        "RBK-04": "rollback-orphan-unknown",
        "RBK-05": "rollback-orphan-copy",
        "RBK-06": "rollback-late-bet",
        "RBK-07": "rollback-again",
        "RBK-10": "rollback-anyone-asker",
        "BAL-01": "bal-whole",
        "BAL-02": "bal-cached",
    },
    "blueocean": {
        "RES-03": "result-bets-first",
        "IDM-05": "idm-with-amount",
        "RBK-08": "rollback-refused-paid",
        "RBK-13": "rollback-result-void",
        "RBK-15": "rollback-any-currency",
    },
}
FEW = 3
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
    config = Config(database=f"{folder}/client.sqlite", fsync=False, dialect=dialect, security_hash=checks)
    app = find(mutant).build(config) if mutant else create_app(config)
    with threaded(app) as site:
        yield target_at(site, 0, signs, "a password of the tests", dialect=dialect)
    app.extensions["database"].close()


def judged(dialect, folder, rules, mutant=None):
    with speaking(dialect, folder, mutant) as target:
        found = check(Settings(target, rules, SMALL, 7), paths=FILES)
    assert found.problem is None, str(found.problem)
    # What `pitboss replay` has the reference speak.
    reported = document(found.run, found.verdicts)
    assert reported.dialect == dialect
    # Where rollbacks have no ids of their own, it is told in other words.
    copies = {rule.id for rule in reported.rules if "a copy of the first" in rule.statement}
    assert copies == ({"RBK-07"} & {*rules} if dialect == "blueocean" else set())
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
        every = metafunc.config.getoption("--mutants") == "all"
        first = [*FAULTS.items()] if every else [*FAULTS.items()][:FEW]
        rows = [
            (one, mutant, rule)
            for one in SHIPPED
            for rule, mutant in (*first, *(OWN[one].items() if every else ()))
        ]
        metafunc.parametrize(("dialect", "mutant", "rule"), rows)


def test_a_fault_of_the_ledger_is_found_in_these_words(dialect, mutant, rule, tmp_path):
    [(standing, reason)] = judged(dialect, tmp_path, (rule,), mutant).values()
    assert standing in {Standing.FAILED, Standing.WARNED}, reason
    # It is told in these words as well.
    assert "error null" not in reason


def test_a_fault_in_the_documents_words_is_refused_in_others(tmp_path):
    with pytest.raises(UnfitForDialect, match="hub88"):
        find("sig-prefix").build(Config(database=f"{tmp_path}/client.sqlite", dialect="hub88"))
