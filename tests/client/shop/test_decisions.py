"""Decisions on checkouts: what CHK-11, judged in ``tests/mutants``, leaves open."""

from datetime import UTC, datetime

import pytest

from client_under_test.schema import checkouts, grants
from tests.support.shop import KEY, NOW, settings, shop


@pytest.fixture(scope="module")
def here(tmp_path_factory):
    with shop(tmp_path_factory.mktemp("decisions")) as found:
        yield found


@pytest.fixture(params=["sqlite", "postgresql"])
def anywhere(request, tmp_path):
    where = tmp_path if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    with shop(where) as found:
        yield found


@pytest.mark.parametrize(
    ("first", "second", "end"),
    [("success", "failure", ("approved", 1)), ("failure", "success", ("declined", 0))],
)
def test_first_decision_stands(here, first, second, end):
    reference = here.token().reference
    assert here.decide(reference, first).get_json() == {"status": "done"}
    answer = here.decide(reference, second)
    assert (answer.status_code, answer.get_json()) == (200, {"status": "conflict"})
    assert here.order(reference) == end


def test_decision_survives_a_restart(tmp_path):
    with shop(tmp_path) as first:
        reference = first.token().reference
        first.decide(reference)
    with shop(tmp_path) as second:
        assert second.decide(reference).get_json() == {"status": "copy"}
        assert second.order(reference) == ("approved", 1)


def changed(here, reference):
    genuine = here.claims(reference)
    data = genuine["data"]
    yield "another merchant", {**genuine, "iss": "merchant-8"}
    yield "no issuer", {name: value for name, value in genuine.items() if name != "iss"}
    yield "another subject", {**genuine, "sub": "Player"}
    yield "iat a text", {**genuine, "iat": str(NOW)}
    yield "iat true", {**genuine, "iat": True}
    yield "no data", {**genuine, "data": None}
    yield "data a list", {**genuine, "data": [data]}
    yield "no provider's reference", {**genuine, "data": {**data, "reference": None}}
    for wrong in ("", 7, "a\0b", "\ud800", "x" * 256, [reference]):
        yield f"reference {wrong!r}", {**genuine, "data": {**data, "merchantReference": wrong}}
    for wrong in (None, "", "SUCCESS", "open", True, ["success"], {}):
        yield f"outcome {wrong!r}", {**genuine, "data": {**data, "outcome": wrong}}
    yield "a list", [genuine]
    yield "a text", "approved"


def test_malformed_claims_have_no_effect(here):
    reference = here.token().reference
    for name, claims in changed(here, reference):
        answer = here.deliver(here.signed(claims))
        assert answer.status_code == 400, name
        assert here.order(reference) == ("open", 0), name


def test_decision_by_the_providers_name_alone(here):
    order = here.app.extensions["orders"].find(here.token().reference)
    claims = here.claims(None)
    assert here.deliver(here.signed(claims)).status_code == 404
    assert here.app.extensions["orders"].created(order, "chk-1") == "chk-1"
    assert here.deliver(here.signed(claims)).get_json() == {"status": "done"}
    assert here.order(order.reference) == ("approved", 1)


def test_own_token_is_no_decision(here):
    token = here.token()
    assert here.deliver(token.text).get_json()["error"] == "INVALID_OUTCOME"
    assert here.order(token.reference) == ("open", 0)


@pytest.mark.parametrize("payload", [None, 7, "", "x", "a.b.c", "....", "\ud800", ["a.b.c"], {}, "é.é.é"])
def test_payload_that_is_no_jwt_is_malformed(here, payload):
    answer = here.deliver(payload)
    assert (answer.status_code, answer.get_json()["error"]) == (400, "INVALID_PAYLOAD")


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"", "application/json", 400),
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b'{"payload":1,"payload":2}', "application/json", 400),
        (b"[" * 50_000, "application/json", 400),
        (b"{}", "text/plain", 400),
        (b" " * 100_000, "application/json", 413),
    ],
)
def test_malformed_bodies_are_refused(here, body, kind, status):
    answer = here.app.test_client().post("/checkout/decisions", data=body, content_type=kind)
    assert answer.status_code == status
    assert answer.get_json()["error"]


def test_get_and_put_decide_nothing(here):
    for method in ("GET", "PUT", "DELETE"):
        assert here.app.test_client().open("/checkout/decisions", method=method).status_code == 405


def test_keys_are_not_in_the_configuration_shown(tmp_path):
    shown = repr(settings(tmp_path, checkout_decision_key="another-secret"))
    assert KEY not in shown
    assert "another-secret" not in shown


def test_audit_finds_what_was_granted_wrongly(anywhere):
    orders = anywhere.app.extensions["orders"]
    granted, declined, unpaid = (anywhere.token().reference for _ in range(3))
    anywhere.decide(granted)
    anywhere.decide(declined, "failure")
    assert orders.recompute() == []
    with orders.database.write() as connection:
        connection.execute(
            grants.insert().values(checkout_id=orders.find(declined).id, variant="x", at=datetime.now(UTC))
        )
        connection.execute(checkouts.update().where(checkouts.c.reference == unpaid).values(state="approved"))
    assert orders.recompute() == [
        f"checkout {declined} is declined and granted 1 times",
        f"checkout {unpaid} is approved and granted 0 times",
    ]
