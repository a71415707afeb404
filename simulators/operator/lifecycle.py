"""The life of a bet slip as a table: every state, every event, every transition.

``sportsbook.txt`` documents the callbacks only; which of them a settlement needs is decided here and in
``world``.
"""

from enum import StrEnum
from typing import Final

from simulators.values.state_machine import IllegalTransition, Lifecycle


class State(StrEnum):
    """Where a bet slip stands."""

    PLACED = "placed"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    UNANSWERED = "unanswered"
    PARTLY_CASHED_OUT = "partly cashed out"
    CASHED_OUT = "cashed out"
    WON = "won"
    LOST = "lost"
    VOID = "void"


class Event(StrEnum):
    """What happens to a bet slip."""

    ACCEPT = "accept"
    REFUSE = "refuse"
    NO_ANSWER = "no answer"
    CASH_OUT_PART = "cash out a part"
    CASH_OUT = "cash out"
    WIN = "win"
    LOSE = "lose"
    VOID = "void"
    CORRECT_TO_WON = "correct to won"
    CORRECT_TO_LOST = "correct to lost"


_OPEN: Final = {
    Event.CASH_OUT_PART: State.PARTLY_CASHED_OUT,
    Event.CASH_OUT: State.CASHED_OUT,
    Event.WIN: State.WON,
    Event.LOSE: State.LOST,
    Event.VOID: State.VOID,
}
_SETTLED: Final = {
    Event.CORRECT_TO_WON: State.WON,
    Event.CORRECT_TO_LOST: State.LOST,
    Event.VOID: State.VOID,
}

# Won is corrected to won where the payout was wrong.
LIFECYCLE: Final = Lifecycle(
    "bet slip",
    State.PLACED,
    {
        State.PLACED: {
            Event.ACCEPT: State.ACCEPTED,
            Event.REFUSE: State.REFUSED,
            Event.NO_ANSWER: State.UNANSWERED,
        },
        State.ACCEPTED: _OPEN,
        State.PARTLY_CASHED_OUT: _OPEN,
        State.CASHED_OUT: {Event.VOID: State.VOID},
        State.WON: _SETTLED,
        State.LOST: {Event.CORRECT_TO_WON: State.WON, Event.VOID: State.VOID},
        State.REFUSED: {},
        State.UNANSWERED: {},
        State.VOID: {},
    },
)

INITIAL: Final = LIFECYCLE.initial
TRANSITIONS: Final = LIFECYCLE.transitions
ABSORBING: Final = LIFECYCLE.absorbing
after: Final = LIFECYCLE.after
mermaid: Final = LIFECYCLE.mermaid

__all__ = [
    "ABSORBING",
    "INITIAL",
    "LIFECYCLE",
    "TRANSITIONS",
    "Event",
    "IllegalTransition",
    "State",
    "after",
    "mermaid",
]
