"""report.json of a load run: the same shape as that of a check, with the keys "audit" and "load"."""

import contextlib
import time
from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from loadtests.audit.outcome.text import ROW, client_ids, figures
from loadtests.audit.outcome.verdict import AuditFinding, AuditVerdict
from loadtests.audit.outcome.verdict import Ramp as FoundRamp
from scenarios.contract import RULES, Level
from scenarios.report.schema.load import (
    Audit,
    ClientIds,
    Load,
    LoadError,
    LoadMemory,
    LoadMoment,
    LoadRow,
    OffPlayer,
    Ramp,
)
from scenarios.report.schema.report import VERSION, MustTally, Report, Rule, ShouldTally, Summary
from scenarios.report.write import write_report
from simulators.values import money

# Importing Locust changes the whole process: only whoever runs under it does.
if TYPE_CHECKING:
    from locust.env import Environment
    from locust.stats import StatsEntry

# The rules that every audit judges.
_ALWAYS = ("INV-05", "MSG-05")


def write(
    environment: "Environment", verdict: AuditVerdict, directory: Path, ramp: FoundRamp | None = None
) -> None:
    """Write the report into ``directory``; ``ramp`` is what a ramp found. Raises OSError."""
    directory.mkdir(parents=True, exist_ok=True)
    write_report(document(environment, verdict, ramp), directory)


def document(environment: "Environment", verdict: AuditVerdict, ramp: FoundRamp | None = None) -> Report:
    """The report of a run."""
    assert environment.runner is not None
    stats, parsed = environment.runner.stats, environment.parsed_options
    rules = _rules(verdict)
    return Report(
        version=VERSION,
        target=environment.host or "",
        started=datetime.fromtimestamp(stats.start_time, UTC).isoformat(timespec="seconds"),
        strict=False,
        # However it ended, it was audited.
        interrupted=False,
        seed=getattr(parsed, "seed", None),
        effort="load",
        probe=verdict.whole.probe,
        duration_s=round(time.time() - stats.start_time, 3),
        exchanges=stats.total.num_requests,
        summary=Summary(
            must=MustTally(**_counts(rules, Level.MUST)), should=ShouldTally(**_counts(rules, Level.SHOULD))
        ),
        warnings=list(verdict.whole.notes),
        rules=rules,
        audit=audit(verdict),
        load=load(environment, verdict.workers, verdict.memory, ramp),
    )


def audit(verdict: AuditVerdict) -> Audit:
    """The audit alone."""
    whole, currency = verdict.whole, verdict.currency

    def plain(units: int) -> str:
        return format(money.from_minor(units, currency), "f")

    return Audit(
        verdict=verdict.finding.value,
        players=whole.played,
        transactions=whole.transactions,
        off=plain(whole.off),
        currency=currency,
        read=whole.read,
        right=whole.right,
        off_players=whole.off_count,
        undecided_players=verdict.undecided_count,
        probe=whole.probe,
        sample=None if verdict.sample is None else str(verdict.sample),
        workers=verdict.workers,
        lost_workers=verdict.lost,
        resolved=whole.resolved,
        client_ids=ClientIds(compared=whole.ids, all=verdict.compared, shared=verdict.shared),
        broken_rules=verdict.rules,
        broken=[
            OffPlayer(player=off.player, off=plain(off.off), why=off.why, transactions=off.transactions)
            for off in whole.wrong
        ],
        undecided=whole.undecided,
        breaches=whole.breaches,
        failed_rounds=verdict.failed_rounds,
        never_sent=verdict.never_sent,
    )


def _rules(verdict: AuditVerdict) -> list[Rule]:
    broken, seen = verdict.rules, verdict.whole.breach_count
    names = [name for name in RULES if name in _ALWAYS or name in seen]
    return [
        Rule.of(RULES[name], outcome=_outcome(name, verdict, broken), reason=_reason(name, verdict))
        for name in names
    ]


def _outcome(name: str, verdict: AuditVerdict, broken: dict[str, int]) -> str:
    if name in broken:
        return "failed"
    if name in _ALWAYS:
        decided = verdict.compared if name == "MSG-05" else verdict.finding is not AuditFinding.UNDECIDED
        return "passed" if decided and not verdict.lost else "undecided"
    return "warned" if RULES[name].level is Level.SHOULD else "undecided"


def _reason(name: str, verdict: AuditVerdict) -> str:
    breach = next((one.text for one in verdict.whole.breaches if one.rule == name), "")
    count = verdict.rules.get(name, verdict.whole.breach_count.get(name, 0))
    if name == "INV-05":
        first = verdict.whole.wrong[0] if verdict.whole.wrong else None
        return f"{first.player}: {first.why}" if first else figures(verdict)
    if name == "MSG-05":
        return client_ids(verdict)
    return f"seen {count} times: {breach}" if breach else f"seen {count} times"


def _counts(rules: list[Rule], level: Level) -> Counter[str]:
    return Counter(rule.outcome for rule in rules if rule.level == str(level))


def load(
    environment: "Environment",
    processes: int,
    memory: Sequence[LoadMemory] = (),
    ramp: FoundRamp | None = None,
) -> Load:
    """The traffic: requests by kind, over time, and what failed; ``memory`` is what the run's processes took."""
    assert environment.runner is not None
    stats = environment.runner.stats
    entries = [entry for entry in stats.entries.values() if entry.method != ROW]
    requests = sum(entry.num_requests for entry in entries)
    last = max((entry.last_request_timestamp or 0.0 for entry in entries), default=0.0)
    seconds = max(last - stats.start_time, 0.0)
    return Load(
        host=environment.host or "",
        users=getattr(environment.parsed_options, "num_users", None) or environment.runner.target_user_count,
        processes=processes,
        seconds=round(seconds, 3),
        requests=requests,
        failures=sum(entry.num_failures for entry in entries),
        rate=round(requests / seconds, 1) if seconds else 0.0,
        rows=[_row(entry, seconds) for entry in sorted(entries, key=lambda one: one.name)],
        over_time=_over_time(stats.history, stats.start_time),
        errors=[
            LoadError(name=error.name, error=str(error.error), count=error.occurrences)
            for error in stats.errors.values()
            if error.method != ROW
        ],
        memory=list(memory),
        ramp=None if ramp is None else Ramp.model_validate(ramp.as_plain()),
    )


def _row(entry: "StatsEntry", seconds: float) -> LoadRow:
    return LoadRow(
        name=entry.name,
        requests=entry.num_requests,
        failures=entry.num_failures,
        rate=round(entry.num_requests / seconds, 1) if seconds else 0.0,
        p50_ms=entry.get_response_time_percentile(0.5),
        p95_ms=entry.get_response_time_percentile(0.95),
        p99_ms=entry.get_response_time_percentile(0.99),
        max_ms=round(entry.max_response_time, 1),
    )


def _over_time(history: list[dict[str, Any]], start: float) -> list[LoadMoment]:
    found = []
    for moment in history:
        with contextlib.suppress(KeyError, ValueError):
            at = datetime.fromisoformat(moment["time"].replace("Z", "+00:00")).timestamp() - start
            found.append(
                LoadMoment(
                    at=round(max(at, 0.0), 1),
                    users=moment["user_count"][1],
                    rate=round(moment["current_rps"][1], 1),
                    failures=round(moment["current_fail_per_sec"][1], 1),
                    p50_ms=moment.get("response_time_percentile_0.5", [0, None])[1],
                    p95_ms=moment.get("response_time_percentile_0.95", [0, None])[1],
                )
            )
    return found
