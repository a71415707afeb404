"""Session tokens and the site's pages: exact claims, held funds, no secret anywhere."""

import time
from decimal import Decimal

import pytest
import requests

from simulators.jackpot.credentials import session_jwt
from tests.client.vouchers.running import AGREEMENT, place


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with place(tmp_path_factory.mktemp("tokens"), players=("p-1", "p-2")) as place_:
        place_.ask("POST", "/players", {"id": "poor", "balance": "10.00"})
        place_.ask("POST", "/players", {"id": "yen", "currency": "JPY", "balance": "1000"})
        place_.ask("POST", "/players", {"id": "banned", "balance": "50"})
        place_.ask("POST", "/players/banned/ban")
        yield place_


@pytest.mark.parametrize("amount", [1, 10, "19.99", "0.10", 12.5, "10.50"])
def test_claims_say_what_was_asked(here, amount):
    opened = here.open(amount, "p-2")
    claims = opened.claims()
    assert claims.amount == Decimal(str(amount))
    assert abs(claims.iat - time.time()) < 60
    assert (claims.notification_key, claims.user_id) == (opened.key, "p-2")
    assert opened["held"] == f"{claims.amount:.2f}"
    here.ask("POST", "/vouchers/sweep", {"now": claims.iat + 3600})


def test_each_session_has_its_own_token_and_key(here):
    opened = [here.open(1) for _ in range(5)]
    assert len({each.token for each in opened}) == len({each.key for each in opened}) == 5


@pytest.mark.parametrize(
    ("player", "amount", "status", "code"),
    [
        ("poor", "10.01", 422, "INSUFFICIENT_FUNDS"),
        ("poor", 10**15, 422, "INVALID_AMOUNT"),
        ("poor", 0, 422, "INVALID_AMOUNT"),
        ("poor", -5, 422, "INVALID_AMOUNT"),
        ("poor", "1.001", 422, "INVALID_AMOUNT"),
        ("poor", True, 422, "INVALID_AMOUNT"),
        ("poor", None, 422, "INVALID_AMOUNT"),
        ("poor", "1e1000", 422, "INVALID_AMOUNT"),
        ("poor", "ten", 422, "INVALID_AMOUNT"),
        ("yen", 10, 422, "INVALID_CURRENCY"),
        ("banned", 10, 422, "PLAYER_BANNED"),
        ("nobody", 10, 404, "UNKNOWN_PLAYER"),
        (7, 10, 422, "INVALID_USER_ID"),
        ("\0", 10, 422, "INVALID_USER_ID"),
        ("\ud800", 10, 422, "INVALID_USER_ID"),
    ],
)
def test_refused_sessions_hold_nothing(here, player, amount, status, code):
    answer = here.ask("POST", "/vouchers/session", {"user_id": player, "amount": amount})
    assert (answer.status_code, answer.json()["error"]) == (status, code)
    assert here.balance("poor") == 10
    assert here.sound()


@pytest.mark.parametrize("now", ["soon", -1, 1e30, True, [], {}])
def test_sweep_at_no_moment_is_refused(here, now):
    answer = here.ask("POST", "/vouchers/sweep", {"now": now})
    assert (answer.status_code, answer.json()["error"]) == (422, "INVALID_NOW")


def test_whole_balance_can_be_converted(here):
    opened = here.open(10, "poor")
    assert here.balance("poor") == 0
    here.ask("POST", "/vouchers/sweep", {"now": opened.claims().iat + 3600})
    assert here.balance("poor") == 10


def test_no_answer_carries_a_secret(here):
    opened = here.open(1, "p-2")
    paths = [
        "/",
        "/vouchers/page?user_id=p-1",
        f"/vouchers/{opened.key}",
        "/vouchers/nothing",
        "/stores",
        "/static/vouchers.js",
    ]
    answers = [here.ask("GET", path) for path in paths]
    answers.append(here.ask("POST", "/vouchers/session", {"user_id": "p-1", "amount": "x"}))
    answers.append(here.ask("POST", "/vouchers/session"))
    texts = [f"{answer.headers} {answer.text}" for answer in answers]
    for secret in (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret):
        assert not [text for text in texts if secret in text]
    assert [answer.status_code for answer in answers] == [200, 200, 200, 404, 200, 200, 422, 422]


def test_page_shows_the_widget_and_escapes_the_player(here):
    page = here.ask("GET", '/vouchers/page?user_id="><script>alert(1)</script>')
    assert '<div id="widget-jackpot"></div>' in page.text
    assert f"{here.simulator.account.public_url}/widget.js" in page.text
    assert "<script>alert" not in page.text
    assert here.simulator.account.public_url in page.headers["Content-Security-Policy"]


def test_token_opens_one_session_at_jackpot(here):
    opened = here.open(1)
    body = {
        "grant_type": "urn:ietf:params:oauth:grant-type:jwt-bearer",
        "client_id": "acme",
        "assertion": opened.token,
    }
    address = f"{here.simulator.account.public_url}/v2/token"
    assert requests.post(address, json=body, timeout=60).status_code == 200
    assert requests.post(address, json=body, timeout=60).status_code == 409
    assert session_jwt.verify(opened.token, AGREEMENT.api_signature, time.time())
