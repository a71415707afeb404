"""The fixtures for teams' own tests: what they take and make up, and what they say where something does not fit."""

import hashlib
import hmac
import json
import time
from decimal import Decimal
from typing import ClassVar

import jwt
import pytest
import requests

from scenarios.embedded.simulators import embedded
from scenarios.problems.errors import UsageProblem
from tests.support.servers.small_server import Handler, listening

ONE = Decimal("1.00")


class Recorder(Handler):
    """A CLIENT that accepts everything, and keeps what it was sent."""

    seen: ClassVar[list[tuple[str, str, bytes]]] = []

    def do_POST(self):
        body = self.body()
        self.seen.append((self.path, self.headers.get("X-Security-Hash", ""), body))
        self.answer(b'{"error": null, "transaction_id": "c-1"}')


@pytest.fixture
def client():
    """The address of a CLIENT."""
    Recorder.seen.clear()
    with listening(Recorder) as url:
        yield url


def test_callbacks_are_signed_with_the_secret_that_was_made_up(operator_simulator, client):
    operator_simulator.callback_url = f"{client}/operator"
    bet = operator_simulator.bet("p-1", ONE)
    assert bet.ok
    [(path, given, body)] = Recorder.seen
    assert path == "/operator/transaction"
    assert given == hmac.new(operator_simulator.security_hash.encode(), body, hashlib.sha256).hexdigest()
    assert json.loads(body)["currency"] == "EUR"


def test_secrets_are_others_in_each_test_and_are_not_shown(operator_simulator):
    with embedded({}) as another:
        assert another.operator().security_hash != operator_simulator.security_hash
    assert operator_simulator.security_hash not in repr(operator_simulator)


def test_a_session_opens_with_the_credentials_that_were_made_up(operator_simulator):
    credentials = {"username": operator_simulator.username, "password": operator_simulator.password}
    answer = requests.post(f"{operator_simulator.url}/auth", json=credentials, timeout=10)
    assert answer.status_code == 200
    wrong = requests.post(f"{operator_simulator.url}/auth", json=credentials | {"password": "x"}, timeout=10)
    assert wrong.status_code == 401
    assert [each.label for each in operator_simulator.exchanges("client:from status:401")] == ["auth"]


@pytest.mark.parametrize(
    ("provider", "key", "send"),
    [
        ("operator", "callback_url", lambda one: one.bet("p-1", ONE)),
        ("operator", "callback_url", lambda one: one.rollback(one.new_id(), "p-1", ONE)),
        ("operator", "callback_url", lambda one: one.race([one.transaction("bet", "p-1", ONE)] * 2)),
        ("operator", "callback_url", lambda one: one.deliver(one.transaction("bet", "p-1", ONE), [])),
        ("operator", "callback_url", lambda one: one.raise_event("bet", amount="1.00")),
        ("jackpot", "notification_url", lambda one: one.raise_event("coupon/ready")),
        ("checkout", "decision_url", lambda one: one.raise_event("decision/approved")),
    ],
)
def test_nothing_is_sent_before_there_is_an_address(provider, key, send):
    with embedded({}) as providers:
        simulator = getattr(providers, provider)()
        with pytest.raises(UsageProblem, match=f"{provider}_simulator.*{key}") as reported:
            send(simulator)
        assert f"{provider}_simulator.{key} = " in reported.value.next_step
        assert len(simulator.history) == 0


def merchants_token(checkout_simulator, client):
    claims = {
        "iss": checkout_simulator.merchant_id,
        "sub": "Merchant",
        "iat": int(time.time()),
        "data": {
            "currency": "EUR",
            "merchantPrice": {"valueBeforeTax": 10, "valueAfterTax": 10, "taxPercentage": 0},
            "variant": {"reference": "mug-blue"},
            "callbackUrls": {"serverToServer": f"{client}/theirs"},
        },
    }
    return jwt.encode(claims, checkout_simulator.key, "HS256")


def test_a_shopper_approves_on_the_hosted_page_and_the_decision_is_sent(checkout_simulator, client):
    token = merchants_token(checkout_simulator, client)
    [sent] = checkout_simulator.buy(token, approved=False)
    assert sent.ok
    assert [path for path, _, _ in Recorder.seen] == ["/theirs"]
    assert [one.state for one in checkout_simulator.simulator.checkouts] == ["declined"]
    with pytest.raises(UsageProblem, match="the checkout of this token is over"):
        checkout_simulator.buy(token)
    with pytest.raises(UsageProblem, match="the checkout refuses the token"):
        checkout_simulator.buy(jwt.encode({"iss": "somebody"}, checkout_simulator.key, "HS256"))


def test_a_player_buys_a_voucher_and_the_client_is_told(jackpot_simulator, client):
    jackpot_simulator.notification_url = client
    claims = {"amount": 25, "userId": "alice", "iat": int(time.time()), "notificationKey": "key-1"}
    token = jwt.encode(claims, jackpot_simulator.api_signature, "HS256")
    bought = jackpot_simulator.buy(token, Decimal(20))
    [reserved] = jackpot_simulator.exchanges("coupon/reserved", count=1, wait=30)
    reported = json.loads(reserved.request.body)["message"]
    assert (reported["id"], reported["value"], reported["initialAmount"]) == (bought.id, "20.00", "18.00")
    with pytest.raises(UsageProblem, match="Jackpot refuses: JWT_USED"):
        jackpot_simulator.buy(token, Decimal(20))


def test_a_decision_goes_to_the_address_in_its_own_token(checkout_simulator, client):
    made = checkout_simulator.simulator.create(merchants_token(checkout_simulator, client))
    [sent] = checkout_simulator.raise_event("decision/approved", checkout_token=made.token)
    assert sent.ok
    assert [path for path, _, _ in Recorder.seen] == ["/theirs"]


@pytest.mark.parametrize("amount", ["1.00", 1, 1.5, Decimal("NaN")])
def test_an_amount_that_is_not_exact_is_refused(operator_simulator, client, amount):
    operator_simulator.callback_url = client
    with pytest.raises(UsageProblem, match="a Decimal, which is exact"):
        operator_simulator.bet("p-1", amount)
    assert not Recorder.seen


def test_events_are_the_providers_own(jackpot_simulator, client):
    jackpot_simulator.notification_url = client
    with pytest.raises(UsageProblem, match="did you mean coupon/ready"):
        jackpot_simulator.raise_event("coupon/redy")
    with pytest.raises(UsageProblem, match="'bet' is no event of <jackpot_simulator"):
        jackpot_simulator.raise_event("bet")


@pytest.mark.parametrize("url", ["localhost", "ftp://localhost/operator"])
def test_an_address_that_is_none_is_refused(operator_simulator, url):
    with pytest.raises(UsageProblem, match="callback_url"):
        operator_simulator.callback_url = url
    assert operator_simulator.callback_url is None


def test_what_was_agreed_on_is_taken_and_the_rest_is_made_up(client):
    given = {
        "operator": {"callback_url": f"{client}/o", "security_hash": "ours"},
        "jackpot": {"notification_url": f"{client}/j", "api_key": "our-key"},
        "checkout": {"decision_url": f"{client}/c"},
        "players": {"ids": ["alice"], "currency": "SEK"},
    }
    with embedded(given) as providers:
        operator, jackpot, checkout = providers.operator(), providers.jackpot(), providers.checkout()
        operator.bet("bob", ONE)
        operator.raise_event("result", amount="2.00")
        jackpot.raise_event("coupon/ready", price=Decimal("9.00"), value="10.00")
        checkout.raise_event("decision/declined", merchant_reference="order-1")
        assert (operator.security_hash, jackpot.api_key) == ("ours", "our-key")
        assert operator.agreed("currencies")
        assert jackpot.api_signature
        # One history: what all were sent is in the order in which it was.
        assert [each.provider for each in checkout.history] == ["operator", "operator", "jackpot", "checkout"]
    paths = [path for path, _, _ in Recorder.seen]
    assert paths == ["/o/transaction", "/o/transaction", "/j", "/c"]
    first, second = (json.loads(body) for _, _, body in Recorder.seen[:2])
    assert (first["user_id"], first["currency"]) == ("bob", "SEK")
    assert (second["user_id"], second["currency"]) == ("alice", "SEK")


@pytest.mark.parametrize(
    ("given", "words"),
    [
        ({"operator": {"callback_ulr": "http://127.0.0.1:1"}}, "callback_ulr in the fixture pitboss_client"),
        ({"players": {"ids": []}}, "ids in the fixture pitboss_client"),
        ({"operator": "http://127.0.0.1:1"}, "the fixture pitboss_client gave no sections"),
        (None, "the fixture pitboss_client gave no sections"),
    ],
)
def test_what_does_not_fit_is_told_of_the_fixture(given, words):
    with pytest.raises(UsageProblem, match=words), embedded(given):
        raise AssertionError


def test_faults_act_until_they_are_ended(operator_simulator, client):
    operator_simulator.callback_url = client
    operator_simulator.set_faults("answer-lost")
    assert operator_simulator.bet("p-1", ONE).unknown
    operator_simulator.end_faults()
    assert operator_simulator.bet("p-1", ONE).ok


def test_what_the_client_asks_can_be_answered_badly(operator_simulator):
    operator_simulator.disturb("auth", "500")
    answers = [requests.post(f"{operator_simulator.url}/auth", json={}, timeout=10) for _ in range(2)]
    assert answers[0].status_code == 500
    assert answers[1].status_code != 500


def test_a_secret_that_is_changed_signs_from_then_on(operator_simulator, client):
    operator_simulator.callback_url = client
    operator_simulator.rotate(security_hash="the next one")
    operator_simulator.bet("p-1", ONE)
    [(_, given, body)] = Recorder.seen
    assert given == hmac.new(b"the next one", body, hashlib.sha256).hexdigest()
    assert operator_simulator.security_hash == "the next one"
    # The address stays what it was set to.
    assert operator_simulator.callback_url == client


def test_stores_are_changed_and_told_of(jackpot_simulator, client):
    jackpot_simulator.notification_url = client
    store = jackpot_simulator.simulator.account.listings[0].store.id
    jackpot_simulator.change_store("change", store, name="Another name")
    assert json.loads(Recorder.seen[0][2])["message"]["data"]["name"] == "Another name"


def test_what_takes_a_console_that_is_served_is_said(operator_simulator):
    with pytest.raises(UsageProblem, match="no action 'check'"):
        operator_simulator.do("check")


def test_nothing_goes_on_after_the_test(client):
    with embedded({"jackpot": {"notification_url": client}}) as providers:
        jackpot = providers.jackpot()
        assert requests.get(jackpot.url, timeout=10).status_code
    with pytest.raises(requests.ConnectionError):
        requests.get(jackpot.url, timeout=10)
