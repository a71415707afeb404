"""Delivery of webhooks, as the shared courier does it.

Implements ``voucher-webhook.txt``, *Notification URL*: HTTP 200 acknowledges; anything else is sent again
with exponential backoff inside a window of five minutes, then given up.
"""

from simulators import courier
from simulators.courier import Attempt, Schedule, Standing
from simulators.jackpot import wire

Delivery = courier.Delivery[wire.Notification]
Courier = courier.Courier[wire.Notification]

__all__ = ["Attempt", "Courier", "Delivery", "Schedule", "Standing"]
