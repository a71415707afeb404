"""The reference CLIENT, or a mutant of it, and a running fake Jackpot, each behind HTTP."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.server import threaded
from simulators.exchanges.history import History
from simulators.exchanges.owners import ALL
from simulators.jackpot import api, wire
from simulators.jackpot.account import Habits
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.service import Agreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import Notification
from simulators.jackpot.world import Voucher
from simulators.server.wsgi_server import Server
from simulators.transport.route import Route
from simulators.webhooks.message_log import QueuedMessage
from simulators.webhooks.retry_queue import Schedule
from tests.support.client_calls import SECRET, message, post

AGREEMENT = Agreement("the-api-key", "the-api-signature", "the-client-secret", client_id="acme")
QUICK = Schedule().scaled(0.02)
# Nothing takes this long unless it is broken.
LONG = 20.0


def until(holds: Callable[[], bool], seconds: float = LONG) -> None:
    """Wait until ``holds``, which is looked at again and again."""
    deadline, pause = time.monotonic() + seconds, threading.Event()
    while not holds():
        assert time.monotonic() < deadline, "it never came to be"
        pause.wait(0.02)


class Slept:
    """The clock of the CLIENT: real, and moved on by tests."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def __call__(self) -> float:
        return time.time() + self.ahead


def settings(database: Path | str, jackpot_url: str, **more: Any) -> Config:
    """A CLIENT's configuration that fits AGREEMENT."""
    given: dict[str, Any] = {
        "database": str(database / "client.sqlite") if isinstance(database, Path) else database,
        "security_hash": SECRET,
        "jackpot_url": jackpot_url,
        "jackpot_api_key": AGREEMENT.api_key,
        "jackpot_client_id": AGREEMENT.client_id,
        "jackpot_client_secret": AGREEMENT.client_secret,
        "jackpot_api_signature": AGREEMENT.api_signature,
        "acknowledge_within": 4.0,
        **more,
    }
    return Config(**given)


@dataclass
class Place:
    """A CLIENT at ``url`` and its Jackpot."""

    simulator: JackpotSimulator
    url: str
    app: Flask | None
    clock: Slept
    # A store whose vouchers cost a tenth less than they are worth.
    store: str

    # -- the player

    def ask(self, method: str, path: str, document: object = None) -> requests.Response:
        return requests.request(method, self.url + path, json=document, timeout=LONG)

    def open(self, amount: object = 50, player: str = "p-1") -> "Bought":
        answer = self.ask("POST", "/vouchers/session", {"user_id": player, "amount": amount})
        assert answer.status_code == 200, answer.text
        return Bought(self, answer.json()["token"], answer.json()["notification_key"])

    def balance(self, player: str = "p-1") -> Decimal:
        return Decimal(self.ask("GET", f"/players/{player}/balance").json()["balance"])

    def bet(self, amount: object, player: str = "p-1") -> str | None:
        return post(self.url, message("bet", amount, player))["error"]

    # -- Jackpot

    def idle(self) -> None:
        assert self.simulator.wait_idle(LONG)
        # What was confirmed by a webhook is READY after it.
        self.simulator.account.pass_time()
        assert self.simulator.wait_idle(LONG)

    def sent(self) -> None:
        """Send what was held back, and what follows."""
        self.simulator.queue.resume(ALL)
        self.idle()

    def happen(self, voucher_id: str, event: VoucherEvent) -> None:
        self.simulator.account.happen(voucher_id, event)
        self.idle()

    @property
    def coupons(self) -> list[QueuedMessage[Notification]]:
        """The deliveries of coupon events so far."""
        return [each for each in self.simulator.queue.deliveries if each.event.event.startswith("coupon/")]

    def notify(self, event: wire.CouponEvent | wire.Notification) -> requests.Response:
        """Deliver an event by hand."""
        return self.post(wire.encode(event))

    def post(self, body: bytes, kind: str = "application/json") -> requests.Response:
        return requests.post(
            self.url + "/jackpot/notifications", data=body, headers={"Content-Type": kind}, timeout=LONG
        )

    def confirms(self) -> int:
        return len(self.simulator.confirm_requests())

    def sound(self) -> bool:
        assert self.app is not None
        return (
            self.app.extensions["accounts"].recompute() == []
            and self.app.extensions["conversions"].recompute() == []
        )


@dataclass
class Bought:
    """A session, and what became of it."""

    place: Place
    token: str
    key: str

    def claims(self) -> session_jwt.Claims:
        return session_jwt.verify(self.token, AGREEMENT.api_signature, time.time())

    def reserve(self, value: int = 30, limit: Decimal | None = None, **more: Any) -> Voucher:
        """Reserve a voucher worth ``value``, which costs a tenth less, as the widget would."""
        account = self.place.simulator.account
        asked = account.reservation(
            limit or self.claims().amount, value=Decimal(value), notification_key=self.key, **more
        )
        return account.reserve(self.place.store, asked)

    def buy(self, value: int = 30) -> Voucher:
        """Reserve and let everything be delivered."""
        voucher = self.reserve(value)
        self.place.idle()
        return voucher

    def __getitem__(self, name: str) -> Any:
        answer = self.place.ask("GET", f"/vouchers/{self.key}")
        assert answer.status_code == 200, answer.text
        return answer.json()[name]


def cheap_store(simulator: JackpotSimulator) -> str:
    """Have the first store sell 20, 30, 50 and 500 EUR at a discount of 10 %, and tell nobody."""
    listing = simulator.account.listings[0]
    changes = {
        "voucherValueMin": 20,
        "voucherValueMax": 500,
        "voucherPossibleDiscreteValues": [20, 30, 50, 500],
        "discounts": [{"voucherValueMin": 20, "voucherValueMax": 500, "discountRate": 10}],
    }
    simulator.account.update_store(listing.store.id, changes)
    return listing.store.id


@contextmanager
def jackpot(habits: Habits | None = None, schedule: Schedule = QUICK) -> Iterator[JackpotSimulator]:
    """A running simulator without a notification URL."""
    route = Route(History(), timeout=10)
    simulator = JackpotSimulator(AGREEMENT, route, habits=habits, schedule=schedule, seed=7)
    with Server(api.create_app(simulator)) as server:
        simulator.account.public_url = server.url
        simulator.start()
        yield simulator
        simulator.stop()
    route.close()


@contextmanager
def place(
    database: Path | str,
    *,
    habits: Habits | None = None,
    build: Any = create_app,
    schedule: Schedule = QUICK,
    **more: Any,
) -> Iterator[Place]:
    """A CLIENT in this process and its Jackpot."""
    clock = Slept()
    with jackpot(habits, schedule) as simulator:
        store = cheap_store(simulator)
        app = build(settings(database, simulator.account.public_url, clock=clock, **more))
        with threaded(app) as url:
            simulator.set_notification_url(f"{url}/jackpot/notifications")
            yield Place(simulator, url, app, clock, store)
            simulator.stop()
