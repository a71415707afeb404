"""The channel from Jackpot to the CLIENT's notification URL (``voucher-webhook.txt``, *Notification URL*)."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from simulators.faults.parcel import Fault, Link, Parcel, deliver
from simulators.history import Exchange, Request
from simulators.jackpot import wire
from simulators.sending import Sender

PROVIDER: Final = "jackpot"


@dataclass
class Channel:
    """The way from Jackpot to one CLIENT: encodes and sends, each time once. None raises for the network.

    ``faults`` act on every webhook; ``link`` is the way that they act over (None: one like ``sender``'s).
    """

    notification_url: str | None
    sender: Sender
    faults: Sequence[Fault] = ()
    link: Link | None = None

    def request(self, event: wire.Notification) -> Request:
        """Return the webhook of ``event``, not sent; raises ValueError without a notification URL."""
        return self.raw_request(wire.encode(event))

    def raw_request(
        self, body: bytes, *, method: str = "POST", headers: Mapping[str, str | None] | None = None
    ) -> Request:
        """Return a request with any ``body``; ``headers`` are added, or replaced, or with None left out."""
        if self.notification_url is None:
            raise ValueError("there is no notification URL to send to; set one first")
        kept: dict[str, str | None] = {"Content-Type": wire.JSON_TYPE}
        for name, value in (headers or {}).items():
            kept = {key: old for key, old in kept.items() if key.lower() != name.lower()}
            kept[name] = value
        sent = tuple((name, value) for name, value in kept.items() if value is not None)
        return Request(method, self.notification_url, sent, body)

    def parcel(
        self, event: wire.Notification, *, genuine: bool = True, attempt: int = 0, copy_of: int | None = None
    ) -> Parcel:
        """Return the webhook of ``event`` as a parcel, for faults and races."""
        return Parcel(
            self.request(event),
            wire.read,
            PROVIDER,
            event.event if copy_of is None else f"copy of {event.event}",
            message=event,
            genuine=genuine,
            copy_of=copy_of,
            attempt=attempt,
        )

    def send(self, parcel: Parcel) -> list[Exchange]:
        """Send ``parcel`` once, with the channel's faults; return what left, copies by faults among it."""
        if self.faults:
            link = self.link or Link(
                self.sender.history, self.sender.timeout, self.sender.ca_file, limits=self.sender.limits
            )
            return deliver(parcel, self.faults, link)
        return [
            self.sender.send(
                parcel.request,
                parcel.read,
                provider=parcel.provider,
                kind=parcel.kind,
                message=parcel.message,
                genuine=parcel.genuine,
                copy_of=parcel.copy_of,
            )
        ]

    def send_raw(
        self,
        body: bytes,
        *,
        kind: str,
        method: str = "POST",
        headers: Mapping[str, str | None] | None = None,
        genuine: bool = False,
    ) -> Exchange:
        """Send any ``body`` once, without retries: malformed input, or an event that no document knows."""
        request = self.raw_request(body, method=method, headers=headers)
        return self.sender.send(request, wire.read, provider=PROVIDER, kind=kind, genuine=genuine)
