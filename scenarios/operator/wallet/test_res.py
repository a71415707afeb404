"""Results: whatever the player won is paid, exactly, and at any balance.

Story: the OPERATOR settles bets; a CLIENT may decline bets, never results. Invariant: a result of A raises
the balance by A, neither more nor less. Limits: sequential requests only; races and lost answers are judged
elsewhere.
"""

from decimal import Decimal
from functools import partial

import pytest

from scenarios.cases import choices
from scenarios.cases.at_once import in_one_reading
from scenarios.cases.plain_transactions import each_amount_moves
from scenarios.contract import Observed
from scenarios.oracles.model import Spent
from scenarios.oracles.plain_faults import RESULT
from scenarios.run.judge import Judge, said
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange

pytestmark = pytest.mark.needs("probe")


@pytest.mark.rules("RES-01")
def test_pays_exactly_its_amount(operator: Verbs, player: Player, judge: Judge) -> None:
    """A result deposits exactly its amount, small or large, round or odd."""
    each_amount_moves("RES-01", operator, judge, player, RESULT, funds=1000)


@pytest.mark.rules("RES-02")
def test_of_zero_moves_nothing(operator: Verbs, player: Player, judge: Judge) -> None:
    """A lost bet comes as a result of 0, which succeeds and moves nothing."""
    judge.fund(player, 500)
    bet = operator.bet(player, player.money(200))
    judge.needs(bet.ok, "the bet that was to be lost was refused", bet)
    lost = operator.result(player, Decimal(0))
    judge.accepted("RES-02", lost)
    judge.settled("RES-02", player, lost, last=True)


@pytest.mark.rules("RES-03")
def test_without_a_bet_is_paid(operator: Verbs, player: Player, judge: Judge) -> None:
    """A result that no bet precedes succeeds: promotions and late settlements are paid the same way."""

    def paid(*, apart: bool) -> None:
        judge.fund(player, 0)
        sends = [partial(operator.result, player, player.money(units)) for units in (300, 150, 75)]
        results = [send() for send in sends] if apart else judge.together(sends)
        judge.accepted("RES-03", *results, case="a result that no bet precedes")
        judge.settled("RES-03", player, *results, last=True)

    in_one_reading(judge, paid)


@pytest.mark.rules("RES-05")
def test_several_after_one_bet(operator: Verbs, player: Player, judge: Judge) -> None:
    """Several results after one bet, as cash-outs and corrections make them, are all paid."""

    def paid(*, apart: bool) -> None:
        judge.fund(player, 1000)
        bet = operator.bet(player, player.money(400))
        judge.needs(bet.ok, "the bet that was to be settled was refused", bet)
        if apart:
            judge.measure(player)
        results = [operator.result(player, player.money(units)) for units in (300, 150, 300, 75, 125)]
        for number, result in enumerate(results, 1):
            judge.accepted("RES-05", result, case=f"result {number} after one bet")
        case = f"{len(results)} results after one bet"
        judge.settled("RES-05", player, bet, *results, case=case, last=True)

    in_one_reading(judge, paid)


@pytest.mark.rules("RES-06")
def test_at_zero_and_below(operator: Verbs, player: Player, judge: Judge) -> None:
    """A result is paid at balance zero, and at a negative one that a corrected win has left."""
    judge.fund(player, 0)
    result = operator.result(player, player.money(250))
    if judge.accepted("RES-06", result, case="at balance zero"):
        judge.settled("RES-06", player, result, case="at balance zero", last=True)
    judge.fund(player, 0)
    win = operator.result(player, player.money(800))
    stake = operator.bet(player, player.money(800))
    # A CLIENT that lets no balance go below zero is RBK-03's matter; here only zero is judged then.
    if win.ok and stake.ok and operator.rollback(win).ok:
        _paid_below_zero(operator, judge, player, stake)


def _paid_below_zero(operator: Verbs, judge: Judge, player: Player, stake: Exchange) -> None:
    """Pay 10.00 at -8.00, where a win of 8.00 was bet as ``stake`` and then rolled back."""
    case = "at a negative balance"
    result = operator.result(player, player.money(1000))
    bet = operator.bet(player, player.unit) if judge.accepted("RES-06", result, case=case) else None
    if bet is not None and judge.holds(
        "RES-06",
        bet.ok,
        expected=f"a result of {player.show(result.message.amount)} is paid and can be bet",
        seen=f"a bet of {player.show(player.unit)} after it: {said(bet)}",
        exchanges=[stake, result, bet],
        case=case,
        off=result.message.amount,
    ):
        # Where the rollback took nothing, or gave (RBK-02, RBK-03), the result comes on top of that.
        acceptable = [player.money(units) - player.unit for units in (200, 1000, 1800)]
        if judge.one_of("RES-06", player, acceptable, result, case=case, last=True) == acceptable[0]:
            return
        choices.spent_result(judge, operator, player, 800)
        # Or what was owed is forgiven: the rollback of a spent result takes all of it here.
        judge.holds(
            "RES-06",
            judge.run.model.spent != {Spent.ALL},
            expected=f"balance {player.show(acceptable[0])}",
            seen="a result that was paid as if nothing had been owed",
            exchanges=[stake, result, bet],
            case=case,
            off=player.money(800),
            observed=Observed.MONEY,
        )
    else:
        # The way up for a player whom no result can lift.
        operator.rollback(stake)
