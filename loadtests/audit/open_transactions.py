"""What is still open is resolved as the OPERATOR would: results and rollbacks by copies, bets by rolling them back.

Generators of what to send, as rounds are: ``player_script.drive`` plays them.
"""

from collections.abc import Generator
from typing import Final

from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.operation import BET, OK, REFUSED, RESULT, ROLLBACK, UNKNOWN, Operation
from loadtests.traffic.player_script import Play, Seen, Send, copies_until_answered

# Seconds before each copy; where none is answered, the operation stays open.
PAUSES: Final = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)


def resolve(ledger: Ledger, op: Operation, callbacks: Callbacks) -> Generator[list[Send], list[Seen], bool]:
    """Send what decides ``op``; return whether it is decided now. Rollbacks come before their bets.

    A bet that heard no answer is rolled back under a new id. Where that is refused, a copy of the bet tells what became
    of it; whether one that is done then still counts is the CLIENT's choice, which another rollback ends.
    """
    if op.voided or op.outcome is not UNKNOWN:
        return True
    if op.request is None:  # moved by other means than callbacks: nothing can be sent again
        return False
    if op.kind is BET:
        if op.undoing:  # its rollback is what is sent again
            return False
        undo = roll_back(ledger, op, callbacks)
        yield from copies_until_answered(ledger, callbacks, undo, undo.request, PAUSES)
        if undo.outcome is not REFUSED:
            return undo.outcome is OK
    yield from copies_until_answered(ledger, callbacks, op, op.request, PAUSES)
    if op.kind is BET and op.outcome is OK:
        undo = roll_back(ledger, op, callbacks)
        yield from copies_until_answered(ledger, callbacks, undo, undo.request, PAUSES)
    return op.outcome is not UNKNOWN


def why_open(op: Operation) -> str:
    """Why it is not known what ``op`` did, in words for the audit."""
    if op.request is None:
        return "conversions into vouchers came to no end that the CLIENT reports"
    return "transactions had no answer, and neither copies nor rollbacks showed what became of them"


def roll_back(ledger: Ledger, op: Operation, callbacks: Callbacks) -> Operation:
    """Begin a rollback of ``op``; it is not sent yet."""
    transaction_id, player = callbacks.new_id(), ledger.players[op.player]
    written = callbacks.write(ROLLBACK, transaction_id, player, op.amount, op.transaction_id)
    send = Send.of(written, "rollback (audit)")
    return ledger.begin(op.player, ROLLBACK, op.amount, transaction_id, send, of=op)


def open_player(ledger: Ledger, number: int, callbacks: Callbacks) -> Play:
    """Place a bet of nothing for the player's results to name, where the dialect has each name a bet."""
    player = ledger.players[number]
    if callbacks.dialect.abilities.results_alone or player in callbacks.opened:
        return
    provider_id = callbacks.new_id()
    send = Send.of(callbacks.write(BET, provider_id, player, 0), "bet of 0")
    op = ledger.begin(number, BET, 0, provider_id, send)
    said = yield from copies_until_answered(ledger, callbacks, op, send, (0.0, *PAUSES))
    if said.effect is OK:
        callbacks.opened[player] = provider_id


def fund(ledger: Ledger, player: int, units: int, callbacks: Callbacks) -> Play:
    """Pay ``player`` ``units`` minor units by a result that the ledger counts."""
    yield from open_player(ledger, player, callbacks)
    transaction_id = callbacks.new_id()
    send = Send.of(callbacks.write(RESULT, transaction_id, ledger.players[player], units), "funds")
    op = ledger.begin(player, RESULT, units, transaction_id, send)
    yield from copies_until_answered(ledger, callbacks, op, send, PAUSES)
