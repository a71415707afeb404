"""``pitboss init``."""

import signal

import pytest
from click.testing import CliRunner

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.server import threaded
from scenarios.cli.commands.init import command
from scenarios.target.demo import DEMO_SECURITY_HASH
from scenarios.target.loading import load
from tests.support.programs.commanding import pitboss, serving, three_beats


@pytest.fixture
def here(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def run(*arguments):
    return CliRunner().invoke(command, arguments)


def test_the_file_is_written_and_can_be_read(here):
    result = run()
    assert result.exit_code == 0
    assert "pitboss doctor" in result.output
    assert load(None, {"SECURITY_HASH": "x"}).need_operator()


def test_a_file_that_is_there_is_kept_unless_forced(here):
    (here / "mine.toml").write_text("mine")
    result = run("--output", "mine.toml")
    assert result.exit_code == 2
    assert "--force" in result.output
    assert (here / "mine.toml").read_text() == "mine"
    assert run("--output", "mine.toml", "--force").exit_code == 0
    assert "[operator]" in (here / "mine.toml").read_text()


def test_a_directory_that_is_not_there_is_told(here):
    result = run("--output", "no/where.toml")
    assert result.exit_code == 2
    assert "cannot be written" in result.output
    assert "Traceback" not in result.output


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    """Commands in a folder in which `pitboss init` was run and nothing was filled in, beside a `pitboss client`."""
    folder = tmp_path_factory.mktemp("fresh")
    app = create_app(Config(security_hash=DEMO_SECURITY_HASH, database=str(folder / "client.sqlite")))
    with threaded(app) as url:
        text = run_in(folder, "init").stdout
        assert "pitboss doctor" in text
        moved = (folder / "pitboss.toml").read_text().replace("http://127.0.0.1:8710", url)
        (folder / "pitboss.toml").write_text(moved)
        yield folder
    app.extensions["database"].close()


def run_in(folder, *arguments):
    return pitboss(*arguments, cwd=folder)


def test_what_is_missing_is_made_up_for_trigger_and_said(fresh):
    done = run_in(fresh, "trigger", "bet", "--amount", "1")
    assert done.returncode == 0, done.stderr
    assert done.stderr.count("note: ") == 1
    assert "[operator] security_hash: the variable SECURITY_HASH is unset" in done.stderr
    assert DEMO_SECURITY_HASH not in done.stdout + done.stderr
    decided = run_in(fresh, "trigger", "decision", "--curl")
    assert "note: [checkout] is not there" in decided.stderr
    assert "approval: POST" in decided.stdout


@pytest.mark.parametrize(
    ("options", "section"),
    [(["--amount", "40"], "jackpot"), (["--before", "1", "--tax", "0", "--reference", "v"], "checkout")],
)
def test_what_is_missing_is_made_up_for_token_and_said(fresh, options, section):
    signed = run_in(fresh, "token", "sign", *options)
    assert f"note: [{section}] is not there" in signed.stderr
    (fresh / "token.txt").write_text(signed.stdout)
    assert run_in(fresh, "token", "verify", "token.txt").returncode == 0


def test_what_is_missing_is_made_up_for_serve_and_said(fresh):
    with serving("--console-port", 0, "--operator-port", 0, cwd=fresh) as (process, said):
        assert "CLIENT_USERNAME client" in said
        process.send_signal(signal.SIGINT)
        _, reported = process.communicate(timeout=60)
    assert process.returncode == 0, reported
    assert "[operator] has no username and no password" in reported
    assert "SECURITY_HASH is unset" in reported


@pytest.mark.parametrize("judging", ["check", "load"])
def test_what_judges_makes_nothing_up(fresh, judging):
    assert "SECURITY_HASH is unset" in three_beats(run_in(fresh, judging), 2)
