"""The script that shows a broken rule once more: what was sent, with new ids and right signatures, by a shell alone."""

from typing import NamedTuple

from scenarios.contract import Observed
from scenarios.report.repro.decisions import Decisions
from scenarios.report.repro.sending import NoScript, Script
from scenarios.report.repro.tokens import Tokens
from scenarios.report.repro.wagers import Wagers
from scenarios.report.repro.webhooks import Webhooks
from scenarios.run.findings import Finding, RuleVerdict
from scenarios.run.run import Run
from simulators.providers import JACKPOT, OPERATOR


class Scripted(NamedTuple):
    """The text of a script, or why there is none, in one sentence."""

    text: str
    why_none: str


def script(run: Run, verdict: RuleVerdict) -> Scripted:
    """The script for a broken rule, where a shell can show it."""
    found = [finding for result in verdict.results for finding in result.of(verdict.rule.id)]
    why = ""
    for finding in sorted(found, key=lambda one: (one.observed is not Observed.MONEY, -one.off)):
        try:
            return Scripted(_script(run, verdict, finding).text(), "")
        except NoScript as reason:
            why = why or str(reason)
    return Scripted("", why)


def _script(run: Run, verdict: RuleVerdict, finding: Finding) -> Script:
    if finding.order:
        return Decisions(run, verdict, finding, finding.order)
    if finding.claims:
        return Tokens(run, verdict, finding)
    made: dict[str, type[Script]] = {OPERATOR: Wagers, JACKPOT: Webhooks}
    if verdict.rule.provider not in made:
        raise NoScript("A shell cannot show this: pages are searched for keys, through [driver].")
    return made[verdict.rule.provider](run, verdict, finding)
