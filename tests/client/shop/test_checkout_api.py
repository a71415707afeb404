"""The shop and a running fake checkout, each behind HTTP: creation, decisions, and failures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from client_under_test.app import create_app
from client_under_test.server import threaded
from simulators.checkout import api
from simulators.checkout.simulator import CREATE, CheckoutSimulator
from simulators.checkout.wire import Agreement
from simulators.exchanges.history import History
from simulators.exchanges.owners import ALL
from simulators.server.wsgi_server import Server
from simulators.transport.route import Route
from simulators.webhooks.retry_queue import Schedule
from tests.support.shop import KEY, LONG, MERCHANT, settings


@dataclass
class Served:
    """A CLIENT at ``url`` and its checkout."""

    simulator: CheckoutSimulator
    url: str

    def get(self, path: str) -> Any:
        answer = requests.get(self.url + path, timeout=LONG)
        assert answer.status_code == 200, answer.text
        return answer.json()

    def open(self, variant: str = "mug-blue") -> str:
        """Return the merchantReference of a new checkout."""
        return str(self.get(f"/checkout/token?variant={variant}")["merchantReference"])

    def start(self, reference: str) -> requests.Response:
        return requests.post(f"{self.url}/checkout/orders/{reference}/start", timeout=LONG)

    def order(self, reference: str) -> tuple[str, int]:
        found = self.get(f"/checkout/orders/{reference}")
        return found["state"], found["granted"]


@contextmanager
def served(folder: Path, port: int = 0, client_id: str | None = None, **more: Any) -> Iterator[Served]:
    """Both sides, until the context is left; ``more`` changes the CLIENT's configuration, at ``port``.

    With ``client_id`` the provider asks for authentication.
    """
    agreed = Agreement(MERCHANT, KEY, client_id=client_id)
    simulator = CheckoutSimulator(agreed, Route(History()), schedule=Schedule().scaled(0.005))
    with Server(api.create_app(simulator)) as provider:
        simulator.public_url = provider.url
        given = {"clock": time.time, "checkout_url": provider.url, **more}
        with threaded(create_app(settings(folder, **given)), port=port) as address:
            simulator.endpoint.url = f"{address}/checkout/decisions"
            simulator.start()
            try:
                yield Served(simulator, address)
            finally:
                simulator.stop()


@pytest.mark.parametrize(("approved", "end"), [(True, ("approved", 1)), (False, ("declined", 0))])
def test_checkout_is_created_and_decided(tmp_path, approved, end):
    with served(tmp_path) as here:
        reference = here.open("chair-oak")
        started = here.start(reference)
        (checkout,) = here.simulator.checkouts
        assert started.json() == {
            "merchantReference": reference,
            "url": f"{here.simulator.public_url}/checkout/{checkout.token}",
        }
        assert (checkout.claims.merchant_reference, checkout.claims.variant) == (reference, "chair-oak")
        # Asked again it is the same one.
        assert here.start(reference).json() == started.json()
        assert len(here.simulator.requests(CREATE)) == 1
        delivery = here.simulator.decide(checkout.token, approved)
        assert here.simulator.wait_idle(LONG)
        assert here.order(reference) == end
        here.simulator.queue.again(delivery.id)
        assert here.order(reference) == end
        assert here.start(reference).status_code == 409


def test_refused_checkout_is_told_without_a_secret(tmp_path):
    with served(tmp_path, checkout_key="a-key-that-was-not-agreed-at-all-") as here:
        answer = here.start(here.open())
        assert (answer.status_code, answer.json()["error"]) == (502, "CHECKOUT_REFUSED")
        assert "a-key" not in answer.text
        assert here.simulator.checkouts == []


@pytest.mark.parametrize(
    "answer",
    [
        (500, b'{"error": "DOWN"}', "application/json"),
        (200, b"<html>", "text/html"),
        (200, b"[]", "application/json"),
        (200, b'{"data": null}', "application/json"),
        (200, b'{"data": {"createMerchantCheckout": {"checkout": {}}}}', "application/json"),
        (200, b'{"data": {"createMerchantCheckout": {"errors": "no"}}}', "application/json"),
        (200, b" " * 300_000, "application/json"),
    ],
    ids=["500", "html", "list", "null", "no token", "strange errors", "long"],
)
def test_unusable_answers_leave_the_order_open(tmp_path, answer):
    with served(tmp_path) as here:
        reference = here.open()
        here.simulator.disturb(CREATE, answer=answer, about=ALL)
        refused = here.start(reference)
        assert refused.status_code == 502
        assert refused.json()["error"].startswith("CHECKOUT_")
        assert here.order(reference) == ("open", 0)
        assert here.start(reference).status_code == 200


def test_lost_answer_and_no_provider_are_told(tmp_path):
    with served(tmp_path, timeout=2.0) as here:
        reference = here.open()
        here.simulator.disturb(CREATE, lost=True, about=ALL)
        assert here.start(reference).json()["error"] == "CHECKOUT_UNAVAILABLE"
        # The checkout that nobody heard of is decided all the same.
        here.simulator.decide(here.simulator.checkouts[0].token, True)
        assert here.simulator.wait_idle(LONG)
        assert here.order(reference) == ("approved", 1)
    with served(tmp_path, checkout_url="http://127.0.0.1:9") as alone:
        assert alone.start(alone.open()).json()["error"] == "CHECKOUT_UNAVAILABLE"


def test_a_bearer_token_is_asked_for_once_and_replaced_when_it_is_revoked(tmp_path):
    with served(tmp_path, client_id="client-7", checkout_client_id="client-7") as here:
        for _ in range(2):
            assert here.start(here.open()).status_code == 200
        assert len(here.simulator.requests(CREATE)) == 3
        here.simulator.revoke_tokens()
        assert here.start(here.open()).status_code == 200
        # Refused, a new token, and once more.
        assert len(here.simulator.requests(CREATE)) == 6
        assert len(here.simulator.checkouts) == 3


@pytest.mark.parametrize("ours", ["", "another"])
def test_without_the_agreed_client_id_there_is_no_checkout(tmp_path, ours):
    with served(tmp_path, client_id="client-7", checkout_client_id=ours) as here:
        answer = here.start(here.open())
        assert answer.status_code == 502
        assert answer.json()["error"].startswith("CHECKOUT_")
        assert here.simulator.checkouts == []


def test_unknown_orders_are_not_started(tmp_path):
    with served(tmp_path) as here:
        assert here.start("nothing").status_code == 404
        assert here.simulator.requests(CREATE) == []


def test_coming_back_decides_nothing(tmp_path):
    with served(tmp_path) as here:
        reference = here.open()
        back = f"{here.url}/checkout/page?variant=mug-blue&order="
        for order in (f"{reference}&from=success", "nothing", "%00"):
            answer = requests.get(f"{back}{order}", timeout=LONG)
            assert (answer.status_code, reference in answer.text) in {(200, reference in order), (404, False)}
        assert here.order(reference) == ("open", 0)
