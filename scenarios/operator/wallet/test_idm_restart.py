"""A restart: what was acknowledged before the CLIENT was killed is still known after it.

Story: transactions of all kinds are made, the CLIENT is killed and started again, and copies arrive.
Invariant: balance and answers are those from before. Limits: nothing is in flight while it is killed; needs
the driver's ``restart``.
"""

import time
from functools import partial

import pytest

from scenarios.cases.batch import FUNDS, STEP, late_copies, settled_together
from scenarios.cases.kinds import KINDS, sent_again
from scenarios.oracles.plain_faults import ORPHAN
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
    judge.fund(player, FUNDS, covered=True)
    firsts = sent_again(operator, judge, player, STEP, (*KINDS, ORPHAN))
    judge.measure(player)
    _restart(run, judge)
    judge.settled("IDM-10", player, case="after the restart")
    late_copies("IDM-10", operator, judge, player, "after the restart", firsts)
    _second_rollbacks(operator, judge, player, [first for kind, first, _ in firsts if kind in KINDS])


def _second_rollbacks(operator: Verbs, judge: Judge, player: Player, firsts: list[Exchange]) -> None:
    """Roll back once more, under new ids, what was rolled back before the restart."""
    undone = [first for first in firsts if first.message.kind == "rollback"]
    second = judge.together(
        [partial(operator.rollback, first.message.of, player, first.message.amount) for first in undone]
    )
    sent = [(first.label, [first, again]) for first, again in zip(undone, second, strict=True)]
    settled_together("RBK-07", judge, player, "after a restart", sent, last=True)


def _restart(run: Run, judge: Judge) -> None:
    run.driver.restart()
    deadline = time.monotonic() + _ANSWERS_WITHIN
    while not run.reach.alive():
        judge.needs(
            time.monotonic() < deadline, f"no answer within {_ANSWERS_WITHIN:g} s after [driver] restart"
        )
        time.sleep(_AGAIN_AFTER)
