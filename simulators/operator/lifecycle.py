"""The life of a bet slip as a table: every state, every event, every transition.

``sportsbook.txt`` documents the callbacks only; which of them a settlement needs is decided here and in
``world``.
"""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import Final


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

INITIAL: Final = State.PLACED

# Every state is a key; what leads nowhere is absorbing. Won is corrected to won where the payout was wrong.
TRANSITIONS: Final[Mapping[State, Mapping[Event, State]]] = MappingProxyType(
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
    }
)

ABSORBING: Final = frozenset(state for state, ways in TRANSITIONS.items() if not ways)


class IllegalTransition(ValueError):  # noqa: N818
    """The event cannot happen to a bet slip in its state."""


def after(state: State, event: Event) -> State:
    """Return the state that ``event`` leads to; raises IllegalTransition where the table has none."""
    ways = TRANSITIONS[state]
    if event not in ways:
        possible = ", ".join(f'"{way}"' for way in ways) or "nothing any more"
        raise IllegalTransition(
            f'The bet slip is {state} and was asked to "{event}". '
            "Money moves only along the table of transitions, or it would move twice. "
            f"Possible now: {possible}."
        )
    return ways[event]


def mermaid() -> str:
    """Draw the table as a Mermaid state diagram."""
    names = {state: state.name for state in State}
    lines = ["stateDiagram-v2", f"    [*] --> {names[INITIAL]}"]
    lines += [
        f"    {names[state]} --> {names[target]}: {event}"
        for state, ways in TRANSITIONS.items()
        for event, target in ways.items()
    ]
    lines += [f"    {names[state]} --> [*]" for state in State if state in ABSORBING]
    return "\n".join(lines) + "\n"
