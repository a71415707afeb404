"""A merchant's token: the documented example field for field, and every fault by path and code."""

import hashlib
import hmac
from copy import deepcopy
from decimal import Decimal

import pytest
from jwt.utils import base64url_encode

from simulators.checkout import wire
from simulators.checkout.claims import CLAIMS, LEEWAY, LIFE, Code, Need, verify
from simulators.values import decimal_json, jws
from tests.documents.golden.product_widget import product_token
from tests.simulators.checkout.running import AGREEMENT, MERCHANT, SECRET, claims
from tests.support.keys import key_pair

NOW = 1_700_000_000.25
# The example of the document, with its placeholders filled in.
EXAMPLE = product_token({}) | {"iss": MERCHANT}
EXAMPLE["data"]["variant"] = {"reference": "mug-blue"}
PRICE = "data.merchantPrice"
URLS = "data.callbackUrls"
ADDRESSES = {
    "successRedirect": "https://shop.example/thanks?order=1",
    "failureRedirect": "http://127.0.0.1:8710/sorry",
    "serverToServer": "https://[2001:db8::1]:8443/decisions/x%20y",
}
REQUIRED = [
    "iss",
    "sub",
    "iat",
    "data",
    "data.currency",
    f"{URLS}.serverToServer",
    PRICE,
    f"{PRICE}.valueBeforeTax",
    f"{PRICE}.valueAfterTax",
    f"{PRICE}.taxPercentage",
    "data.variant",
    "data.variant.reference",
]


def changed(**changes):
    """The example with claims changed by path; ... takes one away."""
    made = deepcopy(EXAMPLE)
    made["data"]["merchantReference"] = "order-1"
    made["data"]["callbackUrls"] = dict(ADDRESSES)
    for path, value in changes.items():
        *holders, name = path.split(".")
        place = made
        for holder in holders:
            place = place[holder]
        if value is ...:
            del place[name]
        else:
            place[name] = value
    return made


def signed(fields):
    return jws.sign(fields, SECRET, "HS256")


def faults(token, agreement=AGREEMENT, **more):
    return [str(fault) for fault in verify(token, agreement, NOW, **more).faults]


def test_the_table_has_every_claim_of_the_documents():
    assert [claim.path for claim in CLAIMS if claim.need is Need.REQUIRED] == REQUIRED


BAD_CLAIMS = [
    *((path, ..., "missing") for path in REQUIRED),
    *((path, None, "missing") for path in REQUIRED),
    *((claim.path, [1], "wrong_type") for claim in CLAIMS),
    ("iss", "another", "wrong_value"),
    ("iss", "", "empty"),
    ("sub", "merchant", "wrong_value"),
    ("iat", "1700000000", "wrong_type"),
    ("iat", Decimal("1700000000.5"), "wrong_type"),
    ("iat", True, "wrong_type"),
    ("iat", 1_700_000_000_250, "milliseconds"),
    ("iat", 1_700_000_000 + LEEWAY + 2, "in_the_future"),
    ("iat", 1_700_000_000 - LIFE, "too_old"),
    ("iat", -1, "too_old"),
    ("data.currency", "gbp", "lower_case"),
    ("data.currency", "Gbp", "lower_case"),
    ("data.currency", "GBX", "unknown_currency"),
    ("data.currency", "£", "unknown_currency"),
    ("data.currency", "826", "unknown_currency"),
    ("data.currency", "XXX", "unknown_currency"),
    ("data.currency", "", "empty"),
    *((f"{URLS}.{name}", "", "empty") for name in ADDRESSES),
    *(
        (f"{URLS}.successRedirect", address, "no_address")
        for address in (
            "/thanks",
            "shop.example",
            "javascript:alert(1)",
            "ftp://shop.example/",
            "https://",
            "https:///thanks",
            "https://shop.example/a b",
            "https://shop.example\r\nSet-Cookie: x",
            "https://shop.example/thanks\n",
            "https://user:password@shop.example/",
            "https://shop.example;script-src *",
        )
    ),
    (f"{PRICE}.taxPercentage", Decimal(-20), "negative"),
    (f"{PRICE}.valueBeforeTax", Decimal("-16.66"), "negative"),
    (f"{PRICE}.valueAfterTax", Decimal("-19.99"), "negative"),
    (f"{PRICE}.taxValue", Decimal("-3.33"), "negative"),
    (f"{PRICE}.valueAfterTax", "19.99", "wrong_type"),
    (f"{PRICE}.valueAfterTax", Decimal(10) ** 15, "too_large"),
    (f"{PRICE}.taxValue", Decimal("3.34"), "does_not_add_up"),
    ("data.variant.reference", "", "empty"),
    ("data.variant.reference", "  ", "empty"),
    ("data.variant.reference", Decimal(7), "wrong_type"),
    ("data.merchantReference", "", "empty"),
]


@pytest.mark.parametrize(("path", "value", "code"), BAD_CLAIMS)
def test_a_bad_claim_is_named_and_nothing_else(path, value, code):
    verdict = verify(signed(changed(**{path: value})), AGREEMENT, NOW)
    (found,) = verdict.faults
    assert str(found) == f"{path}: {code}"
    assert not verdict.holds
    assert found.message.count(". ") >= 2
    with pytest.raises(ValueError, match="does not hold"):
        _ = verdict.claims


def test_callback_urls_may_be_left_out_and_redirects_too():
    assert faults(signed(changed(**{URLS: ...}))) == faults(signed(changed())) == []
    alone = changed(**{f"{URLS}.successRedirect": ..., f"{URLS}.failureRedirect": ...})
    verdict = verify(signed(alone), AGREEMENT, NOW)
    assert verdict.claims.callback_urls == wire.CallbackUrls(ADDRESSES["serverToServer"])
    assert faults(signed(changed(**{URLS: {}}))) == [f"{URLS}.serverToServer: missing"]


def test_no_fault_hides_another():
    fields = changed(
        **{
            "iss": "x",
            "iat": "1",
            "data.currency": "gbp",
            f"{PRICE}.taxPercentage": ...,
            f"{PRICE}.valueBeforeTax": Decimal(-1),
            "data.variant": ...,
        }
    )
    assert faults(jws.sign(fields, "another secret", "HS256")) == [
        "signature: bad_signature",
        "iss: wrong_value",
        "iat: wrong_type",
        "data.currency: lower_case",
        f"{PRICE}.valueBeforeTax: negative",
        f"{PRICE}.taxPercentage: missing",
        "data.variant: missing",
    ]


def test_a_price_that_does_not_add_up_is_wrong_with_its_tax():
    assert faults(signed(changed(**{f"{PRICE}.valueAfterTax": Decimal("20.01")}))) == [
        f"{PRICE}.valueAfterTax: does_not_add_up",
        f"{PRICE}.taxValue: does_not_add_up",
    ]


@pytest.mark.parametrize(
    ("currency", "before", "percentage", "after", "holds"),
    [
        ("GBP", "0.1", "5", "0.1", True),  # 0.105: the half may go either way
        ("GBP", "0.1", "5", "0.11", True),
        ("GBP", "0.1", "5", "0.12", False),
        ("GBP", "16.66", "20", "19.99", True),  # 19.992
        ("GBP", "16.66", "20", "20", False),
        ("JPY", "105", "10", "115", True),  # 115.5
        ("JPY", "105", "10", "116", True),
        ("JPY", "105", "10", "117", False),
        ("KWD", "1.001", "5.5", "1.056", True),  # 1.056055
        ("KWD", "1.001", "5.5", "1.057", False),
        ("EUR", "0", "0", "0", True),
        # As floats have them: 100 / 1.2, and cents added up.
        ("EUR", "83.33333333333333", "20", "100", True),
        ("EUR", "83.33333333333333", "20", "100.004", True),
        ("EUR", "83.33333333333333", "20", "100.01", False),
        ("GBP", "16.66", "20", "19.990000000000002", True),
        ("GBP", "2.5", "5", "2.6300000000000003", True),
        ("GBP", "16.66", "20.000000000000004", "19.99", True),
    ],
)
def test_the_sum_is_right_to_half_a_unit(currency, before, percentage, after, holds):
    made = claims(
        NOW,
        currency=currency,
        value_before_tax=Decimal(before),
        tax_percentage=Decimal(percentage),
        value_after_tax=Decimal(after),
        tax_value=None,
    )
    wrong = [] if holds else [f"{PRICE}.valueAfterTax: does_not_add_up"]
    assert faults(wire.mint(made, SECRET)) == wrong


def unsigned(alg):
    head, body = (base64url_encode(decimal_json.dumps(each)).decode() for each in ({"alg": alg}, changed()))
    return f"{head}.{body}."


@pytest.mark.parametrize("alg", ["none", "None", "NONE", None])
def test_no_algorithm_is_no_proof(alg):
    assert faults(unsigned(alg)) == ["header.alg: unsigned"]


def test_a_wrong_key_and_a_changed_payload():
    assert faults(jws.sign(changed(), "another", "HS256")) == ["signature: bad_signature"]
    header, _, mark = signed(changed()).split(".")
    other = signed(changed(**{"data.variant.reference": "gold"})).split(".")[1]
    assert faults(f"{header}.{other}.{mark}") == ["signature: bad_signature"]
    assert faults(f"{header}.{other}.") == ["signature: bad_signature"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_a_public_key_is_no_secret(algorithm):
    private, public = key_pair(algorithm)
    agreement = wire.Agreement(MERCHANT, public, algorithm)
    assert faults(jws.sign(changed(), private, algorithm), agreement) == []
    other, _ = key_pair(algorithm, "another's")
    assert faults(jws.sign(changed(), other, algorithm), agreement) == ["signature: bad_signature"]
    head = ".".join(signed(changed()).split(".")[:2])
    mark = base64url_encode(hmac.new(public.encode(), head.encode(), hashlib.sha256).digest()).decode()
    assert faults(f"{head}.{mark}", agreement) == ["header.alg: wrong_algorithm"]
    assert faults(jws.sign(changed(), private, algorithm)) == ["header.alg: wrong_algorithm"]


@pytest.mark.parametrize(
    "token", ["", "x", "a.b.c", "..", "\ud800.x.y", "é.é.é", signed([1]), signed("text"), "." * 5000]
)
def test_what_is_no_jwt_is_malformed(token):
    assert faults(token) == ["token: malformed"]


@pytest.mark.parametrize(
    ("number", "code"),
    [
        ("1e999999999", Code.TOO_LARGE),
        ("1E-999999999", Code.TOO_LARGE),
        ("NaN", Code.WRONG_TYPE),
        ("Infinity", Code.WRONG_TYPE),
    ],
)
def test_numbers_without_bounds_are_refused(number, code):
    head = base64url_encode(b'{"alg":"HS256"}').decode()
    body = base64url_encode(decimal_json.dumps(changed()).replace(b"16.66", number.encode())).decode()
    mark = hmac.new(SECRET.encode(), f"{head}.{body}".encode(), hashlib.sha256).digest()
    (fault,) = verify(f"{head}.{body}.{base64url_encode(mark).decode()}", AGREEMENT, NOW).faults
    assert (fault.path, fault.code) == (f"{PRICE}.valueBeforeTax", code)


def test_the_minute_of_minting_is_asked_for_by_age():
    token = signed(changed(iat=1_700_000_000 - 90))
    assert faults(token) == []
    assert faults(token, max_age=LEEWAY) == ["iat: too_old"]


@pytest.mark.parametrize("algorithm", ["RS256", "ES256", "HS256"])
def test_an_agreement_takes_keys_of_its_algorithm_only(algorithm):
    key = key_pair("ES256")[1] if algorithm == "HS256" else "a secret"
    with pytest.raises(jws.BadKey) as caught:
        wire.Agreement(MERCHANT, key, algorithm)
    assert key not in str(caught.value)


def test_secrets_stay_out_of_repr():
    assert SECRET not in repr(AGREEMENT)
