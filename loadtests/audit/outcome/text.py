"""The verdict for people: lines for the console, rows for Locust's statistics."""

from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from loadtests.audit.outcome.verdict import AuditFinding, AuditVerdict, WrongBalance
from scenarios.problems.plain_text import printable
from scenarios.report.schema.load import Doubt, FailedRound, LoadMemory
from simulators.values import money

# Importing Locust changes the whole process: only whoever runs under it does.
if TYPE_CHECKING:
    from locust.env import Environment

# Locust's type of the rows that the audit adds to its statistics.
ROW = "AUDIT"
# How many players have a row, or lines, of their own.
_ROWS = 10
_NAMES = 8
# How many reasons one line tells of.
_REASONS = 3

_SENTENCES = {
    AuditFinding.CLEAN: "clean: every balance that was read is right",
    AuditFinding.BROKEN: "BROKEN",
    AuditFinding.UNDECIDED: "undecided: nothing is known to be wrong, but not all could be judged",
}


class AuditFailure(Exception):
    """What the audit found, as Locust's statistics show it."""

    def __repr__(self) -> str:
        return str(self)


def amount(units: int, currency: str) -> str:
    """``units`` minor units of ``currency`` for people ("10.50 EUR")."""
    return money.show(money.from_minor(units, currency), currency)


def figures(verdict: AuditVerdict) -> str:
    """The verdict's figures in one line."""
    whole = verdict.whole
    return (
        f"{whole.read} of {whole.played} players read by {whole.probe or 'nobody'}, {whole.right} right, "
        f"{whole.off_count} off, {verdict.undecided_count} undecided; {whole.transactions} transactions, "
        f"{amount(whole.off, verdict.currency)} off; {whole.resolved} open ones resolved"
    )


def lines(verdict: AuditVerdict) -> Iterator[str]:
    """The verdict for the console, line by line, harmless to print."""
    return (printable(line) for line in _lines(verdict))


def _lines(verdict: AuditVerdict) -> Iterator[str]:
    whole = verdict.whole
    yield f"audit: {_SENTENCES[verdict.finding]}"
    yield f"  {figures(verdict)}"
    if ids := client_ids(verdict):
        yield f"  {ids}"
    if verdict.sample is not None:
        yield f"  sample: {verdict.sample}"
    for rule, count in verdict.rules.items():
        yield f"  broken: {rule}, seen {'once' if count == 1 else f'{count} times'}"
    for off in whole.wrong[:_ROWS]:
        yield f"  {off.player}: {_off(off, verdict.currency)}"
        if off.transactions:
            yield f"    transactions of that amount: {', '.join(off.transactions)}"
    if whole.off_count > _ROWS:
        yield f"  and {whole.off_count - _ROWS} more players, see report.json"
    for breach in whole.breaches[:_ROWS]:
        of = " ".join(filter(None, (breach.player, breach.transaction)))
        yield f"  {breach.rule} {of}: {breach.text}".replace(" : ", ": ")
    for group in verdict.shared[:_ROWS]:
        yield f"  one CLIENT id for {', '.join(group)}"
    for players in whole.undecided:
        yield f"  undecided: {_undecided(players)}"
    for failed in map(failed_rounds, verdict.failed_rounds):
        yield f"  undecided: {failed}"
    if verdict.never_sent:
        yield f"  never sent, though the mix asks for it: {', '.join(verdict.never_sent)}"
    for note in whole.notes:
        yield f"  note: {note}"
    yield from _memory(verdict.memory)


def client_ids(verdict: AuditVerdict) -> str:
    """What the comparison of CLIENT ids found; empty where they could not all be compared."""
    if verdict.shared:
        return f"CLIENT ids: {len(verdict.shared)} are shared by several transactions (MSG-05)"
    return f"CLIENT ids: {verdict.whole.ids} compared, all different" if verdict.compared else ""


def _memory(points: Sequence[LoadMemory]) -> Iterator[str]:
    if not points:
        return
    count = len(points)
    when = f"at {count} moments of the run" if count > 1 else "at its start"
    most = max(point.processes for point in points)
    of = f", {most} processes" if most > 1 else ""
    yield f"memory of the generator{of}: {_megabytes(point.bytes for point in points)} MB, {when}"
    if most > 1:
        yield f"  of its largest process: {_megabytes(point.greatest for point in points)} MB"


def _megabytes(sizes: Iterable[float]) -> str:
    return " ".join(f"{size / 1e6:.1f}" for size in sizes)


def _off(off: WrongBalance, currency: str) -> str:
    return f"{amount(abs(off.off), currency)} too {'much' if off.off > 0 else 'little'}: {off.why}"


def _undecided(group: Doubt) -> str:
    names = ", ".join(group.players[:_NAMES]) + (", .." if group.count > _NAMES else "")
    return f"{group.count} players ({names}): {group.why}"


def failed_rounds(failed: FailedRound) -> str:
    """What is said of rounds that ended with an exception in this program: what else they would have sent is open."""
    return f"{failed.count} rounds failed in the generator itself: {failed.error}"


def why_not(verdict: AuditVerdict) -> str:
    """Why ``verdict`` is not clean, in one line that is harmless to print; empty where it is."""
    reasons = list(_why_broken(verdict)) or list(_why_undecided(verdict))
    more = f", and {len(reasons) - _REASONS} more" if len(reasons) > _REASONS else ""
    return printable(", ".join(reasons[:_REASONS]) + more)


def _why_broken(verdict: AuditVerdict) -> Iterator[str]:
    if not verdict.rules:
        return
    yield " and ".join(f"{rule} ({count} times)" for rule, count in verdict.rules.items())
    for off in verdict.whole.wrong:
        yield f"{off.player} {amount(abs(off.off), verdict.currency)} too {'much' if off.off > 0 else 'little'}"


def _why_undecided(verdict: AuditVerdict) -> Iterator[str]:
    whole = verdict.whole
    yield from verdict.lost
    for group in whole.undecided:
        if group.why not in verdict.lost:
            yield f"{group.count} players: {group.why}"
    if not verdict.compared:
        yield "CLIENT ids could not all be compared"
    yield from map(failed_rounds, verdict.failed_rounds)
    if not whole.transactions:
        yield "nothing was sent"


def fire(environment: "Environment", verdict: AuditVerdict, seconds: float) -> None:
    """Add the verdict to Locust's statistics, as rows of type ROW: they reach its page, HTML, CSV and console.

    ``seconds`` is how long the audit took.
    """
    whole = verdict.whole
    failures: dict[str, str | None] = {
        f"balances of {whole.played} players": (
            f"{whole.off_count} players are off by {amount(whole.off, verdict.currency)}"
            if whole.off_count
            else None
        ),
        f"{whole.ids} CLIENT ids": (
            f"{len(verdict.shared)} are shared by several transactions (MSG-05)"
            if verdict.shared
            else None
            if verdict.compared
            else "they could not all be compared"
        ),
    }
    failures |= {f"balance of {off.player}": _off(off, verdict.currency) for off in whole.wrong[:_ROWS]}
    own = {"INV-05", "MSG-05"}
    failures |= {
        rule: f"seen {count} times" for rule, count in verdict.rules.items() if rule not in own or not count
    }
    for number, group in enumerate(whole.undecided[:_ROWS], start=1):
        failures[f"undecided ({number})"] = _undecided(group)
    if verdict.finding is AuditFinding.UNDECIDED and not (whole.undecided or verdict.failed_rounds):
        failures["undecided"] = "nothing was sent" if not whole.transactions else figures(verdict)
    failures |= {
        f"rounds that failed ({n})": failed_rounds(one) for n, one in enumerate(verdict.failed_rounds, 1)
    }
    for name, failure in failures.items():
        environment.events.request.fire(
            request_type=ROW,
            name=printable(name),
            response_time=seconds * 1000,
            response_length=0,
            exception=None if failure is None else AuditFailure(printable(failure)),
            context={},
            response=None,
        )
