"""The tables of what slips, vouchers and checkouts become: whole, refusing what is not in them, drawn as they are."""

from typing import Any

import pytest

from simulators.checkout.lifecycle import LIFECYCLE as CHECKOUT
from simulators.checkout.lifecycle import CheckoutEvent, CheckoutState
from simulators.jackpot.lifecycle import LIFECYCLE as VOUCHER
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.operator.lifecycle import LIFECYCLE as SLIP
from simulators.operator.lifecycle import SlipEvent, SlipState
from simulators.values.state_machine import IllegalTransition

# Each with its states and events, the first state, and those that nothing leads out of.
TABLES: list[tuple[Any, Any, Any, str, set[str]]] = [
    (SLIP, SlipState, SlipEvent, "PLACED", {"REFUSED", "UNANSWERED", "VOID"}),
    (VOUCHER, VoucherState, VoucherEvent, "RESERVED", {"CANCELED", "REFUNDED", "REFUND_REJECTED"}),
    (CHECKOUT, CheckoutState, CheckoutEvent, "CREATED", {"APPROVED", "DECLINED", "EXPIRED"}),
]


@pytest.mark.parametrize(("table", "states", "events", "first", "last"), TABLES)
def test_every_state_is_reached_every_event_leads_somewhere_and_nothing_else_happens(
    table: Any, states: Any, events: Any, first: str, last: set[str]
) -> None:
    assert (table.initial.name, {state.name for state in table.absorbing}) == (first, last)
    reached = {table.initial}
    while more := {to for state in reached for to in table.transitions[state].values()} - reached:
        reached |= more
    assert reached == set(table.transitions) == set(states)
    assert {event for ways in table.transitions.values() for event in ways} == set(events)
    for state in states:
        for event in events:
            if event in table.transitions[state]:
                assert table.after(state, event) is table.transitions[state][event]
            else:
                with pytest.raises(IllegalTransition, match="Possible now"):
                    table.after(state, event)


@pytest.mark.parametrize(("table", "states", "events", "first", "last"), TABLES)
def test_diagram_has_every_transition_once(
    table: Any, states: Any, events: Any, first: str, last: set[str]
) -> None:
    lines = [line.strip() for line in table.mermaid().splitlines()]
    assert lines[:2] == ["stateDiagram-v2", f"[*] --> {first}"]
    drawn = [
        f"{a.name} --> {b.name}: {on}" for a, ways in table.transitions.items() for on, b in ways.items()
    ]
    assert lines[2:] == [*drawn, *(f"{state} --> [*]" for state in sorted(last))]
