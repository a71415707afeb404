"""Several actions in one request: a right CLIENT is not accused, and what each wrong one does is found."""

import base64
import hmac
import json
from copy import deepcopy
from decimal import Decimal

import pytest

from scenarios.run.findings import Standing
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import load
from tests.scenarios.operator.test_scenarios_money import SMALL
from tests.scenarios.wallet.test_shipped_dialects import FILES
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.wallets import SECRET, Refused, Wallet, served

NESTED = """
name = "nested"
path = { bet = "/v2/play", result = "/v2/play", rollback = "/v2/undo" }
several = "actions"
amount.form = "text"
signature = { method = "hmac-sha512", output = "base64", header = "X-Sign" }
answer = { done = "code == `0`", error = "reason", client_id = "data[].own", insufficient_funds = "BROKE" }
[messages.bet]
user = { name = "{player}" }
final = false
actions = [{ win = false, id = "{id}", money = { value = "{amount}", currency = "{currency}" } }]
[messages.result]
user = { name = "{player}" }
final = true
actions = [{ win = true, id = "{id}", money = { value = "{amount}", currency = "{currency}" } }]
[messages.rollback]
user = { name = "{player}" }
actions = [{ id = "{id}", of = "{of}", money = { value = "{amount}", currency = "{currency}" } }]
"""


class RoundsWallet(Wallet):
    """A CLIENT that is asked by actions in a list, all of which are done or none, and answers by numbers."""

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        right = base64.b64encode(hmac.digest(SECRET.encode(), body, "sha512")).decode()
        with self.lock:
            if environ.get("HTTP_X_SIGN") == right:
                document = self._handled(environ["PATH_INFO"], json.loads(body))
            else:
                document = {"code": 1, "reason": "SIGN"}
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(document).encode()]

    def _handled(self, path, asked):
        assert asked.get("final") in (None, "win" in asked["actions"][-1] and asked["actions"][-1]["win"])
        messages = [
            {
                "action": ("result" if action["win"] else "bet") if path == "/v2/play" else "rollback",
                "transaction_id": action["id"],
                "user_id": asked["user"]["name"],
                "currency": action["money"]["currency"],
                "amount": Decimal(action["money"]["value"]),
                "rollback_transaction_id": action.get("of"),
            }
            for action in asked["actions"]
        ]
        try:
            return {"code": 0, "data": [{"own": own} for own in self.several(messages)]}
        except Refused as no:
            return {"code": 2, "reason": "BROKE" if str(no) == "INSUFFICIENT_FUNDS" else str(no)}

    def several(self, messages):
        """Our id of each; Refused where one is, and then nothing was done."""
        if len(messages) == 1:
            return [self.one(messages[0])]
        before = deepcopy((self.balances, self.entries, self.voids))
        try:
            return [self.one(message) for message in messages]
        except Refused:
            self.balances, self.entries, self.voids = before
            raise

    def one(self, message):
        said = self.handle(message)
        if said["error"] is not None:
            raise Refused(said["error"])
        return said["transaction_id"]


class PaysCopies(faulty.ResultsNotRemembered, RoundsWallet):
    """Copies of results are paid again."""


class DoesTheFirst(RoundsWallet):
    """Of several actions the first is done, and all are answered."""

    def several(self, messages):
        return super().several(messages[:1]) + [self.new_id() for _ in messages[1:]]


class DoesWhatItCan(RoundsWallet):
    """What stands before the action that is refused stays done."""

    def several(self, messages):
        return [self.one(message) for message in messages]


class CoversByTheWhole(RoundsWallet):
    """A bet is covered by the results that stand behind it."""

    def several(self, messages):
        wins = sum(message["amount"] for message in messages if message["action"] == "result")
        self.credit = wins if messages[0]["action"] == "bet" else Decimal(0)
        return super().several(messages)

    def affordable(self, message):
        return message["amount"] <= self.balances[message["user_id"]] + self.credit


class KnowsRequests(RoundsWallet):
    """A request is known by all its ids together."""

    def several(self, messages):
        self.request = tuple(message["transaction_id"] for message in messages)
        return super().several(messages)

    def key(self, message):
        return self.request, message["transaction_id"]


class KnowsTheFirst(RoundsWallet):
    """A request is known by its first id, whatever came since."""

    def several(self, messages):
        known = self.entries.get(messages[0]["transaction_id"])
        return [known.client_id] if known and known.error is None else super().several(messages)


@pytest.fixture
def judged(tmp_path):
    """What the judge says of a wallet by ``rules``."""

    def judge(wallet, *rules):
        (tmp_path / "words.toml").write_text(NESTED)
        with served(wallet) as url:
            (tmp_path / "pitboss.toml").write_text(
                f'[operator]\ncallback_url = "{url}"\nsecurity_hash = "{SECRET}"\ndialect = "words.toml"\n'
                '[players]\nids = ["p-1", "p-2"]\ncurrency = "EUR"\n'
            )
            return check(Settings(load(tmp_path / "pitboss.toml"), rules, SMALL), paths=FILES)

    return judge


def test_nothing_is_found_where_all_of_a_request_is_done_or_none(judged):
    rules = (
        "BET-01",
        "BET-03",
        "BET-05",
        "RES-01",
        "RBK-01",
        "RBK-02",
        "RBK-07",
        "IDM-01",
        "IDM-02",
        "IDM-04",
    )
    found = judged(RoundsWallet(), *rules)
    assert {verdict.rule.id for verdict in found.verdicts if verdict.standing is Standing.PASSED} == {*rules}
    assert any(len(one.message.beside) == 2 for one in found.run.wagers(0))


@pytest.mark.parametrize(
    ("wallet", "rule"),
    [
        (PaysCopies, "IDM-01"),
        (DoesTheFirst, "RES-01"),
        (DoesWhatItCan, "BET-03"),
        (CoversByTheWhole, "BET-03"),
        (KnowsRequests, "IDM-01"),
        (KnowsTheFirst, "IDM-01"),
    ],
)
def test_what_is_done_in_part_or_twice_is_found(wallet, rule, judged):
    found = judged(wallet(), rule)
    assert [verdict.standing for verdict in found.verdicts] == [Standing.FAILED]
