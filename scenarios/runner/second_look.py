"""Seen again before it is said: a scenario that broke a rule is run once more, with new ids and fresh balances.

Implements ``contract.md``, *What a verdict may rest on*: a rule is accused only of what came back. What did not is
undecided, with both observations and the question whether somebody else used the player. A race, or a kill of the
CLIENT, that did not come back is proof enough while the balances are still. Once one did not come back, somebody else
may be at work: a wrong balance that does come back stands only while the balances are still. What was found while the
CLIENT went away is dropped, and the scenario judged again when it is back; one that it goes away in again is its rule's
finding. So is what was found while an answer was late, or a wait was shorter than a CLIENT may take: what paused says
nothing. What was sent side by side, because its order means nothing, is sent one after the other then: what holds so is
no breach of a rule that is not about races. What depends on a balance accuses nobody while another run uses the
players, too. Nor does what did not come back, where plain wagers at once lose one another already.
"""

import contextlib
from collections.abc import Callable, Collection, Iterable
from typing import Final

import pytest

from scenarios.cases.plain_transactions import AT_ONCE, learn_plain_faults, lost_at_once
from scenarios.contract import RULES, Observed
from scenarios.run.findings import HELD_ALONE, Finding, ScenarioResult, message
from scenarios.run.guard import OutOfBounds, TargetGone
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.runner.order import HARM, turn
from scenarios.runner.outcome import blame_for_going
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Direction, Exchange, FailureKind, Purpose

# Why there is no answer where the CLIENT went away with the request in its hands.
_GOING = frozenset({FailureKind.REFUSED, FailureKind.NO_CONNECTION, FailureKind.RESET, FailureKind.CLOSED})

# What is seen so depends on what a player has.
_BY_BALANCE = frozenset({Observed.MONEY, Observed.DONE, Observed.REFUSED})

# What these are about may be lost between plain wagers that race.
_ABOUT_RACES = frozenset({"BET-04", "INV-02", "INV-03", AT_ONCE, "INV-05"})
_LOST_AT_ONCE: Final = (
    "a wrong balance was seen once, and plain bets and results of one player lose one another wherever they are "
    f"under way at once, with nothing copied, rolled back or killed. {AT_ONCE} tells of that: fix it first, then "
    "judge this again"
)
_WHO: Final = "Did somebody else use the player? If not, judge it again"
# Seconds for which balances have to be still, where somebody else may move them.
_LEAST_STILL, _MOST_STILL = 3.0, 10.0


def look(item: pytest.Function, judge: Judge, error: Exception | None) -> Exception | None:
    """Look once more at what the scenario of ``item``, which ended with ``error``, found; return how it ended.

    It ends with TargetGone where the CLIENT went away and stayed away.
    """
    result = judge.result
    open_yet = error is not None and not isinstance(error, OutOfBounds) and not result.findings
    if isinstance(error, TargetGone) or (open_yet and _lost(judge)):
        error = _anew(item, judge)
    elif open_yet and _paused(judge):
        drop(result)
        judge.hurried, error = False, _run(item, judge)
    if isinstance(error, OutOfBounds):
        _leave_open(result, f"time was over: {error}")
    if not result.findings or result.went_away_again or isinstance(error, TargetGone | OutOfBounds):
        return error
    try:
        _look_again(item, judge)
    except (TargetGone, OutOfBounds) as ending:
        return ending
    leave_to_others(judge.run, [result])
    return error


def _anew(item: pytest.Function, judge: Judge) -> Exception | None:
    """Wait for the CLIENT and run the scenario again; return how it ended. Where it goes away again, that is found."""
    run, result = judge.run, judge.result
    try:
        run.guard.wait_return()
    except TargetGone as gone:
        drop(result)
        return gone
    drop(result)
    run.away.append(range(result.first_exchange, len(run.history)))
    run.warn(f"the CLIENT went away during {result.id} and came back; that was judged again")
    ending = _run(item, judge)
    if not isinstance(ending, TargetGone):
        return ending
    blame_for_going(run, result, str(ending))
    result.went_away_again = True
    try:
        run.guard.wait_return()
    except TargetGone as gone:
        return gone
    return None


def drop(result: ScenarioResult) -> None:
    """Forget what was found while the CLIENT went away."""
    result.findings, result.judged, result.notes = [], set(), {}
    result.stories, result.readings, result.left = {}, {}, {}


def _look_again(item: pytest.Function, judge: Judge) -> None:
    """Run the scenario of ``item`` once more and keep the findings that came back. Raises TargetGone, OutOfBounds."""
    result = judge.result
    first, judged, notes = result.findings, result.judged, result.notes
    stories, readings = dict(result.stories), dict(result.readings)
    sent = judge.run.sent_in(result)
    # How many go at once is found out by overlapping, too, and balances are read so: both say nothing of the rule.
    own = {Purpose.LIVENESS, Purpose.PROBE}
    told = (one for one in sent if one.number not in judge.abreast and one.purpose not in own)
    raced, lost = _overlapped(told), _lost(judge) or _paused(judge)
    if any(finding.observed in (Observed.MONEY, Observed.REFUSED) for finding in first):
        learn_plain_faults(judge)
    result.findings, result.judged, result.notes, result.left = [], set(), {}, {}
    ending: Exception | None = None
    began = judge.run.clock()
    try:
        ending = _run(item, judge)
        if isinstance(ending, TargetGone):
            # What interrupts the second look interrupts the verdict: it is taken once more.
            ending = _anew(item, judge)
        second, again = result.findings, result.judged
    finally:
        result.findings, result.judged, result.notes = first, judged, notes
        result.stories, result.readings = stories, readings
    if result.went_away_again:
        result.findings = second
    elif isinstance(ending, TargetGone):
        _leave_open(result, "the target went away")
    elif isinstance(ending, OutOfBounds):
        _leave_open(result, f"time was over: {ending}", {finding.rule for finding in second})
    if isinstance(ending, TargetGone | OutOfBounds):
        raise ending
    if result.went_away_again:
        return
    if result.left:
        # What another rule tells of is no finding of this one, but the rest is.
        result.findings = [one for one in first if one.rule not in result.left]
        result.findings += [one for one in second if one.rule in result.left]
    elif judge.abreast:
        # Sent one after the other, they show better what did it.
        back = {finding.rule for finding in second}
        result.findings = [one for one in first if one.rule not in back] + second
    took = judge.run.clock() - began
    _confirm(judge, {finding.rule for finding in second}, again, raced=raced, lost=lost)
    # The sweep takes long, and all players: it meets others sooner.
    if judge.run.unsteady or turn(item) > HARM:
        _leave_what_moves(judge, took)


def _leave_what_moves(judge: Judge, took: float) -> None:
    """Accuse of no wrong balance where somebody else may be at work and balances move with nothing sent.

    They have as long for it as the second look ``took``, in seconds.
    """
    result = judge.result
    by_money = [finding for finding in result.findings if finding.observed is Observed.MONEY]
    if not by_money:
        return
    judge.run.guard.sleep(min(max(took, _LEAST_STILL), _MOST_STILL))
    if _still(judge):
        return
    for rule in {finding.rule for finding in by_money}:
        result.seen_once[rule] = (
            f"{message(result.of(rule))}; then the balance moved with nothing sent. {_WHO}"
        )
    result.findings = [finding for finding in result.findings if finding not in by_money]


def _leave_open(result: ScenarioResult, why: str, back: Iterable[str] = ()) -> None:
    """Accuse of nothing that could not be looked at again, and say ``why``; what came ``back`` stands."""
    open_rules = {finding.rule for finding in result.findings}.difference(back)
    result.seen_once |= {
        rule: f"seen once: {message(result.of(rule))}; before it could be tried again {why}"
        for rule in open_rules
    }
    result.findings = [finding for finding in result.findings if finding.rule not in open_rules]


def leave_to_others(run: Run, results: Iterable[ScenarioResult]) -> None:
    """Accuse of nothing that a balance shows where another run moves it, too."""
    if not run.lock.shared():
        return
    for result in results:
        open_yet = [finding for finding in result.findings if finding.observed in _BY_BALANCE]
        for rule in {finding.rule for finding in open_yet}:
            result.seen_once[rule] = (
                f"{message([finding for finding in open_yet if finding.rule == rule])}; seen while another check or "
                "load on this machine used the player: wait for its end, or give each players of its own"
            )
        result.findings = [finding for finding in result.findings if finding not in open_yet]


def _confirm(judge: Judge, back: set[str], again: set[str], *, raced: bool, lost: bool) -> None:
    """Keep the findings that came ``back``, of the rules that were judged ``again``."""
    result, first = judge.result, judge.result.findings
    dropped = set()
    for rule in dict.fromkeys(finding.rule for finding in first):
        # What could not be tried again speaks for itself.
        silent = all(finding.observed is Observed.SILENT for finding in result.of(rule))
        by_chance = (raced or "restart" in RULES[rule].needs) and not silent
        if rule in back or rule not in again:
            continue
        if by_chance and rule not in _ABOUT_RACES and _by_money(result, rule, all) and lost_at_once(judge):
            result.seen_once[rule] = _LOST_AT_ONCE
        elif by_chance and _still(judge):
            continue
        elif not raced and any(judge.abreast.intersection(one.exchanges) for one in result.of(rule)):
            result.notes.setdefault(rule, []).append(HELD_ALONE)
            judge.run.unsteady |= _by_money(result, rule)
            dropped.add(rule)
        elif lost and (not raced or (silent and not _in_races(judge, result.of(rule)))):
            # The CLIENT was away or paused, and was back before anybody asked: what was found then says nothing.
            dropped.add(rule)
        else:
            judge.run.unsteady |= _by_money(result, rule)
            result.seen_once[rule] = _once(result, rule)
    result.findings = [
        finding for finding in first if finding.rule not in dropped and finding.rule not in result.seen_once
    ]


def _by_money(result: ScenarioResult, rule: str, how_many: Callable[[Iterable[bool]], bool] = any) -> bool:
    return how_many(finding.observed is Observed.MONEY for finding in result.of(rule))


def _run(item: pytest.Function, judge: Judge) -> Exception | None:
    """Run the scenario once more; return how it ended: how far it came is what it judged."""
    judge.run.again = True
    try:
        item.runtest()
    except Exception as ending:
        return ending
    finally:
        judge.run.again = False
    return None


def _in_races(judge: Judge, findings: list[Finding]) -> bool:
    """Whether one of the exchanges that show them left at the same moment as others, on purpose."""
    return any(judge.run.history[number].race is not None for one in findings for number in one.exchanges)


def _lost(judge: Judge) -> bool:
    """Whether the CLIENT went away in the middle of a request of this scenario, though nothing was meant to be lost."""
    return _failed(judge, _GOING)


def _paused(judge: Judge) -> bool:
    """Whether the CLIENT, or the machine, may have stood still for a while in this scenario."""
    return judge.hurried or _failed(judge, {FailureKind.TIMEOUT})


def _failed(judge: Judge, kinds: Collection[FailureKind]) -> bool:
    return any(
        one.failure is not None and one.failure.kind in kinds and not one.faulty
        for one in judge.run.sent_in(judge.result)
        if one.direction is Direction.TO_CLIENT
    )


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
        before = player.last
        if player.funded.since > judge.result.first_exchange and before is not None:
            with contextlib.suppress(Unreadable):
                if judge.measure(player, before) != before:
                    return False
    return True


def _once(result: ScenarioResult, rule: str) -> str:
    seen = message(result.of(rule))
    return f"seen once: {seen}; tried again with new ids and a fresh balance, it held. {_WHO}"
