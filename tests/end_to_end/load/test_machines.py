"""Workers that stall, end or come late, and a master that waits for them: each with a target file of its own."""

import signal
import sys
from contextlib import ExitStack, contextmanager

import pytest

from scenarios.hosting.ports import free_port
from tests.support.programs.commanding import PITBOSS
from tests.support.programs.load_runs import DISTURBED, ONE_AT_A_TIME, started
from tests.support.programs.reference import HASH, reference

pytestmark = [pytest.mark.timeout(480, func_only=True), ONE_AT_A_TIME]
PLAYERS = tuple(f"load-{number}" for number in range(20))
PATTERN = ("--players", "load-{n}", "--player-count", len(PLAYERS))
# Seconds without a word of a worker after which it is lost: more than a busy machine stalls one that is there.
PATIENCE = 10
# A row of Locust's statistics: somebody has bet.
PLAYING = "POST     bet "


# A locustfile of workers that stall as soon as they are told to play, until they are sent SIGCONT.
STALLING = """
import os, signal
from locust import events
from loadtests.locustfile import Bettor

events.test_start.add_listener(lambda **_: os.kill(os.getpid(), signal.SIGSTOP))
"""


@contextmanager
def machines(folder, client, *options, plays=(PITBOSS, "load", "--worker", "-c")):
    """A master with ``options`` and two workers, under way, and what lets one more join them.

    ``plays`` is how a worker's command line begins, up to the name of its target file.
    """
    port = free_port()
    master = ("--master", "--master-bind-port", port, "--expect-workers", 2, "--report", "report")
    master += ("--users", 20, "--spawn-rate", 20, "--opening", "100.00", *PATTERN, *options)
    with ExitStack() as stack:

        def start(name, begins, rest):
            own = folder / name
            own.mkdir()
            client.target(own, players=PLAYERS[:1], name=f"{name}.toml")
            return stack.enter_context(started([*begins, f"{name}.toml", *map(str, rest)], own))

        def join(name):
            return start(name, plays, ("--master-port", port))

        yield start("leads", (PITBOSS, "load", "-c"), master), join("plays"), join("too"), join


def test_workers_that_stall_for_seconds_are_waited_for_and_the_run_goes_on(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, *DISTURBED) as (master, *workers, join),
    ):
        master.wait_for(PLAYING)
        late = join("late")
        master.wait_for("a worker joined when the test had started: it plays nobody")
        late.wait_for("this worker joined when the test had started, and plays nobody")
        for worker in workers:
            worker.process.send_signal(signal.SIGSTOP)
        # Longer than Locust's own three seconds.
        master.wait_for("setting state to missing", times=2)
        for worker in workers:
            worker.process.send_signal(signal.SIGCONT)
        master.wait_until_sent(master.sent() + 300)
        master.interrupt()
        assert master.ended() == 0, master.output
        for worker in (*workers, late):
            assert worker.ended() == 0, worker.output
            assert "Traceback" not in worker.output
            assert not (worker.folder / "report").exists()
            assert HASH not in worker.output
    audit = master.audit
    assert (audit["verdict"], audit["off"], audit["workers"], audit["lost_workers"]) == (
        "clean",
        "0.00",
        2,
        [],
    )
    assert (audit["players"], audit["right"]) == (len(PLAYERS), len(PLAYERS))
    assert audit["client_ids"]["all"]
    assert len(PLAYERS) <= audit["client_ids"]["compared"] <= audit["transactions"]


def test_a_worker_that_is_killed_leaves_only_its_players_undecided(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--worker-patience", PATIENCE) as (master, killed, other, _),
    ):
        master.wait_until_sent(600)
        killed.process.kill()
        master.interrupt()
        assert master.ended() == 4, master.output
        assert other.ended() == 0, other.output
    audit = master.audit
    assert (audit["verdict"], audit["off"]) == ("undecided", "0.00")
    (lost,) = audit["lost_workers"]
    assert f"was lost: nothing was heard of it for {PATIENCE} s" in lost
    (doubt,) = audit["undecided"]
    assert doubt["players"] in (list(PLAYERS[0::2]), list(PLAYERS[1::2]))
    assert (audit["undecided_players"], audit["right"]) == (10, 10)


def test_a_run_whose_workers_stall_before_the_first_bet_has_its_time_once_they_play(tmp_path):
    file = tmp_path / "stalling.py"
    file.write_text(STALLING)
    stalling = (sys.executable, "-m", "locust", "-f", str(file), "--worker", "--target-file")
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--run-time", "3s", plays=stalling) as (master, *workers, _),
    ):
        master.wait_for("nothing was sent in 3 s")
        for worker in workers:
            worker.process.send_signal(signal.SIGCONT)
        assert master.ended() == 0, master.output
    assert "traffic has started, and goes on for 3 s" in master.output
    assert master.audit["verdict"] == "clean"
    assert master.audit["transactions"] > 0


def test_a_run_whose_workers_are_all_lost_ends_at_once_and_says_so(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--worker-patience", PATIENCE) as (master, *workers, _),
    ):
        master.wait_for(PLAYING)
        for worker in workers:
            worker.process.kill()
        assert master.ended() == 4, master.output
    assert "all workers are lost: the run ends" in master.output
    assert len(master.audit["lost_workers"]) == 2
    assert master.audit["undecided_players"] == len(PLAYERS)
