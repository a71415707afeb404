"""Lost answers: the CLIENT did the work and nobody heard, so the provider sends again.

Story: the connection is cut once the request is fully sent, at several instants, or the provider's whole retry
schedule runs, some copies while others are under way. Invariant: whatever the CLIENT did with the first request, all
copies together have one effect. Limits: cuts happen on the way to the CLIENT's server; what a proxy between does with
them is part of what is judged.
"""

from collections.abc import Iterator, Sequence
from functools import partial

import pytest

from scenarios.cases.batch import FUNDS, STEP, settled_together
from scenarios.cases.kinds import KINDS, needed
from scenarios.cases.plain_transactions import sound
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.transport.delivery import Fault
from simulators.transport.faults.ordering import RetrySchedule
from simulators.transport.faults.wire import AnswerLost

pytestmark = [pytest.mark.last, pytest.mark.needs("probe"), pytest.mark.usefixtures("choices_learned")]

# When the connection is cut after the last byte was sent: seconds, or at the first byte of the answer.
_INSTANTS = (0.0, 0.001, 0.005, 0.02, "first-byte")


@pytest.mark.players(1, 2)
@pytest.mark.rules("IDM-03")
def test_copy_after_a_lost_answer(operator: Verbs, players: list[Player], judge: Judge) -> None:
    """A copy after a lost answer has no second effect, whenever the connection was cut."""
    cuts = [AnswerLost(after=instant, cut=cut) for instant in _INSTANTS for cut in ("reset", "close")]

    def each_cut(judge: Judge, kind: str) -> None:
        player = judge.run.players[0]
        judge.fund(player, FUNDS, covered=True)
        sent = judge.together(
            [
                partial(_cut_then_copy, operator, player, kind, STEP * 2**place, lost)
                for place, lost in enumerate(cuts)
            ]
        )
        reported = [lost.sentence for lost in cuts]
        settled_together("IDM-03", judge, player, kind, list(zip(reported, sent, strict=True)), last=True)

    judge.spread(players, sound(judge, KINDS), each_cut)


def _cut_then_copy(
    operator: Verbs, player: Player, kind: str, units: int, lost: AnswerLost
) -> list[Exchange]:
    """A transaction whose answer is lost, and two copies."""
    sent = operator.deliver(needed(kind, operator, player, units), [lost])
    return [*sent, operator.settle(operator.again(sent[0])), operator.again(sent[0])]


@pytest.mark.players(1, 2)
@pytest.mark.rules("IDM-11")
def test_provider_retry_schedule(
    operator: Verbs, players: list[Player], judge: Judge, effort: Effort
) -> None:
    """A timeout, then copies with growing pauses, some of them together, end with one effect."""
    kinds = sound(judge, KINDS[1:])

    def scheduled(judge: Judge, faults: Sequence[Fault]) -> None:
        player = judge.run.players[0]
        judge.fund(player, FUNDS, covered=True)
        sends = [
            partial(_on_schedule, operator, player, kind, STEP * 2**place, faults)
            for place, kind in enumerate(kinds)
        ]
        sent = judge.together(sends)
        for kind, exchanges in zip(kinds, sent, strict=True):
            last = exchanges[-1]
            judge.holds(
                "IDM-11",
                last.ok,
                expected="the schedule ends with an accepted copy",
                seen=f"the last copy was {last.status}",
                exchanges=[*exchanges[:3], last],
                case=kind,
            )
        settled_together("IDM-11", judge, player, "retries", list(zip(kinds, sent, strict=True)), last=True)

    judge.spread(players, [*_schedules(effort)], scheduled)


def _on_schedule(
    operator: Verbs, player: Player, kind: str, units: int, faults: Sequence[Fault]
) -> list[Exchange]:
    """A transaction sent as ``faults`` have it, and copies until one is answered."""
    sent = operator.deliver(needed(kind, operator, player, units), faults)
    return [*sent, operator.settle(sent[-1])]


def _schedules(effort: Effort) -> Iterator[list[Fault]]:
    pauses = (0.01, 0.02, 0.05, 0.1)
    for lost in range(1, min(len(pauses), 1 + effort.races) + 1):
        yield [
            RetrySchedule(pauses=pauses, concurrent=(1, 2, 1, 3)),
            AnswerLost(after=0.001 * lost, attempts=lost),
        ]
