"""The reference CLIENT's ledger: each transaction once, in any order, under threads, on both databases."""

import threading
from collections import Counter
from concurrent.futures import ThreadPoolExecutor

import pytest
import sqlalchemy as sa

from client_under_test.schema import players
from tests.support.client_calls import Here, message, rollback


@pytest.fixture(params=["sqlite", "postgresql"])
def client(request, tmp_path):
    where = tmp_path if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    here = Here.over(where)
    yield here
    here.close()


def at_once(client, documents):
    """Answers to ``documents``, all sent at the same moment."""
    start = threading.Barrier(len(documents))

    def one(document):
        start.wait()
        return client.send(document)

    with ThreadPoolExecutor(len(documents)) as pool:
        return list(pool.map(one, documents))


def test_copies_at_once_have_one_effect_and_one_answer(client):
    bet = message("bet", 7)
    for document, balance in (
        (bet, "93.00"),
        (message("result", 3), "96.00"),
        (rollback(bet["transaction_id"], 7), "103.00"),
    ):
        answers = at_once(client, [document] * 12)
        assert {answer["error"] for answer in answers} == {None}
        assert len({answer["transaction_id"] for answer in answers}) == 1
        assert client.balance() == balance
    assert client.sound()


def test_bets_at_once_never_overdraw(client):
    answers = at_once(client, [message("bet", 30) for _ in range(12)])
    assert Counter(answer["error"] for answer in answers) == {None: 3, "INSUFFICIENT_FUNDS": 9}
    assert client.balance() == "10.00"
    assert client.sound()


def test_rollbacks_at_once_return_a_bet_once(client):
    bet = message("bet", 40)
    client.send(bet)
    answers = at_once(client, [rollback(bet["transaction_id"], 40) for _ in range(12)])
    assert {answer["error"] for answer in answers} == {None}
    assert len({answer["transaction_id"] for answer in answers}) == 12
    assert client.balance() == "100.00"


def test_bet_against_its_rollback_ends_where_it_began(client):
    for _ in range(5):
        bet = message("bet", 40)
        at_once(client, [bet, rollback(bet["transaction_id"], 40)] * 4)
        assert client.balance() == "100.00"
    assert client.sound()


def test_one_id_for_two_players_at_once_moves_one(client):
    for _ in range(5):
        mine = message("result", 5)
        answers = at_once(client, [mine, {**mine, "user_id": "p-2"}] * 4)
        assert Counter(answer["error"] for answer in answers) == {None: 4, "TRANSACTION_ID_REUSED": 4}
    assert float(client.balance("p-1")) + float(client.balance("p-2")) == 225
    assert client.sound()


def test_late_bet_and_orphan(client):
    bet = message("bet", 40)
    orphan = rollback(bet["transaction_id"], 40)
    first = client.send(orphan)
    assert first["error"] is None
    assert client.send(bet)["error"] == "TRANSACTION_ROLLED_BACK"
    assert client.send(orphan) == first
    assert client.balance() == "100.00"


def test_another_players_orphan_does_not_stop_a_bet(client):
    bet = message("bet", 40)
    client.send(rollback(bet["transaction_id"], 40, "p-2"))
    assert client.send(bet)["error"] is None
    assert (client.balance("p-1"), client.balance("p-2")) == ("60.00", "100.00")


@pytest.mark.parametrize("again", ["rollback", "refused", "other player", "other currency"])
def test_rollbacks_that_move_nothing(client, again):
    bet = message("bet", 40)
    client.send(bet)
    if again == "rollback":
        undone = rollback(bet["transaction_id"], 40)
        client.send(undone)
        assert client.send(rollback(undone["transaction_id"], 40))["error"] is None
        assert client.balance() == "100.00"
        return
    if again == "refused":
        refused = message("bet", 400)
        assert client.send(refused)["error"] == "INSUFFICIENT_FUNDS"
        assert client.send(rollback(refused["transaction_id"], 400))["error"] is None
    elif again == "other player":
        assert client.send(rollback(bet["transaction_id"], 40, "p-2"))["error"] is None
        assert client.balance("p-2") == "100.00"
    else:
        assert client.send(rollback(bet["transaction_id"], 40, currency="USD"))["error"] == "INVALID_CURRENCY"
    assert client.balance() == "60.00"
    # The genuine one still does its work.
    client.send(rollback(bet["transaction_id"], 1))
    assert client.balance() == "100.00"


def test_refused_bet_stays_refused_and_result_below_zero_is_paid(client):
    bet = message("bet", 150)
    assert client.send(bet) == {"error": "INSUFFICIENT_FUNDS"}
    win = message("result", 100)
    client.send(win)
    assert client.send(bet) == {"error": "INSUFFICIENT_FUNDS"}
    client.send(message("bet", 200))
    client.send(rollback(win["transaction_id"], 100))
    assert client.balance() == "-100.00"
    assert client.send(message("bet", 0))["error"] is None
    client.send(message("result", 30))
    assert client.balance() == "-70.00"


def test_banned_player_is_paid_but_may_not_bet(client):
    bet = message("bet", 40)
    client.send(bet)
    client.app.test_client().post("/players/p-1/ban")
    assert client.send(message("bet", 1))["error"] == "PLAYER_BANNED"
    assert client.send(bet)["error"] is None
    client.send(message("result", 5))
    client.send(rollback(bet["transaction_id"], 40))
    assert client.balance() == "105.00"
    client.app.test_client().post("/players/p-1/unban")
    assert client.send(message("bet", 1))["error"] is None


@pytest.mark.parametrize(
    "ids",
    [("abc", "ABC"), ("abc", "abc "), ("\u00e9", "e\u0301"), ("x" * 10_000, "x" * 10_001), ("🎰", "🎰'\"")],
)
def test_ids_are_compared_exactly(client, ids):
    answers = [client.send(message("bet", 1, transaction_id=one)) for one in (*ids, *ids)]
    given = [answer["transaction_id"] for answer in answers]
    assert given[:2] == given[2:]
    assert len(set(given)) == 2
    assert client.balance() == "98.00"


def test_recompute_finds_a_balance_that_was_tampered_with(client):
    client.send(message("bet", 10))
    with client.app.extensions["database"].write() as connection:
        connection.execute(sa.update(players).where(players.c.id == "p-1").values(balance=9100))
    (difference,) = client.app.extensions["accounts"].recompute()
    assert str(difference) == "p-1: the balance is 91.00 EUR, its postings sum to 90.00"


def test_large_and_small_amounts_are_exact(client):
    for amount in ("1000000000000", 10**12, "0.01", 1e1):
        client.send(message("result", amount))
    assert client.balance() == "2000000000110.01"
    for _ in range(10):
        client.send(message("bet", 0.1))
    assert client.balance() == "2000000000109.01"
