"""A running fake checkout with a tiny real merchant's server behind its decision URL, and clocks that tests turn."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import requests

from simulators.checkout import wire
from simulators.checkout.api import create_app
from simulators.checkout.simulator import CheckoutSimulator
from simulators.exchanges.history import History
from simulators.server.wsgi_server import Server
from simulators.transport.route import Route
from simulators.values import jws
from simulators.webhooks.retry_queue import Schedule
from tests.simulators.jackpot.running import Inbox, inbox
from tests.support.clock import Clock

MERCHANT = "merchant-é"
SECRET = "the shared secret of the tests"
AGREEMENT = wire.Agreement(MERCHANT, SECRET)
MUTATION = """mutation($merchantId: ID!, $payload: String!) {
  createMerchantCheckout(merchantId: $merchantId, payload: $payload) {
    checkout { token } errors { code field message } } }"""


def claims(now: float, /, **more: Any) -> wire.Claims:
    given: dict[str, Any] = {
        "merchant_id": MERCHANT,
        "iat": int(now),
        "currency": "GBP",
        "value_before_tax": Decimal("100.00"),
        "value_after_tax": Decimal("120.00"),
        "tax_value": Decimal("20.00"),
        "tax_percentage": Decimal(20),
        "variant": "mug-blue",
        "merchant_reference": "order-1",
    }
    return wire.Claims(**{**given, **more})


@contextmanager
def quiet_checkout(
    decision_url: str | None = None, *, agreement: wire.Agreement = AGREEMENT, **more: Any
) -> Iterator[tuple[CheckoutSimulator, Clock]]:
    """A simulator without a server and without threads, under one clock for everything."""
    clock = Clock()
    route = Route(History(), timeout=60)
    more.setdefault("queue_clock", clock)
    try:
        yield CheckoutSimulator(agreement, route, decision_url=decision_url, clock=clock, **more), clock
    finally:
        route.close()


@dataclass
class ServedCheckout:
    """A simulator behind HTTP, and how its callers talk to it."""

    simulator: CheckoutSimulator
    clock: Clock
    inbox: Inbox
    url: str

    def jwt(self, **more: Any) -> str:
        return wire.mint(claims(self.clock.now, **more), SECRET)

    def ask(self, document: object, **more: Any) -> requests.Response:
        more.setdefault("json", document)
        return requests.post(f"{self.url}/graphql", timeout=20, **more)

    def create(self, payload: str, merchant_id: str = MERCHANT) -> dict[str, Any]:
        answer = self.ask({"query": MUTATION, "variables": {"merchantId": merchant_id, "payload": payload}})
        assert answer.status_code == 200, answer.text
        assert SECRET not in answer.text
        return dict(answer.json()["data"]["createMerchantCheckout"])

    def checkout(self, **more: Any) -> str:
        """The token of a new checkout."""
        made = self.create(self.jwt(**more))
        assert made["errors"] is None, made
        return str(made["checkout"]["token"])

    def decision(self, number: int = -1) -> dict[str, Any]:
        """The claims of a decision that arrived, its signature checked."""
        body = self.inbox.bodies[number]
        token = json.loads(body)["payload"]
        jws.verify(token, SECRET, "HS256")
        return jws.unverified(token)[1]


@contextmanager
def served_checkout(schedule: Schedule | None = None) -> Iterator[ServedCheckout]:
    with (
        inbox() as box,
        quiet_checkout(box.url, schedule=schedule) as (simulator, clock),
        Server(create_app(simulator)) as server,
    ):
        simulator.public_url = server.url
        try:
            yield ServedCheckout(simulator, clock, box, server.url)
        finally:
            simulator.stop()
