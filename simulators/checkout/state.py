"""How the checkout's records are kept: tokens, checkouts, and decisions that are owed to the merchant."""

from typing import Final

from simulators.checkout.wire import Notice
from simulators.checkout.world import Checkout
from simulators.server.access.tokens import GivenToken
from simulators.values.records import form
from simulators.webhooks.message_log import QueuedMessage

FORMS: Final = {
    "tokens": form(GivenToken),
    "checkouts": form(Checkout),
    "payloads": form(str),
    "deliveries": form(QueuedMessage[Notice]),
    "clock": form(float),
}
