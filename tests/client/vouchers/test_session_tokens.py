"""The site's own endpoints of conversions: what they refuse, and the page; tokens are judged in ``tests/mutants``."""

import pytest

from tests.client.vouchers.running import place


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with place(tmp_path_factory.mktemp("tokens"), players=("p-1", "p-2")) as place_:
        place_.ask("POST", "/players", {"id": "poor", "balance": "10.00"})
        place_.ask("POST", "/players", {"id": "yen", "currency": "JPY", "balance": "1000"})
        place_.ask("POST", "/players", {"id": "banned", "balance": "50"})
        place_.ask("POST", "/players/banned/ban")
        yield place_


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


def test_page_shows_the_widget_and_escapes_the_player(here):
    page = here.ask("GET", '/vouchers/page?user_id="><script>alert(1)</script>')
    assert '<div id="widget-jackpot"></div>' in page.text
    assert f"{here.simulator.account.public_url}/widget.js" in page.text
    assert "<script>alert" not in page.text
    assert here.simulator.account.public_url in page.headers["Content-Security-Policy"]
