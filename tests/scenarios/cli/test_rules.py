"""``pitboss rules``."""

import json

import pytest
from click.testing import CliRunner

from scenarios.cli.commands.rules import command
from scenarios.contract import GROUPS, RULES


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def test_json_holds_every_rule_in_order():
    reported = json.loads(run("--format", "json").output)
    assert [rule["id"] for rule in reported] == list(RULES)
    assert reported[0]["statement"] == RULES["SIG-01"].statement


def test_markdown_has_a_table_for_each_group():
    text = run("--format", "markdown").output
    assert [line[3:6] for line in text.splitlines() if line.startswith("## ")] == list(GROUPS)
    rows = [line for line in text.splitlines() if line[:6].strip("| ").isupper() and line.startswith("| ")]
    assert len(rows) == len(RULES)


def test_the_table_shows_level_and_needs():
    result = run("--only", "BET-08,IDM-07")
    assert result.exit_code == 0
    for text in ("BET-08", "MUST", "ban", "2 players", "2 rules"):
        assert text in result.output
    assert "SIG-01" not in result.output


@pytest.mark.parametrize("form", ["table", "markdown", "json"])
def test_an_unknown_rule_is_a_usage_problem(form):
    result = run("--format", form, "--only", "RKB")
    assert result.exit_code == 2
    assert "did you mean RBK?" in result.output
