"""The report of a run: its verdicts in the shape of report.json, without secrets. Pure."""

from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import MappingProxyType

from scenarios.report.accusation import happened
from scenarios.report.drawing.balance import balance_curve
from scenarios.report.evidence import blamed
from scenarios.report.files import script_of
from scenarios.report.repro.script import Scripted
from scenarios.report.root_causes import to_fix
from scenarios.report.schema import report as schema
from scenarios.report.schema.report import (
    VERSION,
    Exchange,
    MustTally,
    Report,
    Rule,
    Scenario,
    ShouldTally,
    Summary,
)
from scenarios.report.summary import must_counts, replay_command, should_counts, story_of
from scenarios.run.findings import Finding, RuleVerdict, ScenarioResult, message
from scenarios.run.planning.cost import cost
from scenarios.run.run import Run
from simulators.dialects import DEFAULT
from simulators.exchanges.as_json import as_json
from simulators.exchanges.curl import as_curl

# So many exchanges of one scenario are shown for one rule; history.har holds all.
_EXCHANGES = 60
_FINDINGS = 20


def document(
    run: Run, verdicts: list[RuleVerdict], scripts: Mapping[str, Scripted] = MappingProxyType({})
) -> Report:
    """The report of ``run``; ``scripts`` lie beside it, by rule, or say why not."""
    return Report(
        version=VERSION,
        target=run.redactor.text(run.reach.address),
        reference=run.settings.reference,
        dialect=_dialect(run),
        started=_started(run),
        strict=run.settings.strict,
        interrupted=run.interrupted,
        target_gone=run.gone_after or "",
        seed=run.settings.seed,
        effort=run.settings.effort.name,
        probe=run.probe_name,
        currency=next((player.currency for player in run.players), ""),
        duration_s=round(run.history.now(), 3),
        exchanges=len(run.history),
        summary=Summary(
            must=MustTally(**must_counts(verdicts)), should=ShouldTally(**should_counts(verdicts))
        ),
        warnings=[run.redactor.text(text) for text in run.warnings],
        to_fix=to_fix(run, verdicts),
        rules=[_rule(run, verdict, scripts.get(verdict.rule.id)) for verdict in verdicts],
        cost=_cost(run),
    )


def _dialect(run: Run) -> str | None:
    operator = run.settings.target.operator
    return None if operator is None or operator.dialect == DEFAULT else operator.dialect


def _cost(run: Run) -> schema.Cost:
    spent = cost(list(run.history), run.results)
    return schema.Cost(
        exchanges=spent.exchanges,
        in_a_row=spent.in_a_row,
        round_trip_s=None if spent.round_trip is None else round(spent.round_trip, 4),
        seconds={group: round(seconds, 3) for group, seconds in spent.seconds.items()},
    )


def _started(run: Run) -> str:
    """When the first exchange began, ISO 8601 in UTC; "" where there was none."""
    if not len(run.history):
        return ""
    return datetime.fromtimestamp(run.history[0].started, UTC).isoformat(timespec="seconds")


def _rule(run: Run, verdict: RuleVerdict, made: Scripted | None) -> Rule:
    rule = verdict.rule
    return Rule.of(
        rule,
        outcome=str(verdict.standing),
        reason=run.redactor.text(verdict.reason),
        replay=replay_command(run, rule.id),
        causes=verdict.causes,
        answers=verdict.answers.answered,
        repro=script_of(Path(), rule.id).as_posix() if made is not None and made.text else "",
        no_repro="" if made is None else made.why_none,
        scenarios=[_scenario(run, rule.id, result) for result in verdict.results],
    )


def _scenario(run: Run, rule: str, result: ScenarioResult) -> Scenario:
    findings = result.of(rule)
    said = message(findings) or result.reason or "; ".join(result.notes.get(rule, []))
    numbers = sorted({number for finding in findings for number in finding.exchanges})[:_EXCHANGES]
    return Scenario(
        id=result.id,
        title=result.title,
        outcome=str(result.standing(rule)),
        message=run.redactor.text(said),
        answers=result.answers.answered,
        raced=result.answers.raced,
        lost=result.answers.lost,
        currency=result.currency,
        findings=[_finding(run, finding) for finding in findings[:_FINDINGS]],
        story=story_of(run, rule, result),
        balance=balance_curve(run, rule, result),
        exchanges=[_exchange(run, number) for number in numbers],
    )


def _finding(run: Run, finding: Finding) -> schema.Finding:
    return schema.Finding(
        level=str(finding.level),
        headline=happened(run, finding),
        case=run.redactor.text(finding.about()),
        cases=[run.redactor.text(one) for one in finding.cases],
        expected=run.redactor.text(finding.expected),
        seen=run.redactor.text(finding.explained),
        off=format(finding.off, "f"),
        decided_by=str(finding.observed),
        exchanges=list(finding.exchanges),
        blamed=[each.number for each in blamed(run, finding)],
    )


def _exchange(run: Run, number: int) -> Exchange:
    exchange = run.history[number]
    document = as_json(exchange, run.redactor)
    document |= {"invoked": round(exchange.invoked, 6), "curl": as_curl(exchange, run.redactor)}
    return Exchange.model_validate(document)
