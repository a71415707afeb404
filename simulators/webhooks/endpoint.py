"""The channel from a provider to one address of the CLIENT: encodes and sends, each time once."""

from abc import ABC, abstractmethod
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Generic, TypeVar

from simulators.exchanges.history import Answer, Exchange, Request
from simulators.transport.faults.delivery import Fault, Link, Parcel, deliver
from simulators.transport.http_client import Meaning, Sender

M = TypeVar("M")

JSON_TYPE: Final = "application/json"


@dataclass
class Channel(ABC, Generic[M]):
    """The way from a provider to one CLIENT. Nothing raises for the network.

    ``notification_url`` is where messages go (None: nowhere). ``faults`` act on every message; ``link`` is the
    way that they act over (None: one like ``sender``'s).
    """

    notification_url: str | None
    sender: Sender
    faults: Sequence[Fault] = ()
    link: Link | None = None

    provider: ClassVar[str]

    @abstractmethod
    def encode(self, event: M) -> bytes:
        """Write ``event`` as the body of a request."""

    @abstractmethod
    def read(self, answer: Answer) -> Meaning:
        """Say what the CLIENT's ``answer`` means."""

    @abstractmethod
    def kind(self, event: M) -> str:
        """The word for ``event`` in the history."""

    def request(self, event: M) -> Request:
        """Return the request of ``event``, not sent; raises ValueError without a notification URL."""
        return self.raw_request(self.encode(event))

    def raw_request(
        self, body: bytes, *, method: str = "POST", headers: Mapping[str, str | None] | None = None
    ) -> Request:
        """Return a request with any ``body``; ``headers`` are added, or replaced, or with None left out."""
        if self.notification_url is None:
            raise ValueError("there is no notification URL to send to; set one first")
        kept: dict[str, str | None] = {"Content-Type": JSON_TYPE}
        for name, value in (headers or {}).items():
            kept = {key: old for key, old in kept.items() if key.lower() != name.lower()}
            kept[name] = value
        sent = tuple((name, value) for name, value in kept.items() if value is not None)
        return Request(method, self.notification_url, sent, body)

    def parcel(
        self, event: M, *, genuine: bool = True, attempt: int = 0, copy_of: int | None = None
    ) -> Parcel:
        """Return the request of ``event`` as a parcel, for faults and races."""
        kind = self.kind(event)
        return Parcel(
            self.request(event),
            self.read,
            self.provider,
            kind if copy_of is None else f"copy of {kind}",
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
        """Send any ``body`` once, without retries: malformed input, or what no document knows."""
        request = self.raw_request(body, method=method, headers=headers)
        return self.sender.send(request, self.read, provider=self.provider, kind=kind, genuine=genuine)
