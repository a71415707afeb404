"""The life of a checkout as a table (contract, part C)."""

from enum import StrEnum
from typing import Final

from simulators.values.state_machine import IllegalTransition, Lifecycle


class State(StrEnum):
    """Where a checkout stands."""

    CREATED = "created"
    APPROVED = "approved"
    DECLINED = "declined"
    EXPIRED = "expired"


class Event(StrEnum):
    """What happens to a checkout."""

    APPROVE = "approve"
    DECLINE = "decline"
    EXPIRE = "expire"


LIFECYCLE: Final = Lifecycle(
    "checkout",
    State.CREATED,
    {
        State.CREATED: {
            Event.APPROVE: State.APPROVED,
            Event.DECLINE: State.DECLINED,
            Event.EXPIRE: State.EXPIRED,
        },
        State.APPROVED: {},
        State.DECLINED: {},
        State.EXPIRED: {},
    },
)

__all__ = ["LIFECYCLE", "Event", "IllegalTransition", "State"]
