"""Rules of Jackpot: each is broken by some CLIENT and blames it, and the reference CLIENT is never accused."""

from pathlib import Path

import pytest

from scenarios.cli.reference_client import reference_client
from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.effort import QUICK
from scenarios.run.findings import Standing
from scenarios.run.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from tests.support.mutants import serving

EVERYTHING = tuple(rule.id for rule in select(provider="jackpot"))
BLAMED = (Standing.FAILED, Standing.WARNED)

# A rule, a CLIENT that breaks it, the rules it is judged by, and all among them that it breaks.
CAUGHT = [
    ("VTK-01", "vtk-none", "VTK", {"VTK-01"}),
    ("VTK-01", "vtk-hs512", "VTK", {"VTK-01"}),
    ("VTK-02", "vtk-cents", "VTK", {"VTK-02"}),
    ("VTK-03", "vtk-milliseconds", "VTK", {"VTK-03"}),
    # Without a key of their own, two tokens of one second are the same.
    ("VTK-04", "vtk-no-key", "VTK-01,VTK-02,VTK-03,VTK-04,VTK-05", {"VTK-04"}),
    ("VTK-05", "vtk-user-number", "VTK", {"VTK-05"}),
    ("VTK-06", "vtk-cached", "VTK", {"VTK-06"}),
    ("VTK-07", "vtk-telling", "VTK", {"VTK-07"}),
    ("VTK-07", "vtk-telling-page", "VTK", {"VTK-07"}),
    ("VTK-08", "vtk-rounded", "VTK", {"VTK-08"}),
    ("EVT-01", "evt-coupons-only", "EVT-01,EVT-06,EVT-08", {"EVT-01"}),
    ("EVT-02", "evt-forgetful", "EVT-01,EVT-02,EVT-09", {"EVT-02"}),
    ("EVT-03", "evt-looks-first", "EVT-01,EVT-03", {"EVT-03"}),
    ("EVT-04", "evt-last-wins", "EVT-01,EVT-04", {"EVT-04"}),
    ("EVT-05", "evt-done-first", "EVT-01,EVT-05", {"EVT-05"}),
    ("EVT-06", "evt-unknown-refused", "EVT-01,EVT-06,EVT-07", {"EVT-06"}),
    ("EVT-07", "evt-stuck", "EVT-06,EVT-07,EVT-08", {"EVT-07"}),
    ("EVT-07", "evt-no-price", "EVT-06,EVT-07,EVT-08", {"EVT-07"}),
    ("EVT-08", "evt-foreign-refused", "EVT-01,EVT-08", {"EVT-08"}),
    ("EVT-09", "evt-trusts-refunds", "EVT-02,EVT-09", {"EVT-09"}),
    ("EVT-10", "evt-texts-only", "EVT-01,EVT-10", {"EVT-10"}),
    ("EVT-11", "evt-unhurried", "EVT-01,EVT-11", {"EVT-11"}),
    ("EVT-12", "evt-in-memory", "EVT-01,EVT-12", {"EVT-12"}),
    ("CAT-01", "cat-few-columns", "CAT-01,CAT-02,CAT-04,CAT-07", {"CAT-01"}),
    ("CAT-02", "cat-never-withdrawn", "CAT-01,CAT-02,CAT-03", {"CAT-02"}),
    ("CAT-02", "cat-unknown-fails", "CAT", {"CAT-02"}),
    ("CAT-03", "cat-merging", "CAT-01,CAT-02,CAT-03", {"CAT-03"}),
    ("CAT-04", "cat-update-dropped", "CAT", {"CAT-04"}),
    ("CAT-05", "cat-last-wins", "CAT", {"CAT-05"}),
    ("CAT-06", "cat-values-stay", "CAT", {"CAT-06"}),
    ("CAT-07", "cat-gone", "CAT", {"CAT-07"}),
    ("VCH-01", "vch-pays-value", "VCH-01,VCH-02,VCH-11", {"VCH-01"}),
    ("VCH-02", "vch-cancel-keeps", "VCH-01,VCH-02,VCH-03,VCH-11", {"VCH-02"}),
    ("VCH-03", "vch-refunds-rejected", "VCH-01,VCH-02,VCH-03", {"VCH-03"}),
    ("VCH-04", "vch-confirms-each", "VCH-01,VCH-02,VCH-04", {"VCH-04"}),
    ("VCH-04", "vch-confirms-unpaid", "VCH-01,VCH-02,VCH-04", {"VCH-04"}),
    ("VCH-05", "vch-confirms-always", "VCH-01,VCH-05", {"VCH-05"}),
    ("VCH-06", "vch-callback-only", "VCH-06", {"VCH-06"}),
    ("VCH-07", "vch-url-for-ever", "VCH-01,VCH-07", {"VCH-07"}),
    ("VCH-08", "vch-no-hold", "VCH-01,VCH-08", {"VCH-08"}),
    ("VCH-09", "vch-releases-again", "VCH-01,VCH-09", {"VCH-09"}),
    ("VCH-10", "vch-refunds-each", "VCH-01,VCH-10", {"VCH-10"}),
    ("VCH-11", "vch-error-is-no", "VCH-01,VCH-11", {"VCH-11"}),
]


def judged(target, rules, **options):
    result = check(Settings(target, tuple(rules), QUICK, 7, **options))
    assert result.problem is None, str(result.problem)
    return result


@pytest.mark.parametrize(
    ("rule", "name", "by", "breaks"), CAUGHT, ids=[f"{row[0]}-{row[1]}" for row in CAUGHT]
)
def test_rule_blames_who_breaks_it_and_no_other(rule, name, by, breaks):
    rules = [each.id for each in select(by)]
    with serving(name) as target:
        result = judged(target, rules)
    blamed = {verdict.rule.id: verdict.reason for verdict in result.verdicts if verdict.standing in BLAMED}
    assert set(blamed) == breaks, blamed
    assert rule in blamed


def test_every_rule_is_shown_to_be_caught():
    assert {row[0] for row in CAUGHT} == set(EVERYTHING)


@pytest.mark.parametrize("confirmation", ["manual", "automatic"])
def test_reference_is_never_accused(tmp_path, confirmation):
    with reference_client(tmp_path, confirmation=confirmation) as target:
        result = judged(target, EVERYTHING, strict=True)
    left = {
        verdict.rule.id: verdict.reason
        for verdict in result.verdicts
        if verdict.standing is not Standing.PASSED
    }
    assert left.keys() <= ({"VCH-04", "VCH-11"} if confirmation == "automatic" else set()), left
    assert result.code is Exit.HOLDS
    assert result.run.warnings == []


def alone(target: Target) -> Target:
    """The same CLIENT of which only the notification URL and its agreement are known."""
    return Target.model_validate({"jackpot": target.jackpot})


def test_notification_url_alone_is_enough_for_acknowledgements(tmp_path):
    with reference_client(tmp_path) as target:
        result = judged(alone(target), EVERYTHING)
    standing = {verdict.rule.id: verdict.standing for verdict in result.verdicts}
    passed = {rule for rule, how in standing.items() if how is Standing.PASSED}
    assert passed == {"EVT-01", "EVT-06", "EVT-07", "EVT-08", "EVT-11"}
    assert {how for rule, how in standing.items() if rule not in passed} == {Standing.SKIPPED}
    assert result.code is Exit.HOLDS


def test_without_the_section_rules_name_what_to_add(tmp_path):
    with reference_client(tmp_path) as target:
        result = judged(target.model_copy(update={"jackpot": None}), ("EVT-01", "VTK-01", "RES-02"))
    standing = {verdict.rule.id: (verdict.standing, verdict.reason) for verdict in result.verdicts}
    assert standing["RES-02"][0] is Standing.PASSED
    for rule in ("EVT-01", "VTK-01"):
        assert standing[rule][0] is Standing.SKIPPED
        assert "add: [jackpot] with notification_url" in standing[rule][1]


def test_nobody_at_the_notification_url_is_a_problem_of_the_target(tmp_path):
    with reference_client(tmp_path) as target:
        gone = alone(target)
    result = check(Settings(gone, ("EVT-01",), QUICK, 7))
    assert result.code is Exit.UNREACHABLE
    assert "notification_url" in str(result.problem)


def test_a_story_that_breaks_is_saved_and_breaks_again(tmp_path: Path):
    with serving("vch-refunds-each") as target:
        first = judged(target, ("VCH-10",))
        story = next(each.stories["VCH-10"] for each in first.run.results if each.stories)
        again = judged(target, ("VCH-10",), story=story)
    assert again.verdicts[0].standing is Standing.FAILED
    assert again.code is Exit.BROKEN
