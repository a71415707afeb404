"""``pitboss serve --state``, killed at the worst moments: nothing is lost or done twice, and what is owed arrives."""

import json
import re
import threading
import time
from contextlib import contextmanager, suppress
from decimal import Decimal
from urllib.parse import urlsplit

import pytest
import requests

from simulators.checkout import wire
from simulators.jackpot.credentials import session_jwt
from simulators.values import jws
from tests.simulators.checkout.running import MUTATION
from tests.simulators.jackpot.running import JWT_BEARER
from tests.support.programs.commanding import pitboss, serving, three_beats
from tests.support.programs.state_files import records
from tests.support.servers.small_server import Handler, listening

SECRET = "the secret of the tests"
TARGET = """[operator]
callback_url = "{url}/operator"
security_hash = "{secret}"
username = "client"
password = "{secret}"
[players]
ids = ["p-1"]
[jackpot]
notification_url = "{url}/notifications"
api_key = "the key of the tests"
api_signature = "{secret}"
client_secret = "{secret}"
[checkout]
merchant_id = "shop"
key = "{secret}"
decision_url = "{url}/decisions"
"""
OPTIONS = ("--state", "state.db", "--console-port", 0, "--operator-port", 0, "--jackpot-port", 0)


class Client:
    """A CLIENT that does each id once; ``moved`` is what each transaction moved, ``seen`` (path, body) what came.

    ``last_word`` is called once, after the next request was done and before it is answered.
    """

    def __init__(self):
        self.seen, self.moved, self.undone, self.last_word = [], {}, set(), None
        self.changed = threading.Condition()

    def take(self, path, body):
        """Do what came; say whether there is anybody left to answer."""
        with self.changed:
            self.seen.append((path, body))
            if path.startswith("/operator"):
                self.book(body)
            last_word, self.last_word = self.last_word, None
            self.changed.notify_all()
        if last_word is not None:
            last_word()
        return last_word is None

    def book(self, body):
        amount, undone = Decimal(str(body["amount"])), body.get("rollback_transaction_id")
        if undone is not None:
            # Of one that never came: nothing, now and later.
            self.undone.add(undone)
        else:
            self.moved.setdefault(body["transaction_id"], amount if body["action"] == "result" else -amount)

    @property
    def balance(self):
        return sum((amount for name, amount in self.moved.items() if name not in self.undone), Decimal(0))

    def times(self, name):
        """How often something of this id came."""
        return [body.get("transaction_id", body.get("id")) for _, body in self.seen].count(name)

    def await_(self, fits):
        with self.changed:
            assert self.changed.wait_for(fits, 120), self.seen


@contextmanager
def running_client():
    made = Client()

    class Told(Handler):
        def do_POST(self):
            if made.take(urlsplit(self.path).path, json.loads(self.body())):
                self.answer(b'{"error": null, "transaction_id": "1"}')
            else:
                self.close_connection = True

    with listening(Told) as made.url:
        yield made


class Served:
    """``pitboss serve`` under way, as the CLIENT, its players and its customers use it."""

    def __init__(self, process, said):
        self.process = process
        self.operator, self.jackpot, self.checkout = (
            re.search(rf"{name} +(http://\S+)", said)[1] for name in ("OPERATOR", "JACKPOT", "CHECKOUT")
        )

    def kill(self):
        self.process.kill()
        self.process.wait()

    def killed_in(self, client, act):
        """Do ``act``, in which ``serve`` is killed: its next request to the CLIENT is done and not answered."""
        client.last_word = self.kill
        # What is sent from the background may be under way when the page has answered.
        with suppress(requests.RequestException):
            act()
        assert self.process.wait(120) != 0

    def token(self):
        credentials = {"username": "client", "password": SECRET}
        return requests.post(f"{self.operator}/auth", json=credentials, timeout=60).json()["token"]

    def session(self, token):
        """The path of a new session's page."""
        return urlsplit(
            requests.post(
                f"{self.operator}/start-session",
                json={"user_id": "p-1", "currency": "EUR"},
                headers={"Authorization": f"Bearer {token}"},
                timeout=60,
            ).json()["url"]
        ).path

    def page(self, path):
        answer = requests.get(self.operator + path, timeout=60)
        assert answer.status_code == 200, answer.text
        return answer.text

    def bet(self, path, stake="10.00"):
        text = self.page(path)
        chosen = re.search(r'name="selection"[^>]* value="([^"]+)"', text)[1]
        self.post(self.operator + path, "/bets", text, stake=stake, selection=chosen)

    def settle(self, path, event):
        """Let ``event`` come over the newest bet."""
        text = self.page(path)
        self.post(self.operator + path, "/bets/" + re.search(r'/bets/([^"/]+)"', text)[1], text, event=event)

    @staticmethod
    def post(base, below, text, **fields):
        form_token = re.search(r'name="form_token" value="([^"]+)"', text)[1]
        answer = requests.post(base + below, data={"form_token": form_token, **fields}, timeout=60)
        assert answer.status_code == 200, answer.text

    def checkout_of(self, payload):
        variables = {"merchantId": "shop", "payload": payload}
        answer = requests.post(
            f"{self.checkout}/graphql", json={"query": MUTATION, "variables": variables}, timeout=60
        )
        return answer.json()["data"]["createMerchantCheckout"]["checkout"]["token"]

    def approve(self, checkout):
        page = f"{self.checkout}/checkout/{checkout}"
        self.post(page, "", requests.get(page, timeout=60).text, decision="approve")

    def reserve(self):
        """The answer to a reservation in a new session of Jackpot."""
        claims = session_jwt.Claims(amount=Decimal(500), iat=int(time.time()), notification_key="k-1")
        grant = {
            "grant_type": JWT_BEARER,
            "client_id": "the key of the tests",
            "assertion": session_jwt.mint(claims, SECRET),
        }
        token = requests.post(f"{self.jackpot}/v2/token", json=grant, timeout=60).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        offer = requests.get(f"{self.jackpot}/widget/offers", headers=headers, timeout=60).json()["stores"][0]
        path = f"{self.jackpot}/v2/stores/{offer['store']['id']}/reserve-voucher-by-value"
        body = {"value": offer["proposedVouchers"][0]["value"]}
        return requests.post(path, json=body, headers=headers, timeout=60).json()

    def voucher(self, voucher_id):
        grant = {
            "grant_type": "client_credentials",
            "client_id": "the key of the tests",
            "client_secret": SECRET,
        }
        token = requests.post(f"{self.jackpot}/v2/token", json=grant, timeout=60).json()["access_token"]
        headers = {"Authorization": f"Bearer {token}"}
        return requests.get(f"{self.jackpot}/v2/vouchers/{voucher_id}", headers=headers, timeout=60).json()


@pytest.fixture
def client():
    with running_client() as made:
        yield made


@pytest.fixture
def folder(tmp_path, client):
    (tmp_path / "pitboss.toml").write_text(TARGET.format(url=client.url, secret=SECRET))
    return tmp_path


@contextmanager
def served(folder):
    with serving(*OPTIONS, "--checkout-port", 0, cwd=folder) as process_and_words:
        yield Served(*process_and_words)


def test_five_kills_lose_nothing_and_double_nothing(folder, client):
    with served(folder) as serve:
        token = serve.token()
        path = serve.session(token)
        # The bet is taken, and serve never hears of it.
        serve.killed_in(client, lambda: serve.bet(path))
    bet = client.seen[-1][1]["transaction_id"]
    with served(folder) as serve:
        client.await_(lambda: bet in client.undone)
        assert serve.session(token) != path
        serve.bet(path, "20.00")
        # A payment is taken, and serve never hears of it.
        serve.killed_in(client, lambda: serve.settle(path, "win"))
    result = client.seen[-1][1]
    with served(folder) as serve:
        client.await_(lambda: client.times(result["transaction_id"]) == 2)
        assert client.seen[-1][1] == result
        # Two rollbacks follow from one event; serve ends in the first.
        serve.killed_in(client, lambda: serve.settle(path, "void"))
    assert client.seen[-1][1]["rollback_transaction_id"] == result["transaction_id"]
    # The bet itself is still to be rolled back.
    second = client.seen[-4][1]["transaction_id"]
    with served(folder) as serve:
        client.await_(lambda: second in client.undone)
        payload = wire.mint(
            wire.Claims("shop", int(time.time()), "EUR", Decimal(100), Decimal(120), Decimal(20), "mug"),
            SECRET,
        )
        made = serve.checkout_of(payload)
        serve.killed_in(client, lambda: serve.approve(made))
    slips = records(folder / "state.db", "operator", "slips")
    assert [(each["state"], each["payments"]) for each in slips] == [("unanswered", []), ("void", [])]
    assert client.balance == 0
    decision = client.seen[-1]
    with served(folder) as serve:
        client.await_(lambda: client.seen.count(decision) == 2)
        assert (
            serve.checkout_of(payload)
            == made
            == jws.unverified(decision[1]["payload"])[1]["data"]["reference"]
        )
        serve.killed_in(client, serve.reserve)
    told = client.seen[-1][1]
    with served(folder) as serve:
        client.await_(lambda: client.times(told["id"]) == 2)
        assert serve.voucher(told["message"]["id"])["state"] == "RESERVED"
        serve.process.terminate()
        assert serve.process.wait(60) == 0
    assert client.balance == 0


def test_a_file_of_a_version_before_is_refused_and_stays(folder):
    (folder / "state.db").write_text('{"version": 2, "providers": {}}')
    assert (
        "state.db is no state of pitboss serve (it is no database; before version 3 it was JSON)"
        in three_beats(pitboss("serve", *OPTIONS, cwd=folder), 2)
    )
    assert (folder / "state.db").read_text() == '{"version": 2, "providers": {}}'
