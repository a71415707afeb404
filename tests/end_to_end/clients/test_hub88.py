"""The judge against CLIENTs of Hub88's that were made from its public pages alone: right ones, and wrong ones."""

import ast

import pytest

from scenarios.cli.reference_client import new_secrets
from scenarios.contract import MONEY, RULES
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target, with_dialect
from scenarios.toml_files.problems import Origin
from simulators.providers import OPERATOR
from tests.end_to_end.clients.running import FOLDER, running
from tests.end_to_end.clients.test_independent import by_standing
from tests.scenarios.operator.test_scenarios_money import SMALL

PROGRAM = "hub88.py"
ALL = tuple(rule.id for rule in RULES.values() if rule.provider == OPERATOR and rule.group in MONEY)
# What a wrong CLIENT is judged by, beside the rules that it breaks: none of these may be broken.
FEW = ("BET-01", "IDM-01", "RBK-04", "RBK-07", "RBK-10", "BAL-01", "BAL-02")
# What its words leave out, what a driver or further players are needed for, and what is recorded only.
NOT_JUDGED = {"RES-03", "RBK-15", "BET-13", "BET-08", "RES-04", "IDM-10", "RBK-11", "RBK-16"}


def table(name):
    """A table of the program, which is not imported, since it shares no code with the judge."""
    for statement in ast.parse((FOLDER / PROGRAM).read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name:
            return ast.literal_eval(statement.value)
    raise LookupError(name)


def judged(way, rules, monkeypatch):
    monkeypatch.setenv("WAY", way)
    signs, checks = new_secrets("hub88")
    # The first has a part of a cent, which can never be bet.
    players = {"p-1": "100.003", "p-2": "5.00"}
    with running(PROGRAM, players, secret=checks) as client:
        target = Target.model_validate(
            {
                "operator": {"callback_url": client.url, "security_hash": signs, "dialect": "hub88"},
                "players": {"ids": list(players), "currency": "EUR"},
            }
        )
        return check(Settings(with_dialect(target, Origin("a test", {})), rules, SMALL, 7))


@pytest.mark.parametrize("way", table("RIGHT"))
def test_a_right_client_is_not_accused(way, monkeypatch):
    result = judged(way, ALL, monkeypatch)
    assert by_standing(result, Standing.FAILED, Standing.WARNED, Standing.UNDECIDED) == {}
    assert set(by_standing(result, Standing.SKIPPED, Standing.INFO)) == NOT_JUDGED
    assert result.code is Exit.HOLDS
    assert result.run.warnings == []
    assert result.run.probe_name == "call"


@pytest.mark.parametrize(("way", "breaks"), table("WRONG").items())
def test_a_fault_is_named_and_no_other(way, breaks, monkeypatch):
    assert set(by_standing(judged(way, FEW, monkeypatch), Standing.FAILED, Standing.WARNED)) == set(breaks)
