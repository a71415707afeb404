"""Ctrl-C and SIGTERM in the middle: a report of what ran, no server left, the player's money as found."""

import json
import os
import select
import signal
from pathlib import Path
from xml.etree import ElementTree

import pytest

from tests.support.programs.commanding import PYTEST, started
from tests.support.programs.reference import reference

SIGNALS = [signal.SIGINT, signal.SIGTERM]


def processes_with(text):
    found = []
    for entry in Path("/proc").glob("[0-9]*/cmdline"):
        try:
            line = entry.read_bytes().decode(errors="replace")
        except OSError:
            continue
        if text in line:
            found.append(line.replace("\0", " "))
    return found


def whole_report(folder):
    ElementTree.parse(folder / "junit.xml")
    assert json.loads((folder / "history.har").read_text())["log"]["entries"]
    return json.loads((folder / "report.json").read_text())


def is_running(process):
    """Wait until scenarios are about to run; before, a busy machine may be told that the first wager is waited for."""
    return any(line.startswith("pitboss: ") for line in iter(process.stdout.readline, ""))


@pytest.mark.parametrize("sent", [*SIGNALS, signal.SIGHUP])
def test_check(tmp_path, sent):
    with reference(tmp_path) as client:
        client.target(tmp_path)
        before = {player: client.balance(player) for player in ("p-1", "p-2")}
        with started("check", "--report", "out", "--only", "RES,BET,RBK", cwd=tmp_path) as process:
            assert is_running(process)
            process.send_signal(sent)
            said, wrong = process.communicate(timeout=120)
        assert {player: client.balance(player) for player in before} == before
    assert process.returncode == 4, said + wrong
    assert "Interrupted." in said
    assert "Traceback" not in said + wrong
    report = whole_report(tmp_path / "out")
    assert any(rule["reason"] == "not run: the run was interrupted" for rule in report["rules"])
    assert report["warnings"] == []
    assert report["interrupted"] is True
    assert "Interrupted. " in (tmp_path / "out" / "report.html").read_text()


OWN = """
import threading

import pytest

waiting = threading.Event()

@pytest.mark.rules("RES-01")
def test_own(operator, player, judge):
    balance = judge.fund(player, 700)
    operator.result(player, player.money(1))
    print("PLAYING", flush=True)
    waiting.wait(120)
"""


@pytest.mark.parametrize("sent", SIGNALS)
def test_pytest_puts_players_back_too(tmp_path, sent):
    (tmp_path / "test_own.py").write_text(OWN)
    with reference(tmp_path) as client:
        client.target(tmp_path)
        before = client.balance("p-1")
        options = ("--pitboss", "pitboss.toml", "-s", "--pitboss-report", "out", "test_own.py")
        with started(*options, cwd=tmp_path, program=PYTEST) as process:
            said = ""
            while "PLAYING" not in said:
                line = process.stdout.readline()
                assert line, said + process.stderr.read()
                said += line
            process.send_signal(sent)
            said += process.communicate(timeout=120)[0]
        assert client.balance("p-1") == before
    assert process.returncode == pytest.ExitCode.INTERRUPTED, said
    assert whole_report(tmp_path / "out")["interrupted"] is True


def test_demo(tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    with started("demo", "--report", "out", "--effort", "quick", cwd=tmp_path, TMPDIR=str(folder)) as process:
        assert is_running(process)
        assert processes_with(str(folder)), "the CLIENT runs"
        process.send_signal(signal.SIGTERM)
        said, wrong = process.communicate(timeout=120)
    assert process.returncode == 4, said + wrong
    assert "Interrupted." in said
    assert "Traceback" not in said + wrong
    assert processes_with(str(folder)) == []
    assert list(folder.iterdir()) == []
    whole_report(tmp_path / "out")


def test_demo_that_is_killed_leaves_no_client(tmp_path):
    folder = tmp_path / "temporary"
    folder.mkdir()
    with started("demo", "--effort", "quick", cwd=tmp_path, TMPDIR=str(folder)) as process:
        assert is_running(process)
        handles = [Path(f"/proc/{pid}") for pid in children(process.pid)]
        assert handles
        process.kill()
        process.wait()
        wait_until_gone(handles)


def children(pid):
    return Path(f"/proc/{pid}/task/{pid}/children").read_text().split()


def wait_until_gone(handles):
    for handle in handles:
        try:
            opened = os.pidfd_open(int(handle.name))
        except ProcessLookupError:
            continue
        select.select([opened], [], [])
        os.close(opened)
