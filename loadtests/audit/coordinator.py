"""The chief on the master, or on a run of one process: gathers the statements and comes to the verdict."""

import logging
import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from locust.env import Environment

from loadtests.audit.options import Wishes
from loadtests.audit.unique_ids import compare
from loadtests.audit.verdict import Statement, Told, Verdict, added, sample_of
from loadtests.audit.worker import Clerk, unheard
from loadtests.audit.worker_rpc import Asker
from loadtests.run import Shard
from loadtests.traffic.journal import Kept

log = logging.getLogger(__name__)

# How a rule is named in the messages of failed requests.
_RULE = re.compile(r"\b[A-Z]{3}-\d\d\b")
# Seconds that workers have for their part beyond the audit itself: to drain, and to look for explanations.
_GRACE = 90.0


@dataclass
class Book:
    """What the master knows of the run: its players, and the workers' latest snapshots by their ids."""

    players: Sequence[str]
    currency: str
    workers: list[str]
    snapshots: dict[str, dict[str, Any]]

    def share(self, worker: str) -> range:
        """The numbers of the players that ``worker`` plays."""
        return Shard(self.workers.index(worker), len(self.workers)).of(len(self.players))

    def told(self, worker: str, why: str) -> str:
        """What became of ``worker``, in words."""
        return f"worker {self.workers.index(worker) + 1} of {len(self.workers)}: {why}"


def alone(
    environment: Environment, clerk: Clerk, currency: str, wishes: Wishes, *, last: bool = True
) -> Verdict:
    """Audit a run of one process. After an audit that is not the ``last``, traffic may go on."""
    statement = clerk.audit(wishes.sample, last=last)
    journal = clerk.ledger.journal
    clerk.phase = "comparing CLIENT ids"
    shared = compare(
        journal.ids,
        lambda start, stop: [journal.keys(start, stop)],
        journal.among,
    )
    clerk.phase = "audited"
    return _verdict(environment, Verdict(currency, 1, statement, shared=shared), wishes)


def together(
    environment: Environment, asker: Asker, book: Book, wishes: Wishes, *, last: bool = True
) -> Verdict:
    """Audit a run of several workers: each for itself, CLIENT ids over all of them.

    After an audit that is not the ``last``, traffic may go on.
    """
    limit = wishes.limit + 2 * wishes.drain + _GRACE
    all_played = sum(snapshot.get("played", 0) for snapshot in book.snapshots.values())
    given = {"sample": wishes.sample, "all_played": all_played, "last": last}
    answers, failures = asker.ask("audit", book.workers, limit, given)
    statements = [Statement.of(plain) for plain in answers.values()]
    lost = []
    for worker, why in sorted(failures.items(), key=lambda each: book.workers.index(each[0])):
        words = book.told(worker, why)
        lost.append(words)
        statement = unheard(words, book.players, book.share(worker))
        statement.transactions = book.snapshots.get(worker, {}).get("transactions", 0)
        statements.append(statement)
    verdict = Verdict(book.currency, len(book.workers), added(statements), lost)
    heard = list(answers)
    try:
        verdict.shared = compare(
            verdict.whole.ids,
            lambda start, stop: _each(asker, heard, limit, "keys", {"start": start, "stop": stop}),
            lambda keys: _kept(_each(asker, heard, limit, "among", {"keys": sorted(keys)})),
        )
    except _Incomplete as error:
        verdict.compared = False
        verdict.whole.notes.append(f"CLIENT ids could not be compared: {error}")
    return _verdict(environment, verdict, wishes)


class _Incomplete(Exception):
    """A worker that was heard before is not heard any more."""


def _each(asker: Asker, workers: list[str], limit: float, what: str, given: dict[str, Any]) -> list[Any]:
    answers, failures = asker.ask(what, workers, limit, given)
    if failures:
        raise _Incomplete(next(iter(failures.values())))
    return [answer["found"] for answer in answers.values()]


def _kept(found: Iterable[list[list[Any]]]) -> list[Kept]:
    return [Kept(*each) for part in found for each in part]


# What workers are asked; ``answers_of`` says what each means.
QUESTIONS: Final = ("audit", "keys", "among", "go on", "tell")


def answers_of(clerk: Clerk, what: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a worker answers to the chief. Raises LookupError for what nobody asks."""
    journal = clerk.ledger.journal
    match what:
        case "audit":
            return clerk.audit(given["sample"], given["all_played"], last=given["last"]).as_plain()
        case "go on":
            return {"gone on": clerk.go_on()}
        case "tell":  # the statistics go before any answer
            return {"preparing": clerk.preparing}
        case "keys":
            return {"found": journal.keys(given["start"], given["stop"])}
        case "among":
            return {"found": [list(kept) for kept in journal.among(set(given["keys"]))]}
    raise LookupError(what)


def _verdict(environment: Environment, verdict: Verdict, wishes: Wishes) -> Verdict:
    whole = verdict.whole
    _read_failures(environment, whole)
    if whole.kept < whole.settled:
        verdict.compared = False
        whole.notes.append(
            f"CLIENT ids of the first {whole.kept} of {whole.settled} transactions were compared: the disk that "
            "--audit-disk allows was full"
        )
    if wishes.sample and whole.read < whole.played and not whole.off_count:
        verdict.sample = sample_of(whole.played, whole.read)
    return verdict


def _read_failures(environment: Environment, whole: Statement) -> None:
    """Count the rules that the messages of failed requests name, where the ledgers did not see them."""
    assert environment.runner is not None
    seen: dict[str, int] = {}
    first: dict[str, str] = {}
    for error in environment.runner.errors.values():
        if error.method == "AUDIT":
            continue
        for rule in set(_RULE.findall(str(error.error))):
            seen[rule] = seen.get(rule, 0) + error.occurrences
            first.setdefault(rule, f"{error.name}: {error.error}")
    for rule, count in seen.items():
        if rule not in whole.breach_count:
            whole.breaches.append(Told(rule, "", "", first[rule]))
        whole.breach_count[rule] = max(whole.breach_count.get(rule, 0), count)
