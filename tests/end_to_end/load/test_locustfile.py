"""The locustfile as users run it, against the reference CLIENT: plain and over TLS."""

import json
import sys

import pytest

from tests.support.programs.commanding import SECRET, run_program, target_file, three_beats
from tests.support.programs.load_runs import ONE_AT_A_TIME
from tests.support.programs.locust_runs import row, run
from tests.support.programs.reference import HASH, reference
from tests.support.servers.scripted_server import answer, over_tls
from tests.support.sportsbook_messages import parse

pytestmark = pytest.mark.timeout(480, func_only=True)


@pytest.fixture
def client(tmp_path):
    with reference(tmp_path) as served:
        yield served


@ONE_AT_A_TIME
def test_a_host_is_enough_beside_the_secret_in_the_environment(client, tmp_path):
    done = run("-u", 2, "--host", f"{client.url}/operator", cwd=tmp_path, requests=50, SECURITY_HASH=HASH)
    assert done.returncode == 0, done.stderr
    assert row(done, "bet")[0] > 0


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


def test_ctrl_c_while_locust_is_loaded_is_no_traceback(tmp_path):
    # Modules of the folder come first without -P: this one is interrupted as it is loaded.
    (tmp_path / "locust.py").write_text("raise KeyboardInterrupt\n")
    done = run_program(sys.executable, "-m", "loadtests", cwd=tmp_path)
    assert (done.returncode, done.stderr) == (4, "pitboss: interrupted; nothing was judged\n")


@ONE_AT_A_TIME
def test_https_is_verified(tmp_path):
    quiet = ["-u", 1, "--opening=100", "--drain-time=1", "--audit-time=1", "--forgeries=0"]
    with over_tls(tmp_path, accepted) as (wallet, url, file):
        target_file(tmp_path, url)
        done = run(*quiet, "--races=0.5", "--cuts=0.5", cwd=tmp_path, requests=4)
        assert done.returncode in (1, 4)
        assert "certificate" in done.stderr
        assert wallet.asked == []
        target_file(tmp_path, url, more=f'ca_file = "{file}"')
        done = run(*quiet, "--races=0.3", "--cuts=0.3", cwd=tmp_path, requests=60)
        assert wallet.asked != []
    assert [row(done, name)[1] for name in ("bet", "copies at once", "with a fault", "copy")] == [0, 0, 0, 0]


def accepted(asked):
    """Whatever it is."""
    return answer(json.dumps({"error": None, "transaction_id": f"c-{parse(asked.body).id}"}).encode())
