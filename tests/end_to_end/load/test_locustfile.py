"""The locustfile as users run it, against the reference CLIENT: plain, distributed, over TLS, with Jackpot beside."""

import json
import ssl
import subprocess
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests

from scenarios.hosting.ports import free_port
from tests.support.programs.commanding import SECRET, environment, run_program, target_file, three_beats
from tests.support.programs.load_runs import ONE_AT_A_TIME
from tests.support.programs.locust_runs import command, meeting, row, run
from tests.support.programs.reference import HASH, converting_reference, reference
from tests.support.servers.racing_certificate import certificate
from tests.support.sportsbook_messages import parse

pytestmark = pytest.mark.timeout(480, func_only=True)
BUSY = ["--copies=0.3", "--races=0.2", "--orphans=0.2", "--cuts=0.1", "--forgeries=0.1", "--voids=0.3"]
ROWS = [
    "bet",
    "win",
    "loss",
    "void",
    "cash-out",
    "copy",
    "copies at once",
    "orphan",
    "late bet",
    "with a fault",
    "two voids at once",
    "orphan and bet at once",
]


@pytest.fixture
def client(tmp_path):
    with reference(tmp_path) as served:
        yield served


@ONE_AT_A_TIME
def test_all_kinds_of_traffic_arrive_and_the_audit_is_clean(client, tmp_path):
    client.target(tmp_path)
    done = run("-u", 6, "-r", 6, *BUSY, cwd=tmp_path, requests=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "audit: clean" in done.stdout
    for name in [*ROWS, "rollback", "bad signature"]:
        count, failed = row(done, name)
        assert count > 0, name
        assert failed == 0, done.stdout
    assert HASH not in done.stdout + done.stderr


@ONE_AT_A_TIME
def test_a_host_is_enough_beside_the_secret_in_the_environment(client, tmp_path):
    done = run("-u", 2, "--host", f"{client.url}/operator", cwd=tmp_path, requests=50, SECURITY_HASH=HASH)
    assert done.returncode == 0, done.stderr
    assert row(done, "bet")[0] > 0


@ONE_AT_A_TIME
def test_a_round_that_fails_here_leaves_the_run_undecided(client, tmp_path):
    client.target(tmp_path)
    file = tmp_path / "failing.py"
    file.write_text(
        "from locust import task\n"
        "from loadtests.locustfile import Bettor\n\n\n"
        "class Failing(Bettor):\n"
        "    @task\n"
        "    def fail(self):\n"
        "        raise KeyError('odd')\n"
    )
    locust = [sys.executable, "-m", "locust", "-f", file, "Failing", "--headless", "--report", "out"]
    words = ["-u", 2, "-r", 2, "--requests", 50, "--processes", 2, *meeting()]
    done = subprocess.run(
        list(map(str, [*locust, *words])),
        cwd=tmp_path,
        env=environment(),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 4, done.stdout + done.stderr
    (failed,) = json.loads((tmp_path / "out" / "report.json").read_text())["audit"]["failed_rounds"]
    assert failed["count"] > 1
    assert f"{failed['count']} rounds failed in the generator itself: 'odd'" in done.stdout


@ONE_AT_A_TIME
def test_on_match_day_bets_come_before_results(client, tmp_path):
    client.target(tmp_path)
    done = run(
        "-u",
        2,
        "-r",
        2,
        "--shape=match-day",
        "--match-seconds=2",
        "--match-bets=3",
        cwd=tmp_path,
        requests=30,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    settled = sum(row(done, name)[0] for name in ("win", "loss", "void", "cash-out"))
    assert 0 < settled <= row(done, "bet")[0] + row(done, "with a fault")[0]


@ONE_AT_A_TIME
def test_conversions_move_money_on_the_same_wallets(tmp_path):
    with converting_reference(tmp_path) as (client, port):
        client.target(tmp_path, more=client.converting(port))
        done = run(
            "-u",
            4,
            "-r",
            4,
            # Few enough for a machine that has much else to do: they begin whether or not the CLIENT keeps up.
            "--conversions=2",
            "--copies=0.5",
            "--pause=0.2",
            "--processes",
            2,
            cwd=tmp_path,
            requests=400,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert row(done, "conversion")[0] > 0
    assert row(done, "coupon/ready")[0] > 0
    assert row(done, "conversion")[1] == row(done, "coupon/ready")[1] == 0


def test_what_cannot_be_is_told_in_three_beats_before_anything_is_sent(tmp_path):
    target_file(tmp_path, "http://127.0.0.1:9/operator")
    done = run("--copies=2", cwd=tmp_path)
    # Before it stands what Locust says of itself.
    done.stderr = done.stderr[done.stderr.index("pitboss: ") :]
    assert "--copies is 2" in three_beats(done, 2)
    assert SECRET not in done.stderr


def test_options_are_in_help_and_no_secret_is(tmp_path):
    done = run_program(sys.executable, "-m", "loadtests", "--help", cwd=tmp_path, SECURITY_HASH=HASH)
    assert done.returncode == 0, done.stderr
    for option in (
        "--copies",
        "--orphans",
        "--late-bets",
        "--cuts",
        "--forgeries",
        "--shape",
        "--conversions",
        "--host",
    ):
        assert option in done.stdout
    assert HASH not in done.stdout


class _Page:
    """Locust's web page, started."""

    def __init__(self, folder):
        self.url = f"http://127.0.0.1:{(port := free_port())}"
        words = [each for each in command() if each not in ("--headless", "--only-summary")]
        self.process = subprocess.Popen(
            [*words, "--web-host=127.0.0.1", f"--web-port={port}"],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def __enter__(self):
        # Its last word before it serves.
        for line in self.process.stderr:
            if "Starting web interface" in line:
                break
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate()

    def arguments(self):
        retry = requests.adapters.HTTPAdapter(
            max_retries=requests.adapters.Retry(connect=20, backoff_factor=0.05)
        )
        with requests.Session() as session:
            session.mount("http://", retry)
            return session.get(self.url, timeout=30).text


def test_the_web_form_has_our_options_and_no_secret(client, tmp_path):
    client.target(tmp_path)
    with _Page(tmp_path) as page:
        text = page.arguments()
    for option in ("copies", "race_width", "late_bets", "least_stake", "p99_limit"):
        assert f'"{option}"' in text
    assert '"shape": {' not in text
    assert HASH not in text


class _Wallet(BaseHTTPRequestHandler):
    """Accepts everything; counts what came."""

    protocol_version = "HTTP/1.1"
    seen = 0

    def do_POST(self):
        type(self).seen += 1
        message = parse(self.rfile.read(int(self.headers["Content-Length"])))
        body = json.dumps({"error": None, "transaction_id": f"c-{message.id}"}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        """Say nothing."""


@pytest.fixture
def secure_wallet(tmp_path):
    _Wallet.seen = 0
    server = ThreadingHTTPServer(("127.0.0.1", 0), _Wallet)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate(tmp_path))
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"https://127.0.0.1:{server.server_port}/operator"
    server.shutdown()
    thread.join()
    server.server_close()


@ONE_AT_A_TIME
def test_https_is_verified(secure_wallet, tmp_path):
    target_file(tmp_path, secure_wallet)
    quiet = ["-u", 1, "--opening=100", "--drain-time=1", "--audit-time=1", "--forgeries=0"]
    done = run(*quiet, "--races=0.5", "--cuts=0.5", cwd=tmp_path, requests=4)
    assert done.returncode in (1, 4)
    assert "certificate" in done.stderr
    assert _Wallet.seen == 0
    target_file(tmp_path, secure_wallet, more='ca_file = "wallet.pem"')
    done = run(*quiet, "--races=0.3", "--cuts=0.3", cwd=tmp_path, requests=60)
    assert _Wallet.seen > 0
    assert [row(done, name)[1] for name in ("bet", "copies at once", "with a fault", "copy")] == [0, 0, 0, 0]
