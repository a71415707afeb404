"""The channel from the checkout to the merchant's server: POST {"payload": "<JWT>"} (contract, part C)."""

from typing import Final

from simulators.checkout import wire
from simulators.exchanges.history import Answer
from simulators.transport.http_client import Meaning
from simulators.webhooks import endpoint

PROVIDER: Final = "checkout"


class Channel(endpoint.Channel[wire.Notice]):
    """The way of decisions to one CLIENT."""

    provider = PROVIDER

    def encode(self, event: wire.Notice) -> bytes:
        """Write the decision's JWT as JSON bytes."""
        return wire.encode(event.payload)

    def read(self, answer: Answer) -> Meaning:
        """Any 2xx acknowledges."""
        return wire.read(answer)

    def kind(self, event: wire.Notice) -> str:
        """Whether it approves or declines."""
        return "approval" if event.decision.approved else "decline"
