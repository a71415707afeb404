"""Seen again before it is said: a scenario that broke a rule is run once more, with new ids and fresh balances.

Implements ``contract.md``, *What a verdict may rest on*: a rule is accused only of what came back. What did not is
undecided, with both observations and the question whether somebody else used the player. A race, or a kill of the
CLIENT, that did not come back is proof enough while the balances are still.
"""

import contextlib
from collections.abc import Iterable

import pytest

from scenarios.contract import RULES
from scenarios.run.findings import Finding, ScenarioResult, message
from scenarios.run.guard import OutOfBounds, TargetGone
from scenarios.run.judge import Judge
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Exchange


def look_again(item: pytest.Function, judge: Judge) -> None:
    """Run the scenario of ``item`` once more and keep the findings that came back. Raises TargetGone, OutOfBounds."""
    result = judge.result
    first, judged, notes = result.findings, result.judged, result.notes
    stories, readings = dict(result.stories), dict(result.readings)
    raced = _overlapped(judge.run.history.since(result.first_exchange))
    result.findings, result.judged, result.notes = [], set(), {}
    judge.again = True
    try:
        _run(item)
        second, again = result.findings, result.judged
    finally:
        judge.again = False
        result.findings, result.judged, result.notes = first, judged, notes
        result.stories, result.readings = stories, readings
    back = {finding.rule for finding in second}
    for rule in dict.fromkeys(finding.rule for finding in first):
        # What could not be tried again speaks for itself.
        by_chance = raced or "restart" in RULES[rule].needs
        if rule in back or rule not in again or (by_chance and _still(judge)):
            continue
        result.seen_once[rule] = _once(result, rule)
    result.findings = [finding for finding in first if finding.rule not in result.seen_once]


def _run(item: pytest.Function) -> None:
    try:
        item.runtest()
    except (TargetGone, OutOfBounds):
        raise
    except Exception:
        return  # how far it came is what it judged


def _overlapped(exchanges: Iterable[Exchange]) -> bool:
    """Whether two requests were under way at once."""
    latest = float("-inf")
    for one in exchanges:
        if one.invoked < latest:
            return True
        latest = max(latest, one.answered or one.invoked)
    return False


def _still(judge: Judge) -> bool:
    """Whether every balance that the scenario moved is what it was when it was read last."""
    for player in judge.run.players:
        if player.since > judge.result.first_exchange and player.known is not None:
            with contextlib.suppress(Unreadable):
                before = player.known
                if judge.measure(player, before) != before:
                    return False
    return True


def _once(result: ScenarioResult, rule: str) -> str:
    first: list[Finding] = result.of(rule)
    return (
        f"seen once: {message(first)}; tried again with new ids and a fresh balance, it held. "
        "Did somebody else use the player? If not, judge it again"
    )
