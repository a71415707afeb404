"""Master and workers as commands of their own, as on several machines: each with a target file of its own."""

import signal
from contextlib import ExitStack, contextmanager

import pytest

from scenarios.hosting.ports import free_port
from tests.support.commanding import PITBOSS
from tests.support.load_runs import DISTURBED, ONE_AT_A_TIME, started
from tests.support.reference import HASH, reference

pytestmark = [pytest.mark.timeout(240, func_only=True), ONE_AT_A_TIME]
PLAYERS = tuple(f"load-{number}" for number in range(20))
PATTERN = ("--players", "load-{n}", "--player-count", len(PLAYERS))
# A row of Locust's statistics: somebody has bet.
PLAYING = "POST     bet "


@contextmanager
def machines(folder, client, *options):
    """A master with ``options`` and two workers, under way. Each names its target file in its own way."""
    port = free_port()
    master = ("--master", "--master-bind-port", port, "--expect-workers", 2, "--report", "report")
    master += ("--users", 20, "--spawn-rate", 20, "--opening", "100.00", *PATTERN, *options)
    roles = {"leads": master, "plays": ("--worker", "--master-port", port)}
    roles["too"] = roles["plays"]
    with ExitStack() as stack:
        under_way = []
        for name, role in roles.items():
            own = folder / name
            own.mkdir()
            client.target(own, players=PLAYERS[:1], name=f"{name}.toml")
            command = [PITBOSS, "load", "-c", f"{name}.toml", *map(str, role)]
            under_way.append(stack.enter_context(started(command, own)))
        yield under_way


def test_a_master_and_workers_of_their_own_are_audited_together(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--run-time", "3s", *DISTURBED) as (master, *workers),
    ):
        assert master.ended() == 0, master.output + "".join(worker.output for worker in workers)
        for worker in workers:
            assert worker.ended() == 0, worker.output
    audit = master.audit
    assert (audit["verdict"], audit["off"], audit["workers"], audit["lost_workers"]) == (
        "clean",
        "0.00",
        2,
        [],
    )
    assert (audit["players"], audit["right"]) == (len(PLAYERS), len(PLAYERS))
    assert audit["client_ids"]["all"]
    # How many there are in three seconds, the machine decides.
    assert audit["client_ids"]["compared"] > len(PLAYERS)
    assert "audit: clean" in master.output
    for worker in workers:
        assert not (worker.folder / "report").exists()
        assert HASH not in worker.output


def test_a_worker_that_is_killed_leaves_only_its_players_undecided(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--run-time", "8s", "--worker-patience", "3") as (master, killed, other),
    ):
        master.wait_for(PLAYING)
        killed.process.kill()
        assert master.ended() == 4, master.output
        assert other.ended() == 0, other.output
    audit = master.audit
    assert (audit["verdict"], audit["off"]) == ("undecided", "0.00")
    (lost,) = audit["lost_workers"]
    assert "was lost: nothing was heard of it for 3 s" in lost
    (doubt,) = audit["undecided"]
    assert doubt["players"] in (list(PLAYERS[0::2]), list(PLAYERS[1::2]))
    assert (audit["undecided_players"], audit["right"]) == (10, 10)


def test_workers_that_stall_for_seconds_are_waited_for_and_the_run_goes_on(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--run-time", "12s") as (master, *workers),
    ):
        master.wait_for(PLAYING)
        for worker in workers:
            worker.process.send_signal(signal.SIGSTOP)
        # Longer than Locust's own three seconds.
        started = len(master.lines)
        master.wait_for(PLAYING, times=3, after=started)
        for worker in workers:
            worker.process.send_signal(signal.SIGCONT)
        assert master.ended() == 0, master.output
    assert (master.audit["verdict"], master.audit["lost_workers"]) == ("clean", [])


def test_a_run_whose_workers_stall_before_the_first_bet_has_its_time_once_they_play(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--run-time", "3s") as (master, *workers),
    ):
        master.wait_for("Run time limit set")
        for worker in workers:
            worker.process.send_signal(signal.SIGSTOP)
        master.wait_for("nothing was sent in 3 s")
        for worker in workers:
            worker.process.send_signal(signal.SIGCONT)
        assert master.ended() == 0, master.output
    assert master.audit["verdict"] == "clean"
    assert master.audit["transactions"] > 20


def test_a_run_whose_workers_are_all_lost_ends_at_once_and_says_so(tmp_path):
    with (
        reference(tmp_path, players=PLAYERS) as client,
        machines(tmp_path, client, "--run-time", "10m", "--worker-patience", "2") as (master, *workers),
    ):
        master.wait_for(PLAYING)
        for worker in workers:
            worker.process.kill()
        assert master.ended() == 4, master.output
    assert "all workers are lost: the run ends" in master.output
    assert len(master.audit["lost_workers"]) == 2
    assert master.audit["undecided_players"] == len(PLAYERS)
