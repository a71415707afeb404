"""What no rule tells of the reference CLIENT's ledger, on both databases; the rest is judged in ``tests/mutants``."""

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


def test_one_id_for_two_players_at_once_moves_one(client):
    for _ in range(5):
        mine = message("result", 5)
        answers = at_once(client, [mine, {**mine, "user_id": "p-2"}] * 4)
        assert Counter(answer["error"] for answer in answers) == {None: 4, "TRANSACTION_ID_REUSED": 4}
    assert float(client.balance("p-1")) + float(client.balance("p-2")) == 225
    assert client.sound()


def test_another_players_orphan_does_not_stop_a_bet(client):
    bet = message("bet", 40)
    client.send(rollback(bet["transaction_id"], 40, "p-2"))
    assert client.send(bet)["error"] is None
    assert (client.balance("p-1"), client.balance("p-2")) == ("60.00", "100.00")


def test_recompute_finds_a_balance_that_was_tampered_with(client):
    client.send(message("bet", 10))
    with client.app.extensions["database"].write() as connection:
        connection.execute(sa.update(players).where(players.c.id == "p-1").values(balance=9100))
    (difference,) = client.app.extensions["accounts"].recompute()
    assert str(difference) == "p-1: the balance is 91.00 EUR, its postings sum to 90.00"
