"""``pitboss trigger`` and ``serve`` against the reference CLIENT, and ``replay``, as a user runs them."""

import json
import os
import re
import select
import signal
import subprocess
import sys
from decimal import Decimal

import pytest
import requests

from scenarios.hosting.ports import free_port
from simulators.transport.faults.table import FAULTS
from tests.support.in_memory.faulty_wallets import PaysOrphans
from tests.support.in_memory.wallets import Wallet, served
from tests.support.programs.commanding import PITBOSS, environment, pitboss, started, target_file, three_beats
from tests.support.programs.reference import HASH, PASSWORD, reference


@pytest.fixture(scope="module")
def client(tmp_path_factory):
    with reference(tmp_path_factory.mktemp("client")) as running:
        yield running


@pytest.fixture
def moved(client, tmp_path):
    """Runs trigger; returns the finished process and what the balance of p-1 moved by."""
    client.target(tmp_path)

    def run(*arguments):
        before = client.balance()
        done = pitboss("trigger", *arguments, cwd=tmp_path)
        assert HASH not in done.stdout + done.stderr
        return done, client.balance() - before

    return run


def test_each_event_does_what_it_says(moved):
    done, by = moved("bet", "--amount", "10.50", "--id", "t-1", "--copies", "2")
    assert (done.returncode, by) == (0, Decimal("-10.50"))
    assert done.stdout.count("copy of bet: POST") == 2
    assert moved("rollback", "--of", "t-1", "--amount", "10.50")[1] == Decimal("10.50")
    assert moved("result", "--amount", "7")[1] == 7
    assert moved("orphan", "--amount", "5")[1] == 0
    done, by = moved("bet", "--amount", "100000")
    assert (done.returncode, by) == (1, 0)
    assert "INSUFFICIENT_FUNDS" in done.stdout


def test_faults_act_and_are_told(moved):
    done, by = moved("bet", "--amount", "1", "--fault", "answer-lost:after=20ms", "--copies", "1")
    assert (done.returncode, by) == (0, -1)
    assert "fault     " in done.stdout
    assert "outcome   unknown" in done.stdout
    done, by = moved(
        "result", "--amount", "1", "--fault", "copies:n=3", "--fault", "slow-body:chunk=64,pause=1ms"
    )
    assert (done.returncode, by) == (0, 1)


def test_a_race_of_copies_has_one_effect(moved):
    done, by = moved("bet", "--amount", "1", "--together", "6", "--curl")
    assert (done.returncode, by) == (0, -1)
    assert done.stdout.count("race of 6") == 6
    assert done.stdout.count("curl ") == 6


@pytest.mark.parametrize(
    ("options", "said"),
    [
        (["--fault", "copies:n=many"], "'many'"),
        (["--fault", "client-killed"], "restart"),
        (["--fault", "copies", "--together", "3"], "--together"),
        (["--currency", "EUO"], "EUO"),
    ],
)
def test_a_wrong_option(moved, options, said):
    done, by = moved("bet", "--amount", "1", *options)
    assert said in three_beats(done, 2)
    assert by == 0


def test_the_help_lists_every_fault(tmp_path):
    text = pitboss("trigger", "bet", "--help", cwd=tmp_path).stdout
    for name, kind in FAULTS.items():
        assert f"{name}: {kind.summary}" in text


def test_an_amount_that_is_none(moved):
    done, _ = moved("bet", "--amount", "ten")
    assert done.returncode == 2
    assert "10.50" in done.stderr


def test_serve_launch_bet_and_history(tmp_path):
    port = free_port()
    with reference(tmp_path, operator_api_url=f"http://127.0.0.1:{port}") as client:
        client.target(tmp_path)
        before = client.balance()
        with started(
            "serve", "--console-port", 0, "--operator-port", port, "--history", "seen.jsonl", cwd=tmp_path
        ) as process:
            head = [process.stdout.readline() for _ in range(5)]
            play(client)
            assert client.balance() == before - Decimal("2.50")
            lines = [json.loads(line) for line in (tmp_path / "seen.jsonl").read_text().splitlines()]
            assert [(one["kind"], one["event"]) for one in lines][-2:] == [
                ("bet", "invoked"),
                ("bet", "completed"),
            ]
            process.send_signal(signal.SIGINT)
            said, wrong = process.communicate(timeout=60)
        assert process.returncode == 0, said + wrong
        assert "Traceback" not in wrong
    har = json.loads((tmp_path / "seen.jsonl.har").read_text())
    assert len(har["log"]["entries"]) == 3
    written = (tmp_path / "seen.jsonl").read_text() + json.dumps(har) + "".join(head) + said
    assert HASH not in written
    assert PASSWORD not in written


def play(client):
    """Launch through the CLIENT and place a bet on the page as a browser does."""
    session = requests.Session()
    launch = {"user_id": "p-1", "currency": "EUR", "lang": "en"}
    url = session.post(f"{client.url}/sportsbook/launch", json=launch, timeout=60).json()["url"]
    page = session.get(url, timeout=60).text
    form = {
        "form_token": re.search(r'name="form_token" value="([^"]+)"', page)[1],
        "selection": re.search(r'name="selection" value="([^"]+)"', page)[1],
        "stake": "2.50",
    }
    assert session.post(f"{url}/bets", data=form, timeout=60).status_code == 200


def test_serve_ends_with_its_parent(tmp_path):
    with reference(tmp_path) as client:
        client.target(tmp_path)
        parent = subprocess.Popen(
            [
                sys.executable,
                "-c",
                "import subprocess, sys\n"
                f"child = subprocess.Popen([{PITBOSS!r}, 'serve', '--console-port', '0', '--operator-port', '0'])\n"
                "print(child.pid, flush=True)\nsys.stdin.read()\n",
            ],
            cwd=tmp_path,
            env=environment(PYTHONUNBUFFERED="1"),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        child = os.pidfd_open(int(parent.stdout.readline()))
        assert parent.stdout.readline().startswith("OPERATOR")
        parent.kill()
        parent.communicate()
        select.select([child], [], [])  # until the child has ended
        os.close(child)


def test_replay_fails_again_and_holds_when_mended(tmp_path):
    broken, fixed = tmp_path / "broken", tmp_path / "fixed"
    for folder in (broken, fixed):
        folder.mkdir()
    with served(PaysOrphans()) as wrong, served(Wallet()) as right:
        target_file(broken, wrong)
        target_file(fixed, right)
        options = ("--effort", "quick", "--seed", "7", "--only", "INV-01", "--report", "out")
        first = pitboss("check", *options, cwd=broken)
        assert first.returncode == 1, first.stdout
        for file in ("out/report.json", "out", "out/failures/INV-01.json"):
            assert pitboss("replay", broken / file, cwd=broken).returncode == 1, file
            done = pitboss("replay", broken / file, cwd=fixed)
            assert done.returncode == 0, done.stdout + done.stderr
