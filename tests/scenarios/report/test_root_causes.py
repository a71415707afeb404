"""What one fault breaks stands together, what two break does not; no broken rule is left out."""

import re

import pytest

from scenarios.contract import RULES
from scenarios.contract.follows import FOLLOWS, IN_EVERY_BALANCE
from scenarios.report.ci import github
from scenarios.report.document import document
from scenarios.report.root_causes import roots
from scenarios.run.findings import Standing
from tests.scenarios.report.test_accusation import shown
from tests.support.in_memory.faulty_wallets import PaysOrphans, ResultsNotRemembered
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Wallet


class Unsigned(Wallet):
    def authentic(self, body, given):
        return True


@pytest.mark.parametrize(
    ("faults", "rules", "expected"),
    [
        ((Unsigned,), "SIG-02 SIG-03 SIG-08", {"SIG-02": {"SIG-03", "SIG-08"}}),
        (
            (ResultsNotRemembered, PaysOrphans, Unsigned),
            "SIG-02 SIG-03 IDM-01 IDM-09 RBK-04",
            {"SIG-02": {"SIG-03"}, "IDM-01": {"IDM-09"}, "RBK-04": set()},
        ),
    ],
    ids=["one", "three"],
)
def test_what_one_fault_breaks_stands_together(faults, rules, expected):
    result = judged(type("Faulty", faults, {})(), *rules.split(), seed=7)
    found = roots(result.run, result.verdicts)
    assert {root.rule: {one.rule.id for one in root.verdicts[1:]} for root in found} == expected
    stakes = [root.stake[0] for root in found]
    assert stakes == sorted(stakes, reverse=True)
    broken = {one.rule.id for one in result.verdicts if one.standing is Standing.FAILED}
    reported = document(result.run, result.verdicts).to_fix
    assert [one.rule for one in reported] == [root.rule for root in found]
    assert {rule for one in reported for rule in one.rules} == broken
    page = github.summary(result)
    assert [line.split("**")[1] for line in page.splitlines() if line.startswith("1. ")] == [
        one.rule for one in reported
    ]
    leads = [
        found[1] for line in github.of_verdicts(result) if (found := re.match("::error title=(.{6}) ", line))
    ]
    assert sorted(leads) == sorted(broken)
    assert leads[: len(reported)] == [one.rule for one in reported]
    text = shown(result, 200)
    start = text.index("To fix, worst first")
    assert f"\n  1. {reported[0].rule}: " in text[start:]
    for one in reported:
        others = ", ".join(one.rules[1:])
        assert (f"by the same fault: {others}\n" in text[start:]) == bool(others)
    assert all(f"✗ {rule} broken" in text for rule in broken)


def test_who_leads_comes_before_who_follows():
    order = [*FOLLOWS]
    for lead, followers in FOLLOWS.items():
        assert {lead, *followers} <= set(RULES)
        assert lead not in followers
    moving = [rule for rule in order if not rule.startswith("MSG")]
    assert moving[: len(IN_EVERY_BALANCE)] == [*IN_EVERY_BALANCE]
