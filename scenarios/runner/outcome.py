"""How a scenario ended: exceptions and findings become its standing, and the outcome that pytest tells."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from scenarios.contract import RULES, Level, Observed
from scenarios.problems.errors import Problem
from scenarios.run.balances import Undecided
from scenarios.run.findings import WHO, Finding, ScenarioResult, Standing, message
from scenarios.run.guard import OutOfBounds, TargetGone
from scenarios.run.judge import Enough, shortened
from scenarios.run.run import Run
from scenarios.runner.needs import currency_of, rules_of
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import NoRace
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Purpose

# Exchanges that show what a CLIENT went away at.
_LAST = 6


def result_of(item: pytest.Item) -> ScenarioResult:
    """The empty result of a scenario: ``bet.takes_its_amount`` for test_takes_its_amount in test_bet.py."""
    module = item.path.stem.removeprefix("test_")
    doc = getattr(getattr(item, "obj", None), "__doc__", None) or item.name
    return ScenarioResult(
        f"{module}.{item.name.removeprefix('test_')}",
        doc.strip().splitlines()[0],
        rules_of(item),
        nodeid=item.nodeid,
        currency=currency_of(item),
    )


def ended(run: Run, result: ScenarioResult, error: BaseException, suspected: Noticed | None) -> None:
    """Note in ``result`` that ``error`` ended it; where nothing else was found, what was ``suspected`` is to blame."""
    match error:
        case pytest.skip.Exception():
            result.ended, result.reason = Standing.SKIPPED, str(error.msg)
        case Enough():
            pass  # what was found says it all
        case TargetGone():
            _gone(run, result, str(error))
        case Undecided() | Unreadable() | OutOfBounds() | NoRace():
            result.ended, result.reason = Standing.UNDECIDED, str(error)
            if not result.findings:
                accuse(result, suspected)
        case Problem():
            result.ended, result.reason = Standing.UNDECIDED, f"{error.came}; {error.next_step}"
        case _:
            result.ended = Standing.UNDECIDED
            result.reason = f"the check crashed: {type(error).__name__}: {error}"
    result.reason = result.case(result.reason) if result.reason else ""


def _gone(run: Run, result: ScenarioResult, why: str) -> None:
    if run.gone_after is None:
        run.gone_after = _asked(run, result)
    how = "and stayed away" if run.guard.gone else "too often"
    result.ended, result.reason = Standing.UNDECIDED, f"the target went away {how}: {why}"


def blame_for_going(run: Run, result: ScenarioResult, why: str) -> None:
    """Blame the rule of ``result``: the CLIENT went away in this scenario, came back, and went away in it again."""
    rule = _asked(run, result)
    sent = [one for one in run.sent_in(result) if one.purpose is not Purpose.LIVENESS]
    result.judged.add(rule)
    result.findings = [
        Finding(
            rule,
            # Not to crash is a MUST of the rules that only record, too.
            Level.SHOULD if RULES[rule].level is Level.SHOULD else Level.MUST,
            "the service keeps serving",
            f"it went away, came back, and went away at the same again: {why}",
            tuple(one.number for one in sent[-_LAST:]),
            observed=Observed.SILENT,
        )
    ]


def _asked(run: Run, result: ScenarioResult) -> str:
    return next(rule for rule in result.rules if rule in run.settings.rules)


def accuse(result: ScenarioResult, noticed: Noticed | None) -> None:
    """Blame the rule that the judge's own wagers showed to be broken, where ``result`` is about it.

    What they showed once and then no more leaves the rule undecided.
    """
    if noticed is None or noticed.rule not in result.rules or result.of(noticed.rule):
        return
    result.judged.add(noticed.rule)
    level = RULES[noticed.rule].level
    found = Finding(
        noticed.rule,
        level,
        noticed.expected,
        noticed.seen,
        noticed.exchanges,
        result.case(""),
        noticed.off,
        noticed.observed,
    )
    once = f"seen once, in a wager of the judge's own (#{noticed.exchanges[0]}): {found.sentence()}; "
    if noticed.once and noticed.passing:
        result.notes.setdefault(noticed.rule, []).append(f"{once}sent again it was taken")
    elif noticed.once:
        result.undecided[noticed.rule] = f"{once}the next one held. {WHO}"
    else:
        result.findings.append(found)


def redact(result: ScenarioResult, text: Callable[[str], str]) -> None:
    """Take secrets out of what ``result`` says, by ``text``, and then shorten what it quotes."""

    def clean(said: str) -> str:
        return shortened(text(said))

    result.reason = clean(result.reason)
    result.undecided = {rule: clean(text) for rule, text in result.undecided.items()}
    result.notes = {rule: [clean(note) for note in notes] for rule, notes in result.notes.items()}
    result.findings[:] = [
        replace(
            one,
            seen=clean(one.seen),
            expected=clean(one.expected),
            case=clean(one.case),
            cases=tuple(map(clean, one.cases)),
        )
        for one in result.findings
    ]


def broken_by(result: ScenarioResult, run: Run) -> list[Finding]:
    """What in ``result`` breaks a selected rule that is not known to be broken."""
    counted = set(run.settings.rules) - run.settings.known
    asked = [finding for finding in result.findings if finding.rule in counted]
    return [finding for finding in asked if finding.level is Level.MUST or run.settings.strict]


def tell_pytest(report: pytest.TestReport, result: ScenarioResult, run: Run) -> None:
    """Give ``report`` the outcome of ``result``: failed by a broken selected rule, or undecided."""
    asked = [finding for finding in result.findings if finding.rule in run.settings.rules]
    broken = broken_by(result, run)
    if broken:
        report.outcome = "failed"
        rules = sorted({finding.rule for finding in broken})
        report.longrepr = "\n".join(
            f"{rule} {run.settings.stated(rule).statement}\n  {message([f for f in broken if f.rule == rule])}"
            for rule in rules
        )
    elif result.ended is Standing.UNDECIDED:
        report.outcome = "failed"
        report.longrepr = f"undecided: {result.reason}"
    elif result.undecided.keys() & set(run.settings.rules):
        report.outcome = "failed"
        report.longrepr = "\n".join(f"{rule} undecided: {why}" for rule, why in result.undecided.items())
    elif result.ended is None:
        report.outcome = "passed"
        if asked:
            report.sections.append(("warned", message(asked)))


def error_line(trace: object) -> str:
    """The line of a traceback, as pytest shows it, that names the error."""
    lines = str(trace).strip().splitlines() or [""]
    reported = [line.removeprefix("E").strip() for line in lines if line.startswith("E ")]
    return reported[0] if reported else lines[-1]
