"""What cases at once showed is forgotten as an accusation, and told as a note."""

from types import SimpleNamespace

from scenarios.cases.at_once import holds
from scenarios.contract import RULES, Level
from scenarios.run.findings import Finding, ScenarioResult, Standing, judge_rule


def test_what_only_cases_at_once_showed_is_a_note_of_a_rule_that_holds_one_by_one():
    result = ScenarioResult("sums", "Sums", ("BET-01",), notes={"BET-01": ["earlier"]})
    judge = SimpleNamespace(result=result, tentative=False)

    def finds():
        result.findings.append(Finding("BET-01", Level.MUST, "balance 5.00 EUR", "balance 6.00 EUR"))
        result.notes.setdefault("BET-01", []).append("of that reading")

    assert not holds(judge, finds)
    assert not judge.tentative
    verdict = judge_rule(RULES["BET-01"], [result])
    assert verdict.standing is Standing.PASSED
    assert verdict.reason.startswith("earlier; it holds one request after the other")
    assert "seen balance 6.00 EUR" in verdict.reason
    assert "of that reading" not in verdict.reason


def test_cases_at_once_that_hold_leave_no_note():
    result = ScenarioResult("sums", "Sums", ("BET-01",))
    assert holds(SimpleNamespace(result=result, tentative=False), lambda: None)
    assert result.notes == {}
