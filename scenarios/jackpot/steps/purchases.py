"""Purchases that came to a state without anything going wrong, for rules about what comes then."""

from decimal import Decimal

from scenarios.browsers.voucher_browser import Conversion
from scenarios.browsers.voucher_flow import AMOUNT, PRICE, Conversions
from scenarios.wallet.player import Player
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState

_FROM_READY = {
    VoucherState.READY: (),
    VoucherState.REFUNDING: (VoucherEvent.ASK_REFUND,),
    VoucherState.REFUNDED: (VoucherEvent.ASK_REFUND, VoucherEvent.REFUND),
    VoucherState.REFUND_REJECTED: (VoucherEvent.ASK_REFUND, VoucherEvent.REJECT_REFUND),
}


def came_to(conversions: Conversions, player: Player, state: VoucherState) -> tuple[Conversion, Decimal]:
    """A purchase whose voucher is in ``state``, its webhooks delivered once, and the balance after it.

    One that is RESERVED is not notified, and the balance is that of before; one that is CONFIRMED becomes READY by hand
    only. Raises Undecided where the CLIENT takes no money for what is delivered.
    """
    balance = conversions.judge.fund(player, 2 * AMOUNT)
    conversion = conversions.begin(player, AMOUNT)
    if state in (VoucherState.RESERVED, VoucherState.CANCELED):
        conversions.reserve_unheard(conversion)
        if state is VoucherState.RESERVED:
            return conversion, balance
        conversions.happen(conversion, VoucherEvent.CANCEL)
        conversions.reaches(conversion, state)
        return conversion, conversions.measure(player, balance)
    if state is VoucherState.CONFIRMED:
        conversions.simulator.account.habits.unready.add(conversion.key)
    conversions.reserve(conversion, PRICE)
    if state is VoucherState.CONFIRMED:
        conversions.leaves(conversion, VoucherState.RESERVED)
        conversions.happen(conversion, VoucherEvent.CONFIRM)
        conversions.delivered()
    else:
        conversions.make_ready(conversion)
        conversions.happen(conversion, *_FROM_READY[state])
        if state is not VoucherState.REFUNDING:
            # Nothing tells a CLIENT of a refund that was asked for.
            conversions.reaches(conversion, state)
    back = state is VoucherState.REFUNDED
    left = conversions.measure(player, balance - player.money(0 if back else PRICE))
    if state in (VoucherState.READY, VoucherState.REFUND_REJECTED):
        # Where nothing moves money, no copy and no lie does either: that proves nothing.
        held = (balance, balance - player.money(AMOUNT))
        conversions.judge.needs(left not in held, "a voucher that was delivered cost nothing: see VCH-01")
    return conversion, left
