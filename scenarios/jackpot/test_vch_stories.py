"""Conversions and bets on one wallet: generated stories across both providers.

Story: chance invents sessions, reservations, cancellations, expiries, refunds, copies of webhooks and webhooks held
back, with bets and results between them or at the same moment; the story that breaks is made short, reported and saved.
Invariant: what left the balance was bet or spent on a voucher that exists. Limits: the sums are compared at the end of
a story, once every session is over; a gap between two requests is found by chance.
"""

import pytest

from scenarios.browsers.voucher_flow import Conversions
from scenarios.generated.judging import judge_stories
from scenarios.generated.search import Plan
from scenarios.generated.vouchers import VoucherStage
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.run.story import Step, Verb
from scenarios.wallet.player import Player

pytestmark = [pytest.mark.last, pytest.mark.needs("probe")]

_OPENING = 2000
_TOURS = (
    # Webhooks that arrive when the voucher is refunded already, and the CLIENT knows that.
    (
        Step(Verb.HOLD),
        Step(Verb.SESSION, 1000),
        Step(Verb.RESERVE, 700),
        Step(Verb.AGAIN),
        Step(Verb.REFUND),
        Step(Verb.AGAIN),
        Step(Verb.SEND),
    ),
    (
        Step(Verb.SESSION, 1000),
        Step(Verb.RESERVE, 700),
        Step(Verb.BET, 300),
        Step(Verb.REFUND),
        Step(Verb.AGAIN),
    ),
    (
        Step(Verb.HOLD),
        Step(Verb.SESSION, 1000),
        Step(Verb.RESERVE, 700),
        Step(Verb.CANCEL),
        Step(Verb.AGAIN),
        Step(Verb.AGAIN, of=1),
        Step(Verb.AGAIN),
        Step(Verb.SEND),
    ),
    (
        Step(Verb.SESSION, 1000),
        Step(Verb.RESERVE, 1000),
        Step(Verb.REJECT),
        Step(Verb.AGAIN, of=1),
        Step(Verb.AGAIN),
    ),
    (
        Step(Verb.SESSION, 900),
        Step(Verb.SESSION, 1000),
        Step(Verb.RESERVE, 500),
        Step(Verb.RESERVE, 800, of=1),
        Step(Verb.BET, 200),
        Step(Verb.RESULT, 150),
    ),
)


@pytest.mark.rules("VCH-08")
def test_bets_against_conversions(
    run: Run, conversions: Conversions, player: Player, judge: Judge, effort: Effort
) -> None:
    """Bets and sessions for the same money at the same moment never spend it twice."""
    half, pair = effort.width // 2, max(1, effort.width // 4)
    at_once = (
        (Step(Verb.TOGETHER, group=(Step(Verb.SESSION, _OPENING), Step(Verb.BET, _OPENING)) * pair),),
        (Step(Verb.TOGETHER, group=(Step(Verb.SESSION, 1200), Step(Verb.BET, 1100)) * half),),
    )
    in_turn = (
        (Step(Verb.SESSION, _OPENING), Step(Verb.BET, _OPENING), Step(Verb.RESERVE, _OPENING)),
        (Step(Verb.TOGETHER, group=(Step(Verb.SESSION, 1500),) * half),),
    )
    verbs = (Verb.SESSION, Verb.BET, Verb.RESERVE)
    plan = Plan(
        "VCH-08",
        verbs,
        _OPENING,
        units=(500, _OPENING),
        together=effort.width,
        tours=at_once * effort.races + in_turn,
    )
    _search(run, conversions, player, judge, effort, plan, twice=True, spend=True)


@pytest.mark.rules("VCH-10")
def test_any_sequence(
    run: Run, conversions: Conversions, player: Player, judge: Judge, effort: Effort
) -> None:
    """For any sequence of sessions, voucher events, copies and reorderings, balance + held + spent is constant."""
    verbs = (
        Verb.SESSION,
        Verb.SESSION,
        Verb.RESERVE,
        Verb.RESERVE,
        Verb.CANCEL,
        Verb.EXPIRE,
        Verb.REFUND,
        Verb.REJECT,
        Verb.AGAIN,
        Verb.AGAIN,
        Verb.HOLD,
        Verb.SEND,
        Verb.BET,
        Verb.RESULT,
    )
    plan = Plan("VCH-10", verbs, _OPENING, units=(100, 900), tours=_TOURS)
    _search(run, conversions, player, judge, effort, plan)


def _search(
    run: Run,
    conversions: Conversions,
    player: Player,
    judge: Judge,
    effort: Effort,
    plan: Plan,
    *,
    twice: bool = False,
    spend: bool = False,
) -> None:
    # Where no session is opened at all, stories would show nothing.
    judge.fund(player, plan.opening)
    conversions.begin(player, plan.opening // 2)
    conversions.finish()
    conversions.made.clear()

    def stage() -> VoucherStage:
        return VoucherStage(
            run, [player], plan.opening, judge.fund, hands=conversions, twice=twice, spend=spend
        )

    judge_stories(run, judge, effort, plan, stage)
