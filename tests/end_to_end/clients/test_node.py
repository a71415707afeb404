"""The independent CLIENT in Node is right, by experiments that share no code with the judge."""

import json
from collections.abc import Iterator
from decimal import Decimal

import pytest

from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from simulators.wallet.codec import Style
from tests.end_to_end.clients.asking import TRANSACTION, Asking, new_id
from tests.end_to_end.clients.experiments_form import FORM
from tests.end_to_end.clients.experiments_money import MONEY, RACES
from tests.end_to_end.clients.running import SECRET, Running, running

PLAYERS = {"p-1": "0", "p-2": "500", "yen": "1000:JPY", "dinar": "1.234:KWD", "a=b": "7.5"}


@pytest.fixture(scope="module")
def client() -> Iterator[Running]:
    with running("node_client.js", PLAYERS) as started:
        yield started


@pytest.fixture
def asking(client: Running) -> Asking:
    asking = Asking(client.port, SECRET)
    asking.result("1000")
    return asking


EXPERIMENTS = {**FORM, **MONEY, **RACES}


@pytest.mark.parametrize("rule", EXPERIMENTS)
def test_it_keeps(rule: str, asking: Asking) -> None:
    EXPERIMENTS[rule](asking)


@pytest.mark.parametrize(
    ("text", "moves"),
    [
        ("10.50", "10.5"),
        ("1e1", "10"),
        ("1E+1", "10"),
        ("1050e-2", "10.5"),
        ('"10.50"', "10.5"),
        ("0.29", "0.29"),
        ("999999999999999.99", "999999999999999.99"),
        ("0e999", "0"),
        ("10.500", "10.5"),
    ],
)
def test_it_reads_every_spelling_of_an_amount_exactly(asking: Asking, text: str, moves: str) -> None:
    before = asking.balance()
    assert asking.tell(asking.message("result"), Style(raw={"amount": text})).ok
    assert asking.balance() - before == Decimal(moves)


@pytest.mark.parametrize(
    "text",
    ["-0.01", "0.001", "1e999", "1e21", '"+5"', '" 5"', '"05"', '"0x10"', '"5."', '".5"', '"1_0"', "null"],
)
def test_it_refuses_any_other_amount(asking: Asking, text: str) -> None:
    before = asking.balance()
    said = asking.tell(asking.message("result"), Style(raw={"amount": text}))
    assert said.error
    assert asking.balance() == before


@pytest.mark.parametrize(
    ("player", "currency", "amount", "after"),
    [("yen", "JPY", "1000", "0"), ("dinar", "KWD", "0.004", "1.230"), ("a=b", "EUR", "7.5", "0")],
)
def test_each_player_has_a_currency(
    asking: Asking, player: str, currency: str, amount: str, after: str
) -> None:
    assert asking.bet(amount, player=player, currency=currency).ok
    assert asking.balance(player) == Decimal(after)


def test_a_fraction_of_a_yen_is_refused(asking: Asking) -> None:
    assert asking.result("0.5", player="yen", currency="JPY").error == "AMOUNT_TOO_FINE"


def test_a_late_result_after_its_own_rollback_succeeds_and_moves_nothing(asking: Asking) -> None:
    result = asking.message("result")
    asking.rollback(result.id)
    before = asking.balance()
    assert asking.tell(result).ok
    assert asking.balance() == before


def test_an_orphan_of_one_player_does_not_hold_up_anothers_bet(asking: Asking) -> None:
    bet = asking.message("bet", player=asking.other)
    asking.rollback(bet.id)
    assert asking.moved(lambda: asking.tell(bet), asking.other) == -10


def test_only_the_last_of_two_members_of_one_name_counts_and_deep_nesting_is_refused(asking: Asking) -> None:
    body = SPORTSBOOK.encode(asking.message("result", "3"))
    assert asking.moved(lambda: asking.signed(TRANSACTION, body[:-1] + b',"amount":4}')) == 4
    assert asking.signed(TRANSACTION, b"[" * 100_000).error == "MALFORMED_REQUEST"


def test_a_hash_given_twice_is_refused(asking: Asking) -> None:
    body = SPORTSBOOK.encode(asking.message("result"))
    given = (HASH_HEADER, SPORTSBOOK.sign(body, SECRET))
    said = asking.send(TRANSACTION, body, [("Content-Type", "application/json"), given, given])
    assert said.error == "INVALID_SIGNATURE"


def test_an_endpoint_it_does_not_have_is_a_404_in_json(asking: Asking) -> None:
    said = asking.signed("/transactions", json.dumps({"transaction_id": new_id()}).encode())
    assert (said.status, said.error) == (404, "NOT_FOUND")
