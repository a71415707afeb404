"""One address of the CLIENT that a provider sends to: requests are built and sent, each time once."""

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, ClassVar, Final, Generic, TypeVar

from simulators.exchanges.history import Exchange, Purpose, Request
from simulators.transport.delivery import Delivery, Fault, Read
from simulators.transport.route import Route
from simulators.transport.sending import deliver

M = TypeVar("M")

JSON_TYPE: Final = "application/json"


@dataclass
class Endpoint(Generic[M]):
    """The way from ``provider`` to one CLIENT. Nothing raises for the network.

    ``url`` is where messages go (None: nowhere). ``encode`` writes a message as a body, ``read`` says what an answer
    means, ``label`` is the word for a message in the history. ``route`` is the way
    there, ``faults`` act on everything that is sent, ``faults_about`` on what is about a name. ``purpose`` is what
    things are sent for. ``elsewhere`` is the address of a message that has one of its own. ``retried``: it sends again
    what is not acknowledged. ``about`` are the names of what a message is about.
    """

    # Whether what it sends has a signature.
    signs: ClassVar[bool] = False

    provider: str
    url: str | None
    route: Route
    encode: Callable[[M], bytes] = field(repr=False)
    read: Read = field(repr=False)
    label: Callable[[M], str] = field(repr=False)
    faults: Sequence[Fault] = ()
    purpose: Purpose = Purpose.SCENARIO
    elsewhere: Callable[[M], str | None] = field(default=lambda _: None, repr=False)
    retried: bool = True
    about: Callable[[M], Collection[str]] = field(default=lambda _: (), repr=False)
    faults_about: dict[str, Sequence[Fault]] = field(default_factory=dict)

    def addressed(self, event: M) -> bool:
        """Whether there is an address to send ``event`` to."""
        return self.url is not None or self.elsewhere(event) is not None

    def owns(self, url: str) -> bool:
        """Whether ``url`` is an address that this sends to."""
        return url == self.url

    def acknowledged(self, exchange: Exchange) -> bool:
        """Whether the CLIENT's answer ends the sending again."""
        return exchange.ok

    def request(self, event: M) -> Request:
        """Return the request of ``event``, not sent; raises ValueError without a URL."""
        address = self.elsewhere(event)
        if address is None:
            return self.raw_request(self.encode(event))
        return Request("POST", address, (("Content-Type", JSON_TYPE),), self.encode(event))

    def raw_request(
        self,
        body: bytes,
        *,
        path: str = "",
        method: str = "POST",
        headers: Mapping[str, str | None] | None = None,
    ) -> Request:
        """Return a request with any ``body`` to ``path`` below the URL, not sent.

        ``headers`` are added, or put in place of those of the same name (in any case); one set to None is left out.
        """
        if self.url is None:
            raise ValueError("there is no notification URL to send to; set one first")
        kept: dict[str, str | None] = {"Content-Type": JSON_TYPE}
        for name, value in (headers or {}).items():
            kept = {key: old for key, old in kept.items() if key.lower() != name.lower()}
            kept[name] = value
        sent = tuple((name, value) for name, value in kept.items() if value is not None)
        return Request(method, self.url.rstrip("/") + path if path else self.url, sent, body)

    def message_in(self, request: Request) -> bytes:
        """The message that ``request`` holds, as ``edited`` takes it."""
        return request.body

    def edited(self, request: Request, message: bytes, *, sign: bool) -> Request:  # noqa: ARG002 - who signs asks
        """``request`` with another ``message``; ``sign`` it anew, or leave its signature as it was."""
        return replace(request, body=message)

    def renewed(self, request: Request, new_id: str) -> Request | None:  # noqa: ARG002 - who knows ids asks
        """``request`` under ``new_id``, signed again where it was rightly signed; None where it has no id."""
        return None

    def delivery(
        self, event: M, *, genuine: bool = True, attempt: int = 0, copy_of: int | None = None
    ) -> Delivery:
        """Return the request of ``event`` as a delivery."""
        return self.delivery_of(
            self.request(event),
            label=self.label(event),
            message=event,
            genuine=genuine,
            copy_of=copy_of,
            attempt=attempt,
        )

    def delivery_of(
        self,
        request: Request,
        *,
        label: str,
        purpose: Purpose | None = None,
        message: Any = None,
        genuine: bool = True,
        copy_of: int | None = None,
        attempt: int = 0,
    ) -> Delivery:
        """Return any ``request`` as a delivery; ``attempt`` counts the sendings before."""
        return Delivery(
            request,
            self.read,
            self.provider,
            label,
            purpose or self.purpose,
            message,
            genuine,
            copy_of=copy_of,
            attempt=attempt,
            retried=self.retried,
        )

    def deliver(self, delivery: Delivery) -> list[Exchange]:
        """Send ``delivery`` once, with the faults; return what left, copies by faults among it."""
        named = () if delivery.message is None else self.about(delivery.message)
        own = [fault for name in named for fault in self.faults_about.get(name, ())]
        return deliver(delivery, self.route, [*self.faults, *own])

    def send_raw(
        self,
        body: bytes,
        *,
        label: str,
        purpose: Purpose = Purpose.FORGERY,
        path: str = "",
        method: str = "POST",
        headers: Mapping[str, str | None] | None = None,
        genuine: bool = False,
        message: M | None = None,
    ) -> Exchange:
        """Send a forgery, malformed input, or what no document knows, once; see ``raw_request``.

        ``genuine`` says that an honest provider could have sent it, ``message`` what it then means.
        """
        request = self.raw_request(body, path=path, method=method, headers=headers)
        return answered(
            self.deliver(
                self.delivery_of(request, label=label, purpose=purpose, message=message, genuine=genuine)
            )
        )

    def again(self, exchange: Exchange, purpose: Purpose | None = None) -> Exchange:
        """Send a copy of ``exchange``, byte for byte; a copy of a copy is one of the first.

        ``purpose`` is by default that of the first.
        """
        first = exchange if exchange.copy_of is None else self.route.history[exchange.copy_of]
        copy = self.delivery_of(
            first.request,
            label=first.label,
            purpose=purpose or first.purpose,
            message=first.message,
            genuine=first.genuine,
            copy_of=first.number,
            attempt=1,
        )
        return answered(self.deliver(copy))


def answered(exchanges: Sequence[Exchange]) -> Exchange:
    """Of the copies that a fault made, one that was answered: it tells what the CLIENT did."""
    return next((each for each in exchanges if not each.unknown), exchanges[0])
