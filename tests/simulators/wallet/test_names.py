"""Nobody else's money moves: what would name a stranger does not leave."""

import json

import pytest

from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.transport.route import Route
from simulators.wallet.codec import Style
from simulators.wallet.names import Names, NamesStrangerError
from simulators.wallet.transactions import Kind, Transaction
from tests.simulators.operator.tiny_client import channel

FIELDS = '{"transaction_id": "t", "action": "result", "currency": "EUR", "amount": 1, "user_id": %s}'


def operator(*players):
    return Operator("http://127.0.0.1:9/x", "secret", Route(History()), names=Names(players))


@pytest.mark.parametrize(
    "value",
    [
        '"p-2"',
        '"P-1"',
        '"p-1 "',
        "17",
        "1.0",
        "true",
        "false",
        '["p-1", "p-2"]',
        '{"id": 18}',
        '"p-1", "user_id": "p-2"',
        '"p-2", "user_id": "p-1"',
        '"p-1", "USER_ID": "p-2"',
        '"p-1", "inner": {"user_id": "p-2"}',
        "1e400",
        "NaN",
        r'"\u0070-2"',
        '"p-2", "deep": ' + "[" * 100_000 + "]" * 100_000,
    ],
)
def test_a_signed_body_that_names_a_stranger_does_not_leave(value):
    route = operator("p-1")
    for body in (FIELDS % value).encode(), b"[" + (FIELDS % value).encode() + b"]":
        with pytest.raises(NamesStrangerError):
            route.raw_request(body, path="/transaction")
    assert len(route.route.history) == 0


@pytest.mark.parametrize(
    "value",
    ['"p-1"', '["p-1"]', '{"id": "p-1"}', "null", '""', "[]", "{}", "17", '"17"', '"__proto__"', "[17]"],
)
def test_test_players_and_nobody_may_be_named(value):
    operator("p-1", "17").raw_request((FIELDS % value).encode(), path="/transaction")


@pytest.mark.parametrize("body", [b"", b"user_id=17", b"[]", b"null", b'{"user_id": "p-2"', b"\xff\xfe\x00"])
def test_what_is_no_message_names_nobody(body):
    operator("p-1").raw_request(body, path="/transaction")


def test_transactions_are_looked_at_as_they_are_written():
    route = operator("p-1")
    own = Transaction(Kind.BET, "t", "p-1", "EUR", 1)
    route.request(own)
    with pytest.raises(NamesStrangerError):
        route.request(own, Style(raw={"user_id": json.dumps("p-2")}))
    with pytest.raises(NamesStrangerError):
        route.send(Transaction(Kind.BET, "t", "p-2", "EUR", 1))
    assert len(route.route.history) == 0


def test_names_made_up_are_new_each_time_and_may_be_named():
    names = Names(["p-1"])
    one, other = names.make_up("' ending"), names.make_up()
    assert one != other
    assert one in names
    assert one.endswith("' ending")
    names.check([one, other, names.add_spelling("p-1", "P-1"), "P-1"])
    with pytest.raises(NamesStrangerError):
        names.add_spelling("p-2", "P-2")


def test_without_names_anybody_may_be_named():
    with channel() as (client, anybody):
        assert anybody.send(Transaction(Kind.BET, "t", "whoever", "EUR", 1)).ok
        assert b"whoever" in client.bodies[0]
