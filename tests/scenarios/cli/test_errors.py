"""What a user sees who gets something wrong: three beats, the right exit code, no traceback."""

import io
import signal
from itertools import chain

import pytest

from scenarios.hosting.ports import free_port
from scenarios.problems.errors import UsageProblem
from scenarios.report.files import LAST
from simulators.server.wsgi_server import Server
from tests.support.in_memory.wallets import Wallet, served
from tests.support.programs.commanding import pitboss, target_file, three_beats

QUICK = ("--effort", "quick", "--only", "RES-01")


@pytest.fixture(scope="module")
def client():
    with served(Wallet()) as url:
        yield url


def html(environ, start_response):
    environ["wsgi.input"].read()
    start_response("200 OK", [("Content-Type", "text/html")])
    return [b"<h1>It works</h1>"]


def test_no_target_file(tmp_path):
    error = three_beats(pitboss("check", cwd=tmp_path), 2)
    assert "pitboss.toml" in error
    assert "pitboss init" in error


def test_a_typo_in_a_key(tmp_path, client):
    target_file(tmp_path, client, more="tiemout = 3")
    assert "timeout" in three_beats(pitboss("check", cwd=tmp_path), 2)


def test_a_secret_variable_that_is_unset(tmp_path, client):
    target_file(tmp_path, client, secret="env:NO_SUCH_VARIABLE")
    assert "NO_SUCH_VARIABLE" in three_beats(pitboss("check", cwd=tmp_path), 2)


@pytest.mark.parametrize(
    ("options", "more"), [(("--time-limit", "soon"), ""), ((), '[target]\ntime_limit = "soon"')]
)
def test_a_time_limit_that_is_no_duration(tmp_path, client, options, more):
    target_file(tmp_path, client, more=more)
    error = three_beats(pitboss("check", *QUICK, *options, cwd=tmp_path), 2)
    assert "soon" in error
    assert "90s, 5m or 1h" in error


def test_the_target_is_down(tmp_path):
    target_file(tmp_path, f"http://127.0.0.1:{free_port()}")
    done = pitboss("check", *QUICK, "--report", "out", cwd=tmp_path)
    assert "callback_url" in three_beats(done, 3)
    assert list((tmp_path / "out").iterdir()) == []


def test_the_target_answers_html(tmp_path):
    with Server(html) as server:
        target_file(tmp_path, server.url)
        assert "an HTML page" in three_beats(pitboss("check", *QUICK, cwd=tmp_path), 3)


def test_a_wrong_secret(tmp_path, client):
    target_file(tmp_path, client, secret="another secret")
    error = three_beats(pitboss("check", *QUICK, cwd=tmp_path), 3)
    assert "INVALID_HASH" in error
    assert "security_hash" in error
    assert "another secret" not in error


def test_a_player_whom_the_client_does_not_know(tmp_path, client):
    target_file(tmp_path, client, players=["nobody"])
    error = three_beats(pitboss("check", *QUICK, cwd=tmp_path), 3)
    assert "UNKNOWN_PLAYER" in error
    assert "look whether the CLIENT knows player nobody" in error


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--provider", "operater"], "operator"),
        (["--report", "/dev/null/out"], "--report"),
    ],
)
def test_a_wrong_option(tmp_path, client, options, said):
    target_file(tmp_path, client)
    assert said in three_beats(pitboss("check", *options, cwd=tmp_path), 2)


def test_the_port_of_the_operators_api_is_taken(tmp_path):
    wallet = Wallet()
    with served(wallet) as url, Server(html) as other:
        path = target_file(tmp_path, url, more=f'listen = "127.0.0.1:{other.port}"')
        path.write_text(path.read_text() + f'[driver]\nlaunch = {{ post = "{url}/launch", read = "url" }}\n')
        error = three_beats(pitboss("check", "--only", "OUT", cwd=tmp_path), 2)
    assert f"port {other.port}" in error
    assert "listen" in error
    assert wallet.entries == {}, "nothing was sent before"


PORTS = ("operator", "jackpot", "checkout", "console")


@pytest.mark.parametrize("taken", PORTS)
def test_serve_on_a_port_that_is_taken(taken, tmp_path):
    with Server(html) as other:
        before = signal.getsignal(signal.SIGINT)
        ports = [(f"--{one}-port", other.port if one == taken else 0) for one in PORTS]
        error = three_beats(pitboss("serve", *chain(*ports), cwd=tmp_path), 2)
    assert f"--{taken}-port" in error
    assert signal.getsignal(signal.SIGINT) is before, "whoever goes on hears of Ctrl-C as before"


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--host", "203.0.113.1"], "--host"),
        (["--history", "/dev/null/x"], "--history"),
        (["--public-url", "staging.example.com/play"], "--public-url"),
        (["--jackpot-public-url", "https://staging.example.com/jackpot?x=1"], "--jackpot-public-url"),
        (["--checkout-public-url", "https://:8443/checkout"], "--checkout-public-url"),
        (["--console-public-url", "ftp://staging.example.com"], "--console-public-url"),
    ],
)
def test_serve_with_a_wrong_option(tmp_path, options, said):
    assert said in three_beats(
        pitboss("serve", "--console-port", "0", "--operator-port", "0", *options, cwd=tmp_path), 2
    )


def test_a_mutant_that_does_not_exist(tmp_path):
    assert "--mutant" in three_beats(pitboss("demo", "--mutant", "nobody", cwd=tmp_path), 2)


def test_replay_of_what_is_no_report(tmp_path, client):
    target_file(tmp_path, client)
    (tmp_path / "report.json").write_text("[]")
    assert "no report" in three_beats(pitboss("replay", "report.json", cwd=tmp_path), 2)
    assert "cannot be read" in three_beats(pitboss("replay", "none.json", cwd=tmp_path), 2)


@pytest.mark.parametrize(
    "command", [("report",), ("replay", LAST), ("diff", LAST, LAST), ("check", "--last-failed")]
)
def test_a_report_that_is_half_written(tmp_path, client, command):
    target_file(tmp_path, client)
    (tmp_path / LAST).mkdir(parents=True)
    (tmp_path / LAST / "report.json").write_text('{"version": 1, "rules": [{"id": "RBK-0')
    error = three_beats(pitboss(*command, cwd=tmp_path), 2)
    assert "report.json is no report of pitboss" in error
    assert "run pitboss check once more" in error


@pytest.mark.parametrize("command", ["demo", "client"])
def test_two_mutants_at_once(tmp_path, command):
    given = ("--mutant", "rollback-half", "--mutant", "rollback-again")
    error = three_beats(pitboss(command, *given, cwd=tmp_path), 2)
    assert "rollback-half and rollback-again" in error


def test_an_error_wraps_on_a_terminal_and_stays_three_lines_elsewhere(monkeypatch):
    class Terminal(io.StringIO):
        def isatty(self):
            return True

    monkeypatch.setenv("COLUMNS", "60")
    terminal, pipe = Terminal(), io.StringIO()
    problem = UsageProblem("a " * 40, "b " * 40, "c " * 40)
    problem.show(terminal)
    problem.show(pipe)
    starts = [line[:13] for line in terminal.getvalue().splitlines()]
    assert starts == [
        "pitboss: a a ",
        "         a a ",
        "  expected: b",
        "            b",
        "  next step: ",
        "             ",
    ]
    assert max(map(len, terminal.getvalue().splitlines())) <= 60
    assert len(pipe.getvalue().splitlines()) == 3
