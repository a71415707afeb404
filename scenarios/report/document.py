"""report.json: the run's verdicts as one JSON document, without secrets. Pure."""

from datetime import UTC, datetime
from typing import Any

from scenarios.contract import Level
from scenarios.report.balance import balance_curve
from scenarios.run.findings import Finding, RuleVerdict, ScenarioResult, Standing, message
from scenarios.run.run import Run
from simulators.exchanges import export

VERSION = 1
# So many exchanges of one scenario are shown for one rule; history.har holds all.
_EXCHANGES = 60
_FINDINGS = 20


def document(run: Run, verdicts: list[RuleVerdict]) -> dict[str, Any]:
    """The report of ``run``. ``duration_s`` is in seconds; amounts are texts in a player's currency."""
    return {
        "version": VERSION,
        "target": run.redactor.text(run.address),
        "started": _started(run),
        "strict": run.settings.strict,
        "interrupted": run.interrupted,
        "seed": run.settings.seed,
        "effort": run.settings.effort.name,
        "probe": run.probe_name,
        "duration_s": round(run.history.now(), 3),
        "exchanges": len(run.history),
        "summary": {"must": tally(verdicts, Level.MUST), "should": tally(verdicts, Level.SHOULD)},
        "warnings": [run.redactor.text(text) for text in run.warnings],
        "rules": [_rule(run, verdict) for verdict in verdicts],
    }


def _started(run: Run) -> str:
    """When the first exchange began, ISO 8601 in UTC; "" where there was none."""
    if not len(run.history):
        return ""
    return datetime.fromtimestamp(run.history[0].started, UTC).isoformat(timespec="seconds")


def tally(verdicts: list[RuleVerdict], level: Level) -> dict[str, int]:
    """How many rules of ``level`` came out how. A rule of another level that failed is among the MUSTs."""
    mine = [
        verdict.standing
        for verdict in verdicts
        if verdict.rule.level is level or (level is Level.MUST and _grave(verdict))
    ]
    words = (Standing.PASSED, Standing.FAILED, Standing.SKIPPED, Standing.UNDECIDED)
    if level is Level.SHOULD:
        mine = [standing for standing in mine if standing is not Standing.FAILED]
        words = (Standing.PASSED, Standing.WARNED, Standing.SKIPPED, Standing.UNDECIDED)
    return {str(word): mine.count(word) for word in words}


def _grave(verdict: RuleVerdict) -> bool:
    return verdict.rule.level is not Level.MUST and verdict.standing is Standing.FAILED


def replay_command(run: Run, rule: str) -> str:
    """The command that judges ``rule`` again with the same generated data."""
    settings = run.settings
    return f"pitboss check --only {rule} --seed {settings.seed} --effort {settings.effort.name}"


def _rule(run: Run, verdict: RuleVerdict) -> dict[str, Any]:
    rule = verdict.rule
    return {
        "id": rule.id,
        "level": str(rule.level),
        "provider": rule.provider,
        "statement": rule.statement,
        "source": rule.source,
        "why": rule.why,
        "causes": rule.causes,
        "outcome": str(verdict.standing),
        "reason": run.redactor.text(verdict.reason),
        "replay": replay_command(run, rule.id),
        "scenarios": [_scenario(run, rule.id, result) for result in verdict.results],
    }


def _scenario(run: Run, rule: str, result: ScenarioResult) -> dict[str, Any]:
    findings = result.of(rule)
    said = message(findings) or result.reason or "; ".join(result.notes.get(rule, []))
    numbers = sorted({number for finding in findings for number in finding.exchanges})[:_EXCHANGES]
    return {
        "id": result.id,
        "title": result.title,
        "outcome": str(result.standing(rule)),
        "message": run.redactor.text(said),
        "findings": [_finding(run, finding) for finding in findings[:_FINDINGS]],
        "story": result.stories[rule].lines() if rule in result.stories else [],
        "balance": balance_curve(run, rule, result),
        "exchanges": [_exchange(run, number) for number in numbers],
    }


def _finding(run: Run, finding: Finding) -> dict[str, Any]:
    return {
        "level": str(finding.level),
        "case": run.redactor.text(finding.case),
        "expected": run.redactor.text(finding.expected),
        "seen": run.redactor.text(finding.seen),
        "off": format(finding.off, "f"),
        "exchanges": list(finding.exchanges),
    }


def _exchange(run: Run, number: int) -> dict[str, Any]:
    exchange = run.history[number]
    return export.as_json(exchange, run.redactor) | {
        "invoked": round(exchange.invoked, 6),
        "curl": export.curl(exchange, run.redactor),
    }
