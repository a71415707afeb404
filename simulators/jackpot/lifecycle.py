"""The life of a voucher as a table (``voucher-webhook.txt``, *Voucher update notifications*; contract B)."""

from enum import StrEnum
from typing import Final

from simulators.values.state_machine import IllegalTransition, Lifecycle


class State(StrEnum):
    """Where a voucher stands, as the provider writes it."""

    RESERVED = "RESERVED"
    CONFIRMED = "CONFIRMED"
    CANCELED = "CANCELED"
    READY = "READY"
    REFUNDING = "REFUNDING"
    REFUNDED = "REFUNDED"
    REFUND_REJECTED = "REFUND_REJECTED"


class Event(StrEnum):
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
    State.RESERVED,
    {
        State.RESERVED: {
            Event.CONFIRM: State.CONFIRMED,
            Event.CANCEL: State.CANCELED,
            Event.EXPIRE: State.CANCELED,
        },
        State.CONFIRMED: {Event.MAKE_READY: State.READY, Event.ASK_REFUND: State.REFUNDING},
        State.READY: {Event.ASK_REFUND: State.REFUNDING},
        State.REFUNDING: {Event.REFUND: State.REFUNDED, Event.REJECT_REFUND: State.REFUND_REJECTED},
        State.CANCELED: {},
        State.REFUNDED: {},
        State.REFUND_REJECTED: {},
    },
)

__all__ = ["LIFECYCLE", "Event", "IllegalTransition", "State"]
