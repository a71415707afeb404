"""The judge against CLIENTs of other providers that were made from their public pages alone: right ones, wrong ones."""

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
from tests.support.programs.commanding import pitboss

ALL = tuple(rule.id for rule in RULES.values() if rule.provider == OPERATOR and rule.group in MONEY)
# What a wrong CLIENT is judged by: none of these may be broken beside those that it breaks.
FEW = ("BET-01", "IDM-01", "RBK-04", "RBK-07", "RBK-10", "BAL-01", "BAL-02")
# What a driver or further players are needed for, and what is recorded only.
NEEDED = {"BET-13", "BET-08", "RES-04", "IDM-10"}
# What its words leave out.
NOT_JUDGED = {
    "hub88": NEEDED | {"RES-03", "RBK-15", "RBK-11", "RBK-16"},
    "blueocean": NEEDED | {"RBK-05", "RBK-06", "RBK-11", "RBK-16", "IDM-07"},
}
# The first has a part of a cent in Hub88's units, which can never be bet.
PLAYERS = {
    "hub88": {"p-1": "100.003", "p-2": "5.00"},
    "blueocean": {"p-1": "100.00", "p-2": "5.00"},
}


def table(dialect, name):
    """A table of a program, which is not imported, since it shares no code with the judge."""
    for statement in ast.parse((FOLDER / f"{dialect}.py").read_text(encoding="utf-8")).body:
        if isinstance(statement, ast.AnnAssign) and ast.unparse(statement.target) == name:
            return ast.literal_eval(statement.value)
    raise LookupError(name)


def judged(dialect, way, rules, monkeypatch):
    monkeypatch.setenv("WAY", way)
    signs, checks = new_secrets(dialect)
    players = PLAYERS[dialect]
    with running(f"{dialect}.py", players, secret=checks) as client:
        target = Target.model_validate(
            {
                "operator": {"callback_url": client.url, "security_hash": signs, "dialect": dialect},
                "players": {"ids": list(players), "currency": "EUR"},
            }
        )
        return check(Settings(with_dialect(target, Origin("a test", {})), rules, SMALL, 7))


@pytest.mark.parametrize(
    ("dialect", "way"), [(one, way) for one in NOT_JUDGED for way in table(one, "RIGHT")]
)
def test_a_right_client_is_not_accused(dialect, way, monkeypatch):
    result = judged(dialect, way, ALL, monkeypatch)
    assert by_standing(result, Standing.FAILED, Standing.WARNED, Standing.UNDECIDED) == {}
    assert set(by_standing(result, Standing.SKIPPED, Standing.INFO)) == NOT_JUDGED[dialect]
    assert result.code is Exit.HOLDS
    assert result.run.warnings == []
    assert result.run.probe_name == "call"


# What else a CLIENT may do wrong, mutants show that speak these dialects.
@pytest.mark.parametrize(("way", "breaks"), table("blueocean", "WRONG").items())
def test_a_fault_is_named_and_no_other(way, breaks, monkeypatch):
    result = judged("blueocean", way, FEW, monkeypatch)
    assert set(by_standing(result, Standing.FAILED, Standing.WARNED)) == set(breaks)


@pytest.mark.parametrize("dialect", NOT_JUDGED)
def test_vouchers_beside_the_wagers_are_no_balance_told_wrong(dialect, tmp_path):
    done = pitboss("demo", "--dialect", dialect, "--only", "BAL,VCH-01,VCH-03", cwd=tmp_path)
    assert done.returncode == Exit.HOLDS, done.stdout
