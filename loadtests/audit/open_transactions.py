"""What is still open is resolved as the OPERATOR would: results and rollbacks by copies, bets by rolling them back."""

import gevent

from loadtests.audit.balance_readers import Teller
from loadtests.traffic.ledger import BET, OK, RESULT, ROLLBACK, UNKNOWN, Ledger, Operation
from loadtests.traffic.pen import Pen
from loadtests.traffic.player_script import Send
from simulators.operator.wire import ROLLBACK_PATH, TRANSACTION_PATH

# Seconds before each copy; where none is answered, the operation stays open.
PAUSES = (0.0, 0.2, 0.5, 1.0, 2.0, 4.0)


def resolve(ledger: Ledger, op: Operation, pen: Pen, teller: Teller) -> bool:
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
        if _until_answered(ledger, undo, teller) is OK:
            return True
        if undo.outcome is UNKNOWN:
            return False
    return _until_answered(ledger, op, teller) is not UNKNOWN


def roll_back(ledger: Ledger, op: Operation, pen: Pen) -> Operation:
    """Begin a rollback of ``op``; it is not sent yet."""
    transaction_id = pen.new_id()
    player = pen.of(ledger.players[op.player])
    body = pen.rollback(transaction_id, op.transaction_id, player, op.amount)
    send = Send(ROLLBACK_PATH, body, "rollback (audit)", pen.sign(body))
    return ledger.begin(op.player, ROLLBACK, op.amount, transaction_id, send, of=op)


def fund(ledger: Ledger, player: int, units: int, pen: Pen, teller: Teller) -> None:
    """Pay ``player`` ``units`` minor units by a result that the ledger counts."""
    transaction_id = pen.new_id()
    body = pen.transaction(transaction_id, "result", pen.of(ledger.players[player]), units)
    send = Send(TRANSACTION_PATH, body, "funds", pen.sign(body))
    _until_answered(ledger, ledger.begin(player, RESULT, units, transaction_id, send), teller)


def _until_answered(ledger: Ledger, op: Operation, teller: Teller) -> object:
    for pause in PAUSES:
        gevent.sleep(pause)
        said = teller.send(op.request)
        ledger.settle(op, said.outcome, said.client_id)
        if op.outcome is not UNKNOWN:
            break
    return op.outcome
