"""A restart: what was acknowledged before the CLIENT was killed is still known after it.

Story: transactions of all kinds are made, the CLIENT is killed and started again, and copies arrive.
Invariant: balance and answers are those from before. Limits: nothing is in flight while it is killed; needs
the driver's ``restart``.
"""

import time

import pytest

from scenarios.cases.kinds import BET, KINDS, UNITS, done
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = [pytest.mark.last, pytest.mark.needs("probe")]

# Seconds that a CLIENT which listens again may take to answer, and between two attempts.
_ANSWERS_WITHIN = 30.0
_AGAIN_AFTER = 0.1


@pytest.mark.rules("IDM-10", "RBK-07")
def test_keeps_what_was_acknowledged(run: Run, operator: Verbs, player: Player, judge: Judge) -> None:
    """After a restart the balance is as before, copies have no effect, and rollbacks are remembered."""
    judge.fund(player, 5000)
    firsts = [(kind, first) for kind in KINDS if (first := done(kind, operator, player))]
    judge.needs(firsts, "no bet, result or rollback was accepted that could be sent again")
    orphan = operator.rollback(operator.new_id(), player, player.money(UNITS[BET]), label="rollback (orphan)")
    if orphan.ok:
        firsts.append(("orphan rollback", orphan))
    # How a copy is answered at once is IDM-01's matter; here it must not be answered otherwise later.
    early = {first.number: operator.again(first) for _, first in firsts}
    judge.measure(player)
    _restart(run, judge)
    judge.settled("IDM-10", player, case="after the restart")
    for kind, first in firsts:
        late = operator.again(first)
        if early[first.number].ok and early[first.number].client_id == first.client_id:
            judge.same_client_id("IDM-10", first, late, case=f"{kind}, after the restart")
        judge.settled("IDM-10", player, first, late, case=f"{kind}, after the restart")
    _second_rollbacks(operator, judge, player, [first for kind, first in firsts if kind in KINDS])


def _second_rollbacks(operator: Verbs, judge: Judge, player: Player, firsts: list[Exchange]) -> None:
    """Roll back once more, under new ids, what was rolled back before the restart."""
    for first in firsts:
        if first.message.kind == "rollback":
            target = first.message.of
            second = operator.rollback(target, player, first.message.amount)
            judge.settled("RBK-07", player, first, second, case="after a restart")


def _restart(run: Run, judge: Judge) -> None:
    run.driver.restart()
    deadline = time.monotonic() + _ANSWERS_WITHIN
    while not run.reach.alive():
        judge.needs(
            time.monotonic() < deadline, f"no answer within {_ANSWERS_WITHIN:g} s after [driver] restart"
        )
        time.sleep(_AGAIN_AFTER)
