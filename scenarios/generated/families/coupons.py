"""Coupon events that lie about a voucher of the CLIENT's, in each state that it can be in. Contract EVT-09.

What a voucher went through already is not tried again here: copies are EVT-02's, what overtakes EVT-04's.
"""

from dataclasses import dataclass

from scenarios.generated.families.family import Family, family
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.jackpot.wire import CouponName


@dataclass(frozen=True, slots=True)
class Lie:
    """Events called ``names`` about a voucher in ``state`` to which ``unheard`` happened without a word.

    ``price`` is what they say that it costs, in cents; None: what it does.
    """

    state: VoucherState
    names: tuple[CouponName, ...]
    unheard: tuple[VoucherEvent, ...] = ()
    price: int | None = None


# None makes up for another, or ends what another would have gone on from.
_LIES = (
    Lie(VoucherState.READY, ("coupon/canceled", "coupon/refunded")),
    Lie(VoucherState.CONFIRMED, ("coupon/canceled", "coupon/refunded")),
    Lie(VoucherState.RESERVED, ("coupon/confirmed", "coupon/ready")),
    Lie(VoucherState.CANCELED, ("coupon/confirmed", "coupon/ready")),
    Lie(VoucherState.REFUNDED, ("coupon/canceled", "coupon/refund_rejected")),
    Lie(VoucherState.REFUND_REJECTED, ("coupon/canceled", "coupon/refunded")),
    Lie(VoucherState.REFUNDING, ("coupon/canceled", "coupon/refunded")),
)
_REFUND = (VoucherEvent.ASK_REFUND, VoucherEvent.REFUND)
# A refund that happened, at more than was paid.
_DEARER = Lie(VoucherState.READY, ("coupon/refunded",), _REFUND, 9000)


def lies() -> Family[Lie]:
    """Events that the provider, when it is asked, does not bear out."""
    core, *others = [
        (f"a voucher that is {lie.state}: {', '.join(name.partition('/')[2] for name in lie.names)}", lie)
        for lie in _LIES
    ]
    return family([core, ("a refund at another price", _DEARER)], others)
