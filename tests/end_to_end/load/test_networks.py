"""Master, workers and CLIENT on hosts of their own: far apart, over a network that loses packets, parts and heals."""

from contextlib import ExitStack, contextmanager

import pytest

from tests.support.programs.commanding import PITBOSS, target_file
from tests.support.programs.load_runs import DISTURBED, ONE_AT_A_TIME, started
from tests.support.programs.networks import network

pytestmark = [pytest.mark.timeout(480, func_only=True), ONE_AT_A_TIME]
PLAYERS = tuple(f"load-{number}" for number in range(20))
SECRET = "a hash of the network"
# Seconds without a word of a worker after which it is lost: more than a busy machine stalls one that is there.
PATIENCE = 10
FAR = {"delay": 0.02, "loss": 0.01}


@contextmanager
def hosts(folder, *options, workers):
    """A CLIENT, a master with ``options`` and ``workers``, each on a host of its own; yield the network, the hosts,
    and a way to start another command on one of them."""
    names = ("client", "master", *workers)
    with network(*names, **FAR) as (joined, there), ExitStack() as stack:
        for name in names:
            (folder / name).mkdir()
        site = f"http://{there['client'].address}:8710"

        def start(name, *arguments, **extra):
            command = there[name].command(PITBOSS, *arguments)
            return stack.enter_context(started(command, folder / name, **extra))

        def join(name):
            target_file(folder / name, f"{site}/operator", secret=SECRET, players=PLAYERS[:1])
            return start(name, "load", "--worker", "--master-host", there["master"].address)

        serve = (
            "--host",
            there["client"].address,
            "--players-pattern",
            "load-{n}",
            "--player-count",
            len(PLAYERS),
        )
        client = start("client", "client", "--no-fsync", *serve, SECURITY_HASH=SECRET)
        client.wait_for(site)
        target_file(folder / "master", f"{site}/operator", secret=SECRET, players=PLAYERS[:1])
        asked = ("--players", "load-{n}", "--player-count", len(PLAYERS), "--users", len(PLAYERS), "--yes")
        asked += ("--spawn-rate", len(PLAYERS), "--opening", "100.00", "--report", "report")
        asked += ("--expect-workers", 2, "--worker-patience", PATIENCE, "--run-time", "10m", *options)
        master = start("master", "load", "--master", "--master-bind-host", there["master"].address, *asked)
        yield joined, there, master, join


def test_what_is_lost_late_and_parted_on_the_way_leaves_a_right_client_clean(tmp_path):
    with hosts(tmp_path, *DISTURBED, workers=("first", "second", "late")) as (joined, there, master, join):
        workers = [join("first"), join("second")]
        master.wait_until_sent(200)
        workers.append(join("late"))
        master.wait_for("a worker joined when the test had started: it plays nobody")
        workers[-1].wait_for("this worker joined when the test had started, and plays nobody")
        before = joined.lost
        joined.part(there["first"])
        master.wait_for("setting state to missing")
        joined.heal(there["first"])
        # Its connection to the master carries again, which TCP sees to in its own time.
        joined.wait_for_packets(there["first"], there["master"], 10)
        assert joined.lost > before
        master.wait_until_sent(master.sent() + 300)
        master.interrupt()
        assert master.ended() == 0, master.output + "".join(worker.output for worker in workers)
        for worker in workers:
            assert worker.ended() == 0, worker.output
            assert "Traceback" not in worker.output
            assert not (worker.folder / "report").exists()
            assert SECRET not in worker.output
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
    assert "audit: clean" in master.output


def test_a_worker_that_is_killed_leaves_only_its_players_undecided(tmp_path):
    with hosts(tmp_path, workers=("killed", "other")) as (_, _, master, join):
        killed, other = join("killed"), join("other")
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
