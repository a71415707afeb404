"""The reference in BlueOcean GameHub's words: requests as its pages have them, and the statuses that they name."""

import hashlib
from urllib.parse import urlencode

import pytest

from client_under_test.app import create_app
from client_under_test.config import Config

SALT = "A1b2C3"


class Provider:
    """GameHub beside a CLIENT of which it knows the address."""

    def __init__(self, app):
        self.client = app.test_client()

    def get(self, query, key=None):
        key = hashlib.sha1((SALT + query).encode()).hexdigest() if key is None else key
        answer = self.client.get(f"/operator/?{query}&key={key}")
        assert answer.status_code == 200
        return answer.get_json()

    def ask(self, action, transaction, /, **fields):
        whole = {"action": action, "remote_id": "p-1", "currency": "EUR", "transaction_id": transaction}
        return self.get(urlencode(whole | fields))


@pytest.fixture
def gamehub(tmp_path):
    app = create_app(Config(database=f"{tmp_path}/c.sqlite", dialect="blueocean", security_hash=SALT))
    yield Provider(app)
    app.extensions["database"].close()


def test_a_round_is_played_and_each_answer_tells_the_balance(gamehub):
    assert gamehub.ask("debit", "b-1", amount="12.5") == {"status": "200", "balance": "87.50"}
    for _ in range(2):
        assert gamehub.ask("credit", "w-1", amount=30)["balance"] == "117.50"
    for _ in range(2):
        # Its own amount does not count.
        assert gamehub.ask("rollback", "b-1", amount="99") == {"status": "200", "balance": "130.00"}
    assert gamehub.ask("rollback", "w-1")["balance"] == "100.00"


def test_what_was_never_seen_is_missing_and_may_come_afterwards(gamehub):
    assert gamehub.ask("rollback", "b-1")["status"] == "404"
    assert gamehub.ask("debit", "b-1", amount=10)["balance"] == "90.00"
    assert gamehub.ask("rollback", "b-1")["balance"] == "100.00"


def test_two_players_may_share_an_id(gamehub):
    for player in ("p-1", "p-2"):
        assert gamehub.ask("debit", "b-1", amount=10, remote_id=player)["balance"] == "90.00"
    assert gamehub.ask("rollback", "b-1", remote_id="p-2")["balance"] == "100.00"
    assert gamehub.ask("debit", "b-2", amount=0)["balance"] == "90.00"


@pytest.mark.parametrize(
    "changed",
    [
        {"amount": "100.01"},
        {"amount": "0.001"},
        {"amount": "-1"},
        {"amount": "1e999"},
        {"currency": "USD"},
        {"remote_id": "nobody"},
        {"transaction_id": ""},
        {"action": "balances"},
    ],
)
def test_what_cannot_be_done_is_refused(gamehub, changed):
    assert gamehub.ask("debit", "b-1", **({"amount": 1} | changed))["status"] == "403"
    assert gamehub.ask("debit", "b-2", amount=0)["balance"] == "100.00"


def test_the_key_is_over_the_query_string_as_it_stands(gamehub):
    query = "amount=1&%61ction=debit&currency=EUR&remote_id=p-1&transaction_id=b+1"
    assert gamehub.get(query)["status"] == "200"
    in_order = "&".join(sorted(query.replace("%61", "a").split("&")))
    for wrong in ("", "0" * 40, hashlib.sha1((SALT + in_order).encode()).hexdigest()):
        assert gamehub.get(query, key=wrong)["status"] == "403"
    # A field that is there twice could mean either.
    assert gamehub.get(query + "&amount=2")["status"] == "403"
