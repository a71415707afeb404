"""Delivery of webhooks, as the shared courier does it.

Implements ``voucher-webhook.txt``, *Notification URL*: HTTP 200 acknowledges; anything else is sent again
with exponential backoff inside a window of five minutes, then given up.
"""

from simulators.jackpot import wire
from simulators.webhooks import retry_queue
from simulators.webhooks.retry_queue import Attempt, Schedule, Standing

Delivery = retry_queue.Delivery[wire.Notification]
Courier = retry_queue.Courier[wire.Notification]

__all__ = ["Attempt", "Courier", "Delivery", "Schedule", "Standing"]
