"""Reported balances: what an answer, or the balance call, says of a player's balance.

Story: the game shows the player the balance of the last answer. Invariant: what is reported is what is there, after
whatever kind of transaction, sent once or again, alone or in a race; a copy may tell the balance of then. Limits:
judged only in dialects whose answers tell balances; a refusal need not tell one; where the balance is not what was
sent should have left, nothing is said here, as the rules about money tell of that.
"""

from collections.abc import Iterator, Sequence
from decimal import Decimal

import pytest

from scenarios.cases.kinds import KINDS, UNITS, done
from scenarios.oracles.attempts import places, to_units
from scenarios.oracles.plain_faults import ORPHAN
from scenarios.oracles.subset_sums import Sums
from scenarios.oracles.text import amount_off
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable, WagersProbe
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Kind, Transaction

# Where scenarios begin: no whole number of main units, in any currency, is left by what follows.
_FUNDS = 5003
# What the first of those that race is about, in smallest units; each further one is about twice as much.
_FIRST = 3
# So many race at most: more would take more than a single bet is commonly limited to.
_MOST = 16


@pytest.mark.needs("probe")
@pytest.mark.rules("BAL-01")
def test_answers_tell_what_is_there(operator: Verbs, player: Player, judge: Judge) -> None:
    """After each kind of transaction, a refused bet and copies, at once and later, the answer tells the balance."""
    start = judge.fund(player, _FUNDS, covered=True)
    sent = list(_of_each_kind(operator, player))
    _need_the_models(judge, player, start)
    judge.holds("BAL-01", True, expected="", seen="")
    for case, one in sent:
        reported = operator.balance_in(one, player)
        # A copy is answered as the first was, or says what is there now.
        before = [each for _, each in sent if each.number < one.number and each.message == one.message]
        if (reported is None and not one.ok) or reported in [
            operator.balance_in(each, player) for each in before
        ]:
            continue
        right = judge.expected(player, until=one)
        if reported is None or reported not in right:
            _blame(judge, player, one, reported, sorted(right.balances), case)


def _of_each_kind(operator: Verbs, player: Player) -> Iterator[tuple[str, Exchange]]:
    """Transactions of each kind with what led to them, a copy at once of each, and of all once more at the end."""
    firsts: list[tuple[str, Exchange]] = []
    for kind in (*KINDS, ORPHAN):
        first = done(kind, operator, player, UNITS[kind] + 1)
        if first is not None:
            firsts.append((kind, first))
            yield kind, first
            yield f"a copy of a {kind}", operator.again(first)
    yield "a bet over the balance", operator.bet(player, player.money(100 * _FUNDS))
    for kind, first in firsts:
        yield f"a late copy of a {kind}", operator.again(first)


def _need_the_models(judge: Judge, player: Player, start: Decimal) -> None:
    """Undecided where the balance is not what was sent should have left."""
    right = judge.expected(player)
    judge.needs(
        judge.measure(player, right.nearest(start)) in right,
        "the balance is not what was sent should have left, so nothing says what was to be reported",
    )


def _blame(
    judge: Judge, player: Player, one: Exchange, reported: Decimal | None, right: Sequence[Decimal], case: str
) -> None:
    off = Decimal(0) if reported is None else min((reported - each for each in right), key=abs)
    seen = "no balance that can be read" if reported is None else amount_off(reported, off, player.currency)
    judge.holds(
        "BAL-01",
        False,
        expected="the answer reports " + " or ".join(map(player.show, right[:4])),
        seen=seen,
        exchanges=[one],
        case=case,
        off=abs(off),
    )


@pytest.mark.last
@pytest.mark.needs("probe")
@pytest.mark.rules("BAL-01")
def test_answers_tell_in_a_race(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """Of bets and results at once each answer reports a balance that there was after it, and one the last."""
    for _ in range(effort.races):
        amounts = [_FIRST * 2**place for place in range(min(effort.width, _MOST))]
        start = judge.fund(player, sum(amounts) + _FUNDS, covered=True)
        raced = operator.race(
            [
                operator.transaction("result" if place % 2 else "bet", player, player.money(units))
                for place, units in enumerate(amounts)
            ]
        )
        last = judge.measure(player)
        if not all(one.ok for one in raced) or last not in judge.expected(player):
            continue
        case = f"{len(raced)} at once"
        for place, one in enumerate(raced):
            reported = operator.balance_in(one, player)
            if reported is None or not _was_there(
                start, reported, one, [*raced[:place], *raced[place + 1 :]]
            ):
                judge.holds(
                    "BAL-01",
                    False,
                    expected="each answer reports a balance that there was after its transaction",
                    seen="none"
                    if reported is None
                    else f"{player.show(reported)}, which no order of them leaves",
                    exchanges=raced,
                    case=case,
                )
                break
        judge.holds(
            "BAL-01",
            any(operator.balance_in(one, player) == last for one in raced),
            expected=f"one answer reports what is left: {player.show(last)}",
            seen="none does",
            exchanges=raced,
            case=case,
        )


def _was_there(start: Decimal, reported: Decimal, one: Exchange, others: Sequence[Exchange]) -> bool:
    """Whether ``reported`` is what some of the ``others`` and ``one`` leave of ``start``."""
    decimals = places([one, *others], start, reported)
    moved = to_units(start + _effect(one.message), decimals)
    sums = Sums(moved, tuple(frozenset({0, to_units(_effect(each.message), decimals)}) for each in others))
    return to_units(reported, decimals) in sums


def _effect(message: Transaction) -> Decimal:
    return -message.amount if message.kind is Kind.BET else message.amount


@pytest.mark.needs("probe")
@pytest.mark.rules("BAL-02")
def test_the_balance_call_tells_what_wagers_prove(operator: Verbs, player: Player, judge: Judge) -> None:
    """At zero, and after each kind of transaction, the call tells the balance, which it leaves as it was."""
    for units in (0, _FUNDS):
        judge.fund(player, units)
        _called(judge, operator, player, "nothing was asked yet")
    for kind in (*KINDS, ORPHAN):
        if done(kind, operator, player, UNITS[kind] + 1) is not None:
            _called(judge, operator, player, f"after a {kind}")
    # Asked more often than wagers look: what it moves adds up.
    for _ in range(3):
        operator.ask(player)
    _called(judge, operator, player, "after other calls")


def _called(judge: Judge, operator: Verbs, player: Player, case: str) -> None:
    asked = operator.ask(player)
    assert asked is not None
    exchange, reported = asked
    try:
        proved = (
            WagersProbe(operator).read(player, judge.expected(player).nearest(reported or Decimal(0))).amount
        )
    except Unreadable as error:
        judge.needs(False, f"the balance cannot be read by wagers: {error}")
    off = Decimal(0) if reported is None else reported - proved
    judge.holds(
        "BAL-02",
        reported == proved,
        expected=f"the balance call reports {player.show(proved)}, which wagers prove",
        seen="no balance that can be read"
        if reported is None
        else amount_off(reported, off, player.currency),
        exchanges=[exchange],
        case=case,
        off=abs(off),
    )
