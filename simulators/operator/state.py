"""How the OPERATOR's records are kept: tokens, sessions, bet slips, and what is owed to the CLIENT."""

from typing import Final

from simulators.operator.simulator import Session
from simulators.operator.world import Slip
from simulators.server.access.tokens import GivenToken
from simulators.values.records import form
from simulators.wallet.transactions import Transaction
from simulators.webhooks.message_log import QueuedMessage

FORMS: Final = {
    "tokens": form(GivenToken),
    "sessions": form(Session),
    "slips": form(Slip),
    "deliveries": form(QueuedMessage[Transaction]),
    "clock": form(float),
}
