"""How Jackpot's records are kept: stores, vouchers, sessions, and webhooks that are owed to the CLIENT.

No secret is in them: tokens and JWTs are kept as hashes, and what was agreed is configured again.
"""

from typing import Final

from simulators.jackpot.catalogue.stores import Listing
from simulators.jackpot.credentials.grants import Session
from simulators.jackpot.simulator import Settings
from simulators.jackpot.wire import Notification
from simulators.jackpot.world import Voucher
from simulators.values.records import form
from simulators.webhooks.message_log import QueuedMessage

FORMS: Final = {
    "settings": form(Settings),
    "listings": form(Listing),
    "vouchers": form(Voucher, texts=True),
    "sessions": form(Session),
    "servers": form(float),
    "deliveries": form(QueuedMessage[Notification]),
    "clock": form(float),
}
