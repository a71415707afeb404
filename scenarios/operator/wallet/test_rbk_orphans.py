"""Orphans: rollbacks of what never happened are acknowledged, remembered, and move no money.

Story: a bet is lost on its way or refused, and its rollback comes all the same; then the bet comes after it.
Invariant: no money moves, for there is nothing to return, and the OPERATOR has given the bet up. Limits:
sequential requests only.
"""

from functools import partial

import pytest

from scenarios.cases import choices
from scenarios.cases.at_once import in_one_reading
from scenarios.oracles.plain_faults import BET, RESULT
from scenarios.run.judge import Judge, said
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("RBK-04")
def test_orphan_moves_nothing(operator: Verbs, player: Player, judge: Judge) -> None:
    """A rollback of an unknown id succeeds, gets a CLIENT id and moves no money, at any balance.

    A bet of its very amount stands, which a CLIENT that looks for anything else than the id would find.
    """

    def undone(units: int, *, apart: bool) -> None:
        judge.fund(player, 500 if apart else 500 + units)
        operator.bet(player, player.money(500))
        if apart:
            judge.fund(player, units)
        ordinary = operator.result(player, player.money(250))
        balance = judge.measure(player) if apart else player.money(units) + ordinary.message.amount
        orphan = operator.rollback(operator.new_id(), player, player.money(500), label="rollback (orphan)")
        case = f"at a balance of {player.show(balance)}"
        if not operator.channel.dialect.abilities.unknown_rollbacks:
            judge.note("RBK-04", f"the dialect has it refused; it is {_answered(orphan)}")
        elif judge.accepted("RBK-04", orphan, case=case):
            judge.holds(
                "RBK-04",
                # A CLIENT that gives no ids at all is MSG-03's matter.
                _has_id(orphan.client_id) or not _has_id(ordinary.client_id),
                expected="a CLIENT transaction_id, as others get",
                seen=said(orphan),
                exchanges=[orphan],
                case=case,
            )
        judge.settled("RBK-04", player, orphan, case=case, last=True)

    for units in (1000, 0):
        in_one_reading(judge, partial(undone, units))


def _has_id(client_id: str | int | None) -> bool:
    return client_id not in (None, "")


@pytest.mark.rules("RBK-05")
def test_orphan_sent_again(operator: Verbs, player: Player, judge: Judge) -> None:
    """The copy of an orphan rollback is answered with the CLIENT id of the first time."""
    judge.fund(player, 1000)
    orphan = operator.rollback(operator.new_id(), player, player.money(500), label="rollback (orphan)")
    judge.needs(orphan.ok, "the orphan rollback that was to be sent again was refused", orphan)
    for _ in range(2):
        judge.same_client_id("RBK-05", orphan, operator.again(orphan))


@pytest.mark.rules("RBK-06")
def test_bet_after_its_orphan_rollback(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet that arrives after its own rollback moves no money."""
    tried = choices.late_wager(judge, operator, player, BET)
    judge.note("RBK-06", f"the late bet is {_answered(tried.late)}")
    judge.was("RBK-06", player, tried.after, [tried.before], tried.orphan, tried.late)


@pytest.mark.rules("RBK-16")
def test_result_after_its_orphan_rollback(operator: Verbs, player: Player, judge: Judge) -> None:
    """A result that arrives after its own rollback: whether it is paid is recorded."""
    tried = choices.late_wager(judge, operator, player, RESULT)
    paid = "paid" if tried.after != tried.before else "not paid"
    judge.note("RBK-16", f"the late result is {_answered(tried.late)}, and {paid}")


def _answered(exchange: Exchange) -> str:
    return "accepted" if exchange.ok else f"answered {said(exchange)}"


@pytest.mark.rules("RBK-08")
def test_of_a_refused_bet(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a bet that was refused succeeds and moves no money."""

    def undone(*, apart: bool) -> None:
        judge.fund(player, 300)
        bet = operator.bet(player, player.money(500))
        judge.needs(bet.refused, "the bet over the balance was not refused")
        if apart:
            judge.measure(player)
        rollback = operator.rollback(bet)
        if operator.channel.dialect.abilities.unknown_rollbacks:
            judge.accepted("RBK-08", rollback)
        else:
            judge.note("RBK-08", f"the dialect lets it be refused; it is {_answered(rollback)}")
        judge.settled("RBK-08", player, bet, rollback, last=True)

    in_one_reading(judge, undone)
