"""The outside team's project of docs/example: its scenarios and its driver do what they are for."""

import json
import shlex
import shutil
import xml.etree.ElementTree as ElementTree

import pytest

from tests.house.__main__ import ROOT
from tests.support.programs.commanding import PITBOSS, PYTEST, run_program
from tests.support.programs.reference import HASH, reference

EXAMPLE = ROOT / "docs" / "example"
PROGRAMS = {"pitboss": PITBOSS, "pytest": PYTEST}


@pytest.fixture
def project(tmp_path):
    """A copy of the team's repository."""
    return shutil.copytree(
        EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__", "report")
    )


def run(words, project, client):
    program, *arguments = words
    return run_program(
        PROGRAMS[program],
        *arguments,
        cwd=project,
        SECURITY_HASH=HASH,
        SITE=client.url,
        PITBOSS_OPERATOR__CALLBACK_URL=f"{client.url}/operator",
        PYTHONDONTWRITEBYTECODE="1",
    )


def own_scenarios(project, client):
    command = "pytest --pitboss pitboss.toml --pitboss-report report scenarios -p no:cacheprovider"
    return run(shlex.split(command), project, client)


def outcomes(folder):
    return {rule["id"]: rule["outcome"] for rule in json.loads((folder / "report.json").read_text())["rules"]}


def test_their_scenarios_hold_for_the_reference(project, tmp_path):
    with reference(tmp_path) as client:
        done = own_scenarios(project, client)
        assert client.balance() == 100, "the player owns what it owned before"
    assert done.returncode == 0, done.stdout + done.stderr
    assert "2 passed" in done.stdout
    proved = {name for name, outcome in outcomes(project / "report").items() if outcome == "passed"}
    assert proved == {"RBK-01", "RBK-07", "RES-05", "IDM-01"}


@pytest.mark.parametrize(
    ("mutant", "broken", "scenario"),
    [
        ("rollback-again", "RBK-07", "test_a_match_voided_twice_is_returned_once"),
        ("rollback-half", "RBK-01", "test_a_match_voided_twice_is_returned_once"),
        ("result-second-ignored", "RES-05", "test_the_website_shows_a_cash_out_in_parts"),
    ],
)
def test_a_scenario_of_theirs_finds_the_fault(project, tmp_path, mutant, broken, scenario):
    with reference(tmp_path, mutant) as client:
        done = own_scenarios(project, client)
    assert done.returncode == 1, done.stdout + done.stderr
    assert outcomes(project / "report")[broken] == "failed"
    suite = ElementTree.parse(project / "report" / "junit.xml")
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failed == [scenario]


def test_their_driver_unlocks_rules(project, tmp_path):
    with reference(tmp_path) as client:
        done = run(["pitboss", "doctor"], project, client)
    assert done.returncode == 0, done.stdout + done.stderr
    for line in ("driver balance: p-1 has 100.00 EUR", "driver ban: a banned player's bet was refused"):
        assert line in done.stdout
