"""How findings become verdicts: a table of tiny results, and the exit codes that follow."""

from decimal import Decimal

import pytest

from scenarios.contract import RULES, Level
from scenarios.problems.errors import Exit
from scenarios.run.findings import Finding, ScenarioResult, Standing, exit_code, judge_rule, message

MUST, SHOULD, INFO = RULES["RBK-04"], RULES["RBK-03"], RULES["RBK-11"]


def result(rule, *findings, ended=None, reason="", notes=()):
    made = ScenarioResult("x", "x", (rule.id,), findings=list(findings), ended=ended, reason=reason)
    made.notes = {rule.id: list(notes)} if notes else {}
    return made


def finding(rule, level=None, off="0", case="", seen="b"):
    return Finding(rule.id, level or rule.level, "a", seen, (1,), case, Decimal(off))


@pytest.mark.parametrize(
    ("rule", "results", "standing", "reason"),
    [
        (MUST, [result(MUST)], Standing.PASSED, ""),
        (MUST, [result(MUST, finding(MUST))], Standing.FAILED, "expected a; seen b"),
        (MUST, [result(MUST, finding(MUST, SHOULD.level))], Standing.WARNED, "expected a; seen b"),
        (SHOULD, [result(SHOULD, finding(SHOULD))], Standing.WARNED, "expected a; seen b"),
        (SHOULD, [result(SHOULD, finding(SHOULD, MUST.level))], Standing.FAILED, "expected a; seen b"),
        (INFO, [result(INFO, notes=["it pays"])], Standing.INFO, "it pays"),
        (INFO, [result(INFO, finding(INFO, MUST.level))], Standing.FAILED, "expected a; seen b"),
        (MUST, [result(MUST, ended=Standing.SKIPPED, reason="no ban")], Standing.SKIPPED, "no ban"),
        (MUST, [result(MUST, ended=Standing.UNDECIDED, reason="crash")], Standing.UNDECIDED, "crash"),
        (MUST, [], Standing.SKIPPED, "no scenario was selected for this rule"),
        # A pass of one scenario does not hide what another left open, and a skip does not hide a pass.
        (
            MUST,
            [result(MUST), result(MUST, ended=Standing.UNDECIDED, reason="bound")],
            Standing.UNDECIDED,
            "bound",
        ),
        (MUST, [result(MUST), result(MUST, ended=Standing.SKIPPED, reason="no ban")], Standing.PASSED, ""),
        (
            MUST,
            [result(MUST, ended=Standing.UNDECIDED), result(MUST, finding(MUST))],
            Standing.FAILED,
            "expected a; seen b",
        ),
        # Found before the scenario broke off: found.
        (
            MUST,
            [result(MUST, finding(MUST), ended=Standing.UNDECIDED, reason="x")],
            Standing.FAILED,
            "expected a; seen b",
        ),
    ],
)
def test_a_rule_is_as_bad_as_its_worst_scenario(rule, results, standing, reason):
    verdict = judge_rule(rule, results)
    assert (verdict.standing, verdict.reason) == (standing, reason)


def test_results_of_other_rules_do_not_count():
    assert judge_rule(MUST, [result(SHOULD, finding(SHOULD))]).standing is Standing.SKIPPED
    assert judge_rule(MUST, [], interrupted=True).reason == "not run: the run was interrupted"


def test_a_message_names_the_first_and_the_worst_case_and_how_many():
    findings = [
        finding(MUST, off="1", case="small"),
        finding(MUST, off="9", case="large"),
        finding(MUST, off="2"),
    ]
    said = message(findings)
    assert said == "small: expected a; seen b | worst: large: expected a; seen b | 3 cases"
    assert message(findings[:1]) == "small: expected a; seen b"


def test_a_broken_must_is_worse_than_a_costly_should():
    findings = [finding(MUST, Level.SHOULD, off="9", seen="late"), finding(MUST, off="1", seen="twice")]
    assert "worst: expected a; seen twice" in message(findings)


@pytest.mark.parametrize(
    ("standings", "strict", "code"),
    [
        ([Standing.PASSED, Standing.INFO, Standing.SKIPPED], False, Exit.HOLDS),
        ([Standing.PASSED, Standing.WARNED], False, Exit.HOLDS),
        ([Standing.PASSED, Standing.WARNED], True, Exit.BROKEN),
        ([Standing.UNDECIDED, Standing.PASSED], False, Exit.UNDECIDED),
        ([Standing.UNDECIDED, Standing.FAILED], False, Exit.BROKEN),
        ([Standing.SKIPPED, Standing.SKIPPED], False, Exit.UNDECIDED),
    ],
)
def test_exit_codes(standings, strict, code):
    results = {
        Standing.PASSED: result(MUST),
        Standing.INFO: result(INFO, notes=["x"]),
        Standing.SKIPPED: result(MUST, ended=Standing.SKIPPED),
        Standing.WARNED: result(SHOULD, finding(SHOULD)),
        Standing.UNDECIDED: result(MUST, ended=Standing.UNDECIDED),
        Standing.FAILED: result(MUST, finding(MUST)),
    }
    verdicts = [judge_rule(RULES[results[one].rules[0]], [results[one]]) for one in standings]
    assert exit_code(verdicts, strict=strict) is code
