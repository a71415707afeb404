"""The checkout over HTTP: GraphQL with tokens that do not hold, prices, disturbed answers."""

import json
from decimal import Decimal

import pytest
import requests

from simulators.checkout.lifecycle import CheckoutState
from simulators.checkout.simulator import CREATE, PRICE
from simulators.checkout.wire import mint
from simulators.exchanges.owners import ALL
from simulators.server.response_faults import Given
from tests.simulators.checkout.running import MERCHANT, MUTATION, SECRET, claims, served_checkout
from tests.support.clock import START


@pytest.fixture(scope="module")
def served():
    with served_checkout() as made:
        yield made


# What of a token does not hold, with code and field of its refusal; tests of the claims have them all.
BAD = pytest.mark.parametrize(
    ("changes", "key", "code", "field"),
    [
        ({}, "another", "BAD_SIGNATURE", "signature"),
        ({"iat": int(START) + 120}, SECRET, "FUTURE", "iat"),
        ({"tax_percentage": Decimal(19)}, SECRET, "DOES_NOT_ADD_UP", "data.merchantPrice.valueAfterTax"),
    ],
)


@BAD
def test_a_bad_token_is_refused_with_code_field_and_message(served, changes, key, code, field):
    before = len(served.simulator.checkouts)
    made = served.create(mint(claims(START, **changes), key))
    assert made["checkout"] is None
    (error,) = made["errors"]
    assert (error["code"], error["field"]) == (code, field)
    assert error["message"].startswith(error["field"])
    assert error["message"].count(". ") >= 2
    assert len(served.simulator.checkouts) == before


@BAD
def test_a_bad_token_has_no_price(served, changes, key, code, field):
    asked = {"merchantId": MERCHANT, "JWTToken": mint(claims(START, **changes), key)}
    answer = requests.post(f"{served.url}/widget/price", json=asked, timeout=20)
    assert answer.status_code == 422
    assert answer.json()["error"] == "CHECKOUT_UNAVAILABLE"
    assert field in answer.json()["message"]
    assert SECRET not in answer.text


def test_a_good_token_makes_a_checkout(served):
    payload = served.jwt()
    made = served.create(payload)
    assert made["errors"] is None
    assert served.create(payload) == made
    assert served.simulator.checkout(made["checkout"]["token"]).state is CheckoutState.CREATED


def test_another_merchant_id_is_refused(served):
    (error,) = served.create(served.jwt(), "another")["errors"]
    assert (error["code"], error["field"]) == ("UNKNOWN_MERCHANT", "merchantId")


def test_arguments_may_stand_in_the_query(served):
    query = (
        f'mutation {{ createMerchantCheckout(merchantId: "{MERCHANT}", payload: "{served.jwt()}") '
        "{ made: checkout { token } errors { code } } }"
    )
    answer = served.ask({"query": query}).json()["data"]["createMerchantCheckout"]
    assert answer["made"]["token"]


def test_the_schema_can_be_asked_for(served):
    query = "{ __schema { mutationType { fields { name args { name type { kind } } } } } merchantId }"
    answer = served.ask({"query": query}).json()["data"]
    assert answer["merchantId"] == MERCHANT
    fields = {field["name"]: field for field in answer["__schema"]["mutationType"]["fields"]}
    assert set(fields) == {"authenticateClient", "createMerchantCheckout"}
    field = fields["createMerchantCheckout"]
    assert [each["name"] for each in field["args"]] == ["merchantId", "payload"]


VARIABLES = {"merchantId": MERCHANT, "payload": "x"}


@pytest.mark.parametrize(
    ("document", "code"),
    [
        (None, "MALFORMED"),
        ([], "MALFORMED"),
        ("text", "MALFORMED"),
        ({}, "MALFORMED"),
        ({"query": 1}, "MALFORMED"),
        ({"query": MUTATION, "variables": []}, "MALFORMED"),
        ({"query": MUTATION, "variables": VARIABLES, "operationName": 1}, "MALFORMED"),
        ({"query": ""}, "GRAPHQL_ERROR"),
        ({"query": "{"}, "GRAPHQL_ERROR"),
        ({"query": "{ nothing }"}, "GRAPHQL_ERROR"),
        ({"query": MUTATION}, "GRAPHQL_ERROR"),
        ({"query": MUTATION, "variables": {"merchantId": MERCHANT}}, "GRAPHQL_ERROR"),
        ({"query": MUTATION, "variables": {"merchantId": MERCHANT, "payload": 1}}, "GRAPHQL_ERROR"),
        ({"query": MUTATION, "variables": {"merchantId": MERCHANT, "payload": None}}, "GRAPHQL_ERROR"),
        ({"query": MUTATION, "variables": VARIABLES, "operationName": "other"}, "GRAPHQL_ERROR"),
        ({"query": "subscription { x }"}, "GRAPHQL_ERROR"),
        ({"query": "{" + "a{" * 900 + "}" * 901}, "GRAPHQL_ERROR"),
        ({"query": "query($a: [[[[[[String]]]]]]) { merchantId }", "variables": {"a": 1}}, "GRAPHQL_ERROR"),
        ({"query": "{ merchantId }" + " " * 10 + "# é \ud800" + "{ x"}, None),
    ],
)
def test_what_is_no_request_is_refused_in_one_shape(served, document, code):
    body = json.dumps(document).encode()
    answer = served.ask(None, json=None, data=body, headers={"Content-Type": "application/json"})
    if code is None:
        assert answer.status_code < 500
        return
    assert answer.status_code == 400, answer.text
    reported = answer.json()
    assert reported["error"] == code
    assert len(reported["message"]) > 20
    assert ("errors" in reported) == (code == "GRAPHQL_ERROR")


@pytest.mark.parametrize(
    ("method", "path", "more", "status", "code"),
    [
        ("POST", "/graphql", {"data": b"{}", "headers": {"Content-Type": "text/plain"}}, 400, "NOT_JSON"),
        ("POST", "/widget/price", {"json": {}}, 400, "MALFORMED"),
        ("POST", "/widget/price", {"json": {"merchantId": MERCHANT, "JWTToken": 1}}, 400, "MALFORMED"),
        ("POST", "/widget/price", {"json": []}, 400, "MALFORMED"),
    ],
)
def test_errors_have_one_shape(served, method, path, more, status, code):
    answer = requests.request(method, served.url + path, timeout=20, **more)
    assert answer.status_code == status, answer.text
    assert list(answer.json()) == ["error", "message"]
    assert answer.json()["error"] == code


def test_a_page_of_another_origin_may_ask(served):
    for path in ("/graphql", "/widget/price"):
        asked = requests.options(served.url + path, timeout=20)
        assert asked.headers["Access-Control-Allow-Origin"] == "*"
        assert "POST" in asked.headers["Access-Control-Allow-Methods"]
        assert asked.headers["Access-Control-Allow-Headers"] == "Content-Type"
    assert served.ask({}).headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in requests.get(f"{served.url}/checkout/x", timeout=20).headers


@pytest.mark.parametrize(
    ("currency", "after", "initial", "recurring"),
    [
        ("GBP", "120.00", "£10", "£10"),
        ("GBP", "100.00", "£8.37", "£8.33"),
        ("JPY", "1000", "¥87", "¥83"),
        ("KWD", "10.000", "KWD 0.837", "KWD 0.833"),
    ],
)
def test_the_price_is_paid_in_parts(served, currency, after, initial, recurring):
    amount = Decimal(after)
    token = served.jwt(
        currency=currency,
        value_before_tax=amount,
        value_after_tax=amount,
        tax_value=Decimal(0),
        tax_percentage=Decimal(0),
    )
    answer = requests.post(
        f"{served.url}/widget/price", json={"merchantId": MERCHANT, "JWTToken": token}, timeout=20
    )
    assert answer.json() == {"initialAmount": initial, "recurringAmount": recurring, "payments": 11}


def test_requests_are_recorded_and_disturbed(served):
    simulator = served.simulator
    before = len(simulator.requests(CREATE)), len(simulator.requests(PRICE))
    given: Given = (503, b"busy", "text/plain")
    simulator.disturb(CREATE, answer=given, about=ALL)
    answer = served.ask({"query": MUTATION, "variables": VARIABLES})
    assert (answer.status_code, answer.content) == (503, b"busy")
    assert answer.headers["Access-Control-Allow-Origin"] == "*"
    made = len(simulator.checkouts)
    simulator.disturb(CREATE, lost=True, about=ALL)
    payload = served.jwt(variant="lost")
    with pytest.raises(requests.exceptions.RequestException):
        served.ask({"query": MUTATION, "variables": {"merchantId": MERCHANT, "payload": payload}})
    assert len(simulator.checkouts) == made + 1
    assert served.create(payload)["checkout"]["token"] == simulator.checkouts[-1].token
    assert (len(simulator.requests(CREATE)), len(simulator.requests(PRICE))) == (before[0] + 3, before[1])
    with pytest.raises(ValueError, match="createMerchantCheckout"):
        simulator.disturb("refund", about=ALL)
