"""authenticateClient, and the Bearer token under which checkouts are created where that was agreed on."""

from dataclasses import replace

import pytest

from simulators.checkout import wire
from simulators.checkout.api import create_app
from simulators.checkout.simulator import TOKEN_SECONDS
from tests.simulators.checkout.running import AGREEMENT, MERCHANT, MUTATION, SECRET, claims, quiet_checkout

CLIENT_ID = "the client id of the tests"
AUTHENTICATE = """mutation($clientId: String!) {
  authenticateClient(clientId: $clientId) { accessToken { value } } }"""


@pytest.fixture
def agreed():
    with quiet_checkout(agreement=replace(AGREEMENT, client_id=CLIENT_ID)) as (simulator, clock):
        yield create_app(simulator).test_client(), simulator, clock


def token_of(browser, client_id=CLIENT_ID):
    asked = {"query": AUTHENTICATE, "variables": {"clientId": client_id}}
    answer = browser.post("/graphql", json=asked)
    assert answer.status_code == 200, answer.text
    return answer.json["data"]["authenticateClient"]["accessToken"]


def created(browser, clock, authorization, **more):
    variables = {"merchantId": MERCHANT, "payload": wire.mint(claims(clock.now, **more), SECRET)}
    headers = {} if authorization is None else {"Authorization": authorization}
    return browser.post("/graphql", json={"query": MUTATION, "variables": variables}, headers=headers)


def test_a_checkout_is_created_under_a_token_for_an_hour(agreed):
    browser, simulator, clock = agreed
    token = f"Bearer {token_of(browser)['value']}"
    assert created(browser, clock, token).json["data"]["createMerchantCheckout"]["errors"] is None
    clock.now += TOKEN_SECONDS - 1
    assert created(browser, clock, token, variant="later").status_code == 200
    clock.now += 1
    late = created(browser, clock, token, variant="too late")
    assert (late.status_code, late.json["error"]) == (401, "UNAUTHENTICATED")
    assert "expired" in late.json["message"]
    assert len(simulator.checkouts) == 2


@pytest.mark.parametrize(
    "authorization", [None, "", "Bearer", "Bearer nonsense", f"Basic {CLIENT_ID}", "Bearer é"]
)
def test_without_a_token_that_holds_there_is_no_checkout(agreed, authorization):
    browser, simulator, clock = agreed
    refused = created(browser, clock, authorization)
    assert (refused.status_code, refused.json["error"]) == (401, "UNAUTHENTICATED")
    assert refused.json["message"].count(". ") >= 2
    assert simulator.checkouts == []


def test_a_revoked_token_holds_no_more(agreed):
    browser, simulator, clock = agreed
    token = f"Bearer {token_of(browser)['value']}"
    simulator.revoke_tokens()
    assert created(browser, clock, token).status_code == 401
    assert created(browser, clock, f"Bearer {token_of(browser)['value']}").status_code == 200


@pytest.mark.parametrize("client_id", ["", "another", f"{CLIENT_ID} ", "\ud800"])
def test_another_client_id_gets_no_token(agreed, client_id):
    assert token_of(agreed[0], client_id) is None


def test_the_widget_needs_the_merchants_token_alone(agreed):
    browser, simulator, clock = agreed
    asked = {"merchantId": MERCHANT, "JWTToken": wire.mint(claims(clock.now), SECRET)}
    shown = browser.post("/widget/checkout", json=asked)
    assert shown.json == {"token": simulator.checkouts[0].token}
    for wrong in ({**asked, "merchantId": "another"}, {**asked, "JWTToken": "no.jwt.here"}):
        assert browser.post("/widget/checkout", json=wrong).json == {"token": None}
    assert len(simulator.checkouts) == 1


def test_where_none_was_agreed_on_no_token_is_asked_for():
    with quiet_checkout() as (simulator, clock):
        browser = create_app(simulator).test_client()
        assert token_of(browser, "anybody") is not None
        assert created(browser, clock, None).status_code == 200


def test_the_client_id_stays_out_of_repr():
    assert CLIENT_ID not in repr(replace(AGREEMENT, client_id=CLIENT_ID))
