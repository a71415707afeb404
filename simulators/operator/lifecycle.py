"""The life of a bet slip as a table: every state, every event, every transition.

``sportsbook.txt`` documents the callbacks only; which of them a settlement needs is decided here and in
``world``.
"""

from enum import StrEnum
from typing import Final

from simulators.values.state_machine import IllegalTransition, Lifecycle


class SlipState(StrEnum):
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


class SlipEvent(StrEnum):
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
    SlipEvent.CASH_OUT_PART: SlipState.PARTLY_CASHED_OUT,
    SlipEvent.CASH_OUT: SlipState.CASHED_OUT,
    SlipEvent.WIN: SlipState.WON,
    SlipEvent.LOSE: SlipState.LOST,
    SlipEvent.VOID: SlipState.VOID,
}
_SETTLED: Final = {
    SlipEvent.CORRECT_TO_WON: SlipState.WON,
    SlipEvent.CORRECT_TO_LOST: SlipState.LOST,
    SlipEvent.VOID: SlipState.VOID,
}

# Won is corrected to won where the payout was wrong.
LIFECYCLE: Final = Lifecycle(
    "bet slip",
    SlipState.PLACED,
    {
        SlipState.PLACED: {
            SlipEvent.ACCEPT: SlipState.ACCEPTED,
            SlipEvent.REFUSE: SlipState.REFUSED,
            SlipEvent.NO_ANSWER: SlipState.UNANSWERED,
        },
        SlipState.ACCEPTED: _OPEN,
        SlipState.PARTLY_CASHED_OUT: _OPEN,
        SlipState.CASHED_OUT: {SlipEvent.VOID: SlipState.VOID},
        SlipState.WON: _SETTLED,
        SlipState.LOST: {SlipEvent.CORRECT_TO_WON: SlipState.WON, SlipEvent.VOID: SlipState.VOID},
        SlipState.REFUSED: {},
        SlipState.UNANSWERED: {},
        SlipState.VOID: {},
    },
)

__all__ = ["LIFECYCLE", "IllegalTransition", "SlipEvent", "SlipState"]
