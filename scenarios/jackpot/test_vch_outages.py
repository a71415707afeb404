"""Outages of Jackpot that outlast the CLIENT's first tries: what it meant to do is done when Jackpot is back.

Story: vouchers are reserved, confirmed and refunded while Jackpot answers nothing but 502, until the CLIENT was refused
several times; then all is well again, and what the CLIENT did not acknowledge is sent once more. Invariant: money and
vouchers end together, whatever the CLIENT made of the errors. Limits: for CLIENTs in manual mode only; an outage ends
with the effort's patience; a reservation that the CLIENT does not come back to within its own pace runs out.
"""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import pytest

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import AMOUNT, PRICE, Conversions
from scenarios.jackpot.steps.confirming import confirmed_once, needs_manual
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.wallet.player import Player
from simulators.exchanges.history import Direction
from simulators.exchanges.owners import ALL
from simulators.jackpot.catalogue.pricing import CURRENCY
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.providers import JACKPOT

pytestmark = [pytest.mark.alone, pytest.mark.needs("probe")]

_DOWN = (502, b'{"error": "UNAVAILABLE", "message": "try again later"}', "application/json")
# So many refusals for each voucher are more than a first patience.
_TRIES = 4
# Seconds that the answer to a confirmation is held back, within which the outage begins.
_HELD_BACK = 1.0


@contextmanager
def _outage(conversions: Conversions, vouchers: int) -> Iterator[None]:
    """Jackpot is down meanwhile, and then until the CLIENT was refused often enough about so many ``vouchers``."""
    simulator, history = conversions.simulator, conversions.run.history
    since = len(history)
    for kind in sorted(simulator.kinds):
        simulator.disturb(kind, None, answer=_DOWN, about=ALL)

    def refused() -> int:
        return sum(
            one.provider == JACKPOT and one.direction is not Direction.TO_CLIENT
            for one in history.since(since)
        )

    try:
        yield
        conversions.until(lambda: refused() >= _TRIES * vouchers, conversions.patience)
    finally:
        simulator.calm(ALL)


@pytest.mark.rules("VCH-11", "VCH-03")
def test_outages_that_last(run: Run, conversions: Conversions, player: Player, judge: Judge) -> None:
    """After an outage that outlasts the first tries, what was reserved, confirmed or refunded is paid rightly."""
    needs_manual(run)
    simulator = conversions.simulator
    cost = conversions.usual_cost(player, VoucherState.READY)
    refunded = _to_refund(run, conversions, player)
    given_up = {each.id for each in simulator.queue.given_up}
    balance = judge.fund(player, 4 * AMOUNT)
    confirmed = conversions.begin(player, AMOUNT)
    with conversions.unready(confirmed):
        simulator.disturb("confirm", 1, answer=_DOWN, handled=True, delay_seconds=_HELD_BACK, about=ALL)
        conversions.reserve(confirmed, PRICE)
        asked = conversions.asked_to_confirm(confirmed)
        reserved = conversions.begin(player, AMOUNT)
        began = time.monotonic()
        with _outage(conversions, 2 + bool(refunded)):
            conversions.reserve(reserved, PRICE)
            if refunded is not None:
                conversions.happen(refunded[0], VoucherEvent.ASK_REFUND, VoucherEvent.REFUND)
        lasted = time.monotonic() - began
    conversions.full_patience = True
    for delivery in simulator.queue.given_up:
        if delivery.id not in given_up:
            simulator.queue.again(delivery.id)
    conversions.happen(confirmed, VoucherEvent.MAKE_READY)
    seconds = max(conversions.patience, 2 * lasted)
    cases = {
        "confirmed, then down" if asked else "reserved, then down": confirmed,
        "reserved while down": reserved,
    }
    bought = {case for case, conversion in cases.items() if _comes_back(conversions, conversion, seconds)}
    balance -= cost * len(bought)
    for case, conversion in cases.items():
        conversions.full_patience = True
        state = VoucherState.READY if case in bought else VoucherState.CANCELED
        conversions.ends("VCH-11", conversion, state, balance, case=case)
        confirmed_once(conversions, judge, conversion, case)
    if refunded is not None:
        conversions.full_patience = True
        conversions.ends(
            "VCH-03", refunded[0], VoucherState.REFUNDED, refunded[1], case="refunded while down"
        )


def _to_refund(run: Run, conversions: Conversions, player: Player) -> tuple[Conversion, Decimal] | None:
    """A voucher of another player's that is bought, and what that player has once it is refunded; None without one."""
    others = [other for other in run.players if other is not player and other.currency == CURRENCY]
    if not others:
        return None
    back = conversions.usual_cost(others[0], VoucherState.REFUNDED)
    conversion, balance = conversions.bought(others[0])
    paid = conversions.usual_cost(others[0], VoucherState.READY)
    return conversion, balance + paid - back


def _comes_back(conversions: Conversions, conversion: Conversion, seconds: float) -> bool:
    """Whether the CLIENT confirms within ``seconds`` what was reserved; otherwise the reservation runs out."""
    if conversions.leaves(conversion, VoucherState.RESERVED, seconds):
        return True
    return not conversions.happen(conversion, VoucherEvent.EXPIRE)
