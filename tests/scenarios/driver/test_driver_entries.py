"""The driver against a real HTTP server, a real SQLite file, a real shell, and classes of the user's."""

import socket
import sqlite3
from contextlib import closing
from decimal import Decimal

import pytest
from flask import Flask, Response, jsonify, request

from scenarios.driver.driver import Driver
from scenarios.problems.errors import DriverProblem, UsageProblem
from scenarios.target.loading import Target, load
from simulators.server.wsgi_server import Server
from simulators.transport import raw_connection
from tests.support.servers.hostile import DRIPS, OK, answering, drips


@pytest.fixture(scope="module")
def site():
    """A CLIENT's own API, which says what it was asked."""
    app = Flask("site")

    @app.get("/players/<player>/balance")
    def balance(player):
        body = {
            "exact": '{"balance": 12345678901234567.89}',
            "text": '{"balance": " 10.50 "}',
            "whole": '{"balance": 7}',
            "a b": '{"balance": 1}',
            "nan": '{"balance": NaN}',
            "word": '{"balance": "much"}',
            "absent": "{}",
            "page": "<html>the-secret-hash</html>",
            "exponent": '{"balance": 1e999999999}',
            "beyond": '{"balance": 1e9999999999999999999}',
            "small": '{"balance": 1e-999999999}',
            "digits": '{"balance": %s}' % ("9" * 400),
            "more": '{"balance": %s}' % ("9" * 50_000),
            "written": '{"balance": "1e999999999"}',
        }.get(player)
        return Response(body, 200 if body else 404, mimetype="application/json")

    @app.get("/odd")
    def odd():
        return jsonify(player=request.args["player"], header=request.headers["X-Key"])

    @app.get("/from")
    def from_where():
        return jsonify(request.environ["REMOTE_PORT"])

    @app.post("/launch")
    def launch():
        if request.json["user_id"] == "down":
            return jsonify(error="OPERATOR_DOWN"), 503
        if request.json["user_id"] == "moved":
            return Response(status=302, headers={"Location": "/odd"})
        return jsonify(url="http://iframe/?" + "&".join(f"{k}={v}" for k, v in request.json.items()))

    @app.post("/ban/<player>")
    def ban(player):
        return "", 204

    with Server(app) as server:
        yield server.url


@pytest.fixture
def driver_of(site, tmp_path):
    def make(entries, **options):
        path = tmp_path / "pitboss.toml"
        path.write_text(
            f'[operator]\ncallback_url = "{site}/operator"\nsecurity_hash = "the-secret-hash"\n'
            f'[players]\nids = ["p-1"]\n[driver]\n{entries.replace("SITE", site)}\n'
        )
        return Driver(load(path, {}), **options)

    return make


BALANCE = 'balance = { get = "SITE/players/{player}/balance", read = "balance" }'
LAUNCH = (
    'launch = { post = "SITE/launch", json = { user_id = "{player}", currency = "{currency}", '
    'lang = "{lang}" }, read = "url" }'
)


@pytest.mark.parametrize(
    ("player", "balance"),
    [("exact", "12345678901234567.89"), ("text", "10.50"), ("whole", "7"), ("a b", "1")],
)
def test_a_balance_is_read_exactly(driver_of, player, balance):
    assert str(driver_of(BALANCE).balance(player)) == balance


@pytest.mark.parametrize(
    ("player", "came"),
    [
        ("nobody", "answered 404"),
        ("nan", "'nan' is not a decimal"),
        ("word", "'much' is not a decimal"),
        ("absent", "balance is not in"),
        ("page", "no JSON"),
        ("exponent", "a number without bounds"),
        ("beyond", "a number without bounds"),
        ("small", "a number without bounds"),
        ("digits", "no amount of money"),
        ("more", "a number without bounds"),
        ("written", "no amount of money"),
    ],
)
def test_what_is_no_balance_is_told(driver_of, player, came):
    with pytest.raises(DriverProblem, match=came) as caught:
        driver_of(BALANCE).balance(player)
    assert caught.value.exit_code == 3
    assert "the-secret-hash" not in str(caught.value)


def test_words_are_quoted_in_addresses_and_filled_into_headers(driver_of):
    driver = driver_of('store = { get = "SITE/odd?player={store}", headers = { X-Key = "k-{store}" } }')
    assert driver.call("store", store="a&b=c d/e") == {
        "player": "a&b=c d/e",
        "header": "k-a&b=c d/e",
    }


def test_launch_reads_the_address(driver_of):
    driver = driver_of(LAUNCH)
    assert driver.launch("p", "EUR", "en") == "http://iframe/?user_id=p&currency=EUR&lang=en"
    assert "lang" not in driver.launch("p", "EUR")


def test_a_connection_is_kept_for_the_next_request_but_not_for_long(driver_of, monkeypatch):
    driver = driver_of('store = { get = "SITE/from" }')
    first, second = (driver.call("store") for _ in range(2))
    monkeypatch.setattr(raw_connection, "_IDLE", -1)
    assert first == second != driver.call("store")


def test_words_are_texts_in_json_or_numbers_where_the_entry_says_so(driver_of):
    sweep = 'sweep = { post = "SITE/x", json = { at = "{now}", of = ["{now:number}"], by = "t{now:number}", x = 0.1 } }'
    sent = driver_of(sweep).request("sweep", now="12.50")
    assert sent.body == b'{"at":"12.50","of":[12.5],"by":"t12.50","x":0.1}'
    for text in ("p-1", "007", "NaN", "true"):
        with pytest.raises(DriverProblem, match=r"\{now:number\} came to"):
            driver_of(sweep).request("sweep", now=text)


def test_launch_raw_judges_nothing(driver_of):
    raw = driver_of(LAUNCH).launch_raw("down", "EUR", "en")
    assert (raw.status, b"OPERATOR_DOWN" in raw.body) == (503, True)
    for player in ("down", "moved"):
        with pytest.raises(DriverProblem, match="answered"):
            driver_of(LAUNCH).launch(player, "EUR")


def test_entries_without_an_answer_just_work(driver_of):
    driver = driver_of('ban = { post = "SITE/ban/{player}" }')
    driver.ban("p-1")
    assert (driver.has("ban"), driver.has("unban"), driver.kind("ban")) == (True, False, "http")
    with pytest.raises(DriverProblem, match="no entry unban") as caught:
        driver.unban("p-1")
    assert driver.missing("unban") in caught.value.next_step


def test_nobody_there_is_told(driver_of):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        with pytest.raises(DriverProblem, match="connection refused"):
            driver_of(f'ban = {{ post = "http://127.0.0.1:{port}/" }}').ban("p-1")


def test_a_silent_client_is_not_waited_for_for_ever(driver_of):
    with closing(socket.create_server(("127.0.0.1", 0))) as silent:
        url = f"http://127.0.0.1:{silent.getsockname()[1]}/"
        with pytest.raises(DriverProblem, match=r"no answer within 0\.2 s"):
            driver_of(f'ban = {{ post = "{url}" }}', timeout=0.2).ban("p-1")


@pytest.mark.parametrize("drip", DRIPS)
def test_a_client_that_drips_is_waited_for_so_long_and_no_longer(driver_of, drip):
    with (
        answering(drips(*DRIPS[drip])) as url,
        pytest.raises(DriverProblem, match=r"no answer within 0\.2 s"),
    ):
        driver_of(f'ban = {{ post = "{url}" }}', timeout=0.2).ban("p-1")


def test_an_answer_of_the_driver_is_read_no_further_than_its_bound(driver_of):
    endless = drips(OK + b"\r\n", b" " * 1_000_000)
    with answering(endless) as url, pytest.raises(DriverProblem, match="its answer is longer than 2 MB"):
        driver_of(f'ban = {{ post = "{url}" }}').ban("p-1")


@pytest.fixture
def database(tmp_path):
    path = tmp_path / "client.sqlite"
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE players (id TEXT, balance NUMERIC)")
        rows = [("p-1", "10.5"), ("p-2", 7), ("twice", 1), ("twice", 2), ("x' OR '1'='1", 3)]
        connection.executemany("INSERT INTO players VALUES (?, ?)", rows)
        connection.commit()
    return f"sqlite:///{path}"


def test_a_balance_by_select(driver_of, database):
    sql = f'balance = {{ sql = "SELECT balance FROM players WHERE id = :player", url = "{database}" }}'
    driver = driver_of(sql)
    assert [driver.balance(player) for player in ("p-1", "p-2", "x' OR '1'='1")] == [Decimal("10.5"), 7, 3]
    for player, came in (("nobody", "no row"), ("twice", "several rows")):
        with pytest.raises(DriverProblem, match=came):
            driver.balance(player)


@pytest.mark.parametrize(
    ("sql", "url", "came"),
    [
        ("SELECT balance FROM nowhere", None, "no such table"),
        ("SELECT 1", "nonsense+none://u:hidden@h/d", "unknown or its package"),
        ("SELECT 1", "no address:hidden", "[Pp]arse"),
    ],
)
def test_a_select_that_fails_is_told(driver_of, database, sql, url, came):
    with pytest.raises(DriverProblem, match=came) as caught:
        driver_of(f'balance = {{ sql = "{sql}", url = "{url or database}" }}').balance("p-1")
    assert "hidden" not in str(caught.value)


def test_restart_runs_beside_the_target_file_and_waits_for_the_client(driver_of, tmp_path):
    driver_of('restart = { run = "touch restarted; sleep 300 & echo $! > pid" }').restart()
    assert (tmp_path / "restarted").exists()
    # The process in the background lives on, as a CLIENT would; kill fails where it does not.
    driver_of('restart = { run = "kill $(cat pid)" }').restart()


@pytest.mark.parametrize(
    ("command", "came"), [("echo broken >&2; exit 3", "exit code 3: broken"), ("sleep 300", "within 0.3 s")]
)
def test_a_restart_that_fails_is_told(driver_of, command, came):
    with pytest.raises(DriverProblem, match=came):
        driver_of(f'restart = {{ run = "{command}" }}', restart_timeout=0.3).restart()


def test_a_restart_after_which_nothing_listens_is_told(tmp_path):
    with closing(socket.socket()) as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        target = Target.model_validate(
            {"operator": {"callback_url": url, "security_hash": "x"}, "driver": {"restart": {"run": "true"}}}
        )
        with pytest.raises(DriverProblem, match="nothing listens"):
            Driver(target, restart_timeout=0.2).restart()


PYTHON = """
from decimal import Decimal
class Mine:
    def balance(self, player): return Decimal("1.50") if player == "p-1" else 1 / 0
    def launch(self, player, currency, **rest): return f"http://iframe/{player}/{currency}/{rest['lang']}"
class Empty:
    def balence(self, player): pass
class Raises:
    def __init__(self): raise RuntimeError("no such thing")
"""


def test_a_python_driver_has_the_entries_as_methods(driver_of, tmp_path):
    (tmp_path / "my_driver.py").write_text(PYTHON)
    driver = driver_of('python = "my_driver:Mine"\nban = { post = "SITE/ban/{player}" }')
    assert driver.entries() == ["balance", "ban", "launch"]
    assert (driver.kind("balance"), driver.kind("ban")) == ("python", "http")
    assert driver.balance("p-1") == Decimal("1.50")
    assert driver.launch("p-1", "EUR", "en") == "http://iframe/p-1/EUR/en"
    assert driver.launch_raw("p-1", "EUR", "en")[:2] == (200, b"http://iframe/p-1/EUR/en")
    driver.ban("p-1")
    with pytest.raises(DriverProblem, match="ZeroDivisionError"):
        driver.balance("p-2")


BANS = """
class Mine:
    banned = set()
    def ban(self, player):
        self.banned.add(player)
        if player == "p-1": raise TimeoutError("set, but not told in time")
    def unban(self, player): self.banned.remove(player)
    def balance(self, player): return int(player in self.banned)
"""


def test_a_ban_is_lifted_however_its_block_ends_and_also_where_it_failed(driver_of, tmp_path):
    (tmp_path / "bans_driver.py").write_text(BANS)
    driver = driver_of('python = "bans_driver:Mine"')
    with driver.banned("p-2"):
        assert driver.balance("p-2") == 1
    with pytest.raises(LookupError), driver.banned("p-2"):
        raise LookupError
    with pytest.raises(DriverProblem, match="not told in time"), driver.banned("p-1"):
        raise AssertionError("the block of a ban that failed")
    assert driver.balance("p-1") == driver.balance("p-2") == 0


@pytest.mark.parametrize(
    ("spec", "came", "next_step"),
    [
        ("my_drivr:Mine", "no module my_drivr", "my_drivr.py"),
        ("my_driver:Mind", "no class Mind", "did you mean Mine?"),
        ("my_driver:Empty", "balence", "did you mean balance?"),
        ("my_driver:Raises", "no such thing", "fix"),
        ("my_broken:Mine", "SyntaxError", "fix"),
    ],
)
def test_a_python_driver_that_cannot_be_had_is_told(driver_of, tmp_path, spec, came, next_step):
    (tmp_path / "my_driver.py").write_text(PYTHON)
    (tmp_path / "my_broken.py").write_text("class Mine(")
    with pytest.raises(UsageProblem, match=came) as caught:
        driver_of(f'python = "{spec}"')
    assert next_step in caught.value.next_step
