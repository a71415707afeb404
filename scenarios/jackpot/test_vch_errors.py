"""Provider errors on confirm: what failed on the way may have been done.

Story: the CLIENT confirms a reservation, and Jackpot answers 500, 409, or not at all, having confirmed it or not.
Invariant: the voucher and the money end together, both or neither, and what is confirmed is not confirmed again.
Limits: for CLIENTs in manual mode only; how soon a CLIENT tries again is its own matter, within the effort's patience.
"""

from typing import Any

import pytest

from scenarios.browsers.voucher_flow import AMOUNT, PRICE, Conversions
from scenarios.jackpot.steps.confirming import confirmed_once, needs_manual
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.wallet.player import Player
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState

pytestmark = pytest.mark.needs("probe")

_FAILED = (500, b'{"error": "INTERNAL_ERROR", "message": "try again"}', "application/json")
_PAGE = (502, b"<html>Bad gateway</html>", "text/html")


# A CLIENT that waits for Jackpot, or before it asks again, may do nothing else meanwhile.
@pytest.mark.alone
@pytest.mark.rules("VCH-11")
def test_errors_on_confirm(
    run: Run, conversions: Conversions, player: Player, judge: Judge, effort: Effort
) -> None:
    """A confirmation that fails is tried again or resolved: the voucher is bought and paid for, once."""
    needs_manual(run)
    conversions.full_patience = True
    cases: list[tuple[str, dict[str, Any]]] = [
        ("500, not confirmed", {"answer": _FAILED}),
        ("500, yet confirmed", {"answer": _FAILED, "handled": True}),
        ("a page instead of JSON, yet confirmed", {"answer": _PAGE, "handled": True}),
        ("no answer, yet confirmed", {"lost": True}),
    ]
    if effort.hangs:
        cases.append(("a late answer, yet confirmed", {"handled": True, "delay_seconds": effort.patience}))
    usual = conversions.usual_cost(player, VoucherState.READY)
    for case, fault in cases:
        balance = judge.fund(player, 2 * AMOUNT)
        conversion = conversions.begin(player, AMOUNT)
        conversions.simulator.disturb("confirm", 1, about=conversion.key, **fault)
        conversions.reserve(conversion, PRICE)
        if "delay_seconds" in fault:
            conversions.asked_to_confirm(conversion)
            conversions.delivered()
        conversions.ends("VCH-11", conversion, VoucherState.READY, balance - usual, case=case)
        conversions.calm()
        confirmed_once(conversions, judge, conversion, case)


@pytest.mark.rules("VCH-11")
def test_conflicts_on_confirm(run: Run, conversions: Conversions, player: Player, judge: Judge) -> None:
    """409 on confirm is resolved by the voucher's state: canceled meanwhile it costs nothing, confirmed its price."""
    needs_manual(run)
    conversions.full_patience = True
    for event, state in (
        (VoucherEvent.CANCEL, VoucherState.CANCELED),
        (VoucherEvent.CONFIRM, VoucherState.READY),
    ):
        usual = conversions.usual_cost(player, state)
        balance = judge.fund(player, 2 * AMOUNT)
        conversion = conversions.begin(player, AMOUNT)
        conversions.simulator.disturb("confirm", 1, about=conversion.key, delay_seconds=60)
        conversions.reserve(conversion, PRICE)
        conversions.asked_to_confirm(conversion)
        conversions.happen(conversion, event)
        conversions.calm()
        case = f"409, {state if state is VoucherState.CANCELED else 'CONFIRMED'} meanwhile"
        conversions.ends("VCH-11", conversion, state, balance - usual, case=case)
