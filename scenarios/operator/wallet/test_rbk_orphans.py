"""Orphans: rollbacks of what never happened are acknowledged, remembered, and move no money.

Story: a bet is lost on its way or refused, and its rollback comes all the same; then the bet comes after it.
Invariant: no money moves, for there is nothing to return, and the OPERATOR has given the bet up. Limits:
sequential requests only.
"""

import pytest

from scenarios.run.judge import Judge, said
from scenarios.wallet.kinds import known
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("RBK-04")
def test_orphan_moves_nothing(operator: Verbs, player: Player, judge: Judge) -> None:
    """A rollback of an unknown id succeeds, gets a CLIENT id and moves no money, at any balance."""
    for units in (1000, 0):
        balance = judge.fund(player, units)
        ordinary = operator.result(player, player.money(250))
        balance = judge.measure(player, balance + ordinary.message.amount)
        orphan = operator.rollback(operator.new_id(), player, player.money(500), kind="rollback (orphan)")
        case = f"at a balance of {player.show(balance)}"
        if not operator.channel.dialect.abilities.unknown_rollbacks:
            judge.holds("RBK-04", True, expected="", seen="")
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
        judge.balance("RBK-04", player, balance, orphan, case=case)


def _has_id(client_id: str | int | None) -> bool:
    return client_id not in (None, "")


@pytest.mark.rules("RBK-05")
def test_orphan_sent_again(operator: Verbs, player: Player, judge: Judge) -> None:
    """The copy of an orphan rollback is answered with the CLIENT id of the first time."""
    judge.fund(player, 1000)
    orphan = operator.rollback(operator.new_id(), player, player.money(500), kind="rollback (orphan)")
    judge.needs(orphan.ok, "the orphan rollback that was to be sent again was refused")
    for _ in range(2):
        judge.same_client_id("RBK-05", orphan, operator.again(orphan))


@pytest.mark.rules("RBK-06")
def test_bet_after_its_orphan_rollback(operator: Verbs, player: Player, judge: Judge) -> None:
    """A bet that arrives after its own rollback moves no money."""
    judge.fund(player, 5000)
    bet = operator.transaction("bet", player, player.money(500))
    orphan = operator.rollback(bet.id, player, bet.amount, kind="rollback (orphan)")
    judge.needs(orphan.ok, "the orphan rollback that was to come first was refused")
    balance = judge.measure(player, known(player))
    late = operator.send(bet, kind="bet (late)")
    judge.note("RBK-06", "the late bet is accepted" if late.ok else f"the late bet is answered {said(late)}")
    judge.balance("RBK-06", player, balance, orphan, late)


@pytest.mark.rules("RBK-08")
def test_of_a_refused_bet(operator: Verbs, player: Player, judge: Judge) -> None:
    """Rolling back a bet that was refused succeeds and moves no money."""
    balance = judge.fund(player, 300)
    bet = operator.bet(player, player.money(500))
    judge.needs(bet.refused, "the bet over the balance was not refused")
    balance = judge.measure(player, balance)
    rollback = operator.rollback(bet)
    judge.accepted("RBK-08", rollback)
    judge.balance("RBK-08", player, balance, bet, rollback)
