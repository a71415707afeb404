"""The session JWT: claims, each fault by name; and JSON with exact numbers, which it is made of."""

import base64
import json
from decimal import Decimal
from typing import Any

import jwt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.jackpot.credentials.session_jwt import BadJwt, Claims, SessionProblem, mint, mint_raw, verify
from simulators.values import jws

NOW = 1_700_000_000
SIGNATURE = "monApiSignature"
CLAIMS = Claims(amount=Decimal(100), user_id="u-1234", iat=NOW, notification_key="12345")


def test_jwt_has_the_documented_claims() -> None:
    token = mint(CLAIMS, SIGNATURE)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    payload = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    assert payload == b'{"amount":100,"userId":"u-1234","iat":%d,"notificationKey":"12345"}' % NOW
    assert verify(token, SIGNATURE, NOW) == CLAIMS


def test_jwt_of_any_library_is_read() -> None:
    key = "a signature of at least 32 bytes..."
    token = jwt.encode(
        {"amount": 10.5, "iat": NOW, "forceManualConfirm": True, "exp": NOW - 99}, key, "HS256"
    )
    claims = verify(token, key, NOW)
    assert (claims.amount, claims.user_id, claims.notification_key) == (Decimal("10.5"), None, None)
    assert claims.force_manual_confirm


def signed(document: object, algorithm: str = "HS256", key: str | None = SIGNATURE) -> str:
    return jwt.PyJWS().encode(json.dumps(document).encode(), key or "", algorithm)


def raw(**more: Any) -> str:
    return mint_raw({"amount": 100, "iat": NOW, **more}, SIGNATURE)


def tampered(token: str) -> str:
    header, _, signature = token.split(".")
    payload = base64.urlsafe_b64encode(b'{"amount":1000,"iat":%d}' % NOW).decode().rstrip("=")
    return f"{header}.{payload}.{signature}"


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("", SessionProblem.MALFORMED),
        ("a.b.c", SessionProblem.MALFORMED),
        ("no token", SessionProblem.MALFORMED),
        (jwt.PyJWS().encode(b'{"amount":1,"iat":1}', "", "none"), SessionProblem.ALGORITHM),
        (mint(CLAIMS, "another key"), SessionProblem.SIGNATURE),
        (tampered(mint(CLAIMS, SIGNATURE)), SessionProblem.SIGNATURE),
        (mint(CLAIMS, SIGNATURE)[:-3], SessionProblem.SIGNATURE),
        (mint_raw({"iat": NOW}, SIGNATURE), SessionProblem.CLAIMS),
        (mint_raw({"amount": 100}, SIGNATURE), SessionProblem.CLAIMS),
        (raw(amount=-1), SessionProblem.CLAIMS),
        (raw(amount=0), SessionProblem.CLAIMS),
        (raw(amount="100"), SessionProblem.CLAIMS),
        (raw(amount=True), SessionProblem.CLAIMS),
        (raw(amount=Decimal("0.001")), SessionProblem.CLAIMS),
        (raw(amount=10**15), SessionProblem.CLAIMS),
        (raw(iat=str(NOW)), SessionProblem.CLAIMS),
        (raw(iat=Decimal(f"{NOW}.5")), SessionProblem.CLAIMS),
        (raw(iat=NOW * 1000), SessionProblem.FUTURE),
        (raw(iat=NOW + 61), SessionProblem.FUTURE),
        (raw(iat=NOW - 3600), SessionProblem.EXPIRED),
        (raw(userId=7), SessionProblem.CLAIMS),
        (raw(notificationKey=""), SessionProblem.CLAIMS),
        (raw(forceManualConfirm="yes"), SessionProblem.CLAIMS),
    ],
)
def test_each_fault_of_a_jwt_has_its_name(token: str, fault: SessionProblem) -> None:
    with pytest.raises(BadJwt) as caught:
        verify(token, SIGNATURE, NOW)
    assert caught.value.fault is fault
    assert SIGNATURE not in str(caught.value)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused(algorithm: str) -> None:
    long = "k" * 64
    with pytest.raises(BadJwt) as caught:
        verify(signed({"amount": 100, "iat": NOW}, algorithm, long), long, NOW)
    assert caught.value.fault is SessionProblem.ALGORITHM


def test_iat_holds_for_an_hour_and_a_minute_ahead() -> None:
    assert verify(raw(iat=NOW + 60), SIGNATURE, NOW).iat == NOW + 60
    assert verify(raw(iat=NOW - 3599), SIGNATURE, NOW).iat == NOW - 3599


@settings(deadline=None)
@given(st.decimals("0.01", "99999999", places=2))
def test_amounts_of_a_jwt_are_exact(amount: Decimal) -> None:
    claims = Claims(amount=amount, iat=NOW)
    assert verify(mint(claims, SIGNATURE), SIGNATURE, NOW).amount == amount


@pytest.mark.parametrize("number", ["1e999999999", "-1e99999", "1e9999999999999999999", "9" * 1500])
def test_a_number_without_bounds_is_read_as_a_text(number: str) -> None:
    # To write it in full would take all memory.
    token = jwt.PyJWS().encode(f'{{"amount": {number}, "iat": 1}}'.encode(), "", "none")
    assert jws.unverified(token)[1] == {"amount": number, "iat": Decimal(1)}
