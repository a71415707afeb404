"""The fake OPERATOR under schemathesis, from its own document; and the webhooks that it tells the CLIENT of."""

import json
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import jsonschema_rs
import pytest
import requests
import schemathesis

from simulators.operator import openapi
from simulators.operator.api import create_app
from simulators.operator.delivery import Callbacks
from simulators.operator.dialect import (
    HASH_HEADER,
    JSON_TYPE,
    SPORTSBOOK,
    TRANSACTION_PATH,
    AmountFormat,
    Sportsbook,
)
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.wallet.transactions import Kind, Transaction
from tests.simulators.operator.tiny_client import channel
from tests.simulators.server.openapi_fuzz import fuzz
from tests.support.programs.reference import HASH, reference

CREDENTIALS = {"username": "client", "password": "a password of the tests"}
START = {"user_id": "p-1", "currency": "EUR", "lang": "en"}
CALLS = list(openapi.document()["paths"])


@pytest.fixture(scope="module")
def simulator() -> Iterator[OperatorSimulator]:
    with channel() as (_, operator):
        yield OperatorSimulator(
            Agreement(**CREDENTIALS, currencies=("EUR",), languages=("en",)), Callbacks(operator)
        )


@pytest.fixture(scope="module")
def app(simulator: OperatorSimulator) -> Any:
    return create_app(simulator)


@pytest.fixture(scope="module")
def document_of_the_app(app: Any) -> Any:
    return schemathesis.openapi.from_wsgi("/openapi.json", app)


def token(app: Any) -> str:
    return str(app.test_client().post("/auth", json=CREDENTIALS).json["token"])


@pytest.mark.parametrize("path", CALLS)
def test_every_answer_is_as_documented(path: str, app: Any, document_of_the_app: Any) -> None:
    body = CREDENTIALS if path.endswith("/auth") else START

    def fix(case: Any, turn: int) -> None:
        if turn % 4:
            case.headers = {**dict(case.headers or {}), "Authorization": f"Bearer {token(app)}"}
        if turn % 3 == 0:
            case.body, case.media_type = body, JSON_TYPE
            if case.path_parameters:
                case.path_parameters = {"version": "v1"}
        elif turn == 1:
            case.body, case.media_type = {}, JSON_TYPE

    seen = fuzz(document_of_the_app[path]["POST"], fix)
    # What is generated must reach what it is about.
    assert {200, 400} <= seen


def test_the_version_that_was_not_agreed_is_a_documented_answer(simulator: OperatorSimulator) -> None:
    agreed = Agreement(**CREDENTIALS, version="v2")
    client = create_app(OperatorSimulator(agreed, simulator.queue)).test_client()
    answer = client.post("/v1/auth", json=CREDENTIALS)
    assert str(answer.status_code) in openapi.document()["paths"]["/{version}/auth"]["post"]["responses"]
    assert answer.json["error"] == "UNKNOWN_VERSION"


def test_every_route_of_the_api_is_documented(app: Any) -> None:
    served = {
        rule.rule.replace("<", "{").replace(">", "}")
        for rule in app.url_map.iter_rules()
        if rule.endpoint.partition(".")[0] not in ("play", "documentation", "static", "home")
    }
    assert served == set(CALLS)


# -- what the CLIENT must serve


def validator(schema: dict[str, Any]) -> jsonschema_rs.Draft202012Validator:
    return jsonschema_rs.Draft202012Validator({**schema, "components": openapi.document()["components"]})


def hook(path: str) -> tuple[Any, Any]:
    """The validators of a webhook's request and of its answer."""
    post = openapi.document()["webhooks"][path.strip("/")]["post"]
    json_of = [post["requestBody"], post["responses"]["200"]]
    asked, answered = (validator(part["content"][JSON_TYPE]["schema"]) for part in json_of)
    return asked, answered


COMMON = "t-1", "p-1", "EUR", Decimal("10.50")
MESSAGES = [
    Transaction(Kind.BET, *COMMON),
    Transaction(Kind.RESULT, *COMMON),
    Transaction(Kind.ROLLBACK, *COMMON, of="t-0"),
]


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.kind)
@pytest.mark.parametrize("amounts", ["number", "string"])
def test_what_is_sent_is_in_its_schema(message: Transaction, amounts: AmountFormat) -> None:
    asked, _ = hook(SPORTSBOOK.path(message))
    sent = json.loads(Sportsbook(amounts).encode(message))
    asked.validate(sent)
    assert asked.is_valid({**sent, "added_later": 1})
    for name in sent:
        assert not asked.is_valid({key: value for key, value in sent.items() if key != name}), name
    for wrong in ({"action": "another"}, {"amount": "ten"}, {"amount": -1}, {"amount": None}, {"user_id": 7}):
        assert not asked.is_valid({**sent, **wrong}), wrong


@pytest.mark.parametrize(
    ("answer", "fits"),
    [
        ({"error": None, "transaction_id": "c-1"}, True),
        ({"error": None, "transaction_id": "c-1", "balance": "1.00"}, True),
        ({"error": "INSUFFICIENT_FUNDS"}, True),
        ({"error": "INSUFFICIENT_FUNDS", "transaction_id": None}, True),
        ({"error": None}, False),
        ({"error": None, "transaction_id": ""}, False),
        ({"error": None, "transaction_id": 7}, False),
        ({"error": ""}, False),
        ({"transaction_id": "c-1"}, False),
        ([], False),
    ],
)
def test_answers_of_a_client(answer: Any, fits: bool) -> None:
    _, answered = hook(TRANSACTION_PATH)
    assert answered.is_valid(answer) is fits


def test_the_documented_hash_is_the_one_that_is_sent() -> None:
    with channel() as (client, operator):
        operator.send(MESSAGES[0])
        _, headers, _ = client.seen[0]
    parameter = openapi.document()["webhooks"]["transaction"]["post"]["parameters"][0]
    given = next(value for name, value in headers.items() if name.lower() == parameter["name"].lower())
    assert validator(parameter["schema"]).is_valid(given)
    assert not validator(parameter["schema"]).is_valid(given.upper())


def test_the_reference_client_answers_whatever_the_webhooks_allow_as_documented(tmp_path: Path) -> None:
    """The document turned round: its webhooks as the paths of a server, which schemathesis then calls."""
    written = openapi.document()
    turned = {
        **{key: value for key, value in written.items() if key not in ("webhooks", "servers")},
        "paths": {f"/operator/{name}": each for name, each in written["webhooks"].items()},
    }
    with reference(tmp_path) as client:
        document = schemathesis.openapi.from_dict(turned)
        document.config.update(base_url=client.url)
        for path in turned["paths"]:
            statuses = fuzz(document[path]["POST"], sign_it)
            assert statuses == {200}
        sender_free = requests.get(f"{client.url}/players/p-1/balance", timeout=60).json()
        assert Decimal(sender_free["balance"]) >= 0


def sign_it(case: Any, turn: int) -> None:
    """Sign the very bytes that are sent; every third time it is a wager of a player that exists."""
    given = case.body if isinstance(case.body, dict) else {}
    if turn % 3 == 0:
        given = {**given, "user_id": "p-1", "currency": "EUR", "amount": 1}
    body = json.dumps(given).encode()
    case.body, case.media_type = body, JSON_TYPE
    case.headers = {HASH_HEADER: SPORTSBOOK.sign(body, HASH)}
