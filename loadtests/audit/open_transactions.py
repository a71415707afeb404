"""What is still open is resolved as the OPERATOR would: results and rollbacks by copies, bets by rolling them back.

Generators of what to send, as rounds are: ``player_script.drive`` plays them.
"""

from collections.abc import Generator
from typing import Final

from loadtests.traffic.ledger import BET, OK, REFUSED, RESULT, ROLLBACK, UNKNOWN, Ledger, Operation
from loadtests.traffic.pen import Pen
from loadtests.traffic.player_script import Play, Seen, Send, copies_until_answered
from simulators.operator.dialect import ROLLBACK_PATH, TRANSACTION_PATH

# Seconds before each copy; where none is answered, the operation stays open.
PAUSES: Final = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)


def resolve(ledger: Ledger, op: Operation, pen: Pen) -> Generator[list[Send], list[Seen], bool]:
    """Send what decides ``op``; return whether it is decided now. Rollbacks come before their bets.

    A bet that heard no answer is rolled back under a new id. Where that is refused, which is a breach, a copy of the
    bet tells what became of it.
    """
    if op.voided or op.outcome is not UNKNOWN:
        return True
    if op.request is None:  # moved by other means than callbacks: nothing can be sent again
        return False
    if op.kind is BET:
        if op.undoing:  # its rollback is what is sent again
            return False
        undo = roll_back(ledger, op, pen)
        yield from copies_until_answered(ledger, undo, undo.request, PAUSES)
        if undo.outcome is not REFUSED:
            return undo.outcome is OK
    yield from copies_until_answered(ledger, op, op.request, PAUSES)
    return op.outcome is not UNKNOWN


def roll_back(ledger: Ledger, op: Operation, pen: Pen) -> Operation:
    """Begin a rollback of ``op``; it is not sent yet."""
    transaction_id = pen.new_id()
    body = pen.rollback(transaction_id, op.transaction_id, pen.of(ledger.players[op.player]), op.amount)
    send = Send(ROLLBACK_PATH, body, "rollback (audit)", pen.sign(body))
    return ledger.begin(op.player, ROLLBACK, op.amount, transaction_id, send, of=op)


def fund(ledger: Ledger, player: int, units: int, pen: Pen) -> Play:
    """Pay ``player`` ``units`` minor units by a result that the ledger counts."""
    transaction_id = pen.new_id()
    body = pen.transaction(transaction_id, "result", pen.of(ledger.players[player]), units)
    send = Send(TRANSACTION_PATH, body, "funds", pen.sign(body))
    op = ledger.begin(player, RESULT, units, transaction_id, send)
    return copies_until_answered(ledger, op, send, PAUSES)
