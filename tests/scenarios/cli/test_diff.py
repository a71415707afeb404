"""``pitboss diff`` names what came out otherwise, and fails on what broke."""

import json

import pytest
from click.testing import CliRunner

from scenarios.cli.main import main
from tests.scenarios.report.made_up_reports import document, rule


def compared(tmp_path, old, new, *options):
    for name, rules in (("old", old), ("new", new)):
        more = {"to_fix": [{"rule": "IDM-01", "rules": ["IDM-01", "RBK-04"]}]} if name == "new" else {}
        (tmp_path / f"{name}.json").write_text(json.dumps(document(*rules, **more)))
    return CliRunner().invoke(
        main, ["diff", *options, str(tmp_path / "old.json"), str(tmp_path / "new.json")]
    )


@pytest.mark.parametrize(
    ("old", "new", "first", "last", "code"),
    [
        ("passed", "failed", "broke", "1 broke.", 1),
        ("skipped", "failed", "broke", "1 broke.", 1),
        ("undecided", "failed", "broke", "1 broke.", 1),
        ("warned", "failed", "broke", "1 broke.", 1),
        ("passed", "warned", "broke", "1 broke.", 0),
        ("failed", "passed", "fixed", "1 fixed.", 0),
        ("warned", "info", "fixed", "1 fixed.", 0),
        ("failed", "undecided", "changed", "1 changed.", 0),
        ("failed", "skipped", "changed", "1 changed.", 0),
        ("passed", "passed", "No", "No rule came out otherwise.", 0),
        ("failed", "failed", "No", "No rule came out otherwise.", 0),
    ],
)
def test_each_change_is_named(tmp_path, old, new, first, last, code):
    done = compared(tmp_path, [rule(outcome=old)], [rule(outcome=new)])
    lines = done.output.splitlines()
    assert (lines[0].split()[0], lines[-1], done.exit_code) == (first, last, code)


def test_what_is_only_in_one_report_is_named_and_a_new_broken_rule_fails(tmp_path):
    old, new = [rule("RBK-01", "passed"), rule("RBK-02", "skipped")], [rule("RBK-04", "failed")]
    done = compared(tmp_path, old, new)
    first, gone, last = done.output.splitlines()
    assert first.endswith("as it seems by the same fault as IDM-01")
    assert gone == "no longer judged  RBK-01"
    assert last == "1 new, 1 no longer judged."
    assert done.exit_code == 1


def test_a_should_that_broke_counts_only_where_strict(tmp_path):
    old, new = [rule("RBK-03", "passed", level="SHOULD")], [rule("RBK-03", "warned", level="SHOULD")]
    assert [compared(tmp_path, old, new, *options).exit_code for options in ((), ("--strict",))] == [0, 1]


def test_what_is_no_report_is_told_in_three_beats(tmp_path):
    done = CliRunner().invoke(main, ["diff", str(tmp_path / "none.json")])
    assert done.exit_code == 2
    assert [beat in done.output for beat in ("cannot be read", "expected", "next step")] == [True] * 3
