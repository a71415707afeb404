"""Carries what one player's script asks for, through the OPERATOR that ``serve`` plays.

It takes the way of everything that the OPERATOR sends, so that it is in the feed, meets the faults that are on, and can
be sent again.
"""

from collections import OrderedDict
from threading import Event
from typing import Final

from loadtests.traffic.player_script import Seen, Send
from loadtests.transports.disturbed import seen
from scenarios.console.providers import Providers
from scenarios.problems.unanswered import said
from simulators.exchanges.history import Exchange, FailureKind, Purpose, Request
from simulators.operator.delivery import Operator
from simulators.providers import OPERATOR
from simulators.transport.delivery import Delivery
from simulators.transport.sending import deliver

# So many requests are remembered by their bytes, to know a copy.
_REMEMBERED: Final = 200
_PLANNED: Final = (FailureKind.PLANNED_LOSS, FailureKind.PLANNED_RESET)


class GivenUp(Exception):
    """Nothing more is sent: nobody waits for the end any longer."""


class Carrier:
    """The way of one player's requests; one thread at a time uses it.

    ``trouble`` is why the CLIENT has not said what became of the last request, empty where it did. ``hurry`` cuts
    pauses short; with ``given_up`` set nothing leaves any more: GivenUp is raised.
    """

    def __init__(self, providers: Providers, hurry: Event, given_up: Event) -> None:
        self.providers = providers
        self.hurry, self.given_up = hurry, given_up
        self.trouble = ""
        self._numbers: OrderedDict[tuple[str, bytes], int] = OrderedDict()

    def carry(self, sends: list[Send]) -> list[Seen]:
        """Send what leaves together, or one; what came to each time that it was sent. Raises GivenUp, UnfitFault."""
        if sends[0].wait:
            self.hurry.wait(sends[0].wait)
        if self.given_up.is_set():
            raise GivenUp
        operator: Operator = self.providers.channel(OPERATOR)
        deliveries = [self._delivery(send, operator) for send in sends]
        # Copies beyond what the target's limits let leave together are left out.
        together = deliveries[: operator.route.width(len(deliveries))]
        if len(sends) == 1:
            made = deliver(deliveries, operator.route, operator.faults or sends[0].faults)
        elif len(together) > 1:
            made = deliver(together, operator.route, together=True)
        else:
            made = deliver(deliveries, operator.route)
        for send, exchange in zip(sends, made, strict=False):
            self._remember(send, exchange)
        self.trouble = self._why_unknown(made[-1])
        return [seen(exchange) for exchange in made]

    def _delivery(self, send: Send, operator: Operator) -> Delivery:
        request = Request(
            send.method, (operator.url or "").rstrip("/") + send.path, tuple(send.headers.items()), send.body
        )
        first = self._numbers.get((send.path, send.body))
        return operator.delivery_of(
            request,
            # What a copy is of is said by its kind.
            label=send.name if first is None or send.message is None else send.message.kind,
            purpose=Purpose.TRAFFIC if send.genuine else Purpose.FORGERY,
            message=send.message,
            genuine=send.genuine,
            copy_of=first,
            attempt=0 if first is None else 1,
        )

    def _remember(self, send: Send, exchange: Exchange) -> None:
        self._numbers.setdefault((send.path, send.body), exchange.number)
        if len(self._numbers) > _REMEMBERED:
            self._numbers.popitem(last=False)

    def _why_unknown(self, exchange: Exchange) -> str:
        planned = exchange.failure is not None and exchange.failure.kind in _PLANNED
        return said(exchange, self.providers.redactor) if exchange.unknown and not planned else ""
