"""How the reference CLIENT reads what no scenario sends; the rest is judged in ``tests/mutants``."""

import json

import pytest

from tests.support.client_calls import Here, message


@pytest.fixture
def client(tmp_path):
    here = Here.over(tmp_path)
    yield here
    here.close()


def test_malformed_bodies_are_refused(client):
    bet = b'{"transaction_id":"a","action":"bet","user_id":"p-1","currency":"EUR","amount":'
    bodies = (
        b"null",
        b"\xff\xfe",
        b"[" * 30_000,
        bet + b'1,"action":"bet"}',
        bet + b"NaN}",
        bet + b"Infinity}",
    )
    assert [client.raw(body) for body in bodies] == [{"error": "INVALID_JSON"}] * len(bodies)
    assert client.raw(b"x" * 1_000_000) == {"error": "BODY_TOO_LARGE"}
    for name in ("transaction_id", "user_id", "currency", "action", "amount"):
        for value in ("", "\0", "\ud800"):
            assert client.raw(json.dumps({**message("bet", 1), name: value}).encode())["error"]
    assert client.balance() == "100.00"


def test_other_currencies_have_their_own_decimals(client):
    site = client.app.test_client()
    for currency, balance, amount in (("JPY", "1000", "7"), ("KWD", "10.000", "0.007")):
        player = {"id": currency, "currency": currency, "balance": balance}
        assert site.post("/players", json=player).status_code == 201
        assert client.send(message("bet", amount, currency, currency=currency))["error"] is None
        finer = f"{amount}1" if "." in amount else "7.5"
        assert client.send(message("bet", finer, currency, currency=currency))["error"] == "INVALID_AMOUNT"
    assert (client.balance("JPY"), client.balance("KWD")) == ("993", "9.993")
    assert site.post("/players", json={"id": "JPY", "currency": "JPY"}).status_code == 409
    assert site.get("/players/nobody/balance").status_code == 404
