"""The channel from Jackpot to the CLIENT's notification URL (``voucher-webhook.txt``, *Notification URL*)."""

from typing import Final

from simulators.exchanges.history import Answer
from simulators.jackpot import wire
from simulators.transport.http_client import Meaning
from simulators.webhooks import endpoint

PROVIDER: Final = "jackpot"


class Channel(endpoint.Channel[wire.Notification]):
    """The way of webhooks to one CLIENT."""

    provider = PROVIDER

    def encode(self, event: wire.Notification) -> bytes:
        """Write ``event`` as JSON bytes."""
        return wire.encode(event)

    def read(self, answer: Answer) -> Meaning:
        """200 alone acknowledges."""
        return wire.read(answer)

    def kind(self, event: wire.Notification) -> str:
        """The event's name."""
        return event.event
