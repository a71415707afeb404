"""Whether plain transactions move what they say: alone before races and stories, one behind the other where money was
found wrong.

What a rule sees that comes from there is not its finding. Each is tried with two amounts, from balances that two
readings in a row said alike, and once more where it is off by what is in no proportion to the amount.
"""

import contextlib
from collections.abc import Callable, Iterable, Sequence
from decimal import Decimal
from fractions import Fraction
from functools import partial
from itertools import product
from typing import Final, NamedTuple

from scenarios.cases.at_once import Chain, all_hold, each_holds
from scenarios.cases.kinds import Action, done
from scenarios.contract import Observed
from scenarios.oracles.plain_faults import (
    BET,
    BET_UNDONE,
    ORPHAN,
    REFUSED_BET,
    RESULT,
    RESULT_UNDONE,
    PlainFault,
    rule_of,
)
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.wallet.noticed import Noticed
from scenarios.wallet.operator_client import NoRace, Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Exchange

# What is tried alone, and what each of the second is tried behind.
_ALONE: Final = (BET, RESULT, BET_UNDONE, RESULT_UNDONE, ORPHAN)
_BEHIND: Final = (BET_UNDONE, RESULT_UNDONE, ORPHAN, REFUSED_BET, RESULT, BET)
# The rule that tells of plain wagers which lose one another at once, and how often that is tried.
AT_ONCE: Final = "INV-04"
_RACES: Final = 8
# Smallest units: what the player has, what comes before is about, and what is tried is about.
_FUNDS, _BEFORE, _TRIED, _STEP = 100_000, 400, (237, 1151), 101
# How many readings are to tell two in a row that are alike.
_READINGS = 3
# What an act moves, in times of its amount.
_MOVES: Final = {BET: -1, RESULT: 1, BET_UNDONE: 1, RESULT_UNDONE: -1, ORPHAN: 0}


class _Wrong(NamedTuple):
    """So many ``times`` its amount, ``off`` in money, something moved too much in the exchanges ``numbers``."""

    times: Fraction
    off: Decimal
    numbers: tuple[int, ...]


def each_amount_moves(
    rule: str, operator: Verbs, judge: Judge, player: Player, kind: Action, funds: int
) -> None:
    """Judge by ``rule`` whether wagers of ``kind``, small or large, round or odd, move exactly their amount."""

    def wager(units: int) -> list[Exchange]:
        return [operator.wager(kind, player, player.money(units))]

    def answers(sent: Sequence[Exchange], case: str) -> None:
        judge.accepted(rule, *sent, case=case)

    named = {units: f"a {kind} of {player.show(player.money(units))}" for units in (1, 7, 250, 1999, 100_000)}
    chains = [Chain(wager, answers, units, case) for units, case in named.items()]
    each_holds(rule, judge, player, chains, funds=funds)


def learn_alone(judge: Judge) -> None:
    """Try once in a run which kinds move alone another amount than they say: one reading, where all are right.

    What is of no amount is tried with them, and may be refused.
    """
    if not judge.run.plain_faults.alone:
        judge.run.plain_faults.alone = True
        of_nothing = Chain(lambda _: _of_nothing(judge.run.verbs, judge.run.players[0]))
        with contextlib.suppress(Undecided, Unreadable):
            if not all_usual(_ALONE, judge, of_nothing):
                _learn_alone(judge)


def _learn_alone(judge: Judge) -> None:
    """Find out one by one what moves alone another amount than it says."""
    run, player = judge.run, judge.run.players[0]
    start = _settled(judge, player)
    if start is not None:
        _of_nothing(run.verbs, player)
        run.plain_faults.of_nothing = judge.measure(player, start) == start
    _learn(judge, product([""], _ALONE))


def _of_nothing(operator: Verbs, player: Player) -> list[Exchange]:
    """Bets and a result of 0, so many that what they move all the same does not come to nothing."""
    return [operator.wager(kind, player, Decimal(0)) for kind in (BET, BET, RESULT)]


def learn_plain_faults(judge: Judge) -> None:
    """Try once in a run, unless no time is left, what each does alone and behind others."""
    run = judge.run
    if not _reported(judge) or run.plain_faults.known or run.diagnosis.why or run.suspicion.why:
        return
    # Another run moves balances, too.
    if run.guard.over or run.too_long or run.lock.shared():
        return
    run.plain_faults.known = True
    with contextlib.suppress(Undecided, Unreadable):
        if not _all_right(judge, run.verbs, run.players[0]):
            run.plain_faults.alone = True
            _learn_alone(judge)
            _learn(judge, product(_BEHIND, [RESULT, BET]))


def lost_at_once(judge: Judge) -> bool:
    """Whether plain wagers of one player lose one another where they leave together; tried once in a run.

    AT_ONCE tells of it; where that is not judged, nothing is tried.
    """
    run = judge.run
    faults = run.plain_faults
    if faults.at_once is None and AT_ONCE in run.settings.rules and not run.lock.shared():
        faults.at_once = False
        with contextlib.suppress(Undecided, Unreadable, NoRace):
            for _ in range(_RACES):
                found = _at_once(judge, run.verbs, run.players[0])
                if found is not None:
                    run.noticed.append(found)
                    faults.at_once = True
                    break
    return bool(faults.at_once)


def _at_once(judge: Judge, operator: Verbs, player: Player) -> Noticed | None:
    """Race bets and results, no two alike and all covered; what shows that the balance is off, None where it is not."""
    start = _settled(judge, player)
    if start is None:
        return None
    wagers = [
        operator.transaction((BET, RESULT)[place % 2], player, player.money(_TRIED[0] + _STEP * place))
        for place in range(judge.run.settings.effort.width)
    ]
    sent = [operator.again(one) if one.unknown else one for one in operator.race(wagers)]
    done_all = [one for one in sent if one.ok]
    right = start + sum(one.message.amount * _MOVES[one.message.kind] for one in done_all)
    off = judge.measure(player, right) - right
    if not off or any(one.unknown for one in sent):
        return None
    return Noticed(
        AT_ONCE,
        f"{len(done_all)} bets and results at once move the sum of what they say",
        f"the balance is {player.show(abs(off))} too {'much' if off > 0 else 'little'}",
        tuple(one.number for one in sent),
        abs(off),
        observed=Observed.MONEY,
    )


def _reported(judge: Judge) -> set[str]:
    return {rule_of(kind) for kind in _ALONE}.intersection(judge.run.settings.rules)


def _learn(judge: Judge, ways: Iterable[tuple[str, str]]) -> None:
    """Keep what is wrong of each kind behind another, unless one of the two is wrong alone; notice it for its rule."""
    run = judge.run
    for after, kind in ways:
        if all(map(run.plain_faults.sound, (after, kind))):
            found = _tried(judge, run.verbs, run.players[0], kind, after)
            if found is not None and not run.lock.shared():
                fault, noticed = found
                run.plain_faults.found.append(fault)
                # What no selected rule tells of is left to none.
                if fault.rule in _reported(judge):
                    run.plain_faults.reported.add(fault.rule)
                    run.noticed.append(noticed)


def all_usual(kinds: Sequence[str], judge: Judge, *further: Chain) -> bool:
    """Whether one reading tells that a transaction of each of ``kinds``, and what is ``further`` sent, moves alone what
    it should.
    """
    player = judge.run.players[0]

    def alone(units: int, kind: str) -> list[Exchange] | None:
        one = done(kind, judge.run.verbs, player, units)
        return None if one is None else [one]

    # It is no rule's matter here.
    rule, judged = judge.result.rules[0], set(judge.result.judged)
    try:
        return all_hold(
            rule, judge, player, [*(Chain(partial(alone, kind=kind)) for kind in kinds), *further]
        )
    finally:
        judge.result.judged = judged


def sound(judge: Judge, kinds: Iterable[str]) -> list[str]:
    """Those of ``kinds`` that move alone what they should; rules about copies and races need not tell of the others.

    Raises Undecided where there is none.
    """
    found = [kind for kind in kinds if judge.run.plain_faults.sound(kind)]
    if not found:
        need_sound(judge, *kinds)
    return found


def need_sound(judge: Judge, *kinds: str) -> None:
    """Raises Undecided where one of ``kinds`` moves another amount alone already."""
    for fault in judge.run.plain_faults.found:
        judge.needs(fault.after or fault.kind not in kinds, fault.description)


def _all_right(judge: Judge, operator: Verbs, player: Player) -> bool:
    """Whether one reading, after all that is tried, tells that it moves what it says."""
    right = _settled(judge, player)
    for place, (after, kind) in enumerate(product(_BEHIND, (RESULT, BET))):
        before = _before(operator, player, after)
        units = _TRIED[0] + _STEP * place
        if right is None or before is None or done(kind, operator, player, units) is None:
            return False
        right += before + player.money(units) * _MOVES[kind]
    return judge.measure(player, right) == right


def _tried(
    judge: Judge, operator: Verbs, player: Player, kind: str, after: str
) -> tuple[PlainFault, Noticed] | None:
    """What is wrong with ``kind`` behind ``after``, None where nothing is, or where it is refused."""
    wrong: list[_Wrong] = []
    for units in _TRIED:
        found = _once(judge, operator, player, kind, after, units)
        if found is None:
            return None
        wrong.append(found)
    if wrong[0].times != wrong[1].times:
        # In no proportion to the amount, it may be what somebody else did with the player: the same amounts again.
        for units, first in zip(_TRIED, wrong, strict=True):
            found = _once(judge, operator, player, kind, after, units)
            if found is None or found.off != first.off:
                return None
    sign = _MOVES[kind] or 1
    (times, *_), (again, off, numbers) = wrong
    fault = PlainFault(kind, after, times * sign if times == again else None)
    expected = f"{fault} moves {player.show(player.money(_TRIED[-1]))}"
    return fault, Noticed(
        fault.rule,
        expected if kind != ORPHAN else f"{fault} moves nothing",
        f"the balance is {player.show(abs(off))} too {'much' if off > 0 else 'little'}",
        numbers,
        abs(off),
        observed=Observed.MONEY,
    )


def _once(judge: Judge, operator: Verbs, player: Player, kind: str, after: str, units: int) -> _Wrong | None:
    """How far ``kind`` behind ``after`` is off with so many ``units``, None where it is not, or is refused."""
    start = _settled(judge, player)
    first = len(judge.run.history)
    before = Decimal(0) if not after else _before(operator, player, after)
    if start is None or before is None:
        return None
    # The wager that is rolled back is no part of what is tried.
    undone = {BET_UNDONE: -1, RESULT_UNDONE: 1}.get(kind, 0)
    if done(kind, operator, player, units) is None:
        return None
    last = len(judge.run.history)
    amount = player.money(units)
    right = start + before + amount * (_MOVES[kind] + undone)
    # What the balance is read by would be behind what is tried; that is tried by itself.
    operator.result(player, Decimal(0))
    off = judge.measure(player, right) - right
    return _Wrong(Fraction(off) / Fraction(amount), off, tuple(range(first, last))) if off else None


def _settled(judge: Judge, player: Player) -> Decimal | None:
    """The balance of the ``player``, funded anew, once two readings in a row tell it alike; None where none do."""
    seen = judge.fund(player, _FUNDS)
    for _ in range(_READINGS):
        last, seen = seen, judge.measure(player, seen)
        if last == seen:
            return seen
    return None


def _before(operator: Verbs, player: Player, kind: str) -> Decimal | None:
    """Do what another is tried behind; what that moves, None where it is refused, or taken and should not be."""
    if kind == REFUSED_BET:
        return Decimal(0) if operator.bet(player, player.money(100 * _FUNDS)).refused else None
    make: Callable[..., object] = done
    moved = _MOVES[kind] if kind in (BET, RESULT) else 0
    return player.money(_BEFORE) * moved if make(kind, operator, player, _BEFORE) is not None else None
