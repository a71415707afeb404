"""The OPERATOR's wire: known hashes, exact decimals, styles."""

import re
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from simulators.exchanges.history import Answer, Status
from simulators.operator.dialect import SPORTSBOOK, AmountFormat, Sportsbook
from simulators.values import money
from simulators.wallet.codec import Style
from simulators.wallet.transactions import Kind, Transaction
from tests.support.sportsbook_messages import parse, signed

# Hashes computed with another implementation: printf '%s' BODY | openssl dgst -sha256 -hmac SECRET
VECTORS = [
    (
        "key",
        b"The quick brown fox jumps over the lazy dog",
        "f7bc83f430538424b13298e6aa6fb143ef4d59a14946175997479dbc2d1a3cd8",
    ),
    (  # RFC 4231, test case 2
        "Jefe",
        b"what do ya want for nothing?",
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843",
    ),
]

_COMMON = "<TRANSACTION_ID>", "<USER_ID>", "<CURRENCY>", Decimal("12.30")
BET = Transaction(Kind.BET, *_COMMON)
ROLLBACK = Transaction(Kind.ROLLBACK, *_COMMON, of="<ROLLBACK_TRANSACTION_ID>")
TEXT = st.text(st.characters(codec="utf-8"))
AMOUNT = st.decimals(allow_nan=False, allow_infinity=False, places=None) | st.decimals(0, 10**12, places=2)


@pytest.mark.parametrize(("secret", "body", "expected"), VECTORS)
def test_known_hashes(secret: str, body: bytes, expected: str) -> None:
    assert SPORTSBOOK.sign(body, secret) == expected
    assert signed(body, expected, secret)
    assert not signed(body, expected[:-1], secret)
    assert not signed(body, "é", secret)


def test_each_kind_has_its_path() -> None:
    assert SPORTSBOOK.path(BET) == SPORTSBOOK.path(replace(BET, kind=Kind.RESULT)) == "/transaction"
    assert SPORTSBOOK.path(ROLLBACK) == "/transaction-rollback"


@pytest.mark.parametrize(
    ("status", "body", "outcome", "error", "client_id"),
    [
        (200, '{"error": null, "transaction_id": "<TRANSACTION_ID>"}', "ok", None, "<TRANSACTION_ID>"),
        (200, '{"error": "INTERNAL_ERROR"}', "refused", "INTERNAL_ERROR", None),
        (200, '{"error": "INSUFFICIENT_FUNDS"}', "refused", "INSUFFICIENT_FUNDS", None),
        (200, '{"error": null, "transaction_id": 7}', "ok", None, 7),
        (200, '{"error": 7}', "refused", "7", None),
        (200, '{"error": 0}', "unclear", None, None),
        (200, '{"error": false, "transaction_id": "c"}', "unclear", None, "c"),
        (200, '{"error": "", "transaction_id": "c"}', "unclear", None, "c"),
        (200, '{"transaction_id": "c"}', "unclear", None, "c"),
        (200, '{"data": {"error": null, "transaction_id": "c"}}', "unclear", None, None),
        (404, '{"message": "no such player"}', "refused", None, None),
        (401, "no", "refused", None, None),
        (500, '{"error": null}', "unclear", None, None),
        (200, "<html>", "unclear", None, None),
        (200, "[" * 100_000, "unclear", None, None),
    ],
)
def test_answers(status: int, body: str, outcome: str, error: str | None, client_id: object) -> None:
    read = SPORTSBOOK.read(Answer(status, (), body.encode()))
    assert (read.status, read.error, read.client_id) == (Status(outcome), error, client_id)


@pytest.mark.parametrize(
    ("status", "body", "reported"),
    [
        (200, '{"error":null,"transaction_id":"1"}', None),
        (200, '{"error":null,"transaction_id":1}', None),
        (200, '{"error":"NO"}', None),
        (201, '{"error":null,"transaction_id":"1"}', "MSG-01"),
        (500, '{"error":"NO"}', "MSG-01"),
        (200, "OK", "MSG-02"),
        (200, '["error"]', "MSG-02"),
        (200, '{"transaction_id":"1"}', "the field error is missing, .* (MSG-03)"),
        (200, '{"status":"ok"}', "the field error is missing, .* (MSG-03)"),
        (200, '{"data":{"error":null}}', "it stands inside 'data' (MSG-03)"),
        (200, '{"error":""}', 'the field error is "", .* (MSG-03)'),
        (200, '{"error":false}', "the field error is false, .* (MSG-03)"),
        (200, '{"error":0}', "the field error is 0, .* (MSG-03)"),
        (200, '{"error":null,"transaction_id":""}', "MSG-03"),
        (200, '{"error":null,"transaction_id":true}', "MSG-03"),
        (200, '{"error":7}', "MSG-04"),
    ],
)
def test_what_breaks_the_contract_is_named(status: int, body: str, reported: str | None) -> None:
    problem = SPORTSBOOK.read(Answer(status, (), body.encode())).problem
    assert (
        (problem is None)
        if reported is None
        else re.search(reported.replace("(", r"\(").replace(")", r"\)"), str(problem))
    )


@pytest.mark.parametrize(
    ("amount", "written"),
    [
        ("12.30", "12.3"),
        ("0.10", "0.1"),
        ("10", "10"),
        ("1E+1", "10"),
        ("-0", "0"),
        ("100", "100"),
        ("0.001", "0.001"),
        ("1000000000000.01", "1000000000000.01"),
        ("0.1000000000000000055511151231257827", "0.1000000000000000055511151231257827"),
    ],
)
def test_amounts_are_written_shortest(amount: str, written: str) -> None:
    message = replace(BET, amount=Decimal(amount))
    assert SPORTSBOOK.encode(message).endswith(f'"amount":{written}}}'.encode())
    assert Sportsbook("string").encode(message).endswith(f'"amount":"{written}"}}'.encode())


@given(AMOUNT, st.sampled_from(["number", "string"]), TEXT, st.booleans(), st.booleans())
@example(Decimal("0.1"), "number", "", False, False)
@example(Decimal("9007199254740993.01"), "number", "\x00\u2028'\"", True, True)
def test_round_trip_is_exact(
    amount: Decimal, amounts: AmountFormat, text: str, spaces: bool, escape: bool
) -> None:
    message = replace(BET, amount=amount, player=text, id=text)
    body = Sportsbook(amounts).encode(message, Style(spaces=spaces, escape=escape))
    read = parse(body)
    assert read == message
    assert isinstance(read.amount, Decimal)
    assert body.isascii() or not escape


@given(st.decimals(-(10**12), 10**12, places=3, allow_nan=False))
def test_plain_never_uses_an_exponent_nor_a_trailing_zero(amount: Decimal) -> None:
    text = money.plain(amount)
    assert Decimal(text) == amount
    assert "E" not in text
    assert not ("." in text and text.endswith("0"))


def test_raw_drop_and_escape_styles() -> None:
    style = Style(raw={"amount": "10.50", "extra": "[1]"}, drop=frozenset({"currency"}))
    body = SPORTSBOOK.encode(BET, style)
    assert b'"amount":10.50' in body
    assert body.endswith(b'"extra":[1]}')
    assert b"currency" not in body
    accented = replace(BET, player="é")
    assert '"user_id":"é"'.encode() in SPORTSBOOK.encode(accented)
    assert b'"user_id":"\\u00e9"' in SPORTSBOOK.encode(accented, Style(escape=True))
