"""Seen again before it is said: a scenario that broke a rule is run once more, with new ids and fresh balances.

Implements ``contract.md``, *What a verdict may rest on*: a rule is accused only of what came back. What did not is
undecided, with both observations and the question whether somebody else used the player. A race, or a kill of the
CLIENT, that did not come back is proof enough while the balances are still. Once one did not come back, somebody else
may be at work: a wrong balance that does come back stands only while the balances are still. What was found while the
CLIENT went away is dropped, and the scenario judged again when it is back; one that it goes away in again is its
rule's finding, and a CLIENT that goes away at this and at that is given up. So is dropped what was found while an
answer was late, or a wait was shorter than a CLIENT may take: what paused says nothing. What was sent side by side,
because its order means nothing, is sent one after the other then: what holds so is no breach of a rule that is not
about races. What depends on a balance accuses nobody while another run uses the players, too. Nor does what did not
come back, where plain wagers at once lose one another already. What was waited for in vain and came meanwhile accuses
nobody, and no balance does that its money may have made wrong.
"""

import contextlib
from collections.abc import Collection, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from typing import Final

import pytest

from scenarios.cases.plain_transactions import AT_ONCE, learn_plain_faults, lost_at_once
from scenarios.contract import RULES, Observed
from scenarios.run.findings import HELD_ALONE, WHO, Finding, Overdue, ScenarioResult
from scenarios.run.guard import OutOfBounds, TargetGone
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.runner.order import HARM, turn
from scenarios.runner.outcome import blame_for_going
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Direction, Exchange, FailureKind, Purpose

# Why there is no answer where the CLIENT went away with the request in its hands.
_GOING = frozenset({FailureKind.REFUSED, FailureKind.NO_CONNECTION, FailureKind.RESET, FailureKind.CLOSED})

# What is sent for these is no part of what a scenario tries.
_JUDGES_OWN = frozenset({Purpose.PROBE, Purpose.FUNDING})

# What is seen so depends on what a player has.
_BY_BALANCE = frozenset({Observed.MONEY, Observed.DONE, Observed.REFUSED})

# What these are about may be lost between plain wagers that race.
_ABOUT_RACES = frozenset({"BET-04", "INV-02", "INV-03", AT_ONCE, "INV-05"})
_LOST_AT_ONCE: Final = (
    "a wrong balance was seen once, and plain bets and results of one player lose one another wherever they are "
    f"under way at once, with nothing copied, rolled back or killed. {AT_ONCE} reports that: fix it first, then "
    "judge this again"
)
# So often a CLIENT may go away at what it survives the second time; then the run ends.
_MOST_DEATHS: Final = 3
# Seconds between two looks whether balances are still, where somebody else may move them, and for how long they have to
# be where a wrong one was off by another amount when it came back, and once one was seen to move.
_STILL, _DOUBTFUL = 3.0, 10.0


def look(item: pytest.Function, judge: Judge, error: Exception | None) -> Exception | None:
    """Look once more at what the scenario of ``item``, which ended with ``error``, found; return how it ended.

    It ends with TargetGone where the CLIENT went away and stayed away.
    """
    result = judge.result
    open_yet = error is not None and not isinstance(error, OutOfBounds) and not result.findings
    if isinstance(error, TargetGone) or (open_yet and _lost(judge)):
        error = _anew(item, judge, result.first_exchange)
    elif open_yet and _paused(judge):
        result.take()
        judge.wait_cut_short, error = False, _run(item, judge)
    if isinstance(error, OutOfBounds):
        _leave_open(result, f"time was over: {error}")
    if not result.findings or result.went_away_again or isinstance(error, TargetGone | OutOfBounds):
        return error
    try:
        _look_again(item, judge)
    except (TargetGone, OutOfBounds) as ending:
        return ending
    except KeyboardInterrupt:
        _leave_open(result, "the run was interrupted")
        raise
    leave_to_others(judge.run, [result])
    return error


def _anew(item: pytest.Function, judge: Judge, since: int) -> Exception | None:
    """Wait for the CLIENT and run the scenario, whose first request was number ``since``, again; return how it ended.

    Where the CLIENT goes away at the same place again, that is found. Elsewhere it may have been restarted.
    """
    run, result = judge.run, judge.result
    died: set[int] = set()
    while True:
        died |= _places(judge, since)
        try:
            was_away = run.guard.wait_return()
        except TargetGone as gone:
            return gone
        finally:
            result.take()
        run.away.append(range(result.first_exchange, len(run.history)))
        run.warn(f"the CLIENT went away during {result.id} and came back; that was judged again")
        since = len(run.history)
        ending = _run(item, judge)
        gone_again = isinstance(ending, TargetGone)
        if gone_again and died & _places(judge, since):
            return _blamed(judge, str(ending))
        run.died_at += [result.id] * (was_away or gone_again)
        if len(run.died_at) >= _MOST_DEATHS:
            return _too_often(run, result)
        if not gone_again:
            return ending


def _blamed(judge: Judge, why: str) -> Exception | None:
    """Blame the rule of the scenario in which the CLIENT went away again; TargetGone where it stays away."""
    blame_for_going(judge.run, judge.result, why)
    judge.result.went_away_again = True
    try:
        judge.run.guard.wait_return()
    except TargetGone as gone:
        return gone
    return None


def _places(judge: Judge, since: int) -> set[int]:
    """Behind how many of the scenario's own requests, from number ``since`` on, those came that got no answer."""
    own, places = 0, set[int]()
    for one in judge.run.sent_in(judge.result):
        if one.number >= since and one.purpose is not Purpose.LIVENESS:
            own += one.purpose not in _JUDGES_OWN
            if one.unknown and not one.faulty:
                places.add(own)
    return places or {own}


def _too_often(run: Run, result: ScenarioResult) -> TargetGone:
    """What ends ``run``: the CLIENT survives alone each request at which it went away, so something else kills it."""
    result.take()
    why = (
        f"it went away {_MOST_DEATHS} times and was back each time, at something that it survived when sent again "
        f"({', '.join(run.died_at)}), and for more the run does not wait. What it went away at does not kill it; look "
        "for what adds up before: connections, threads or memory that are not given back after refusals or errors"
    )
    run.warn(f"the run ended early: {why}")
    return TargetGone(why)


def _look_again(item: pytest.Function, judge: Judge) -> None:
    """Run the scenario of ``item`` once more and keep the findings that came back. Raises TargetGone, OutOfBounds."""
    result = judge.result
    sent = judge.run.sent_in(result)
    # How many go at once is found out by overlapping, too, and balances are read so: both say nothing of the rule.
    own = {Purpose.LIVENESS, Purpose.PROBE}
    of_rule = (one for one in sent if one.number not in judge.concurrent_exchanges and one.purpose not in own)
    raced, lost = _overlapped(of_rule), _lost(judge) or _paused(judge)
    first, ending, began = result.take(), None, judge.run.clock()
    missing = [one for one in judge.run.overdue if not one.here()]
    try:
        if any(finding.observed in (Observed.MONEY, Observed.REFUSED) for finding in first.findings):
            learn_plain_faults(judge)
            result.take()
        # They are played again.
        result.stories, began = {**first.stories}, judge.run.clock()
        again_since = len(judge.run.history)
        ending = _run(item, judge)
        if isinstance(ending, TargetGone):
            # What interrupts the second look interrupts the verdict: it is taken once more.
            ending = _anew(item, judge, again_since)
    finally:
        second = result.take()
        result.add(replace(first, undecided=second.undecided))
    back = {finding.rule for finding in second.findings}
    if result.went_away_again:
        result.findings = second.findings
    elif isinstance(ending, TargetGone):
        _leave_open(result, "the target went away")
    elif isinstance(ending, OutOfBounds):
        _leave_open(result, f"time was over: {ending}", back)
    if isinstance(ending, TargetGone | OutOfBounds):
        raise ending
    if result.went_away_again:
        return
    # What another rule tells of is no finding of this one, but the rest is. Sent one after the other, they show better
    # what did it.
    anew = {*result.undecided} or (back if judge.concurrent_exchanges else set())
    result.findings = [one for one in first.findings if one.rule not in anew]
    result.findings += [one for one in second.findings if one.rule in anew]
    took = judge.run.clock() - began
    # What is one fault shows as the same each time; what others do does not.
    doubtful = not raced and _shown(first.findings, back) != _shown(second.findings, back)
    _confirm(judge, back, second.judged, raced=raced, lost=lost)
    _leave_what_came(result, [one for one in missing if one.here()])
    # The sweep takes long, and all players: it meets others sooner.
    if doubtful or judge.run.wrong_once or judge.run.disturbed or turn(item) > HARM:
        _leave_what_moves(judge, took, doubtful=doubtful)


def _shown(findings: Iterable[Finding], rules: Collection[str]) -> set[tuple[str, str, Observed, Decimal]]:
    """What the ``findings`` of ``rules`` that depend on a balance show, each with its case and how far it is off."""
    return {
        (one.rule, one.case, one.observed, one.off)
        for one in findings
        if one.rule in rules and one.observed in _BY_BALANCE
    }


def _leave_what_moves(judge: Judge, took: float, *, doubtful: bool) -> None:
    """Accuse of nothing that a balance shows where somebody else may be at work and balances move with nothing sent.

    They have about as long for it as the second look ``took``, in seconds; longer where a balance was seen to move so,
    or it is ``doubtful`` that one fault shows both times.
    """
    result = judge.result
    run = judge.run
    by_balance = [finding for finding in result.findings if finding.observed in _BY_BALANCE]
    if not by_balance:
        return
    # What the scenario sent after its last reading is in this one: from here on nothing is sent but readings.
    _still(judge)
    if not _stays(judge, _DOUBTFUL if doubtful or run.disturbed else min(max(took, _STILL), _DOUBTFUL)):
        result.leave_open(by_balance, lambda seen: f"{seen}; then the balance moved with nothing sent. {WHO}")


def _leave_what_came(result: ScenarioResult, came: list[Overdue]) -> None:
    """Accuse nobody of what has ``came`` meanwhile, nor of a wrong balance that its money may have made."""
    for one in came:
        hit = [
            each
            for each in result.findings
            if each.observed is Observed.MONEY or each.rule == one.rule or each.rule in result.stories
        ]
        result.leave_open(hit, partial("{1}; {0}".format, one.came))


def _leave_open(result: ScenarioResult, why: str, back: Iterable[str] = ()) -> None:
    """Accuse of nothing that could not be looked at again, and say ``why``; what came ``back`` stands."""
    result.leave_open(
        [finding for finding in result.findings if finding.rule not in back],
        lambda seen: f"seen once: {seen}; before it could be tried again {why}",
    )


def leave_to_others(run: Run, results: Iterable[ScenarioResult]) -> None:
    """Accuse of nothing that a balance shows where another run moves it, too."""
    if not run.lock.shared():
        return
    for result in results:
        result.leave_open(
            [finding for finding in result.findings if finding.observed in _BY_BALANCE],
            lambda seen: (
                f"{seen}; seen while another check or load on this machine used the player: wait for its end, or give "
                "each players of its own"
            ),
        )


def _confirm(judge: Judge, back: set[str], again: set[str], *, raced: bool, lost: bool) -> None:
    """Keep the findings that came ``back``, of the rules that were judged ``again``."""
    result = judge.result
    for rule in dict.fromkeys(finding.rule for finding in result.findings):
        mine = result.of(rule)
        # What could not be tried again speaks for itself.
        silent = all(finding.observed is Observed.SILENT for finding in mine)
        by_chance = (raced or "restart" in RULES[rule].needs) and not silent
        if rule in back:
            continue
        if rule not in again:
            if lost:
                result.leave_open(
                    mine,
                    "seen once: {}; the target was away or stood still, and it could not be tried again".format,
                )
            continue
        money = [finding.observed is Observed.MONEY for finding in mine]
        if by_chance and rule not in _ABOUT_RACES and all(money) and lost_at_once(judge):
            result.leave_open(mine, lambda _: _LOST_AT_ONCE)
            continue
        # Where balances were seen to move, that they are still for a while is no proof.
        still = by_chance and not (judge.run.disturbed and any(money)) and _still(judge)
        if still and (not any(money) or _stays(judge, _DOUBTFUL)):
            continue
        side_by_side = not raced and any(
            judge.concurrent_exchanges.intersection(one.exchanges) for one in mine
        )
        # The CLIENT was away or paused, and was back before anybody asked: what was found then says nothing.
        says_nothing = lost and (not raced or (silent and not _in_races(judge, mine)))
        if side_by_side or says_nothing:
            result.findings = [finding for finding in result.findings if finding not in mine]
        else:
            result.leave_open(mine, _once)
        if side_by_side:
            result.notes.setdefault(rule, []).append(HELD_ALONE)
        if side_by_side or not says_nothing:
            judge.run.wrong_once |= any(money)


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
    return judge.wait_cut_short or _failed(judge, {FailureKind.TIMEOUT})


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


def _stays(judge: Judge, seconds: float) -> bool:
    """Whether every balance that the scenario moved is still for so long, read every few seconds."""
    run, left = judge.run, seconds
    while _still(judge):
        if left <= 0:
            return True
        run.guard.sleep(min(left, _STILL))
        left -= _STILL
    run.disturbed = True
    return False


def _once(seen: str) -> str:
    return f"seen once: {seen}; tried again with new ids and a fresh balance, it held. {WHO}"
