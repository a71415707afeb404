"""The reference CLIENT as a process: killed, restarted, left alone; and its command line."""

import os
import select
import signal
import socket
import subprocess
import sys
import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
import requests
import sqlalchemy as sa
from click.testing import CliRunner

from client_under_test.cli import client as command
from client_under_test.database import Database
from client_under_test.schema import players
from client_under_test.wallet.accounts import Accounts
from tests.support.client_calls import SECRET, message, post, rollback

ENVIRONMENT = {**os.environ, "SECURITY_HASH": SECRET}


class Served:
    """The CLIENT in a process group of its own, with a pipe that closes when its last process is gone."""

    def __init__(self, database, *options):
        self.alive, write = os.pipe()
        arguments = [
            sys.executable,
            "-m",
            "client_under_test",
            "--port",
            "0",
            "--database",
            str(database),
            *options,
        ]
        self.process = subprocess.Popen(
            arguments,
            env=ENVIRONMENT,
            stdout=subprocess.PIPE,
            text=True,
            start_new_session=True,
            pass_fds=[write],
        )
        os.close(write)
        line = self.process.stdout.readline()
        assert line.startswith("the CLIENT listens at http://127.0.0.1:"), line
        self.address = line.split()[-1]

    def end(self, number=signal.SIGKILL):
        os.killpg(self.process.pid, number)
        self.process.wait(20)
        self.process.stdout.close()
        gone(self.alive)


def gone(pipe):
    """Wait until every process that held the other end of ``pipe`` has ended."""
    assert select.select([pipe], [], [], 20)[0], "a process outlives its server"
    assert os.read(pipe, 1) == b""
    os.close(pipe)


@pytest.fixture(params=["sqlite", "postgresql"])
def where(request, tmp_path):
    if request.param == "sqlite":
        return tmp_path / "client.sqlite", ()
    return request.getfixturevalue("postgres_url"), ("--processes", "2")


def test_kills_during_traffic_lose_nothing_and_repeat_nothing(where):
    database, options = where
    pending = [message("result" if number % 2 else "bet", 1) for number in range(200)]
    answers = {}
    for _ in range(4):
        served = Served(database, *options)
        enough = threading.Semaphore(0)

        def send(document, served=served, enough=enough):
            try:
                answer = post(served.address, document)
            except requests.RequestException:
                return
            earlier = answers.setdefault(document["transaction_id"], answer)
            assert earlier == answer
            enough.release()

        with ThreadPoolExecutor(8) as pool:
            # From the front, so that many of them are copies of what was answered before the kill.
            sending = [pool.submit(send, document) for document in pending]
            for _ in range(60):
                assert enough.acquire(timeout=20)
            os.killpg(served.process.pid, signal.SIGKILL)
            for one in sending:
                one.result()
        served.end()
    served = Served(database, *options)
    for document in pending:
        answer = post(served.address, document)
        assert answer["error"] is None
        assert answers.setdefault(document["transaction_id"], answer) == answer
    assert requests.get(f"{served.address}/players/p-1/balance", timeout=20).json()["balance"] == "100.00"
    served.end()
    books = Database(str(database))
    assert Accounts(books).recompute() == []
    books.close()


def test_workers_share_one_ledger(where):
    database, _ = where
    served = Served(database, "--processes", "2")
    bet = message("bet", 10)
    start = threading.Barrier(8)

    def send(document):
        start.wait()
        return post(served.address, document)

    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(send, [bet] * 8))
        assert {answer["error"] for answer in answers} == {None}
        assert len({answer["transaction_id"] for answer in answers}) == 1
        list(pool.map(send, [rollback(bet["transaction_id"], 10) for _ in range(8)]))
    assert requests.get(f"{served.address}/players/p-1/balance", timeout=20).json()["balance"] == "100.00"
    served.end(signal.SIGTERM)


@pytest.mark.parametrize("options", [(), ("--mutant", "bet-overdraft")])
def test_server_ends_with_the_process_that_started_it(options):
    read, write = os.pipe()
    starter = subprocess.Popen(
        [
            sys.executable,
            "-c",
            "import subprocess, sys, time\n"
            "subprocess.Popen([sys.executable, '-m', 'client_under_test', '--port', '0', *sys.argv[2:]], "
            "pass_fds=[int(sys.argv[1])])\n"
            "time.sleep(600)",
            str(write),
            *options,
        ],
        stdout=subprocess.PIPE,
        text=True,
        pass_fds=[write],
    )
    os.close(write)
    assert "listens" in starter.stdout.readline()
    starter.kill()
    starter.wait()
    starter.stdout.close()
    gone(read)


def test_huge_body_is_refused_and_the_server_goes_on(tmp_path):
    served = Served(tmp_path / "client.sqlite")
    with requests.Session() as session:
        huge = {**message("bet", 1), "padding": "x" * 1_000_000}
        assert post(served.address, huge, session) == {"error": "BODY_TOO_LARGE"}
        assert post(served.address, message("bet", 1), session)["error"] is None
    served.end()


@pytest.mark.parametrize(
    ("allowed", "error"), [("127.0.0.0/8", None), ("54.151.247.5", "ADDRESS_NOT_ALLOWED")]
)
def test_callbacks_are_taken_from_allowed_addresses_only(tmp_path, allowed, error):
    served = Served(tmp_path / "client.sqlite", "--operator-address", allowed)
    assert post(served.address, message("bet", 1))["error"] == error
    served.end()


def test_port_that_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = str(taken.getsockname()[1])
        ran = CliRunner().invoke(
            command, ["--port", port, "--detached", "--database", str(tmp_path / "x.sqlite")]
        )
    assert ran.exit_code == 2
    assert "cannot be listened on" in ran.output
    assert "--port" in ran.output


@pytest.mark.parametrize(
    ("options", "code", "words"),
    [
        (["--database", "/nowhere/at/all.sqlite"], 3, "does not open"),
        (["--database", "postgresql://u:hush@127.0.0.1:9/x"], 3, "does not open"),
        (["--database", "://"], 3, "neither a file nor a URL"),
        (["--balance", "0.001"], 2, "cannot be opened with"),
        (["--currency", "XXL"], 2, "cannot be opened with"),
        (["--balance", "much"], 2, "is not a decimal"),
        (["--mutant", "bet-overdraf"], 2, "did you mean bet-overdraft"),
        (["--recompute"], 2, "--recompute needs --database"),
    ],
)
def test_bad_options_are_explained(options, code, words):
    ran = CliRunner().invoke(command, [*options, "--detached", "--port", "0"])
    assert ran.exit_code == code, ran.output
    assert words in " ".join(ran.output.split())
    assert "hush" not in ran.output


def test_recompute_tells_sound_books_from_others(tmp_path):
    file = tmp_path / "client.sqlite"
    served = Served(file)
    post(served.address, message("bet", 1))
    served.end(signal.SIGINT)
    ran = CliRunner().invoke(command, ["--recompute", "--database", str(file)])
    assert (ran.exit_code, ran.output) == (0, "balances that differ from their postings: 0\n")
    books = Database(str(file))
    with books.write() as connection:
        connection.execute(sa.update(players).where(players.c.id == "p-2").values(balance=1))
    books.close()
    ran = CliRunner().invoke(command, ["--recompute", "--database", str(file)])
    assert ran.exit_code == 1
    assert "p-2: the balance is 0.01 EUR, its postings sum to 100.00" in ran.output
