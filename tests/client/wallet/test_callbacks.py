"""The reference CLIENT's endpoints: what is let in, how it is read, and how everything else is refused."""

import json

import pytest

from tests.support.client_calls import Here, message, path, rollback


@pytest.fixture
def client(tmp_path):
    here = Here.over(tmp_path)
    yield here
    here.close()


@pytest.mark.parametrize("given", ["", "é", "0" * 64, "a-secret-of-the-tests"])
def test_forgeries_are_refused_and_leave_no_trace(client, given):
    bet = message("bet", 10)
    body = json.dumps(bet).encode()
    assert client.raw(body, **{"X-Security-Hash": given}) == {"error": "INVALID_HASH"}
    assert client.raw(body + b" ", **{"X-Security-Hash": given}) == {"error": "INVALID_HASH"}
    assert client.balance() == "100.00"
    assert client.send(bet)["error"] is None


def test_missing_header_is_refused(client):
    for to in ("transaction", "transaction-rollback"):
        answer = client.app.test_client().post(f"/operator/{to}", data=b"{}", content_type="application/json")
        assert (answer.status_code, answer.get_json()) == (200, {"error": "INVALID_HASH"})


def test_hash_is_over_the_bytes_received(client):
    body = (
        b'{ "amount" : 10.50,\n"currency":"EUR","user_id":"p-1","action":"bet","transaction_id":"\\u00e9" }'
    )
    assert client.raw(body)["error"] is None
    assert client.balance() == "89.50"


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"not json",
        b"[]",
        b"null",
        b'{"transaction_id":"x"',
        b"\xff\xfe",
        b"[" * 30_000,
        b'{"transaction_id":"a","transaction_id":"b","action":"bet","user_id":"p-1","currency":"EUR","amount":1}',
        b'{"transaction_id":"a","action":"bet","user_id":"p-1","currency":"EUR","amount":NaN}',
        b'{"transaction_id":"a","action":"bet","user_id":"p-1","currency":"EUR","amount":Infinity}',
    ],
)
def test_malformed_bodies_are_refused(client, body):
    assert client.raw(body) == {"error": "INVALID_JSON"}


_FIELDS = ("transaction_id", "user_id", "currency", "amount", "action", "rollback_transaction_id")


@pytest.mark.parametrize("name", _FIELDS)
@pytest.mark.parametrize("value", [None, True, [], {}, "", "\0", "\ud800", ...])
def test_fields_that_are_missing_or_of_a_wrong_type_are_refused(client, name, value):
    document = rollback("x", 1) if name == "rollback_transaction_id" else message("bet", 1)
    to = path(document)
    document[name] = value
    if value is ...:
        del document[name]
    assert client.raw(json.dumps(document).encode(), to)["error"]
    assert client.balance() == "100.00"


@pytest.mark.parametrize("name", ["transaction_id", "user_id", "currency", "action"])
def test_numbers_are_no_text(client, name):
    assert client.raw(json.dumps({**message("bet", 1), name: 7}).encode())["error"]


@pytest.mark.parametrize(
    "amount",
    [
        "abc",
        "",
        "1,000.00",
        "1_0",
        " 1",
        "+1",
        "١",
        "0x10",
        "NaN",
        "1e400",
        "9" * 400,
        -1,
        "-0.01",
        0.001,
        "1e-9",
        True,
        10**17,
    ],
)
@pytest.mark.parametrize("action", ["bet", "result", "rollback"])
def test_malformed_amounts_are_refused(client, amount, action):
    document = rollback("x", amount) if action == "rollback" else message(action, amount)
    assert client.send(document) == {"error": "INVALID_AMOUNT"}
    assert client.balance() == "100.00"


@pytest.mark.parametrize("amount", ["10.5", "10.50", "10.500", "1.05e1", "105E-1"])
@pytest.mark.parametrize("quoted", [True, False])
def test_spellings_of_one_amount(client, amount, quoted):
    text = json.dumps(message("bet", "AMOUNT")).replace('"AMOUNT"', f'"{amount}"' if quoted else amount)
    assert client.raw(text.encode())["error"] is None
    assert client.balance() == "89.50"


@pytest.mark.parametrize("action", ["deposit", "", "BET", "rollback"])
def test_actions_that_transaction_does_not_serve(client, action):
    body = json.dumps(message(action, 1, rollback_transaction_id="x")).encode()
    assert client.raw(body, "/operator/transaction") == {"error": "INVALID_ACTION"}


@pytest.mark.parametrize("content_type", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_other_content_types_are_refused_with_200(client, content_type):
    body = json.dumps(message("bet", 1)).encode()
    assert client.raw(body, **{"Content-Type": content_type}) == {"error": "INVALID_CONTENT_TYPE"}


def test_unknown_player_unknown_currency_and_extra_fields(client):
    assert client.send(message("bet", 1, "nobody"))["error"] == "UNKNOWN_PLAYER"
    assert client.send(message("result", 1, currency="USD"))["error"] == "INVALID_CURRENCY"
    assert client.send(message("result", 1, currency="XXX"))["error"] == "INVALID_CURRENCY"
    assert client.send(message("result", 1, odds="1.85", slip={"legs": []}))["error"] is None


def test_one_id_under_another_action_amount_or_player(client):
    bet = message("bet", 10)
    first = client.send(bet)
    assert client.send({**bet, "amount": 20}) == first
    assert client.send({**bet, "action": "result"})["error"] == "TRANSACTION_ID_REUSED"
    assert client.send({**bet, "user_id": "p-2"})["error"] == "TRANSACTION_ID_REUSED"
    assert (client.balance(), client.balance("p-2")) == ("90.00", "100.00")


def test_other_methods_and_huge_bodies(client):
    body = json.dumps(message("bet", 1)).encode()
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = client.app.test_client().open("/operator/transaction", method=method, data=body)
        assert answer.status_code == 405
    assert client.raw(b"x" * 1_000_000) == {"error": "BODY_TOO_LARGE"}
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
