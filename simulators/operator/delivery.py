"""Delivery of callbacks: the endpoint of the CLIENT, and the OPERATOR's policy of sending again.

Implements ``sportsbook.txt``, *Transactions* and *Transaction-rollback*: a bet is sent once, results and
rollbacks again until they are answered. The pauses between are not documented and are chosen here.
"""

import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import ClassVar, Final

from simulators.exchanges.history import Answer, Exchange, Purpose, Request, header
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.delivery import Meaning
from simulators.transport.route import Route
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Dialect
from simulators.wallet.names import Names
from simulators.wallet.transactions import BalanceCall, Transaction
from simulators.webhooks.endpoint import Endpoint, answered
from simulators.webhooks.retry_queue import RetryQueue, Schedule

PROVIDER: Final = "operator"
# 1, 3, 9 .. 243 seconds.
SCHEDULE: Final = Schedule(factor=3.0, window=400.0)


class Operator(Endpoint[Transaction]):
    """The endpoint of one CLIENT's callbacks: encodes, signs and sends, each time once.

    ``url`` is where the paths of ``dialect`` are appended, ``secret`` signs (the SECURITY_HASH). No method raises
    for the network: an exchange without an answer is unknown. ``names`` are whom requests may name (None:
    anybody); NamesStrangerError is raised of others, before anything is sent.
    """

    signs: ClassVar[bool] = True

    def __init__(
        self,
        url: str | None,
        secret: str,
        route: Route,
        dialect: Dialect = SPORTSBOOK,
        names: Names | None = None,
    ) -> None:
        super().__init__(
            PROVIDER, url, route, self._encoded, self.read, lambda message: message.title, retried=False
        )
        self.secret = secret
        self.dialect = dialect
        self.names = names
        # The bets that results name where each has to name one, by player and currency; whoever sends them keeps them.
        self.opened: dict[tuple[str, str], str] = {}
        # What was learned of answers that the dialect finds unclear.
        self.understood: Callable[[Answer, Meaning], Meaning] | None = None

    def _encoded(self, message: Transaction) -> bytes:
        return self.request(message).body

    def read(self, answer: Answer) -> Meaning:
        """Say what ``answer`` means, leniently: form is judged by rules."""
        meaning = self.dialect.read(answer)
        return meaning if self.understood is None else self.understood(answer, meaning)

    def owns(self, url: str) -> bool:
        """Whether ``url`` is one of the callback URL's own; a longer host or port that begins like it is none."""
        return url == self.url or url.startswith((f"{self.url}/", f"{self.url}?"))

    def acknowledged(self, exchange: Exchange) -> bool:
        """Any answer that says what was done ends the sending again, a refusal too."""
        return not exchange.unknown

    def request(self, event: Transaction, style: Style = PLAIN) -> Request:
        """Return ``event`` built and signed, not sent."""
        self._look_at(self.dialect.encode(event, style))
        return self.dialect.request(self.url or "", event, self.secret, style)

    def raw_request(
        self,
        body: bytes,
        *,
        path: str = "",
        method: str = "POST",
        headers: Mapping[str, str | None] | None = None,
    ) -> Request:
        """Return a request with any ``body`` to ``path``, rightly signed and not sent.

        ``headers`` are as of every endpoint, the signature's among them.
        """
        self._look_at(body)
        signed, sealed = self.dialect.seal(body, self.secret)
        request = super().raw_request(
            b"", path=path, method=method, headers={**dict(signed), **(headers or {})}
        )
        return self.dialect.placed(request, sealed)

    def message_in(self, request: Request) -> bytes:
        """The message that ``request`` holds, without its seal."""
        return self.dialect.sealed_in(request)

    def edited(self, request: Request, message: bytes, *, sign: bool) -> Request:
        """``request`` with another ``message``; ``sign`` it anew, or leave its signature as it was."""
        dialect = self.dialect
        if not sign:
            return dialect.placed(request, message)
        fields, sealed = dialect.seal(dialect.unsigned(message), self.secret)
        signature = {name.lower(): (name, value) for name, value in fields if name.lower() != "content-type"}
        kept = [pair for pair in request.headers if pair[0].lower() not in signature]
        return dialect.placed(replace(request, headers=(*kept, *signature.values())), sealed)

    def renewed(self, request: Request, new_id: str) -> Request | None:
        """``request`` under ``new_id``, signed again where it was rightly signed; None where it has no id."""
        dialect, message = self.dialect, self.dialect.sealed_in(request)
        new = dialect.renewed(message, new_id)
        if new is None:
            return None
        signed = dict(dialect.seal(message, self.secret)[0])
        fields, sealed = dialect.seal(new, self.secret)
        signature = {
            name.lower(): value for name, value in fields if header(request.headers, name) == signed[name]
        }
        headers = tuple((name, signature.get(name.lower(), value)) for name, value in request.headers)
        return dialect.placed(replace(request, headers=headers), sealed)

    def _look_at(self, body: bytes) -> None:
        # Whatever leaves, leaves through a request that is built here; a copy is one that was.
        if self.names is not None:
            self.names.check(self.dialect.named(body))

    def send(
        self,
        message: Transaction,
        *,
        style: Style = PLAIN,
        label: str | None = None,
        purpose: Purpose | None = None,
    ) -> Exchange:
        """Send ``message`` once; ``label`` is its word in diagrams, by default its action."""
        request = self.request(message, style)
        return answered(
            self.deliver(
                self.delivery_of(request, label=label or message.title, purpose=purpose, message=message)
            )
        )

    def ask(self, call: BalanceCall) -> Exchange | None:
        """Ask once what a player has; None where the dialect has no such call. It is for the judge's own reading."""
        message = self.dialect.balance_message(call)
        if message is None:
            return None
        path, body = message
        self._look_at(body)
        request = self.dialect.signed(self.url or "", path, body, self.secret)
        return answered(
            self.deliver(self.delivery_of(request, label="balance call", purpose=Purpose.PROBE, message=call))
        )


class Callbacks(RetryQueue[Transaction]):
    """What the OPERATOR owes the CLIENT: results and rollbacks, sent again until answered.

    They are given up when ``schedule`` ends. A bet is sent once, and is none of these.
    """

    def __init__(
        self,
        operator: Operator,
        schedule: Schedule = SCHEDULE,
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        super().__init__(operator, schedule, clock=clock)
        self.operator = operator
