"""One broken rule as a terminal tells it: what happened first, then what was sent and answered, and what to do."""

import shlex
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from urllib.parse import urlsplit

from scenarios.contract import Level
from scenarios.report.evidence import blamed, evidence
from scenarios.report.files import script_of
from scenarios.report.summary import replay_command, story_of
from scenarios.run.findings import Finding, RuleVerdict, Standing, worst
from scenarios.run.run import Run
from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Direction, Exchange, Purpose, Request, header
from simulators.providers import OPERATOR
from simulators.values import money
from simulators.wallet.signers import Signer
from simulators.wallet.transactions import Transaction

# What the screen has room for; the report has all.
_EXCHANGES = 4
_CHARACTERS = 400
_NUMBERS = 6
_CASE = 100
# An answer that is no longer is shown each time.
_SHORT = 160


@dataclass(frozen=True, slots=True)
class Line:
    """One line under a heading: a short name, and a text without secrets that may wrap unless it is ``verbatim``."""

    name: str
    text: str
    verbatim: bool = False


def heading(run: Run, verdict: RuleVerdict) -> str:
    """What happened, in one sentence that begins with the rule: the worst case where there are several."""
    level = Level.SHOULD if verdict.standing is Standing.WARNED else verdict.rule.level
    return f"{verdict.rule.id} broken ({level}): {happened(run, worst(_findings(verdict)))}"


def happened(run: Run, finding: Finding) -> str:
    """What happened, in a few words: the mistake or the case, what was seen, and what was expected."""
    case = finding.about(_CASE)
    if finding.mistake:
        about = f"{finding.mistake.text}, it seems{case and f' ({case})'}"
    else:
        about = case or _act(run, finding)
    return run.redactor.text(f"{about}{about and ': '}{finding.seen} (expected: {finding.expected})")


def _act(run: Run, finding: Finding) -> str:
    """What was asked of the CLIENT last, where no case says what it was about."""
    document = blamed(run, finding) or [run.history[number] for number in finding.exchanges]
    wagers = [each for each in document if each.purpose is Purpose.SCENARIO and each.provider == OPERATOR]
    if not wagers or not isinstance(message := wagers[-1].message, Transaction):
        return ""
    return f"{wagers[-1].label} of {money.show(message.amount, message.currency)}"


def lines(run: Run, verdict: RuleVerdict, report: Path | None = None) -> Iterator[Line]:
    """What stands under the heading: the exchanges, the rule, why it matters, usual causes, how to see it again.

    ``report`` is the report's folder; what it has for a shell is of use where the CLIENT is still there.
    """
    rule, findings = verdict.rule, _findings(verdict)
    yield from _exchanges(run, worst(findings))
    if len(findings) > 1:
        yield Line("cases", f"{len(findings)} in all; the report shows each")
    for result in verdict.results:
        for place, step in enumerate(story_of(run, rule.id, result)):
            yield Line("" if place else "story", step)
    yield Line("rule", f"{rule.statement} ({rule.source})")
    yield Line("why", rule.why)
    yield Line("causes", verdict.causes)
    if (
        report is not None
        and run.settings.reference is None
        and (file := script_of(report, rule.id)).exists()
    ):
        yield Line("again", f"sh {shlex.quote(str(file))}", verbatim=True)
        yield Line("judge", replay_command(run, rule.id), verbatim=True)
    else:
        yield Line("again", replay_command(run, rule.id), verbatim=True)


def _findings(verdict: RuleVerdict) -> list[Finding]:
    return [finding for result in verdict.results for finding in result.of(verdict.rule.id)]


def _exchanges(run: Run, finding: Finding) -> Iterator[Line]:
    """What was sent and what came back: first what did it, as far as that is known, then what else there is room for.

    What only read a balance, and what the CLIENT asked meanwhile, is one line each.
    """
    telling, asked, read = evidence(run, finding)
    did = blamed(run, finding)
    others = [each for each in telling if each not in did]
    some = did[:_EXCHANGES] or others[-_EXCHANGES:]
    if len(did) == len(some) and did:
        # What led to it, next to it.
        some += others[-(_EXCHANGES - len(some)) :] if len(some) < _EXCHANGES else []
    shown: dict[Request, Exchange] = {}
    pages: dict[bytes, Exchange] = {}
    for exchange in some:
        page = exchange if exchange.answer is None else pages.setdefault(exchange.answer.body, exchange)
        yield from _exchange(run, exchange, shown.setdefault(exchange.request, exchange), page)
    for name, text, left in (
        ("besides", "{}", [each for each in telling if each not in some]),
        ("asked", "meanwhile by the CLIENT: {}", asked),
        ("balance", "read by {}", read),
    ):
        if left:
            yield Line(name, text.format(numbered([each.number for each in left])))


def _exchange(run: Run, exchange: Exchange, first: Exchange, page: Exchange) -> Iterator[Line]:
    """What was sent, or that it was the same as ``first``, and what came back, or that it was long and as ``page``."""
    document = as_json(exchange, run.redactor)
    request, answer = document["request"], document["answer"]
    whose = "the CLIENT: " if exchange.direction is Direction.FROM_CLIENT else ""
    sent = f"{whose}{request['method']} {_path(request['url'])} {_cut(request['body'])}"
    if first is not exchange:
        together = exchange.race is not None and exchange.race == first.race
        sent = f"the same as #{first.number}{', at the same time' if together else ''}"
    yield Line(f"#{exchange.number}", sent.rstrip())
    kind = header(exchange.request.headers, "Content-Type")
    if first is exchange and exchange.request.body and (kind or "").partition(";")[0] != "application/json":
        yield Line("", f"Content-Type: {kind}" if kind else "without Content-Type")
    if exchange.purpose is Purpose.FORGERY and exchange.provider == OPERATOR:
        yield from _signature(run, exchange)
    came = (
        f"no answer: {document['failure']}"
        if answer is None
        else f"{answer['status']} {_cut(answer['body'])}"
    )
    if answer is not None and page is not exchange and len(answer["body"]) > _SHORT:
        came = f"{answer['status']} and the same as #{page.number} was answered"
    yield Line("", f"-> {came}".rstrip())


def _signature(run: Run, exchange: Exchange) -> Iterator[Line]:
    """The header that should sign the body, where it does not."""
    name = run.channel.dialect.hmac_header
    given = header(exchange.request.headers, name or "")
    if name is None or given == Signer().sign(exchange.request.body, run.channel.secret):
        return
    yield Line("", f"without {name}" if given is None else f"{name}: {run.redactor.value(name, given)}")


def _path(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.path or '/'}{'?' + parts.query if parts.query else ''}"


def _cut(text: str) -> str:
    """``text`` on one line, with its end cut where it is long."""
    flat = " ".join(text.split())
    return flat if len(flat) <= _CHARACTERS else f"{flat[:_CHARACTERS]} .. ({len(text)} characters)"


def numbered(numbers: list[int]) -> str:
    """Numbers of exchanges with their runs drawn together: "#3, #7 to #9"."""
    runs = []
    for _, run in groupby(enumerate(sorted(numbers)), key=lambda pair: pair[1] - pair[0]):
        members = [number for _, number in run]
        span = f" to #{members[-1]}" if len(members) > 1 else ""
        runs.append(f"#{members[0]}{span}")
    more = f" and {len(runs) - _NUMBERS} more" if len(runs) > _NUMBERS else ""
    return ", ".join(runs[:_NUMBERS]) + more
