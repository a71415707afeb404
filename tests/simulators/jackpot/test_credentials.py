"""Who may ask Jackpot what: JWTs, grants, the three kinds of credential and their ends."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from simulators.jackpot.credentials import session_jwt
from tests.simulators.jackpot.running import AGREEMENT, JWT_BEARER, Served, assert_error, served


@pytest.fixture
def place() -> Iterator[Served]:
    with served() as built:
        yield built


# -- tokens


@pytest.mark.parametrize("as_form", [True, False])
def test_both_grants_as_json_and_as_a_form(place: Served, as_form: bool) -> None:
    grants = [
        {"grant_type": JWT_BEARER, "client_id": "acme", "assertion": place.jwt()},
        {"grant_type": "client_credentials", "client_id": "acme", "client_secret": AGREEMENT.client_secret},
    ]
    for grant in grants:
        answer = place.ask("POST", "/v2/token", **({"data": grant} if as_form else {"document": grant}))
        assert answer.status_code == 200, answer.text
        assert list(answer.json()) == ["access_token", "token_type", "expires_in"]
        assert answer.json()["token_type"] == "Bearer"
        assert 3598 <= answer.json()["expires_in"] <= 3600


def test_a_jwt_opens_one_session(place: Served) -> None:
    token = place.jwt()
    assert place.exchange(token).status_code == 200
    assert_error(place.exchange(token), 409, "JWT_USED")
    assert len(place.simulator.sessions) == 1


def test_another_spelling_of_a_used_jwt_is_used(place: Served) -> None:
    token = place.jwt()
    assert place.exchange(token).status_code == 200
    # The last letter of 43 carries two bits that are no part of the signature.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    index = letters.index(token[-1])
    for twist in (1, 2, 3):
        answer = place.exchange(token[:-1] + letters[index ^ twist])
        assert answer.status_code in (401, 409), answer.text
    assert len(place.simulator.sessions) == 1


def test_copies_of_a_jwt_at_once_open_one_session(place: Served) -> None:
    token = place.jwt()
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: place.exchange(token).status_code, range(6)))
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]


def raw_jwt(**more: Any) -> str:
    return session_jwt.mint_raw({"amount": 100, "iat": 1_700_000_000, **more}, AGREEMENT.api_signature)


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("nonsense", 401, "JWT_MALFORMED"),
        (raw_jwt(amount=-5), 422, "JWT_BAD_CLAIMS"),
    ],
)
def test_a_bad_jwt_opens_nothing(place: Served, token: str, status: int, code: str) -> None:
    assert_error(place.exchange(token), status, code)
    assert place.simulator.sessions == []


@pytest.mark.parametrize(
    ("grant", "status", "code"),
    [
        ({}, 400, "MALFORMED"),
        ([], 400, "MALFORMED"),
        ({"grant_type": "password", "client_id": "acme"}, 400, "MALFORMED"),
        ({"grant_type": JWT_BEARER, "client_id": "acme"}, 400, "MALFORMED"),
        ({"grant_type": JWT_BEARER, "client_id": "acme", "assertion": 7}, 400, "MALFORMED"),
        (
            {"grant_type": "client_credentials", "client_id": "acme", "client_secret": "x"},
            401,
            "CLIENT_SECRET_INVALID",
        ),
        (
            {"grant_type": "client_credentials", "client_id": "x", "client_secret": AGREEMENT.client_secret},
            401,
            "CLIENT_UNKNOWN",
        ),
    ],
)
def test_bad_grants(place: Served, grant: object, status: int, code: str) -> None:
    assert_error(place.ask("POST", "/v2/token", grant), status, code)


# -- three kinds of credential


def table(place: Served) -> list[tuple[str, str, object, str]]:
    """Every operation with a credential: method, path, body, the kinds that are due."""
    voucher = place.simulator.account.reserve(
        place.store(), place.simulator.account.reservation(Decimal(100), value=Decimal(30))
    )
    reservation = f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    offer = place.simulator.service.proposed(place.store())[0].offer_id
    calls: list[tuple[str, str, object, str]] = [
        ("GET", f"/v2/stores/{place.store()}/offers/{offer}", None, "key session"),
        ("GET", "/v2/stores", None, "key session"),
        ("GET", "/v2/stores/proposed-vouchers", None, "key session"),
        ("GET", f"/v2/stores/{place.store()}/proposed-vouchers", None, "key session"),
        ("GET", f"/v2/vouchers/{voucher.id}", None, "server"),
        ("PUT", f"/v2/vouchers/{voucher.id}/confirm", None, "server"),
        ("GET", f"/v2/vouchers/{voucher.id}/signedurl", None, "server"),
        ("PUT", f"/v2/voucher/{voucher.id}/refund", None, "server"),
        ("GET", "/widget/offers", None, "session"),
        ("POST", reservation, {"value": 30}, "session"),
    ]
    return calls


def test_each_kind_of_credential_is_refused_where_another_is_due(place: Served) -> None:
    credentials: dict[str, Any] = {"key": place.key, "server": place.server(), "session": place.session()}
    for method, path, body, due in table(place):
        assert_error(place.ask(method, path, body), 401, "CREDENTIALS_MISSING")
        for kind, headers in credentials.items():
            if kind not in due.split():
                assert_error(place.ask(method, path, body, headers=headers), 403, "WRONG_CREDENTIAL")
        for kind in due.split():
            bad = {"apikey": "wrong"} if kind == "key" else {"Authorization": "Bearer wrong"}
            refused = place.ask(method, path, body, headers=bad)
            assert_error(refused, 401, "API_KEY_INVALID" if kind == "key" else "TOKEN_INVALID")
            assert "WWW-Authenticate" in refused.headers
            assert place.ask(method, path, body, headers=credentials[kind]).status_code == 200, path


def test_without_a_client_id_it_is_the_api_key(place: Served) -> None:
    place.simulator.service.agreement = replace(AGREEMENT, client_id=None)
    server = {"grant_type": "client_credentials", "client_secret": AGREEMENT.client_secret}
    assert place.ask("POST", "/v2/token", {**server, "client_id": AGREEMENT.api_key}).status_code == 200
    for other in ("acme", "widget"):
        assert_error(place.ask("POST", "/v2/token", {**server, "client_id": other}), 401, "CLIENT_UNKNOWN")
    for known in (AGREEMENT.api_key, "widget"):
        session = {"grant_type": JWT_BEARER, "client_id": known, "assertion": place.jwt()}
        assert place.ask("POST", "/v2/token", session).status_code == 200


def test_tokens_end_after_an_hour(place: Served) -> None:
    session, server = place.session(), place.server()
    place.clock.now += 3600
    assert_error(place.ask("GET", "/widget/offers", headers=session), 401, "TOKEN_EXPIRED")
    assert_error(place.ask("GET", "/v2/vouchers/x", headers=server), 401, "TOKEN_EXPIRED")
    place.simulator.revoke_server_tokens()
    assert_error(place.ask("GET", "/v2/vouchers/x", headers=server), 401, "TOKEN_INVALID")


def test_a_session_can_be_expired_by_a_judge(place: Served) -> None:
    session = place.session()
    place.simulator.expire_session(place.simulator.sessions[0].id)
    assert_error(place.ask("GET", "/widget/offers", headers=session), 401, "TOKEN_EXPIRED")
