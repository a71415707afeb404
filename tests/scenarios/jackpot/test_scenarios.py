"""Rules of Jackpot: the reference CLIENT is never accused, and what cannot be judged says what it lacks.

That each blames who breaks it and nobody else, and that the reference as it comes holds them: tests.mutants.
"""

import json
from collections import defaultdict
from dataclasses import replace
from pathlib import Path

from client_under_test.app import Parts
from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversions
from scenarios.cli.reference_client import reference_client
from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from tests.support.programs.mutants import serving

# A right CLIENT is waited for as long as the machine needs: tests share it.
PATIENT = replace(QUICK, patience=30)
EVERYTHING = tuple(rule.id for rule in select(provider="jackpot"))


def judged(target, rules, effort=QUICK, **options):
    result = check(Settings(target, tuple(rules), effort, 7, **options))
    assert result.problem is None, str(result.problem)
    return result


def test_a_reference_that_confirms_automatically_is_not_accused(tmp_path):
    with reference_client(tmp_path, confirmation="automatic") as target:
        result = judged(target, EVERYTHING, PATIENT, strict=True)
    left = {
        verdict.rule.id: verdict.reason
        for verdict in result.verdicts
        if verdict.standing is not Standing.PASSED
    }
    assert left.keys() <= {"VCH-04", "VCH-11"}, left
    assert result.code is Exit.HOLDS
    assert result.run.warnings == []


WAITS = """
import requests

class Driver:
    def sweep(self, now):
        requests.post({url!r}, json={{"now": int(now) - 3900}}, timeout=10).raise_for_status()
"""


def test_a_client_may_hold_a_session_until_nobody_can_use_it(tmp_path, monkeypatch):
    # Its JWT is taken for an hour, what that opens lasts another, and webhooks are sent again for five minutes.
    with reference_client(tmp_path) as target:
        (tmp_path / "waits.py").write_text(WAITS.format(url=str(target.driver.sweep.post)))
        driver = target.driver.model_copy(update={"sweep": None, "python": "waits:Driver"})
        waiting = target.model_copy(update={"driver": driver})
        monkeypatch.chdir(tmp_path)
        result = judged(waiting, ("VCH-09",), PATIENT)
    assert result.code is Exit.HOLDS


class HoldsUntilReady(Conversions):
    """Takes the price when a voucher is READY, and holds all of the session until then."""

    def target(self, row, state, price, balance):
        return (
            (row.held, row.spent) if state == states.CONFIRMED else super().target(row, state, price, balance)
        )

    def wanted(self, row, state, price, held, spent):
        return None if state == states.CONFIRMED else super().wanted(row, state, price, held, spent)


def test_a_client_may_hold_a_session_until_its_voucher_is_ready():
    lies = replace(PATIENT, family_share=1)
    with serving(parts=Parts(conversions=HoldsUntilReady)) as target:
        result = judged(target, ("EVT-09",), lies, strict=True)
        assert result.code is Exit.HOLDS
    # What it holds for a voucher comes back before the next case: none is left CONFIRMED. Events overtake one another.
    reported = defaultdict(set)
    for one in result.run.history:
        if one.label.startswith("coupon/") and one.genuine:
            event = json.loads(one.request.body)
            reported[event["message"]["id"]].add(event["event"])
    confirmed = [names for names in reported.values() if "coupon/confirmed" in names]
    assert confirmed
    assert all("coupon/ready" in names for names in confirmed)


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
    with serving("vch-free") as target:
        brief = replace(QUICK, patience=1)
        first = judged(target, ("VCH-10",), brief)
        story = next(each.stories["VCH-10"] for each in first.run.results if each.stories)
        again = judged(target, ("VCH-10",), brief, story=story)
    assert again.verdicts[0].standing is Standing.FAILED
    assert again.code is Exit.BROKEN
