"""Races: what single requests one after the other cannot show.

Story: copies of one request, bets for the same funds, a bet and its rollback reach the CLIENT within a fraction of a
millisecond, as they do when a provider retries through two of its own servers. Invariant: whatever the order, money
moves as if the requests had come one after the other, and one transaction has one effect. Limits: a gap in the CLIENT
is found by chance; the width and the number of races come from the effort.
"""

from collections.abc import Callable
from functools import partial

import pytest

from scenarios.cases.kinds import KINDS, needed
from scenarios.cases.plain_transactions import need_sound, sound
from scenarios.cases.raced import Race, raced, same_answers
from scenarios.oracles.plain_faults import BET_UNDONE, ORPHAN
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.wallet.transactions import Transaction

pytestmark = [pytest.mark.last, pytest.mark.needs("probe"), pytest.mark.usefixtures("choices_learned")]


@pytest.mark.rules("BET-04")
def test_bets_for_the_same_funds(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """Of N concurrent bets of B on a balance of k*B exactly k are accepted, and the rest is left."""
    for covered in _shares(effort):
        units = 100
        balance = judge.fund(player, units * covered + 1)
        bets = operator.race(
            [operator.transaction("bet", player, player.money(units)) for _ in range(effort.width)]
        )
        covered = min(covered, len(bets))
        open_ones = sum(exchange.unknown for exchange in bets)
        taken = sum(exchange.ok for exchange in bets)
        stake = player.money(units)
        case = f"{len(bets)} bets of {player.show(stake)} at once on {player.show(balance)}"
        judge.holds(
            "BET-04",
            covered - open_ones <= taken <= covered,
            expected=f"exactly {covered} accepted",
            seen=f"{taken} accepted" + (f", {open_ones} without an answer" if open_ones else ""),
            exchanges=bets,
            case=case,
            off=abs(taken - covered) * stake,
        )
        judge.settled("BET-04", player, *bets, case=case, last=True)


@pytest.mark.rules("IDM-02")
def test_copies_at_once(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """N copies of one request at once have one effect, and every answer carries the same CLIENT id."""

    def copied(units: int, kind: str) -> list[Transaction]:
        return [needed(kind, operator, player, units)] * effort.width

    for _ in range(effort.races):
        races = [
            Race(f"copies of a {kind}", partial(copied, kind=kind), same_answers)
            for kind in sound(judge, KINDS)
        ]
        raced("IDM-02", judge, operator, player, effort.width, races)


@pytest.mark.rules("RBK-12")
def test_bet_against_its_rollback(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """A bet and its rollback, with copies of both, race each other: the balance ends where it began."""
    # A rollback that comes before its bet is an orphan.
    need_sound(judge, BET_UNDONE, ORPHAN)

    def against(units: int) -> list[Transaction]:
        bet = operator.transaction("bet", player, player.money(units))
        undo = operator.undo(bet.id, player, bet.amount)
        return [undo if number % 2 else bet for number in range(effort.width)]

    race = Race("at once: a bet and its rollback", against)
    raced("RBK-12", judge, operator, player, effort.width, [race] * (effort.races * 2))


@pytest.mark.rules("RBK-14")
def test_rollbacks_of_one_bet_at_once(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """Concurrent rollbacks of one bet, under the same and under different ids, return its amount once."""
    need_sound(judge, BET_UNDONE)
    ways = _rollback_ids(effort.width)

    def undone(units: int, ids: Callable[[Verbs], list[str]]) -> list[Transaction]:
        bet = operator.bet(player, player.money(units))
        judge.needs(bet.ok, "the bet that was to be rolled back was refused", bet)
        return [operator.undo(bet, id=given) for given in ids(operator)]

    for _ in range(effort.races):
        races = [
            Race(name, partial(undone, ids=ids))
            for name, ids in (ways if operator.rollback_ids else ways[:1])
        ]
        raced("RBK-14", judge, operator, player, effort.width, races)


def _shares(effort: Effort) -> list[int]:
    """How many of the racing bets the balance covers, race by race."""
    return [1 + number % max(1, effort.width - 1) for number in range(0, effort.races * 3, 3)]


def _rollback_ids(width: int) -> list[tuple[str, Callable[[Verbs], list[str]]]]:
    def same(operator: Verbs) -> list[str]:
        return [operator.new_id()] * width

    def different(operator: Verbs) -> list[str]:
        return [operator.new_id() for _ in range(width)]

    def mixed(operator: Verbs) -> list[str]:
        pairs = [operator.new_id() for _ in range(max(1, width // 2))]
        return [pairs[number % len(pairs)] for number in range(width)]

    return [
        ("rollbacks under one id", same),
        ("rollbacks under as many ids", different),
        ("rollbacks, each id twice", mixed),
    ]
