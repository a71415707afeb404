"""Lost answers: the CLIENT did the work and nobody heard, so the provider sends again.

Story: the connection is cut once the request is fully sent, at several instants, or the provider's whole retry
schedule runs, some copies while others are under way. Invariant: whatever the CLIENT did with the first request, all
copies together have one effect. Limits: cuts happen on the way to the CLIENT's server; what a proxy between does with
them is part of what is judged.
"""

from collections.abc import Iterator
from decimal import Decimal

import pytest

from scenarios.run.effort import Effort
from scenarios.run.judge import Judge
from scenarios.wallet.kinds import BET, RESULT
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.transport.faults.delivery import Fault
from simulators.transport.faults.ordering import RetrySchedule
from simulators.transport.faults.wire import AnswerLost
from simulators.wallet.transactions import Transaction

pytestmark = [pytest.mark.last, pytest.mark.needs("probe")]

# When the connection is cut after the last byte was sent: seconds, or at the first byte of the answer.
_INSTANTS = (0.0, 0.001, 0.005, 0.02, "first-byte")


@pytest.mark.rules("IDM-03")
def test_copy_after_a_lost_answer(operator: Verbs, player: Player, judge: Judge) -> None:
    """A copy after a lost answer has no second effect, whenever the connection was cut."""
    for instant in _INSTANTS:
        for cut in ("reset", "close"):
            lost = AnswerLost(after=instant, cut=cut)
            for action in ("bet", "result", "rollback"):
                _cut_then_copy(operator, player, judge, action, lost)


def _cut_then_copy(operator: Verbs, player: Player, judge: Judge, action: str, lost: AnswerLost) -> None:
    balance = judge.fund(player, 2000)
    message, effect = _message(operator, player, judge, action)
    before = balance - effect if action == "rollback" else balance
    sent = operator.deliver(message, [lost])
    copies = [operator.settle(operator.again(sent[0])), operator.again(sent[0])]
    _one_effect(judge, "IDM-03", player, before, effect, [*sent, *copies], f"{action}, {lost.sentence}")


def _message(operator: Verbs, player: Player, judge: Judge, action: str) -> tuple[Transaction, Decimal]:
    """A message of ``action`` and what it does to the balance; for a rollback the bet is made first."""
    amount = player.money(300)
    if action == BET:
        return operator.transaction(BET, player, amount), -amount
    if action == RESULT:
        return operator.transaction(RESULT, player, amount), amount
    bet = operator.bet(player, amount)
    judge.needs(bet.ok, "the bet that was to be rolled back was refused")
    return operator.undo(bet), amount


def _one_effect(
    judge: Judge,
    rule: str,
    player: Player,
    before: Decimal,
    effect: Decimal,
    exchanges: list[Exchange],
    case: str,
) -> None:
    """One effect where any copy was accepted; where none was, at most one."""
    acceptable = [before + effect]
    if not any(exchange.ok for exchange in exchanges):
        acceptable.append(before)
    judge.one_of(rule, player, acceptable, *exchanges, case=case)


@pytest.mark.rules("IDM-11")
def test_provider_retry_schedule(operator: Verbs, player: Player, judge: Judge, effort: Effort) -> None:
    """A timeout, then copies with growing pauses, some of them together, end with one effect."""
    for faults in _schedules(effort):
        for action in ("result", "rollback"):
            balance = judge.fund(player, 2000)
            message, effect = _message(operator, player, judge, action)
            before = balance - effect if action == "rollback" else balance
            exchanges = operator.deliver(message, faults)
            last = operator.settle(exchanges[-1])
            judge.holds(
                "IDM-11",
                last.ok,
                expected="the schedule ends with an accepted copy",
                seen=f"the last copy was {last.outcome}",
                exchanges=[*exchanges[:3], last],
                case=action,
            )
            _one_effect(
                judge,
                "IDM-11",
                player,
                before,
                effect,
                [*exchanges, last],
                f"{action}, {len(exchanges)} sends",
            )


def _schedules(effort: Effort) -> Iterator[list[Fault]]:
    pauses = (0.01, 0.02, 0.05, 0.1)
    for lost in range(1, min(len(pauses), 1 + effort.races) + 1):
        yield [
            RetrySchedule(pauses=pauses, concurrent=(1, 2, 1, 3)),
            AnswerLost(after=0.001 * lost, attempts=lost),
        ]
