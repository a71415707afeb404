"""The fake checkout under schemathesis, from its own document and its GraphQL schema; tokens and decisions."""

import copy
import json
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import jsonschema_rs
import pytest
import schemathesis
from hypothesis import HealthCheck, given, settings

from simulators.checkout import openapi, wire
from simulators.checkout.api import create_app
from simulators.checkout.claims import CLAIMS, Need
from simulators.checkout.graphql import SCHEMA
from simulators.checkout.simulator import CheckoutSimulator
from simulators.values import decimal_json, jws
from tests.simulators.checkout.running import AGREEMENT, MERCHANT, MUTATION, SECRET, claims, quiet_checkout
from tests.simulators.server.openapi_fuzz import EXAMPLES, fuzz
from tests.support.clock import Clock

URLS = wire.CallbackUrls(
    "https://shop.example/told", "https://shop.example/thanks", "https://shop.example/sorry"
)
CALLS = list(openapi.document()["paths"])


@pytest.fixture(scope="module")
def served() -> Iterator[tuple[CheckoutSimulator, Clock]]:
    with quiet_checkout() as made:
        yield made


@pytest.fixture(scope="module")
def app(served: tuple[CheckoutSimulator, Clock]) -> Any:
    return create_app(served[0])


def jwt(served: tuple[CheckoutSimulator, Clock], **more: Any) -> str:
    return wire.mint(claims(served[1].now, **more), SECRET)


@pytest.mark.parametrize("path", CALLS)
def test_every_answer_is_as_documented(path: str, app: Any, served: tuple[CheckoutSimulator, Clock]) -> None:
    document = schemathesis.openapi.from_wsgi("/openapi.json", app)

    def bodies(turn: int) -> dict[str, Any]:
        token = jwt(served, merchant_reference=f"order-{turn}") if turn % 2 else "no.jwt.at-all"
        variables = {"merchantId": MERCHANT, "payload": token}
        return {
            "/graphql": {"query": MUTATION, "variables": variables},
            "/widget/price": {"merchantId": MERCHANT, "JWTToken": token},
            "/widget/checkout": {"merchantId": MERCHANT, "JWTToken": token},
        }[path]

    def fix(case: Any, turn: int) -> None:
        if turn % 3 == 0:
            case.body, case.media_type = bodies(turn), "application/json"

    # What is generated must reach what it is about.
    assert {200, 400} <= fuzz(document[path]["POST"], fix)


def test_generated_queries_never_break_the_server(app: Any) -> None:
    document = schemathesis.graphql.from_wsgi("/graphql", app)
    ways: set[int] = set()
    for operation in document.get_all_operations():

        @given(case=operation.ok().as_strategy())
        @settings(
            max_examples=EXAMPLES, deadline=None, database=None, suppress_health_check=list(HealthCheck)
        )
        def ask(case: Any) -> None:
            answer = case.call()
            assert answer.status_code in (200, 400), answer.text
            ways.add(answer.status_code)

        ask()
    assert 200 in ways


def test_every_route_of_the_api_is_documented(app: Any) -> None:
    routes = {rule.rule for rule in app.url_map.iter_rules() if "." not in rule.endpoint} - {"/"}
    assert routes == set(CALLS)


def test_the_document_holds_the_schema_of_graphql() -> None:
    assert SCHEMA.strip() in openapi.document()["paths"]["/graphql"]["post"]["description"]


# -- what tokens and decisions say


def of(name: str) -> jsonschema_rs.Draft202012Validator:
    schemas = openapi.document()["components"]
    return jsonschema_rs.Draft202012Validator(
        {**schemas["schemas"][name], "components": schemas}, validate_formats=True
    )


def without(fields: dict[str, Any], path: str) -> dict[str, Any]:
    changed = copy.deepcopy(fields)
    *holders, name = path.split(".")
    place = changed
    for holder in holders:
        place = place[holder]
    del place[name]
    return changed


def test_the_documented_claims_are_those_of_the_table() -> None:
    fields = json.loads(decimal_json.dumps(claims(1_700_000_000, callback_urls=URLS).fields()))
    validator = of("MerchantClaims")
    validator.validate(fields)
    for claim in CLAIMS:
        required = claim.need is Need.REQUIRED
        assert validator.is_valid(without(fields, claim.path)) is not required, claim.path


@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("currency", "gbp"),
        ("currency", ""),
        ("merchantReference", ""),
        ("callbackUrls", {"successRedirect": "https://shop.example/"}),
        ("callbackUrls", {"serverToServer": "shop.example"}),
        ("merchantPrice", {"valueBeforeTax": "100", "valueAfterTax": 120, "taxPercentage": 20}),
        ("merchantPrice", {"valueBeforeTax": -1, "valueAfterTax": 120, "taxPercentage": 20}),
        ("variant", {"reference": ""}),
    ],
)
def test_what_the_table_refuses_is_not_in_the_schema(path: str, wrong: Any) -> None:
    fields = json.loads(decimal_json.dumps(claims(1_700_000_000, tax_value=None).fields()))
    assert not of("MerchantClaims").is_valid({**fields, "data": {**fields["data"], path: wrong}})


@pytest.mark.parametrize("approved", [True, False])
@pytest.mark.parametrize("reference", ["order-1", None])
def test_a_decision_that_is_sent_is_in_its_schema(approved: bool, reference: str | None) -> None:
    decision = wire.Decision(MERCHANT, "token-1", reference, approved, 1_700_000_000.5, 1_700_000_001)
    notice = wire.sign(decision, AGREEMENT)
    body = json.loads(wire.encode(notice.payload))
    of("DecisionBody").validate(body)
    assert not of("DecisionBody").is_valid({})
    said = json.loads(decimal_json.dumps(jws.unverified(body["payload"])[1]))
    of("DecisionClaims").validate(said)
    for name in ("reference", "outcome", "outcomeDecidedAt"):
        assert not of("DecisionClaims").is_valid(without(said, f"data.{name}")), name
    assert not of("DecisionClaims").is_valid({**said, "data": {**said["data"], "outcome": "perhaps"}})


def test_the_price_is_documented_to_the_letter(app: Any, served: tuple[CheckoutSimulator, Clock]) -> None:
    token = jwt(served, value_before_tax=Decimal("95.00"), value_after_tax=Decimal("114.00"), tax_value=None)
    answer = app.test_client().post("/widget/price", json={"merchantId": MERCHANT, "JWTToken": token})
    assert answer.json == {"initialAmount": "£9.50", "recurringAmount": "£9.50", "payments": 11}
    of("PriceAnswer").validate(answer.json)
    assert not of("PriceAnswer").is_valid({**answer.json, "more": 1})
