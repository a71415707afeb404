"""The outside team's project of docs/example finds a fault; the rest its page shows, word for word."""

import json
import shutil
import xml.etree.ElementTree as ElementTree

from tests.house.__main__ import ROOT
from tests.support.programs.commanding import PYTEST, run_program
from tests.support.programs.reference import HASH, reference

EXAMPLE = ROOT / "docs" / "example"


def test_a_scenario_of_theirs_finds_the_fault(tmp_path):
    project = shutil.copytree(
        EXAMPLE, tmp_path / "project", ignore=shutil.ignore_patterns("__pycache__", "report")
    )
    options = "--pitboss pitboss.toml --pitboss-report report scenarios -p no:cacheprovider"
    with reference(tmp_path, "result-second-ignored") as client:
        done = run_program(
            PYTEST,
            *options.split(),
            cwd=project,
            SECURITY_HASH=HASH,
            SITE=client.url,
            PITBOSS_OPERATOR__CALLBACK_URL=f"{client.url}/operator",
            PYTHONDONTWRITEBYTECODE="1",
        )
    assert done.returncode == 1, done.stdout + done.stderr
    rules = json.loads((project / "report" / "report.json").read_text())["rules"]
    assert [rule["outcome"] for rule in rules if rule["id"] == "RES-05"] == ["failed"]
    suite = ElementTree.parse(project / "report" / "junit.xml")
    failed = [case.get("name") for case in suite.iter("testcase") if case.find("failure") is not None]
    assert failed == ["test_the_website_shows_a_cash_out_in_parts"]
