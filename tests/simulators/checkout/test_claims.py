"""What the judge reads in checkout tokens: every fault by its rule, sums over generated prices, odd bytes."""

import json
from dataclasses import replace
from decimal import ROUND_HALF_DOWN, ROUND_HALF_EVEN, ROUND_HALF_UP, Decimal

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st
from jwt.utils import base64url_encode

from scenarios.tokens.checkout_token import claim_faults, signature_fault, taken_apart
from simulators.checkout.claims import sum_off, verify
from simulators.checkout.wire import Agreement, Claims, mint
from simulators.values import jws, money

NOW = 1_700_000_000
AGREED = Agreement("merchant-7", "a shared secret")
CURRENCIES = ("EUR", "GBP", "JPY", "KWD")
ROUNDINGS = (ROUND_HALF_UP, ROUND_HALF_EVEN, ROUND_HALF_DOWN)


def token_of(before, after, percentage, currency, tax=None, **other):
    claims = Claims(
        "merchant-7", NOW, currency, before, after, percentage, "mug", tax, other.get("reference", "order-1")
    )
    return taken_apart(mint(claims, AGREED.key))


def faults_of(token):
    return [(fault.rule, fault.path) for fault in claim_faults(token, AGREED, NOW)]


percentages = st.decimals(0, 100, places=3, allow_nan=False, allow_infinity=False)


@st.composite
def prices(draw):
    """A price before tax, the tax in percent, and the price after it, rounded to the currency's unit."""
    currency = draw(st.sampled_from(CURRENCIES))
    before = money.from_minor(draw(st.integers(0, 10**9)), currency)
    percentage = draw(percentages)
    exact = before * (1 + percentage / 100)
    after = exact.quantize(money.unit(currency), draw(st.sampled_from(ROUNDINGS)))
    return currency, before, percentage, exact, after


@given(prices())
def test_a_price_that_is_rounded_once_adds_up(price):
    currency, before, percentage, _, after = price
    assert not faults_of(token_of(before, after, percentage, currency))
    assert not faults_of(token_of(before, after, percentage, currency, after - before))


@given(prices(), st.sampled_from((-1, 1, 2, -100)))
def test_a_price_off_by_a_unit_never_adds_up(price, units):
    currency, before, percentage, exact, after = price
    wrong = after + units * money.unit(currency)
    assume(wrong >= 0)
    # Half a unit is rounded either way.
    assume(abs(exact - wrong) != money.unit(currency) / 2)
    found = faults_of(
        token_of(before, wrong, percentage, currency, wrong - before if wrong >= before else None)
    )
    assert found == [("CHK-06", "data.merchantPrice.valueAfterTax")]


@given(prices(), st.sampled_from((-1, 1, 10)))
def test_a_tax_off_by_a_unit_is_not_the_difference(price, units):
    currency, before, percentage, _, after = price
    wrong = after - before + units * money.unit(currency)
    assume(wrong >= 0)
    found = faults_of(token_of(before, after, percentage, currency, wrong))
    assert found == [("CHK-06", "data.merchantPrice.taxValue")]


@given(prices())
def test_the_distance_is_exact_however_many_digits_there_are(price):
    _, before, percentage, _, after = price
    # In whole numbers: a hundred thousand times both sides.
    scaled = abs(int(before * 1000) * (100_000 + int(percentage * 1000)) - int(after * 1000) * 100_000)
    assert sum_off(before, after, percentage) == Decimal(scaled).scaleb(-8)


@given(prices(), st.sampled_from(("€", "eur", "", None, 978)))
def test_sums_are_judged_where_the_currency_is_wrong(price, code):
    currency, before, percentage, _, after = price
    token = token_of(before, after, percentage, currency)
    token.claims["data"]["currency"] = code
    assert ("CHK-04", "data.currency") in faults_of(token)
    if code != "eur" or currency in ("EUR", "GBP"):
        assert "CHK-06" not in {rule for rule, _ in faults_of(token)}


def _raw(header, payload, signature="c2ln"):
    return ".".join([*(base64url_encode(part.encode()).decode() for part in (header, payload)), signature])


FIGURES = ("valueBeforeTax", "valueAfterTax", "taxPercentage")


@pytest.mark.parametrize(
    "text",
    ["", "a.b.c", "no token", "\ud800.\ud800.", _raw("{}", "[]"), _raw("{", "{}"), _raw("{}", "[" * 100_000)],
)
def test_what_is_no_jwt_has_no_claims(text):
    token = taken_apart(text)
    assert token.claims is None
    assert token.minted is None
    assert signature_fault(token, AGREED).path == "token"


@pytest.mark.parametrize(
    "figure",
    ["NaN", "Infinity", "1e999999", "1e-999999", "0e-999999999", "-1e999999", '"much"', "true", "[]"],
)
@pytest.mark.parametrize("name", FIGURES)
def test_absurd_figures_are_faults_of_numbers_and_never_crash(name, figure):
    price = dict.fromkeys(FIGURES, "1") | {"taxPercentage": "0", name: figure}
    text = ",".join(f'"{key}":{value}' for key, value in price.items())
    data = f'{{"merchantReference":"r","currency":"EUR","merchantPrice":{{{text}}},"variant":{{"reference":"v"}}}}'
    token = taken_apart(
        _raw('{"alg":"HS256"}', f'{{"iss":"merchant-7","sub":"Merchant","iat":{NOW},"data":{data}}}')
    )
    assert ("CHK-05", f"data.merchantPrice.{name}") in faults_of(token)
    assert {rule for rule, _ in faults_of(token)} <= {"CHK-05", "CHK-06"}


@pytest.mark.parametrize(
    ("data", "rules"),
    [
        (None, {"CHK-04", "CHK-05", "CHK-07", "CHK-08"}),
        ({"currency": "EUR", "merchantPrice": 7, "variant": "mug"}, {"CHK-05", "CHK-07", "CHK-08"}),
    ],
)
def test_what_holds_claims_and_is_missing_is_blamed_for_them(data, rules):
    document = {"iss": "merchant-7", "sub": "Merchant", "iat": NOW} | ({"data": data} if data else {})
    assert {rule for rule, _ in faults_of(taken_apart(_raw("{}", json.dumps(document))))} == rules


@pytest.mark.parametrize(("seconds", "right"), [(60, True), (-60, True), (61, False), (-61, False)])
def test_iat_is_within_a_minute(seconds, right):
    token = token_of(Decimal(1), Decimal(1), Decimal(0), "EUR")
    found = {fault.rule for fault in claim_faults(token, AGREED, NOW + seconds)}
    assert found == (set() if right else {"CHK-03"})


def test_a_signature_is_judged_under_the_agreed_algorithm_and_key():
    right = mint(Claims("m", NOW, "EUR", Decimal(1), Decimal(1), Decimal(0), "v"), AGREED.key)
    head, payload, mark = right.split(".")
    assert signature_fault(taken_apart(right), AGREED) is None
    for text, path in (
        (jws.sign({}, "another secret", "HS256"), "signature"),
        (f"{head}.{payload}.", "signature"),
        (f"{head}.{payload}.{mark[:-2]}", "signature"),
        (f"{head}.{payload}", "token"),
        (f"{right}.{mark}", "token"),
        (f"{base64url_encode(b'{}').decode()}.{payload}.{mark}", "alg"),
        (_raw('{"alg": "none"}', "{}", ""), "alg"),
        (_raw('{"alg": ["HS256"]}', "{}"), "alg"),
    ):
        assert signature_fault(taken_apart(text), AGREED).path == path, text


def test_rates_and_amounts_may_be_as_fine_as_they_are():
    assert not faults_of(token_of(Decimal("3.00"), Decimal("3.25"), Decimal("8.33333333333"), "EUR"))
    assert not faults_of(token_of(Decimal("3.001"), Decimal("3.25"), Decimal("8.33333333333"), "EUR"))
    assert faults_of(token_of(Decimal("3.007"), Decimal("3.25"), Decimal("8.33333333333"), "EUR")) == [
        ("CHK-06", "data.merchantPrice.valueAfterTax")
    ]


def test_a_missing_reference_is_a_fault_where_it_is_required():
    claims = Claims("merchant-7", NOW, "EUR", Decimal(100), Decimal(120), Decimal(20), "mug")
    token = mint(claims, AGREED.key)
    usual = verify(token, AGREED, NOW)
    assert (usual.holds, [fault.path for fault in usual.advice]) == (True, ["data.merchantReference"])
    strict = verify(token, replace(AGREED, require_reference=True), NOW)
    assert not strict.holds
    assert [str(fault) for fault in strict.faults] == ["data.merchantReference: missing"]
    named = mint(replace(claims, merchant_reference="order-1"), AGREED.key)
    assert verify(named, replace(AGREED, require_reference=True), NOW).holds
