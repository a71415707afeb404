"""A provider with other words is added by one file and one row, and every rule about money judges its CLIENT."""

import hashlib
from decimal import Decimal
from pathlib import Path
from urllib.parse import parse_qsl, urlencode

import pytest

import scenarios
from scenarios.contract import RULES as CONTRACT
from scenarios.contract import Level, select
from scenarios.run.findings import Standing
from scenarios.run.run import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import Target
from simulators.dialects import DIALECTS
from simulators.exchanges.history import Answer
from simulators.values import money
from simulators.wallet.transactions import Kind, Transaction
from tests.scenarios.operator.test_scenarios_money import SMALL
from tests.support import faulty_wallets as faulty
from tests.support.coins_dialect import Coins
from tests.support.wallets import SECRET, Refused, Wallet, served

RULES = tuple(rule.id for rule in select("BET,RES,IDM,RBK,INV"))
FILES = sorted((Path(scenarios.__file__).parent / "operator" / "wallet").glob("test_*.py"))
_ACTIONS = {"debit": "bet", "credit": "result", "cancel": "rollback"}


class CoinsWallet(Wallet):
    """A CLIENT that knows nothing but forms and cents."""

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self.lock:
            document = self._handled(dict(parse_qsl(body.decode(), keep_blank_values=True)))
        start_response("200 OK", [("Content-Type", "application/x-www-form-urlencoded")])
        return [urlencode(document).encode()]

    def _handled(self, fields):
        try:
            given = fields.pop("sign", "")
            text = "".join(fields[name] for name in sorted(fields)) + SECRET
            if given != hashlib.md5(text.encode()).hexdigest():
                raise Refused("SIGN")
            if set(fields) - {"cancels"} != {"op", "ref", "account", "ccy", "cents"}:
                raise Refused("FIELDS")
            message = {
                "action": _ACTIONS[fields["op"]],
                "transaction_id": fields["ref"],
                "user_id": fields["account"],
                "currency": fields["ccy"],
                "amount": money.from_minor(int(fields["cents"]), fields["ccy"]),
                "rollback_transaction_id": fields.get("cancels"),
            }
            said = self.handle(message)
        except Refused as no:
            return {"status": "FUNDS" if str(no) == "INSUFFICIENT_FUNDS" else str(no)}
        player = message["user_id"]
        balance = {"ccy": self.currencies[player]}
        balance["cents"] = money.to_minor(self.balances[player], balance["ccy"])
        if said["error"] is not None:
            return {"status": "FUNDS" if said["error"] == "INSUFFICIENT_FUNDS" else said["error"], **balance}
        return {"status": "OK", "ref": said["transaction_id"], **balance}


class ReturnsNothing(faulty.RollbackAdds, CoinsWallet):
    """Rolling a result back pays it once more."""


class PaysCopies(faulty.ResultsNotRemembered, CoinsWallet):
    """Copies of results are paid again."""


class Lends(faulty.LendsMuch, CoinsWallet):
    """Bets far over the balance are taken."""


@pytest.fixture(autouse=True)
def row(monkeypatch):
    monkeypatch.setitem(DIALECTS, Coins.name, Coins)


def judged(wallet, rules):
    with served(wallet) as url:
        target = Target.model_validate(
            {
                "operator": {"callback_url": url, "security_hash": SECRET, "dialect": "coins"},
                "players": {"ids": ["p-1", "p-2"], "currency": "EUR", "others": wallet.others},
            }
        )
        return check(Settings(target, rules, SMALL), paths=FILES)


def test_every_rule_about_money_holds():
    found = judged(CoinsWallet(others={"JPY": "p-jpy", "KWD": "p-kwd"}), RULES)
    others = {
        verdict.rule.id: verdict for verdict in found.verdicts if verdict.standing is not Standing.PASSED
    }
    # What needs a driver's entry cannot be judged without one; INFO rules only record.
    recorded = [rule for rule in RULES if CONTRACT[rule].level is Level.INFO]
    assert {rule: verdict.standing for rule, verdict in others.items()} == {
        **dict.fromkeys(recorded, Standing.INFO),
        **dict.fromkeys(("BET-08", "RES-04", "IDM-10"), Standing.SKIPPED),
    }


@pytest.mark.parametrize(
    ("wallet", "rule"), [(ReturnsNothing, "RBK-02"), (PaysCopies, "IDM-01"), (Lends, "BET-03")]
)
def test_what_is_wrong_is_found_in_these_words_too(wallet, rule):
    found = judged(wallet(), (rule,))
    assert [verdict.standing for verdict in found.verdicts] == [Standing.FAILED]


def test_cents_and_balances_are_exact():
    bet = Transaction(Kind.BET, "t-1", "p 1", "KWD", Decimal("10.5"))
    assert Coins().encode(bet) == b"op=debit&ref=t-1&account=p+1&ccy=KWD&cents=10500"
    read = Coins().read(Answer(200, (), b"status=OK&ref=c-1&ccy=KWD&cents=10500"))
    assert (read.client_id, read.balance) == ("c-1", Decimal("10.500"))
