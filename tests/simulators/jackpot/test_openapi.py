"""The fake Jackpot under schemathesis, from its own document; and the document itself."""

import itertools
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

import jsonschema_rs
import pytest
import schemathesis

from simulators.jackpot import openapi, wire
from simulators.jackpot.account import Habits
from simulators.jackpot.api import create_app
from simulators.jackpot.catalogue.pricing import offer_of, price_of
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.credentials.grants import Kind
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.operations import OPERATIONS
from simulators.jackpot.simulator import JackpotSimulator
from tests.simulators.jackpot.examples import GOLDEN
from tests.simulators.jackpot.running import AGREEMENT, JWT_BEARER, quiet_simulator
from tests.simulators.server.openapi_fuzz import fuzz


class Caller:
    """Shows the credential due, and names things that exist in every other request."""

    def __init__(self, simulator: JackpotSimulator, client: Any) -> None:
        self.simulator = simulator
        self.client = client
        self.count = itertools.count()
        self.lives = itertools.cycle(
            [
                (),
                (VoucherEvent.CONFIRM,),
                (VoucherEvent.CANCEL,),
                (VoucherEvent.CONFIRM, VoucherEvent.ASK_REFUND),
            ]
        )

    def token(self, grant: dict[str, str]) -> str:
        answer = self.client.post("/v2/token", json={"client_id": "acme", **grant})
        assert answer.status_code == 200, answer.text
        return f"Bearer {answer.json['access_token']}"

    def assertion(self) -> str:
        return session_jwt.mint_raw(
            {"amount": 1000, "iat": 1_700_000_000, "notificationKey": f"k{next(self.count)}"},
            AGREEMENT.api_signature,
        )

    def session(self) -> str:
        return self.token({"grant_type": JWT_BEARER, "assertion": self.assertion()})

    def headers(self, kinds: list[dict[str, Any]]) -> dict[str, str]:
        kind = next((name for need in kinds for name in need), None)
        make: dict[str | None, Callable[[], dict[str, str]]] = {
            None: dict,
            str(Kind.API_KEY): lambda: {"apikey": AGREEMENT.api_key},
            str(Kind.SESSION): lambda: {"Authorization": self.session()},
            str(Kind.SERVER): lambda: {
                "Authorization": self.token(
                    {"grant_type": "client_credentials", "client_secret": AGREEMENT.client_secret}
                )
            },
        }
        return make[kind]()

    def known(self) -> dict[str, str]:
        """Ids of things that exist; the voucher is in each state in turn."""
        account = self.simulator.account
        store = account.listings[0].store
        value = store.voucher_value_max
        voucher = account.reserve(store.id, account.reservation(value, value=value))
        for event in next(self.lives):
            account.happen(voucher.id, event)
        return {"storeId": store.id, "id": voucher.id, "offerId": offer_of(store, value).id}

    def body(self, path: str) -> dict[str, Any] | None:
        """A body that is in order, for the operations that have one."""
        store = self.simulator.account.listings[0].store
        value = int(store.voucher_value_max)
        if path == "/v2/token":
            return {"grant_type": JWT_BEARER, "client_id": "acme", "assertion": self.assertion()}
        if path.endswith("by-value"):
            return {"value": value}
        return (
            {"price": float(price_of(store, store.voucher_value_max))} if path.endswith("by-price") else None
        )


@pytest.fixture(scope="module")
def caller() -> Iterator[Caller]:
    with quiet_simulator(habits=Habits(refunds="accept")) as (simulator, _):
        app = create_app(simulator)
        yield Caller(simulator, app.test_client())


@pytest.fixture(scope="module")
def document_of_the_app(caller: Caller) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", caller.client.application)


CALLS = [(path, operation.method) for operation in OPERATIONS for path in operation.paths]


@pytest.mark.parametrize(("path", "method"), CALLS, ids=[f"{method} {path}" for path, method in CALLS])
def test_every_answer_is_as_documented(
    path: str, method: str, caller: Caller, document_of_the_app: Any
) -> None:
    operation = document_of_the_app[path][method]
    security = openapi.document()["paths"][path][method.lower()]["security"]

    def fix(case: Any, turn: int) -> None:
        if turn % 4:
            case.headers = {**dict(case.headers or {}), **caller.headers(security)}
        if turn % 2 and case.path_parameters:
            known = caller.known()
            case.path_parameters = {
                name: known.get(name, given) for name, given in case.path_parameters.items()
            }
        if turn % 3 == 0 and (body := caller.body(path)) is not None:
            case.body, case.media_type = body, wire.JSON_TYPE

    # What is generated must reach what it is about.
    assert 200 in fuzz(operation, fix)


# -- the document


def test_the_document_is_served_and_whole(caller: Caller) -> None:
    document = caller.client.get("/openapi.json").json
    assert document == json.loads(json.dumps(openapi.document()))
    assert document["openapi"].startswith("3.1")
    names = set(document["components"]["schemas"])
    reported = set(re.findall(r'"#/components/schemas/(\w+)"', json.dumps(document)))
    assert reported <= names
    assert set(document["webhooks"]) == set(wire.EVENTS)
    assert len(wire.EVENTS) == 9
    count = sum(len(methods) for methods in document["paths"].values())
    assert count == sum(len(operation.paths) for operation in OPERATIONS)


def test_every_route_of_the_api_is_documented(caller: Caller) -> None:
    documented = {path.replace("{", "<").replace("}", ">") for path in openapi.document()["paths"]}
    served = {rule.rule for rule in caller.client.application.url_map.iter_rules()}
    assert documented <= served
    assert {rule for rule in served if rule.startswith("/v2/")} <= documented


@pytest.mark.parametrize(("event", "example"), GOLDEN, ids=lambda case: getattr(case, "id", ""))
def test_documented_webhooks_are_in_their_schema(event: wire.Notification, example: dict[str, Any]) -> None:
    document = openapi.document()
    hook = document["webhooks"][event.event]["post"]["requestBody"]["content"]["application/json"]["schema"]
    validator = jsonschema_rs.Draft202012Validator({**hook, "components": document["components"]})
    validator.validate(example)
    assert not validator.is_valid({**example, "event": "another"})
    assert not validator.is_valid({name: value for name, value in example.items() if name != "event"})
    assert not validator.is_valid({**example, "more": 1})
    assert not validator.is_valid({**example, "message": {**example["message"], "more": 1}})
