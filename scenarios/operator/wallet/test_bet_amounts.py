"""Exact sums: money is counted in decimals, however many wagers, however large or small they are.

Story: hundreds of small wagers that binary fractions cannot hold, fortunes, and amounts finer than a cent.
Invariant: after each series the balance is right to the last unit. Limits: within a series only the answers
are watched, so that errors may add up; balances are read at its end.
"""

import contextlib
from collections.abc import Sequence
from functools import partial

import pytest

from scenarios.cases.at_once import in_one_reading
from scenarios.cases.kinds import Action
from scenarios.oracles.plain_faults import BET, RESULT
from scenarios.run.balances import Undecided
from scenarios.run.findings import observed_in
from scenarios.run.judge import Judge, said
from scenarios.run.planning.effort import Effort
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player

pytestmark = pytest.mark.needs("probe")

# Smallest units of the largest amounts that must be exact.
_FORTUNE = 10**12
# Sums that binary fractions get wrong in one direction or the other, in smallest units.
_PIECES = ((10, 20), (70, 10), (110, 220))
# So many bets and then results of a tenth: beside half a fortune each is rounded the same way, in sum by more than what
# other errors left behind. Results are more, as they give back what the bets took too much or too little, and less
# than twice as many, so that what they leave does not hide it the next time.
_TENTHS = (60, 90)


@pytest.mark.rules("BET-10")
def test_long_sums_are_exact(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """0.10 many times, and 19.99 repeated: there and back to the start, to the last unit."""
    # A few hundredths beside, that are lost where a balance is ever rounded to tenths.
    judge.fund(player, 10 * effort.sums + 7)
    _series(operator, judge, player, "bet", [10] * effort.sums)
    _series(operator, judge, player, "result", [10] * effort.sums, last=True)
    judge.fund(player, 0)
    _series(operator, judge, player, "result", [1999] * (effort.sums // 10))
    _series(operator, judge, player, "bet", [1999] * (effort.sums // 10), last=True)


@pytest.mark.rules("BET-10")
def test_sums_are_exact(operator: Verbs, player: Player, judge: Judge) -> None:
    """0.1+0.2 and the like: there and back to the start, to the last unit, also where much was there before."""
    # What earlier errors left behind hides the next one beside 0.30.
    with contextlib.suppress(Undecided):
        judge.needs_bets_of(player, _FORTUNE)
        funded = judge.fund(player, _FORTUNE // 2)
        if judge.measure(player) != funded:
            # What earlier errors left of a unit became a whole one.
            funded = judge.fund(player, _FORTUNE // 2)
            judge.needs(judge.measure(player) == funded, "a fortune is not paid whole (BET-12)")
        bets, results = _TENTHS
        _series(operator, judge, player, "bet", [10] * bets)
        _series(operator, judge, player, "result", [10] * results, last=True)
    for pieces in _PIECES:
        judge.fund(player, sum(pieces))
        _series(operator, judge, player, "bet", pieces)
        # What is wrong here is missing, or over, when the same is bet in the other order.
        _series(operator, judge, player, "result", pieces, read=False)
        _series(operator, judge, player, "bet", pieces[::-1], last=True)


def _series(
    operator: Verbs,
    judge: Judge,
    player: Player,
    action: Action,
    units: Sequence[int],
    *,
    read: bool = True,
    last: bool = False,
) -> None:
    """Make wagers of ``units`` each, all of which the balance covers, then ``read`` the balance, the ``last`` time."""
    messages = [operator.transaction(action, player, player.money(each)) for each in units]
    sent = judge.together([partial(operator.send, message) for message in messages])
    case = f"{len(units)} {action}s of {player.show(player.money(units[0]))}"
    if len(set(units)) > 1:
        case = f"{action}s of " + ", ".join(player.show(player.money(each)) for each in units)
    refused = [exchange for exchange in sent if not exchange.ok]
    if refused:
        judge.holds(
            "BET-10",
            False,
            expected=f"every {action} is accepted",
            seen=f"{len(refused)} of {len(sent)} were not, the first: {said(refused[0])}",
            exchanges=[*sent[:1], refused[0], sent[-1]],
            case=case,
            observed=observed_in(refused[0]),
        )
    if read:
        judge.settled("BET-10", player, sent[0], sent[-1], case=case, last=last)


@pytest.mark.rules("BET-11")
def test_finer_than_the_unit(operator: Verbs, player: Player, judge: Judge) -> None:
    """Amounts of a tenth of a unit are refused, or kept so exactly that ten of them make one unit."""
    balance = judge.fund(player, 1000)
    tenth = player.unit / 10
    for action in (RESULT, BET):
        moves = [operator.transaction(action, player, tenth) for _ in range(10)]
        sent = judge.together([partial(operator.send, move) for move in moves])
        accepted = sum(exchange.ok for exchange in sent)
        case = f"ten {action}s of {tenth} {player.currency}, {accepted} accepted"
        if judge.holds(
            "BET-11",
            accepted in (0, len(sent)),
            expected="all are refused or all are kept exactly",
            seen=f"{accepted} of {len(sent)} were accepted",
            exchanges=sent,
            case=case,
        ):
            balance += tenth * accepted if action == RESULT else -tenth * accepted
            ends, last = (sent[0], sent[-1]), action == BET
            balance = judge.one_of("BET-11", player, [balance], *ends, case=case, last=last)


@pytest.mark.rules("BET-12")
def test_fortunes(operator: Verbs, player: Player, judge: Judge) -> None:
    """Amounts of up to 10^12 units are exact to the last unit, also beside small odd ones."""
    judge.needs_bets_of(player, _FORTUNE)
    moves: list[tuple[Action, int]] = [
        (RESULT, _FORTUNE),
        (BET, 7),
        (RESULT, _FORTUNE - 1),
        (BET, _FORTUNE),
        (RESULT, 13),
        (BET, _FORTUNE - 1),
    ]

    def moved(*, apart: bool) -> None:
        balance = judge.fund(player, 12_345)
        for action, units in moves:
            amount = player.money(units)
            exchange = operator.send(operator.transaction(action, player, amount))
            case = f"a {action} of {player.show(amount)}"
            judge.accepted("BET-12", exchange, case=case)
            if exchange.ok:
                balance += amount if action == RESULT else -amount
            # Reading puts back, and so moves, what no single wager here is about: not once at the end alone.
            if exchange.ok and (apart or action == RESULT or units == moves[-1][1]):
                balance = judge.balance("BET-12", player, balance, exchange, case=case)

    in_one_reading(judge, moved)
