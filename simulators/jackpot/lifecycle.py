"""The life of a voucher as a table (``voucher-webhook.txt``, *Voucher update notifications*; contract B)."""

from enum import StrEnum
from typing import Final

from simulators.values.state_machine import IllegalTransition, Lifecycle


class VoucherState(StrEnum):
    """Where a voucher stands, as the provider writes it."""

    RESERVED = "RESERVED"
    CONFIRMED = "CONFIRMED"
    CANCELED = "CANCELED"
    READY = "READY"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"
    REFUND_REJECTED = "REFUND_REJECTED"


class VoucherEvent(StrEnum):
    """What happens to a voucher."""

    CONFIRM = "confirm"
    CANCEL = "cancel"
    EXPIRE = "expire"
    MAKE_READY = "make ready"
    ASK_REFUND = "ask for a refund"
    REFUND = "refund"
    REJECT_REFUND = "reject the refund"


LIFECYCLE: Final = Lifecycle(
    "voucher",
    VoucherState.RESERVED,
    {
        VoucherState.RESERVED: {
            VoucherEvent.CONFIRM: VoucherState.CONFIRMED,
            VoucherEvent.CANCEL: VoucherState.CANCELED,
            VoucherEvent.EXPIRE: VoucherState.CANCELED,
        },
        VoucherState.CONFIRMED: {
            VoucherEvent.MAKE_READY: VoucherState.READY,
            VoucherEvent.ASK_REFUND: VoucherState.REFUNDING,
        },
        VoucherState.READY: {VoucherEvent.ASK_REFUND: VoucherState.REFUNDING},
        VoucherState.REFUNDING: {
            VoucherEvent.REFUND: VoucherState.REFUNDED,
            VoucherEvent.REJECT_REFUND: VoucherState.REFUND_REJECTED,
        },
        VoucherState.CANCELED: {},
        VoucherState.REFUNDED: {},
        VoucherState.REFUND_REJECTED: {},
    },
)

__all__ = ["LIFECYCLE", "IllegalTransition", "VoucherEvent", "VoucherState"]
