"""``pitboss load`` as a user types it: manners, mistakes reported in three beats, exit codes."""

import os
import socket
import sys

import pytest
from click.testing import CliRunner

from loadtests import command as front
from scenarios.hosting.ports import free_port
from scenarios.problems.errors import UsageProblem
from tests.support.programs.commanding import PITBOSS, run_program, target_file, three_beats
from tests.support.programs.load_runs import ONE_AT_A_TIME
from tests.support.programs.reference import reference

pytestmark = pytest.mark.timeout(480, func_only=True)
PLAYERS = ("p-1", "p-2", "p-3")


@ONE_AT_A_TIME
def test_money_that_is_not_there_ends_with_1_and_modules_of_our_names_are_no_trap(tmp_path):
    for name in ("loadtests.py", "locust.py", "scenarios.py"):
        (tmp_path / name).write_text("raise SystemExit('the wrong module')\n")
    with reference(tmp_path) as client:
        client.target(tmp_path, players=PLAYERS)
        done = run_program(PITBOSS, "load", "-u", 3, "-t", "1s", "--opening", "100.01", cwd=tmp_path)
    assert done.returncode == 1, done.stdout + done.stderr
    assert "0.01 EUR too little" in done.stdout
    assert "the wrong module" not in done.stdout + done.stderr


def test_nobody_there_ends_with_3(tmp_path):
    target_file(tmp_path, f"http://127.0.0.1:{free_port()}/operator")
    error = three_beats(run_program(PITBOSS, "load", cwd=tmp_path), 3)
    assert "connection refused" in error


def test_a_refused_first_wager_ends_with_3(tmp_path):
    with reference(tmp_path) as client:
        client.target(tmp_path, players=("nobody",))
        error = three_beats(run_program(PITBOSS, "load", cwd=tmp_path), 3)
    assert "for nobody" in error
    assert "look whether the CLIENT knows player nobody" in error


# One that each part of the program tells; all of them: tests/loadtests/traffic/test_options.py.
MISTAKES = [
    (("--players", "load"), "--player-count"),
    (("--opening", "much"), "--opening"),
    (("--audit-sample", -1), "--audit-sample"),
    (("--requests", -1), "--requests"),
    (("--report", "/dev/null/x"), "--report"),
]


def test_mistakes_end_with_2(tmp_path):
    with reference(tmp_path) as client:
        client.target(tmp_path)
        for options, words in MISTAKES:
            done = run_program(PITBOSS, "load", *options, cwd=tmp_path)
            assert done.returncode == 2, done.stdout + done.stderr
            assert words in done.stderr
            assert "expected: " in done.stderr
            assert "Traceback" not in done.stderr


def test_another_machine_is_told_first_what_would_be_sent(tmp_path):
    # An address of the documentation, to which nothing is sent.
    target_file(tmp_path, "http://192.0.2.7:8710/operator", players=PLAYERS)
    done = run_program(PITBOSS, "load", "-u", 70, "-t", "9m", "--pause", "0.5", cwd=tmp_path)
    error = three_beats(done, 2)
    for part in ("192.0.2.7", "70 users", "9m", "3 players (p-1 .. p-3)", "0.5 s between", "--yes"):
        assert part in error


@pytest.mark.parametrize(
    ("url", "here"),
    [
        ("http://127.0.0.1:1/x", True),
        ("https://localhost", True),
        ("http://[::1]:8710/operator", True),
        ("http://127.8.9.1", True),
        ("http://192.0.2.7", False),
        ("http://0.0.0.0:8710", False),
        ("http://nowhere.invalid", False),
    ],
)
def test_what_is_this_machine(url, here):
    assert front.is_loopback(url) is here


def test_a_name_that_also_leads_elsewhere_is_not_this_machine(monkeypatch):
    both = [(0, 0, 0, "", (address, 0)) for address in ("127.0.0.1", "192.0.2.7")]
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_: both)
    assert not front.is_loopback("http://client.example")


@pytest.fixture
def become(monkeypatch):
    """What Locust would be told, in place of becoming it."""
    reported = []
    monkeypatch.setattr(front, "become_locust", reported.append)
    monkeypatch.setattr(front, "reach", lambda *_: None)
    return reported


def start(*options):
    done = CliRunner().invoke(front.command, options, standalone_mode=False)
    if done.exception is not None:
        raise done.exception


def valued(arguments, name):
    return arguments[arguments.index(name) + 1]


def test_defaults_are_a_minute_of_a_few_users_on_this_machine(become, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start()
    (reported,) = become
    assert (
        valued(reported, "--users"),
        valued(reported, "--spawn-rate"),
        valued(reported, "--run-time"),
    ) == (
        "20",
        "2",
        "60s",
    )
    assert valued(reported, "--host") == "http://127.0.0.1:8710/operator"
    assert "--headless" in reported


def test_a_run_of_so_many_requests_has_no_time_unless_it_is_given_one(become, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start("--requests", "900")
    start("-n", "900", "-t", "5m")
    first, second = become
    assert valued(first, "--requests") == valued(second, "--requests") == "900"
    assert "--run-time" not in first
    assert valued(second, "--run-time") == "5m"
    with pytest.raises(UsageProblem, match=r"20 users at the same time, for 1,234 requests, "):
        start("--host", "http://192.0.2.7", "-n", "1234")


def test_workers_meet_on_this_machine_at_a_port_of_their_own(become, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start("--processes", "2")
    start("--processes", "2", "--master-bind-host", "10.0.0.1", "--master-bind-port", "6000")
    start("--master", "--expect-workers", "3")
    first, second, third = become
    assert valued(first, "--master-bind-host") == "127.0.0.1"
    assert valued(first, "--master-bind-port") == valued(first, "--master-port") != "5557"
    assert second.count("--master-bind-host") == second.count("--master-bind-port") == 1
    assert (valued(third, "--master-bind-host"), valued(third, "--expect-workers")) == ("127.0.0.1", "3")


def test_options_of_locust_go_through(become, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start("--web", "--csv", "out", "--exit-code-on-error=5", "--shape", "ramp", "-L", "DEBUG")
    (reported,) = become
    assert valued(reported, "--web-host") == "127.0.0.1"
    assert "--headless" not in reported
    assert "--run-time" not in reported
    assert reported.count("--exit-code-on-error=5") == 1
    assert "--exit-code-on-error" not in reported
    assert (valued(reported, "--csv"), valued(reported, "-L")) == ("out", "DEBUG")


def test_a_worker_is_told_whom_to_serve_and_nothing_else(become, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    start("--worker", "--master-host", "10.0.0.1", "--processes", "8")
    assert become[0][0] == "--worker"
    assert valued(become[0], "--master-host") == "10.0.0.1"
    assert valued(become[0], "--processes") == "8"
    assert "--users" not in become[0]


def test_yes_lets_another_machine_be_loaded(become, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(UsageProblem, match="not on this machine"):
        start("--host", "http://192.0.2.7")
    start("--host", "http://192.0.2.7", "--yes")
    assert valued(become[0], "--host") == "http://192.0.2.7"


def test_load_in_the_background_of_a_terminal_listens_to_no_keys(monkeypatch):
    terminal, keyboard = os.openpty()
    with os.fdopen(keyboard, "r") as stdin, os.fdopen(terminal, "r"):
        assert os.isatty(stdin.fileno())
        monkeypatch.setattr(sys, "stdin", stdin)
        # Another job of the shell is in front.
        monkeypatch.setattr(os, "tcgetpgrp", lambda _: os.getpgrp() + 1)
        became = []
        monkeypatch.setattr(os, "execv", lambda *reported: became.append(reported))
        front.become_locust(["--users", "1"])
        assert not os.isatty(stdin.fileno())
    assert became[0][1][-2:] == ["--users", "1"]
