"""A dialect that is data writes, signs and reads exactly what its file says."""

import base64
import dataclasses
import hashlib
import hmac
import json
from decimal import Decimal

import pytest

from scenarios.dialects.file import read_dialect
from simulators.dialects import SHIPPED
from simulators.exchanges.history import Answer, Status
from simulators.wallet.codec import Style
from simulators.wallet.dialect import Abilities
from simulators.wallet.signers import Signer
from simulators.wallet.template_dialect import Answers, TemplateDialect
from simulators.wallet.transactions import BalanceCall, Kind, Transaction

MESSAGE = {"id": "{id}", "who": {"player": "{player}"}, "sum": "{amount}", "in": ["{currency}"], "ok": True}
ANSWERS = Answers("json", "code == `0`", "reason", "own.id", "BROKE")
BET = Transaction(Kind.BET, "b-1", "p 1", "EUR", Decimal("12.5"))


def dialect(**changes):
    given = {
        "called": "acme",
        "paths": dict.fromkeys(Kind, "/wallet"),
        "encoding": "json",
        "messages": {**dict.fromkeys(Kind, MESSAGE), Kind.ROLLBACK: {**MESSAGE, "of": "{of}"}},
        "amount": "number",
        "digits": 0,
        "signer": Signer(),
        "header": "X-Sign",
        "field": None,
        "answers": ANSWERS,
        "decisions": Abilities(),
    }
    return TemplateDialect(**{**given, **changes})


def flat(**changes):
    message = {"id": "{id}", "player": "{player}", "sum": "{amount}", "note": "a&b"}
    return dialect(
        encoding="form", messages=dict.fromkeys(Kind, message), header=None, field="sign",
        signer=Signer("sha1", "pairs", "before"), **changes,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("amount", "digits", "written"),
    [("number", 0, "12.5"), ("text", 0, '"12.5"'), ("minor", 0, "1250"), ("scaled", 5, "1250000")],
)
def test_amounts_are_written_as_agreed(amount, digits, written):
    body = dialect(amount=amount, digits=digits).encode(BET)
    assert body == f'{{"id":"b-1","who":{{"player":"p 1"}},"sum":{written},"in":["EUR"],"ok":true}}'.encode()


@pytest.mark.parametrize(
    ("amount", "digits", "reported"),
    [
        ("number", 0, {"12.5": "12.5", '"12.50"': "12.5", "0.1000000000000000055": "0.1000000000000000055"}),
        ("minor", 0, {"1250": "12.5", '"1250"': "12.5", "-1": "-0.01"}),
        ("scaled", 5, {"1250000": "12.5", "9007199254740993": "90071992547.40993"}),
        ("text", 0, dict.fromkeys(("true", '"much"', "NaN", "null", "[1]"))),
    ],
)
def test_a_balance_is_read_as_amounts_are_written(amount, digits, reported):
    answers = dataclasses.replace(ANSWERS, balance="data.left")
    words = dialect(amount=amount, digits=digits, answers=answers)
    for text, expected in reported.items():
        found = words.balance_in(Answer(200, (), b'{"code":0,"data":{"left":%s}}' % text.encode()), "EUR")
        assert found == (None if expected is None else Decimal(expected)), text
    assert words.balance_in(Answer(200, (), b"no JSON"), "EUR") is None


def test_a_balance_call_has_an_id_of_its_own_and_names_its_player():
    words = dialect(asks=("/balance", {"who": "{player}", "in": "{currency}", "call": "{uuid}"}))
    path, first = words.balance_message(BalanceCall("p 1", "EUR"))
    again = words.balance_message(BalanceCall("p 1", "EUR"))[1]
    assert path == "/balance"
    assert first.startswith(b'{"who":"p 1","in":"EUR","call":"')
    assert first != again
    assert words.named(first) == ["p 1"]
    assert dialect().balance_message(BalanceCall("p 1", "EUR")) is None


def test_an_amount_that_is_too_fine_is_not_written_as_another():
    fine = Transaction(Kind.BET, "b-1", "p-1", "EUR", Decimal("0.001"))
    for words in (dialect(amount="minor"), dialect(amount="scaled", digits=2)):
        with pytest.raises(ValueError):
            words.encode(fine)


@pytest.mark.parametrize(
    ("signer", "expected"),
    [
        (Signer(), hmac.digest(b"key", b"BODY", "sha256").hex()),
        (
            Signer("hmac-sha512", output="base64"),
            base64.b64encode(hmac.digest(b"key", b"BODY", "sha512")).decode(),
        ),
        (Signer("md5", output="HEX"), hashlib.md5(b"BODYkey").hexdigest().upper()),
        (Signer("sha1", place="before"), hashlib.sha1(b"keyBODY").hexdigest()),
    ],
)
def test_bodies_are_signed_as_agreed(signer, expected):
    headers, body = dialect(signer=signer).seal(b"BODY", "key")
    assert (dict(headers)["X-Sign"], body) == (expected, b"BODY")


def test_a_field_signs_the_sorted_fields_of_a_form():
    words = flat(amount="minor")
    body = words.encode(BET)
    assert body == b"id=b-1&player=p+1&sum=1250&note=a%26b"
    signature = hashlib.sha1(b"keyid=b-1&note=a&b&player=p 1&sum=1250").hexdigest()
    assert words.seal(body, "key")[1] == body + f"&sign={signature}".encode()


def test_a_field_signs_the_fields_of_json_and_is_added_as_its_last():
    words = dialect(header=None, field="sign", signer=Signer("md5", "values"))
    _, body = words.seal(b'{"b":1.50,"a":"x","n":null,"t":true,"deep":{}}', "key")
    assert json.loads(body)["sign"] == hashlib.md5(b"x1.50truekey").hexdigest()
    assert words.seal(b"{}", "key")[1].startswith(b'{"sign":')
    assert words.seal(b"no JSON", "key")[1] == b"no JSON"


def test_a_query_is_asked_by_get_and_signed_as_it_stands():
    words = dataclasses.replace(flat(), encoding="query", signer=Signer("sha1", "body", "before"))
    asked = "id=b-1&player=p+1&sum=12.5&note=a%26b"
    sent = words.request("http://c/", BET, "key")
    sealed = f"{asked}&sign={hashlib.sha1(b'key' + asked.encode()).hexdigest()}"
    assert (sent.method, sent.url, sent.headers, sent.body) == ("GET", f"http://c/wallet?{sealed}", (), b"")
    assert words.sealed_in(sent) == sealed.encode()
    assert words.placed(sent, b"id=2").url == "http://c/wallet?id=2"
    assert (words.named(words.sealed_in(sent)), words.signing.split(" is the ")[1]) == (
        ["p 1"],
        "hex sha1 of the query string with the secret before it",
    )


@pytest.mark.parametrize("words", [dialect(), flat()])
def test_players_are_named_wherever_they_stand(words):
    assert words.named(words.encode(BET)) == ["p 1"]


@pytest.mark.parametrize("words", [flat(), dialect(header=None, field="sign", signer=Signer("md5", "pairs"))])
def test_a_message_is_renewed_and_signed_once(words):
    sent = words.request("http://c", BET, "key").body
    changed = words.renewed(sent, 'n"&1')
    assert changed == words.encode(Transaction(Kind.BET, 'n"&1', "p 1", "EUR", Decimal("12.5")))
    assert words.renewed(b"[]", "n") is None


def test_several_are_renewed_each_and_their_ids_are_read():
    message = {"who": "{player}", "acts": [{"id": "{id}"}]}
    answers = dataclasses.replace(ANSWERS, client_id="own[].id")
    words = dialect(messages=dict.fromkeys(Kind, message), several="acts", answers=answers)
    both = words.encode(dataclasses.replace(BET, beside=(dataclasses.replace(BET, id="b-2"),)))
    assert both == b'{"who":"p 1","acts":[{"id":"b-1"},{"id":"b-2"}]}'
    [first, second] = json.loads(words.renewed(both, "n-1"))["acts"]
    assert first["id"] == "n-1" != second["id"] != "b-2"
    answer = Answer(200, (), b'{"code": 0, "own": [{"id": 7}, {"id": "c-1"}]}')
    assert (words.read(answer).client_id, words.client_ids(answer)) == ("7, c-1", [7, "c-1"])
    with pytest.raises(ValueError, match="a request asks for one transaction"):
        words.request("http://c", dataclasses.replace(BET, beside=(BET,)), "key")


def test_a_rollback_without_an_id_of_its_own_is_not_renewed():
    words = read_dialect(SHIPPED["blueocean"])
    bet, undo = (words.encode(each) for each in (BET, dataclasses.replace(BET, kind=Kind.ROLLBACK, of="b-1")))
    assert b"transaction_id=n-1&" in words.renewed(bet, "n-1")
    assert b"transaction_id=b-1&" in undo
    assert words.renewed(undo, "n-1") is None


@pytest.mark.parametrize("words", [dialect(), flat()])
def test_other_bytes_mean_the_same(words):
    plain = words.encode(BET)
    for style in (*words.other_bytes.values(), Style(spaces=True)):
        other = words.encode(BET, style)
        assert words._fields(other) == words._fields(plain)
    assert all(words.encode(BET, style) != plain for style in words.other_bytes.values())


@pytest.mark.parametrize(
    ("status", "body", "meaning"),
    [
        (200, b'{"code": 0, "own": {"id": "c-1"}}', (Status.OK, None, "c-1")),
        (200, b'{"code": 0}', (Status.OK, None, None)),
        (200, b'{"code": 2, "reason": "BROKE"}', (Status.REFUSED, "BROKE", None)),
        (402, b'{"code": 2}', (Status.REFUSED, None, None)),
        (200, b'{"code": 2}', (Status.UNCLEAR, None, None)),
        (500, b'{"code": 0}', (Status.UNCLEAR, None, None)),
        (200, b"<html>", (Status.UNCLEAR, None, None)),
        (404, b"<html>", (Status.REFUSED, None, None)),
    ],
)
def test_answers_are_read_by_expressions(status, body, meaning):
    read = dialect().read(Answer(status, (), body))
    assert (read.status, read.error, read.client_id) == meaning


def test_a_rollback_says_what_it_undoes():
    undo = Transaction(Kind.ROLLBACK, "u-1", "p-1", "EUR", Decimal(1), of="b-1")
    assert json.loads(dialect().encode(undo))["of"] == "b-1"
