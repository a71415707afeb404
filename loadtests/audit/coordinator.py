"""Gathers the results of all workers and comes to the verdict; a run of one process has one."""

import logging
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from locust.env import Environment

from loadtests.audit.options import AuditOptions
from loadtests.audit.outcome.verdict import (
    TOLD,
    AuditVerdict,
    WorkerResult,
    added,
    sample_of,
)
from loadtests.audit.unique_ids import compare
from loadtests.audit.worker import WorkerAudit, unheard
from loadtests.audit.worker_rpc import Client
from loadtests.run import Shard
from loadtests.traffic.journal import Kept
from scenarios.report.schema.load import FailedRound
from simulators.exchanges.redaction import Redactor

log = logging.getLogger(__name__)

# Seconds that workers have for their part beyond the audit itself: to drain, and to look for explanations.
_GRACE = 90.0


@dataclass
class Roster:
    """What whoever judges knows of the run: its players, and the workers' ids.

    ``asked`` are the kinds of traffic that were asked for.
    """

    players: Sequence[str]
    currency: str
    workers: list[str]
    asked: Sequence[str]
    redactor: Redactor

    def share(self, worker: str) -> range:
        """The numbers of the players that ``worker`` plays."""
        return Shard(self.workers.index(worker), len(self.workers)).of(len(self.players))

    def named(self, worker: str, why: str) -> str:
        """What became of ``worker``, in words."""
        return f"worker {self.workers.index(worker) + 1} of {len(self.workers)}: {why}"


def audit_run(
    environment: Environment,
    rpc: Client,
    roster: Roster,
    options: AuditOptions,
    *,
    last: bool = True,
) -> AuditVerdict:
    """Audit a run of several workers: each for itself, CLIENT ids over all of them.

    After an audit that is not the ``last``, traffic may go on.
    """
    limit = options.limit + 2 * options.drain + _GRACE
    if options.sample:
        # How many played comes with the statistics, of which the newest may be as old as the run.
        rpc.call("flush", roster.workers, _GRACE)
    snapshots = {worker: rpc.snapshots.get(worker, {}) for worker in roster.workers}
    all_played = sum(snapshot.get("played", 0) for snapshot in snapshots.values())
    given = {"sample": options.sample, "all_played": all_played, "last": last}
    answers, failures = rpc.call("audit", roster.workers, limit, given)
    results = [WorkerResult.model_validate(plain) for plain in answers.values()]
    lost = []
    for worker, why in sorted(failures.items(), key=lambda each: roster.workers.index(each[0])):
        words = roster.named(worker, why)
        lost.append(words)
        result = unheard(words, roster.players, roster.share(worker))
        result.transactions = snapshots[worker].get("transactions", 0)
        result.breach_count = snapshots[worker].get("breaches", {})
        results.append(result)
    verdict = AuditVerdict(roster.currency, len(roster.workers), added(results), lost)
    heard = list(answers)
    try:
        verdict.shared = compare(
            verdict.whole.ids,
            lambda start, stop: _each(rpc, heard, limit, "keys", {"start": start, "stop": stop}),
            lambda keys: _kept(_each(rpc, heard, limit, "among", {"keys": sorted(keys)})),
        )
    except _Incomplete as error:
        verdict.compared = False
        verdict.whole.notes.append(f"CLIENT ids could not be compared: {error}")
    return _completed(environment, verdict, options, roster.asked, roster.redactor)


class _Incomplete(Exception):
    """A worker that was heard before is not heard any more."""


def _each(rpc: Client, workers: list[str], limit: float, what: str, given: dict[str, Any]) -> list[Any]:
    answers, failures = rpc.call(what, workers, limit, given)
    if failures:
        raise _Incomplete(next(iter(failures.values())))
    return [answer["found"] for answer in answers.values()]


def _kept(found: Iterable[list[list[Any]]]) -> list[Kept]:
    return [Kept(*each) for part in found for each in part]


def dispatch(audit: WorkerAudit, name: str, given: dict[str, Any]) -> dict[str, Any]:
    """Carry out what is called ``name`` on a worker. Raises LookupError for what there is not."""
    journal = audit.ledger.journal
    match name:
        case "audit":
            return audit.audit(given["sample"], given["all_played"], last=given["last"]).model_dump()
        case "resume":
            return {"resumed": audit.resume()}
        case "flush":  # the statistics go before any reply
            return {"preparing": audit.preparing}
        case "keys":
            return {"found": journal.keys(given["start"], given["stop"])}
        case "among":
            return {"found": [list(kept) for kept in journal.among(set(given["keys"]))]}
    raise LookupError(name)


def _completed(
    environment: Environment,
    verdict: AuditVerdict,
    options: AuditOptions,
    asked: Sequence[str],
    redactor: Redactor,
) -> AuditVerdict:
    """``verdict`` with what Locust knows of the run, and what was asked for and is missing."""
    whole = verdict.whole
    assert environment.runner is not None
    # An exception in a round is caught by Locust, whose own exit code for it would hide what money does.
    verdict.failed_rounds = [
        FailedRound(
            error=redactor.text(str(failed["msg"]) or _last_line(failed["traceback"])), count=failed["count"]
        )
        for failed in environment.runner.exceptions.values()
    ][:TOLD]
    if not verdict.lost:
        verdict.never_sent = [kind for kind in asked if kind not in whole.kinds]
    if whole.kept < whole.settled:
        verdict.compared = False
        whole.notes.append(
            f"CLIENT ids of the first {whole.kept} of {whole.settled} transactions were compared: the disk that "
            "--audit-disk allows was full"
        )
    if options.sample and whole.read < whole.played and not whole.off_count:
        verdict.sample = sample_of(whole.played, whole.read)
    return verdict


def _last_line(traceback: str) -> str:
    return (traceback.strip().splitlines() or ["an exception"])[-1].strip()
