"""A second run on the same player of the same target is told of."""

import subprocess
import sys
from contextlib import contextmanager

import pytest

from scenarios.problems.errors import Exit
from scenarios.run.planning.effort import QUICK
from scenarios.run.planning.settings import Settings
from scenarios.runner.pytest_run import check
from scenarios.target.lock import PlayerLock
from tests.support.in_memory.faulty_wallets import PaysOrphans
from tests.support.in_memory.wallets import Wallet, served, target_of

URL = "http://127.0.0.1:8710/operator"
HOLDER = """
import sys
from scenarios.target.lock import PlayerLock
lock = PlayerLock.on(sys.argv[1], sys.argv[2:])
print("held", flush=True)
sys.stdin.read()
"""


@pytest.fixture(autouse=True)
def cache(tmp_path, monkeypatch):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path))
    return tmp_path


@contextmanager
def held(address, *players):
    with subprocess.Popen(
        [sys.executable, "-c", HOLDER, address, *players],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "held\n"
        yield
        holder.stdin.close()


def test_only_the_same_player_of_the_same_target_is_in_use():
    with held(URL, "p-1", "p-2"):
        assert PlayerLock.on(f"{URL}/", ["p-2", "p-3"]).taken == ["p-2"]
        assert PlayerLock.on(URL + "2", ["p-2"]).taken == []
    assert PlayerLock.on(URL, ["p-1", "p-2"]).taken == []


def test_a_few_players_are_named_and_others_counted():
    assert PlayerLock().note() == ""
    assert "uses 1, 2, 3 and 2 more of this target" in PlayerLock(list("12345")).note()


def test_the_file_holds_nothing_and_is_its_owner_s_alone(cache):
    PlayerLock.on(URL, ["p-1"]).release()
    (file,) = (cache / "pitboss" / "locks").iterdir()
    assert (file.read_bytes(), file.stat().st_mode & 0o777) == (b"", 0o600)


def test_where_no_file_can_be_made_nobody_is_in_use(cache):
    (cache / "pitboss").write_text("in the way")
    assert PlayerLock.on(URL, ["p-1"]).note() == ""


def test_the_first_learns_of_the_second_while_it_is_there():
    first = PlayerLock.on(URL, ["p-1", "p-2"])
    assert not first.shared()
    with held(URL, "p-2"):
        assert first.shared()
    assert not first.shared()
    with held(URL, "p-3"):
        assert not first.shared()
    first.release()


def test_what_a_balance_shows_accuses_nobody_while_another_run_moves_it():
    wallet = PaysOrphans()
    with served(wallet) as url:
        target = target_of(url, wallet)
        alone = check(Settings(target, ("RBK-04",), QUICK))
        with held(url, target.players.ids[0]):
            shared = check(Settings(target, ("RBK-04",), QUICK))
    assert alone.code is Exit.BROKEN
    assert shared.code is Exit.UNDECIDED
    (verdict,) = shared.verdicts
    assert "another check or load on this machine used the player" in verdict.reason


def test_a_check_says_that_another_run_uses_its_player():
    wallet = Wallet()
    with served(wallet) as url:
        target = target_of(url, wallet)
        with held(url, target.players.ids[0]):
            alone = check(Settings(target, ("RES-01",), QUICK))
    assert [note for note in alone.run.warnings if "another check or load on this machine uses" in note]
    assert alone.code == 0
