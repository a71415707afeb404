"""The back-office asks for a token where others reach it; what a CLIENT or a player's browser asks never does."""

from collections.abc import Iterator

import pytest
from flask.testing import FlaskClient

from scenarios.hosting.host import hosted
from simulators.jackpot.api import create_app
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.pages.backoffice.routes import PREFIX
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.access.gate import Gate
from tests.simulators.jackpot.running import AGREEMENT, quiet_simulator

TOKEN = "the token of the tests"


@pytest.fixture
def simulator() -> Iterator[JackpotSimulator]:
    with quiet_simulator() as (made, _):
        made.gate = Gate(TOKEN, asks=True)
        yield made


@pytest.fixture
def browser(simulator: JackpotSimulator) -> FlaskClient:
    return create_app(simulator).test_client()


def test_no_page_is_shown_and_no_form_acts_without_the_token(
    simulator: JackpotSimulator, browser: FlaskClient
):
    store, account = simulator.account.listings[0].store, simulator.account
    price = pricing.price_of(store, store.voucher_value_max)
    voucher = account.reserve(store.id, account.reservation(price, manual=True, price=price))
    known = {"voucher_id": voucher.id, "store_id": voucher.store_id, "delivery_id": "1"}
    rules = [each for each in browser.application.url_map.iter_rules() if each.rule.startswith(PREFIX)]
    assert len(rules) > 15
    for rule in rules:
        path = rule.rule
        for name, value in known.items():
            path = path.replace(f"<{name}>", value).replace(f"<int:{name}>", value)
        for method in rule.methods & {"GET", "POST"}:
            answer = browser.open(path, method=method, data={"event": "confirm"})
            assert answer.status_code == 401, (method, path)
            assert AGREEMENT.api_signature not in answer.text
            assert voucher.store_name not in answer.text
    assert simulator.account.voucher(voucher.id).state == "RESERVED"


def test_what_has_authentication_of_its_own_or_shows_nothing_is_open(browser: FlaskClient):
    for path in ("/documentation", "/openapi.json", "/widget.js"):
        assert browser.get(path).status_code == 200, path
    stores = browser.get("/v2/stores", headers={"apikey": AGREEMENT.api_key.encode().decode("latin-1")})
    assert stores.status_code in (200, 401)
    assert stores.is_json


def test_a_browser_logs_in_once_and_comes_to_the_page_that_it_asked_for(browser: FlaskClient):
    asked = browser.get(f"{PREFIX}/stores?lang=fr")
    assert 'action="/back-office/login?to=/back-office/stores?lang%3Dfr"' in asked.text
    address = "/back-office/login?to=/back-office/stores%3Flang%3Dfr"
    wrong = browser.post(address, data={"token": "wrong"})
    assert (wrong.status_code, "the token is not right" in wrong.text) == (401, True)
    done = browser.post(address, data={"token": TOKEN})
    assert (done.status_code, done.headers["Location"]) == (303, "/back-office/stores?lang=fr")
    assert browser.get(PREFIX).status_code == 200


@pytest.mark.parametrize(
    "to",
    ["https://evil.example/back-office", "//evil.example/back-office", "/v2/stores", ""],
)
def test_the_login_leads_nowhere_else(browser: FlaskClient, to: str):
    done = browser.post("/back-office/login", query_string={"to": to}, data={"token": TOKEN})
    assert (done.status_code, done.headers["Location"]) == (303, "/back-office")


def test_behind_a_proxy_that_takes_a_path_off_it_leads_back_there(
    simulator: JackpotSimulator, browser: FlaskClient
):
    simulator.account.public_url = "https://staging.example.com/jackpot"
    place = {"SCRIPT_NAME": "/jackpot"}
    asked = browser.get("/back-office/vouchers", environ_overrides=place)
    assert 'action="/jackpot/back-office/login?to=/back-office/vouchers"' in asked.text
    address = "/back-office/login?to=/back-office/vouchers"
    done = browser.post(address, data={"token": TOKEN}, environ_overrides=place)
    assert done.headers["Location"] == "/jackpot/back-office/vouchers"
    assert "Secure" in done.headers["Set-Cookie"]


@pytest.mark.parametrize(("host", "status"), [("127.0.0.1", 200), ("0.0.0.0", 401)])
def test_where_nobody_has_a_token_it_is_closed_to_others(simulator: JackpotSimulator, host: str, status: int):
    simulator.gate = None
    with hosted(simulator, (host, 0)):
        assert create_app(simulator).test_client().get(PREFIX).status_code == status
