"""Delivery of callbacks: the channel to the CLIENT, and the OPERATOR's policy of sending again.

Implements ``sportsbook.txt``, *Transactions* and *Transaction-rollback*: a bet is sent once, results and
rollbacks again until they are answered. The pauses between are not documented and are chosen here.
"""

import heapq
import time
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

from simulators.exchanges.history import Answer, Exchange, Request
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.faults.delivery import Fault, Link, Parcel, deliver
from simulators.transport.http_client import Meaning, Sender
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Dialect
from simulators.wallet.transactions import Kind, Transaction
from simulators.webhooks.scheduler import Background

PROVIDER: Final = "operator"


@dataclass
class Operator:
    """The channel from the OPERATOR to one CLIENT: encodes, signs and sends, each time once.

    ``callback_url`` is where the paths of ``dialect`` are appended, ``secret`` signs (the SECURITY_HASH). No method
    raises for the network: an exchange without an answer is unknown. ``faults`` act on everything that is
    sent, over ``link`` (None: one like ``sender``'s).
    """

    callback_url: str
    secret: str = field(repr=False)
    sender: Sender
    dialect: Dialect = SPORTSBOOK
    faults: Sequence[Fault] = ()
    link: Link | None = None

    def request(self, message: Transaction, style: Style = PLAIN) -> Request:
        """Return ``message`` built and signed, not sent."""
        return self.dialect.request(self.callback_url, message, self.secret, style)

    def raw_request(
        self,
        body: bytes,
        *,
        path: str,
        headers: Mapping[str, str | None] | None = None,
        method: str = "POST",
    ) -> Request:
        """Return a request with any ``body`` to ``path``, rightly signed and not sent.

        ``headers`` are added or put in place of those of the same name (in any case), the signature's among
        them; one set to None is left out.
        """
        signed, body = self.dialect.seal(body, self.secret)
        kept: dict[str, str | None] = dict(signed)
        for name, value in (headers or {}).items():
            kept = {key: old for key, old in kept.items() if key.lower() != name.lower()}
            kept[name] = value
        sent = tuple((name, value) for name, value in kept.items() if value is not None)
        return Request(method, self.callback_url.rstrip("/") + path, sent, body)

    def send(self, message: Transaction, *, style: Style = PLAIN, kind: str | None = None) -> Exchange:
        """Send ``message`` once; ``kind`` is its word in diagrams, by default its action."""
        return self._deliver(
            self.request(message, style), kind=kind or message.kind, message=message, genuine=True
        )

    def send_raw(
        self,
        body: bytes,
        *,
        path: str,
        headers: Mapping[str, str | None] | None = None,
        method: str = "POST",
        kind: str,
        message: Transaction | None = None,
        genuine: bool = False,
    ) -> Exchange:
        """Send a forgery or malformed input once; the arguments are those of ``raw_request``.

        ``genuine`` says that an honest OPERATOR could have sent it, ``message`` what it then means.
        """
        request = self.raw_request(body, path=path, headers=headers, method=method)
        return self._deliver(request, kind=kind, message=message, genuine=genuine)

    def again(self, exchange: Exchange) -> Exchange:
        """Send a copy of ``exchange``, byte for byte; a copy of a copy is one of the first."""
        first = exchange if exchange.copy_of is None else self.sender.history[exchange.copy_of]
        return self._deliver(
            first.request,
            kind=f"copy of {first.kind}",
            message=first.message,
            genuine=first.genuine,
            copy_of=first.number,
        )

    def read(self, answer: Answer) -> Meaning:
        """Say what ``answer`` means, leniently: form is judged by rules."""
        return self.dialect.read(answer)

    def _deliver(
        self,
        request: Request,
        *,
        kind: str,
        message: Transaction | None,
        genuine: bool,
        copy_of: int | None = None,
    ) -> Exchange:
        if self.faults:
            attempt = 0 if copy_of is None else 1
            parcel = Parcel(
                request, self.read, PROVIDER, kind, message, genuine, copy_of=copy_of, attempt=attempt
            )
            sender = self.sender
            link = self.link or Link(sender.history, sender.timeout, sender.ca_file, limits=sender.limits)
            exchanges = deliver(parcel, self.faults, link)
            # Of the copies that a fault made, one that was answered tells what the CLIENT did.
            return next((each for each in exchanges if not each.unknown), exchanges[0])
        return self.sender.send(
            request,
            self.read,
            provider=PROVIDER,
            kind=kind,
            message=message,
            genuine=genuine,
            copy_of=copy_of,
        )


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a message that got no answer is sent again: seconds between one attempt and the next."""

    pauses: tuple[float, ...] = (1.0, 2.0, 5.0, 15.0, 60.0, 300.0)

    def scaled(self, factor: float) -> "Schedule":
        """Return the same schedule with every pause times ``factor``."""
        return Schedule(tuple(pause * factor for pause in self.pauses))


@dataclass(frozen=True, slots=True)
class Pending:
    """A message that waits for its next attempt; ``last`` is the exchange of the attempt before."""

    message: Transaction
    last: Exchange
    attempts: int


@dataclass(frozen=True, slots=True)
class Delivered:
    """The first attempt at a message, and the rollback that was raised because a bet got no answer."""

    exchange: Exchange
    rollback: Transaction | None = None


def random_id() -> str:
    """Return a new transaction id, a random UUID."""
    return str(uuid.uuid4())


class Courier(Background[Pending]):
    """The OPERATOR's delivery policy over a channel.

    * A bet is sent once. One that gets no answer, or none that says what was done, is rolled back.
    * Results and rollbacks are sent again after each pause of ``schedule`` until answered, then given up.

    See ``Background`` for ``clock``, ``start`` and ``work``; ``stop`` leaves what waits in ``pending``.
    """

    def __init__(
        self,
        operator: Operator,
        schedule: Schedule | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        new_id: Callable[[], str] = random_id,
        threads: int = 4,
    ) -> None:
        super().__init__("courier", clock, threads)
        self.operator = operator
        self.schedule = schedule or Schedule()
        self._new_id = new_id
        self._queue: list[tuple[float, int, Pending]] = []
        self._given_up: list[Pending] = []
        self._busy = 0
        self._order = 0

    def deliver(self, message: Transaction) -> Delivered:
        """Make the first attempt now and arrange what follows from its answer."""
        exchange = self.operator.send(message)
        if not exchange.unknown:
            return Delivered(exchange)
        if message.kind is not Kind.BET:
            self._later(Pending(message, exchange, attempts=1))
            return Delivered(exchange)
        rollback = Transaction(
            Kind.ROLLBACK, self._new_id(), message.player, message.currency, message.amount, of=message.id
        )
        self.deliver(rollback)
        return Delivered(exchange, rollback)

    @property
    def pending(self) -> list[Pending]:
        """What waits for its next attempt, the next due first."""
        with self._changed:
            return [pending for _, _, pending in sorted(self._queue, key=lambda entry: entry[:2])]

    @property
    def given_up(self) -> list[Pending]:
        """What was never answered, however often it was sent."""
        with self._changed:
            return list(self._given_up)

    def _pause(self) -> float | None:
        return max(0.0, self._queue[0][0] - self.clock()) if self._queue else None

    def _take(self) -> Pending:
        self._busy += 1
        return heapq.heappop(self._queue)[2]

    def _idle(self) -> bool:
        return not self._queue and not self._busy

    def _attempt(self, pending: Pending) -> None:
        try:
            exchange = self.operator.again(pending.last)
            if exchange.unknown:
                self._later(Pending(pending.message, exchange, pending.attempts + 1))
        finally:
            with self._changed:
                self._busy -= 1
                self._changed.notify_all()

    def _later(self, pending: Pending) -> None:
        with self._changed:
            if pending.attempts > len(self.schedule.pauses):
                self._given_up.append(pending)
            else:
                due = self.clock() + self.schedule.pauses[pending.attempts - 1]
                self._order += 1
                heapq.heappush(self._queue, (due, self._order, pending))
            self._changed.notify_all()
