"""The life of a checkout as a table (contract, part C)."""

from enum import StrEnum
from typing import Final

from simulators.values.state_machine import IllegalTransition, Lifecycle


class CheckoutState(StrEnum):
    """Where a checkout stands."""

    CREATED = "created"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"


class CheckoutEvent(StrEnum):
    """What happens to a checkout."""

    APPROVE = "approve"
    DECLINE = "decline"
    EXPIRE = "expire"


LIFECYCLE: Final = Lifecycle(
    "checkout",
    CheckoutState.CREATED,
    {
        CheckoutState.CREATED: {
            CheckoutEvent.APPROVE: CheckoutState.APPROVED,
            CheckoutEvent.DECLINE: CheckoutState.DECLINED,
            CheckoutEvent.EXPIRE: CheckoutState.EXPIRED,
        },
        CheckoutState.APPROVED: {},
        CheckoutState.DECLINED: {},
        CheckoutState.EXPIRED: {},
    },
)

__all__ = ["LIFECYCLE", "CheckoutEvent", "CheckoutState", "IllegalTransition"]
