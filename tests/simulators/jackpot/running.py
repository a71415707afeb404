"""A running fake Jackpot with a tiny real CLIENT behind its notification URL, and clocks that tests turn."""

import json
import threading
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import requests

from simulators.exchanges.history import History
from simulators.jackpot.account import Habits
from simulators.jackpot.api import create_app
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.service import Agreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.wsgi_server import Server
from simulators.transport.route import Route
from simulators.webhooks.retry_queue import Schedule
from tests.support.clock import Clock
from tests.support.servers.small_server import Handler, listening

AGREEMENT = Agreement("the-api-key-é", "the-api-signature", "the-client-secret", client_id="acme")
JWT_BEARER = "urn:ietf:params:oauth:grant-type:jwt-bearer"


class Inbox:
    """A CLIENT's notification URL: answers the next status of ``script``, then 200; keeps what came."""

    url = ""

    def __init__(self) -> None:
        self.script: deque[int] = deque()
        self.always = 200
        self.bodies: list[bytes] = []
        self.lock = threading.Lock()


@contextmanager
def inbox() -> Iterator[Inbox]:
    made = Inbox()

    class Notified(Handler):
        def do_POST(self) -> None:
            body = self.body()
            with made.lock:
                made.bodies.append(body)
                status = made.script.popleft() if made.script else made.always
            self.answer(status=status)

    with listening(Notified) as url:
        made.url = f"{url}/notifications"
        yield made


@contextmanager
def quiet_simulator(
    notification_url: str | None = None, *, agreement: Agreement = AGREEMENT, **more: Any
) -> Iterator[tuple[JackpotSimulator, Clock]]:
    """A simulator without a server and without threads, under one clock for everything."""
    clock = Clock()
    route = Route(History(), timeout=60)
    more.setdefault("queue_clock", clock)
    try:
        yield (
            JackpotSimulator(
                agreement, route, notification_url=notification_url, clock=clock, seed=7, **more
            ),
            clock,
        )
    finally:
        route.close()


@dataclass
class Served:
    """A simulator behind HTTP, and how its callers talk to it."""

    simulator: JackpotSimulator
    clock: Clock
    inbox: Inbox
    url: str
    keys: list[str] = field(default_factory=list)

    def ask(self, method: str, path: str, document: object = None, **more: Any) -> requests.Response:
        more.setdefault("timeout", 20)
        if document is not None:
            more["json"] = document
        return requests.request(method, self.url + path, **more)

    def claims(self, **more: Any) -> session_jwt.Claims:
        self.keys.append(f"key-{len(self.keys)}")
        given = {
            "amount": Decimal(100),
            "iat": int(self.clock.now),
            "notification_key": self.keys[-1],
            **more,
        }
        return session_jwt.Claims(**given)

    def jwt(self, **more: Any) -> str:
        return session_jwt.mint(self.claims(**more), AGREEMENT.api_signature)

    def exchange(self, assertion: str) -> requests.Response:
        return self.ask(
            "POST",
            "/v2/token",
            {"grant_type": JWT_BEARER, "client_id": "acme", "assertion": assertion},
        )

    def session(self, **more: Any) -> dict[str, str]:
        answer = self.exchange(self.jwt(**more))
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    def server(self) -> dict[str, str]:
        answer = self.ask(
            "POST",
            "/v2/token",
            {
                "grant_type": "client_credentials",
                "client_id": "acme",
                "client_secret": AGREEMENT.client_secret,
            },
        )
        assert answer.status_code == 200, answer.text
        return {"Authorization": f"Bearer {answer.json()['access_token']}"}

    @property
    def key(self) -> dict[str, bytes]:
        return {"apikey": AGREEMENT.api_key.encode("latin-1")}

    def store(self, *, continuous: bool = False) -> str:
        """The id of a store whose vouchers are worth 20 to 50 EUR at a discount of 10 %."""
        account = self.simulator.account
        listing = account.listings[1 if continuous else 0]
        changes: dict[str, Any] = {
            "voucherValueMin": 20,
            "voucherValueMax": 50,
            "discounts": [{"voucherValueMin": 20, "voucherValueMax": 800, "discountRate": 10}],
        }
        if not continuous:
            changes["voucherPossibleDiscreteValues"] = [20, 30, 50]
        self.simulator.endpoint.url, url = None, self.simulator.endpoint.url
        account.update_store(listing.store.id, changes)
        self.simulator.endpoint.url = url
        return listing.store.id

    def reserve(
        self, value: object = 30, headers: dict[str, str] | None = None, **more: Any
    ) -> dict[str, Any]:
        path = f"/v2/stores/{self.store()}/reserve-voucher-by-value"
        answer = self.ask("POST", path, {"value": value}, headers=headers or self.session(**more))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())


@contextmanager
def served(habits: Habits | None = None, schedule: Schedule | None = None) -> Iterator[Served]:
    with (
        inbox() as box,
        quiet_simulator(box.url, habits=habits, schedule=schedule) as (simulator, clock),
        Server(create_app(simulator)) as server,
    ):
        simulator.account.public_url = server.url
        try:
            yield Served(simulator, clock, box, server.url)
        finally:
            simulator.stop()


def assert_error(answer: requests.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert list(document) == ["error", "message"]
    assert document["error"] == code
    assert len(document["message"]) > 20
    for secret in (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret, "Traceback"):
        assert secret not in answer.text
    return str(document["message"])


def events(place: Served) -> list[str]:
    place.simulator.queue.work()
    return [json.loads(body)["event"] for body in place.inbox.bodies]


def change(place: Served, voucher_id: str, word: str, form: str = "vouchers") -> requests.Response:
    return place.ask("PUT", f"/v2/{form}/{voucher_id}/{word}", headers=place.server())
