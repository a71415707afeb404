"""``pitboss doctor`` against the reference CLIENT and against targets that are wrong."""

import json
import re
import socket
from contextlib import closing, contextmanager

import pytest
import requests
from click.testing import CliRunner
from flask import Flask, jsonify, redirect, request

from client_under_test.app import create_app
from client_under_test.config import Config
from scenarios.cli.commands.doctor import command
from scenarios.contract import RULES, Level
from scenarios.doctor.locked_rules import locked
from scenarios.hosting.ports import free_port
from scenarios.target.loading import load
from simulators.server.wsgi_server import Server
from tests.support.servers.small_server import Handler, listening

HASH = "the-security-hash"
DRIVER = """
[driver]
balance = { get = "SITE/players/{player}/balance", read = "balance" }
ban = { post = "SITE/players/{player}/ban" }
unban = { post = "SITE/players/{player}/unban" }
[driver.launch]
post = "SITE/sportsbook/launch"
json = { user_id = "{player}", currency = "{currency}" }
read = "url"
"""


@pytest.fixture(scope="module")
def reference(tmp_path_factory):
    """The reference CLIENT, and the port where it looks for the OPERATOR."""
    port = free_port()
    database = str(tmp_path_factory.mktemp("client") / "client.sqlite")
    config = Config(
        database=database,
        security_hash=HASH,
        username="client",
        password="the-password",
        operator_api_url=f"http://127.0.0.1:{port}",
    )
    with Server(create_app(config)) as server:
        yield server.url, port


@pytest.fixture
def examine(tmp_path):
    def examine(
        url,
        *,
        path="/operator",
        secret=HASH,
        ids='["p-1", "p-2"]',
        port=1,
        driver="",
        arguments=(),
        agreed="",
        others="",
    ):
        file = tmp_path / "pitboss.toml"
        file.write_text(
            f'[operator]\ncallback_url = "{url}{path}"\nsecurity_hash = "{secret}"\n'
            f'listen = "127.0.0.1:{port}"\n{agreed}'
            f'username = "client"\npassword = "the-password"\n[players]\nids = {ids}\n{others}'
            + driver.replace("SITE", url)
        )
        result = CliRunner().invoke(command, ["-c", str(file), *arguments])
        assert result.exception is None or isinstance(result.exception, SystemExit)
        assert "the-password" not in result.output
        return result

    return examine


def balance(url, player="p-1"):
    return requests.get(f"{url}/players/{player}/balance", timeout=60).json()["balance"]


def test_a_right_target_is_found_right_and_left_as_found(examine, reference):
    url, port = reference
    before = [balance(url, player) for player in ("p-1", "p-2")]
    result = examine(url, port=port, driver=DRIVER)
    assert result.exit_code == 0, result.output
    for text in (
        "callbacks leave from 127.0.0.1",
        "without an API version",
        "player p-2",
        "driver balance",
        "the ban was lifted",
        "driver launch: the iframe opens",
        "IDM-10",
    ):
        assert text in result.output
    assert "\nwrong" not in result.output
    reported = " ".join(result.output.split())
    assert re.search(
        r"An answer takes \d+ ms: judging the sportsbook would take about \d+ \w+ \(quick\)", reported
    )
    assert re.search(r"and about \d+ \w+ \(normal\)", reported)
    assert [balance(url, player) for player in ("p-1", "p-2")] == before


def test_it_tells_which_currencies_are_judged(examine, reference):
    url, _ = reference
    for code in ("USD", "JPY"):
        player = {"id": f"p-{code}", "currency": code, "balance": "100"}
        assert requests.post(f"{url}/players", json=player, timeout=60).ok
    agreed = 'currencies = ["EUR", "USD", "GBP"]\n'
    result = examine(url, agreed=agreed, others='others = { USD = "p-USD", JPY = "p-JPY" }\n')
    assert result.exit_code == 0, result.output
    for text in (
        "player p-USD",
        "every rule is judged in EUR; those about money once more in USD; BET-13 alone in JPY",
        "none in GBP: others in [players] names nobody",
        "no rule for two players in USD: others in [players] names one who has it",
    ):
        assert text in result.output
    assert "player p-JPY" not in result.output
    assert balance(url, "p-USD") == "100.00"
    # What is agreed on where the file says nothing is no fault of it.
    assert "none in" not in examine(url).output


def test_another_api_version_than_the_agreed_one_is_told(examine, reference):
    url, port = reference
    result = examine(url, port=port, driver=DRIVER, agreed='api_version = "v9"\n')
    assert "the CLIENT called without an API version" in result.output
    assert "/v9/auth and /v9/start-session" in result.output
    assert "api_version in [operator]" in result.output


def test_a_client_that_calls_from_elsewhere_than_agreed_is_told(examine, reference):
    url, port = reference
    right = examine(url, port=port, driver=DRIVER, agreed='server_ip = ["127.0.0.1"]\n')
    assert "from 127.0.0.1" in " ".join(right.output.split())
    assert right.exit_code == 0
    result = examine(url, port=port, driver=DRIVER, agreed='server_ip = ["54.151.247.5"]\n')
    reported = " ".join(result.output.split())
    assert "the CLIENT called the OPERATOR from 127.0.0.1" in reported
    assert "server_ip in [operator]" in reported
    assert result.exit_code != 0


def test_locked_rules_come_with_the_line_that_unlocks_them(examine, reference):
    result = examine(reference[0], ids='["p-1"]')
    assert result.exit_code == 0
    assert f'ban = {{ post = "{reference[0]}/players/{{player}}/ban" }}' in result.output
    assert "BET-08, RES-04" in result.output
    assert 'ids = ["p-1", "another-player"]' in result.output
    assert "Jackpot is not configured: add a section [jackpot]" in result.output
    musts = [rule for rule in RULES.values() if rule.level is Level.MUST and not rule.beside_documents]
    assert re.search(rf"\n\d+ of {len(musts)} MUST rules can be judged; \d+ are locked", result.output)


def test_what_a_dialect_leaves_out_is_locked_and_says_why(tmp_path):
    words = 'callback_url = "http://127.0.0.1:9"\nsecurity_hash = "salt"\ndialect = "blueocean"'
    (tmp_path / "pitboss.toml").write_text(f'[operator]\n{words}\n[players]\nids = ["p-1", "p-2"]\n')
    steps = [*locked(load(tmp_path / "pitboss.toml"), lambda _: True)]
    why = {rule: step.advice for step in steps for rule in step.rules}
    assert all("about the bytes" in why[rule.id] for rule in RULES.values() if rule.about_bytes)
    assert "has no id of its own" in why["RBK-11"]
    assert not {"BAL-01", "BET-01"} & why.keys()
    assert all(step.rules for step in steps)


@pytest.mark.parametrize(
    ("change", "came", "next_step"),
    [
        ({"secret": "another-secret"}, "a forged one gets the very same answer", "compare security_hash"),
        ({"secret": f"{HASH} "}, "without the white space round security_hash", "take the white space"),
        ({"path": "/elsewhere"}, "was refused", "nothing serves POST"),
        ({"ids": '["nobody"]'}, "the secret seems right", "knows player nobody"),
    ],
)
def test_a_refused_wager_is_explained(examine, reference, change, came, next_step):
    before = balance(reference[0])
    result = examine(reference[0], **change)
    assert result.exit_code == 3
    assert came in result.output
    assert next_step in result.output
    assert "another-secret" not in result.output
    assert balance(reference[0]) == before


def test_a_taken_port_is_told(examine, reference):
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        result = examine(reference[0], port=taken.getsockname()[1], driver=DRIVER)
    assert result.exit_code == 2
    assert "is taken" in result.output


def test_a_target_that_is_down_is_told(examine):
    result = examine(f"http://127.0.0.1:{free_port()}")
    assert result.exit_code == 3
    assert "start the CLIENT" in result.output


def test_no_file_is_a_usage_problem(tmp_path):
    result = CliRunner().invoke(command, ["-c", str(tmp_path / "none.toml")])
    assert result.exit_code == 2
    assert "pitboss init" in result.output


class Wallet:
    """A CLIENT of a few lines, wrong in one way."""

    def __init__(self, fault):
        self.fault, self.units, self.app, self.moved = fault, 1000, Flask("wallet"), {}
        self.app.post("/operator/<path>")(self.callback)
        self.app.get("/players/<player>/balance")(self.balance)

    def callback(self, path):
        said = request.json
        if self.fault == "html":
            return "<html>Welcome</html>"
        if self.fault == "string" and not isinstance(said["amount"], str):
            return jsonify(error="BAD_AMOUNT")
        if self.fault == "no bets" and said["action"] == "bet":
            return jsonify(error="CLOSED")
        if self.fault == "elsewhere" and path == "transaction":
            return redirect("/wallet/transaction", 307)
        if self.fault == "slash":
            return redirect(f"/operator/{path}/", 308)
        cents = round(float(said["amount"]) * 100)
        if self.fault == "whole" and cents % 100:
            return jsonify(error="BAD_AMOUNT")
        if self.fault == "least" and said["action"] == "bet" and cents < 50:
            return jsonify(error="LEAST_STAKE")
        if said["action"] == "bet" and cents > self.units and self.fault != "never":
            return jsonify(error="INSUFFICIENT_FUNDS")
        if said["action"] == "rollback":
            change = -self.moved.pop(said["rollback_transaction_id"], 0)
        else:
            change = self.moved[said["transaction_id"]] = cents if said["action"] == "result" else -cents
        self.units += change
        done = {"error": None, "transaction_id": said["transaction_id"]}
        return jsonify({"data": done} if self.fault == "wrapped" else done)

    def balance(self, player):
        return jsonify(balance=self.units if self.fault == "cents" else 10)


@contextmanager
def wallet(fault):
    made = Wallet(fault)
    with Server(made.app) as server:
        yield made, server.url


@pytest.mark.parametrize(
    ("fault", "came", "next_step"),
    [
        ("wrapped", "it stands inside 'data'", "answer as documented"),
        ("html", "an HTML page", "correct the path in callback_url"),
        ("string", "with the amount as a string it was accepted", 'amount_format = "string"'),
        ("no bets", "was not accepted: error 'CLOSED'", "banned or owes money"),
        ("cents", "balance moved by 1 when", "not in smallest units"),
        ("stale", "balance moved by 0 when", "a cached or a stale value"),
        ("never", "which no test player has, was not refused", "compare the balance with the amount"),
        ("whole", "a whole amount, 1.00 EUR, was accepted", "take amounts with decimals"),
        ("elsewhere", "HTTP 307, Location: http://", "write that as callback_url in [operator]: http://"),
        ("slash", "/operator/transaction/", "frameworks add the slash at the end by a redirect"),
    ],
)
def test_a_fault_is_named_and_no_money_stays_moved(examine, fault, came, next_step):
    balance_entry = DRIVER.split("\n")[2]
    with wallet(fault) as (client, url):
        result = examine(url, ids='["p-1"]', driver=f"[driver]\n{balance_entry}\n")
        assert result.exit_code == 3
        assert came in result.output
        assert next_step in result.output
        assert client.units == 1000


def test_a_least_bet_is_told_and_no_fault(examine):
    with wallet("least") as (client, url):
        result = examine(url, ids='["p-1"]')
        assert result.exit_code == 0
        assert "single bets below 1.00 EUR seem to be refused" in " ".join(result.output.split())
        assert client.units == 1000


class Apart(Handler):
    """Accepts what is no bet over the balance; the body of each answer is a write of its own, ``nodelay`` or not."""

    nodelay = False

    def do_POST(self):
        self.connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, self.nodelay)
        said = json.loads(self.body())
        over = said["action"] == "bet" and float(said["amount"]) > 1
        answer = {"error": "OVER" if over else None, "transaction_id": said["transaction_id"]}
        self.answer(json.dumps(answer).encode())


@pytest.mark.parametrize("nodelay", [False, True])
def test_a_body_that_waits_for_an_acknowledgement_is_told(examine, nodelay):
    with listening(type("Written", (Apart,), {"nodelay": nodelay})) as url:
        result = examine(url, ids='["p-1"]')
    assert result.exit_code == 0, result.output
    assert ("TCP_NODELAY" in result.output) is not nodelay
