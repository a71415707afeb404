"""A provider with other words is added by one file, and every rule about money judges its CLIENT."""

import hashlib
import hmac
import shutil
from decimal import Decimal
from importlib.resources import files
from pathlib import Path
from urllib.parse import parse_qsl, urlencode
from xml.etree import ElementTree

import pytest

import scenarios
from scenarios.contract import RULES as CONTRACT
from scenarios.contract import Level, select
from scenarios.doctor.operator import examine
from scenarios.problems.errors import UsageProblem
from scenarios.run.findings import Standing
from scenarios.run.run import Run, Settings
from scenarios.runner.pytest_run import check
from scenarios.target.loading import load
from simulators.values import money
from tests.scenarios.operator.test_scenarios_money import SMALL
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.wallets import SECRET, Refused, Wallet, served

RULES = tuple(rule.id for rule in select("BET,RES,IDM,RBK,INV,BAL"))
FILES = sorted((Path(scenarios.__file__).parent / "operator").glob("*/test_*.py"))
XML = Path(__file__).parents[3] / "docs" / "example" / "dialects" / "xml_words.py"
_ACTIONS = {"debit": "bet", "credit": "result", "cancel": "rollback"}
COINS = files("scenarios.dialects").joinpath("starter.toml").read_text(encoding="utf-8")


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
            if fields["op"] == "balance":
                return {"status": "OK", **self._balance(fields["account"])}
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
        balance = self._balance(message["user_id"])
        if said["error"] is not None:
            return {"status": "FUNDS" if said["error"] == "INSUFFICIENT_FUNDS" else said["error"], **balance}
        return {"status": "OK", "ref": said["transaction_id"], **balance}

    def _balance(self, player):
        currency = self.currencies[player]
        return {"ccy": currency, "cents": money.to_minor(self.balances[player], currency)}


class XmlWallet(Wallet):
    """A CLIENT that reads and writes XML."""

    def __call__(self, environ, start_response):
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self.lock:
            if environ.get("HTTP_X_SIGN") == hmac.new(SECRET.encode(), body, "sha256").hexdigest():
                said = self._handled(ElementTree.fromstring(body))
            else:
                said = '<refused why="SIGN"/>'
        start_response("200 OK", [("Content-Type", "text/xml")])
        return [said.encode()]

    def _handled(self, asked):
        assert asked.get("shop") == "ours"
        message = {
            "action": asked.tag,
            "transaction_id": asked.get("id"),
            "user_id": asked.get("player"),
            "currency": asked.get("currency"),
            "amount": Decimal(asked.get("amount")),
            "rollback_transaction_id": asked.get("of"),
        }
        try:
            said = self.handle(message)
        except Refused as no:
            said = {"error": str(no)}
        if said["error"] is None:
            return f'<done id="{said["transaction_id"]}"/>'
        return f'<refused why="{"FUNDS" if said["error"] == "INSUFFICIENT_FUNDS" else said["error"]}"/>'


class LendsInXml(faulty.LendsMuch, XmlWallet):
    """Bets far over the balance are taken."""


class ReturnsNothing(faulty.RollbackAdds, CoinsWallet):
    """Rolling a result back pays it once more."""


class Lends(faulty.LendsMuch, CoinsWallet):
    """Bets far over the balance are taken."""


@pytest.fixture
def judged(tmp_path):
    """What the judge says of a wallet by rules, in the words that a dialect file describes."""

    def judge(wallet, rules):
        (tmp_path / "words.toml").write_text(COINS)
        shutil.copy(XML, tmp_path)
        dialect = "words.toml"
        if isinstance(wallet, XmlWallet):
            dialect = 'xml_words:XmlWords"\nagreed = { shop = "ours" }\napi_version = "v1'
        with served(wallet) as url:
            others = "".join(f'{currency} = "{name}"\n' for currency, name in wallet.others.items())
            (tmp_path / "pitboss.toml").write_text(
                f'[operator]\ncallback_url = "{url}"\nsecurity_hash = "{SECRET}"\ndialect = "{dialect}"\n'
                f'[players]\nids = ["p-1", "p-2"]\ncurrency = "EUR"\n[players.others]\n{others}'
            )
            return check(Settings(load(tmp_path / "pitboss.toml"), rules, SMALL), paths=FILES)

    return judge


# JSON, with a path for each kind, is what test_shipped_dialects judges by every rule.
def test_every_rule_about_money_holds(judged):
    found = judged(CoinsWallet(others={"JPY": "p-jpy", "KWD": "p-kwd"}), RULES)
    others = {
        verdict.rule.id: verdict for verdict in found.verdicts if verdict.standing is not Standing.PASSED
    }
    # What needs a driver's entry cannot be judged without one; INFO rules only record; cents are not written in parts.
    recorded = [rule for rule in RULES if CONTRACT[rule].level is Level.INFO]
    assert {rule: verdict.standing for rule, verdict in others.items()} == {
        **dict.fromkeys(recorded, Standing.INFO),
        **dict.fromkeys(("BET-08", "RES-04", "IDM-10", "BET-11"), Standing.SKIPPED),
    }


@pytest.mark.parametrize(
    ("wallet", "rule"),
    [(ReturnsNothing, "RBK-02"), (Lends, "BET-03"), (LendsInXml, "BET-03")],
)
def test_what_is_wrong_is_found_in_these_words_too(wallet, rule, judged):
    found = judged(wallet(), (rule,))
    assert [verdict.standing for verdict in found.verdicts] == [Standing.FAILED]


class CallsNobody(CoinsWallet):
    """The balance call is not served."""

    def _handled(self, fields):
        return {"status": "OP"} if fields["op"] == "balance" else super()._handled(fields)


@pytest.mark.parametrize(
    ("wallet", "reported"),
    [(CoinsWallet, "p-1 has 50.00 EUR"), (CallsNobody, "the balance call reported no balance")],
)
def test_the_doctor_tries_the_balance_call(wallet, reported, tmp_path):
    (tmp_path / "words.toml").write_text(COINS)
    with served(wallet()) as url:
        (tmp_path / "pitboss.toml").write_text(
            f'[operator]\ncallback_url = "{url}"\nsecurity_hash = "{SECRET}"\ndialect = "words.toml"\n'
            '[players]\nids = ["p-1"]\ncurrency = "EUR"\n'
        )
        steps = list(examine(Run(Settings(load(tmp_path / "pitboss.toml"), ("BET-01",)))))
    [step] = [step for step in steps if step.name == "balance call"]
    assert reported in (step.seen or str(step.problem))


class TellsNoZero(CoinsWallet):
    """Nothing left counts as nothing known: so many answers tell what there was before."""

    def _handled(self, fields):
        before = dict(self.balances)
        said = super()._handled(fields)
        if fields["op"] == "debit" and said.get("cents") == 0 != before[fields["account"]]:
            self.balances, now = before, self.balances
            said |= self._balance(fields["account"])
            self.balances = now
        return said


def test_what_any_answer_of_a_run_tells_is_held_against_what_is_read(judged):
    found = judged(TellsNoZero(), ("BET-02", "BAL-01"))
    standings = {verdict.rule.id: verdict.standing for verdict in found.verdicts}
    assert standings == {"BET-02": Standing.PASSED, "BAL-01": Standing.FAILED}


def test_a_class_of_ones_own_is_spoken(judged):
    found = judged(XmlWallet(), ("BET-01", "BET-03", "RES-01", "RBK-01", "RBK-04", "IDM-01", "IDM-09"))
    assert {
        verdict.rule.id: verdict.reason
        for verdict in found.verdicts
        if verdict.standing is not Standing.PASSED
    } == {}


@pytest.mark.parametrize(
    ("dialect", "reported"),
    [
        ("nowhere:Words", "there is no module nowhere"),
        ("xml_words:XmlWord", "did you mean XmlWords"),
        ("xml_words:Signer", "it is no Dialect, but Signer"),
        ("xml_words:Dialect", "Can't instantiate abstract class"),
        ("words", "or module:Class"),
    ],
)
def test_a_class_that_is_none_is_told_in_three_beats(dialect, reported, tmp_path):
    shutil.copy(XML, tmp_path)
    (tmp_path / "pitboss.toml").write_text(
        f'[operator]\ncallback_url = "http://127.0.0.1:9"\nsecurity_hash = "s"\ndialect = "{dialect}"\n'
        '[players]\nids = ["p-1"]\n'
    )
    with pytest.raises(UsageProblem) as raised:
        load(tmp_path / "pitboss.toml")
    assert reported in str(raised.value)
    assert raised.value.expected
    assert raised.value.next_step


def test_rules_about_the_documents_bytes_are_skipped_and_say_why(judged):
    [verdict] = judged(CoinsWallet(), ("SIG-01",)).verdicts
    assert verdict.standing is Standing.SKIPPED
    assert "words.toml" in verdict.reason
