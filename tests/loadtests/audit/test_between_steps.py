"""Audits between two steps of a ramp: a real audit, whose gate is opened again, on CLIENTs of this process."""

from contextlib import contextmanager
from functools import partial

import gevent
import pytest
from gevent.event import Event

from simulators.transport.delivery import Flaw
from tests.support.in_memory.wallets import SECRET, Wallet, served
from tests.support.programs.commanding import target_file
from tests.support.programs.locust_runs import parsed, unpatched

unpatched()

from locust.env import Environment  # noqa: E402

from loadtests import run  # noqa: E402
from loadtests.audit import coordinator  # noqa: E402
from loadtests.audit.balance_readers import BalanceReaders  # noqa: E402
from loadtests.audit.open_transactions import fund  # noqa: E402
from loadtests.audit.options import AuditOptions  # noqa: E402
from loadtests.audit.outcome.text import lines, why_not  # noqa: E402
from loadtests.audit.outcome.verdict import AuditFinding, AuditVerdict  # noqa: E402
from loadtests.audit.worker import WorkerAudit  # noqa: E402
from loadtests.audit.worker_rpc import LocalClient  # noqa: E402
from loadtests.traffic.driving import drive  # noqa: E402
from loadtests.traffic.operation import BET  # noqa: E402
from loadtests.traffic.player_script import Send  # noqa: E402
from scenarios.problems.errors import Exit  # noqa: E402

PLAYERS = ("p-1", "p-2")
PATIENCE = 30


class Reader:
    """A Python driver of the target file; what it reads may be held back."""

    asked, may = Event(), Event()
    wallet = None

    def balance(self, player):
        """What the wallet says of ``player``, as soon as it may be told."""
        Reader.asked.set()
        Reader.may.wait()
        return Reader.wallet.balances[player]


# What a target file says for balances to be read through it.
HELD = f'[driver]\npython = "{__name__}:Reader"\n[target]\nprobe = "http"\n'


class Failing(Wallet):
    """Fails at the next ``failures`` results. A probe gives up after four."""

    failures = 0

    def handle(self, message):
        if self.failures and message["action"] == "result":
            self.failures -= 1
            raise RuntimeError
        return super().handle(message)


@contextmanager
def audited(folder, wallet, more=""):
    """A audit of ``wallet``, each of whose players owns 50.00 and was paid 1.00 by the traffic."""
    with served(wallet) as url:
        path = target_file(folder, url, players=tuple(wallet.balances), secret=SECRET, more=more)
        options = parsed("--target-file", path)
        environment = Environment(parsed_options=options)
        runner = environment.create_local_runner()
        traffic = run.make(options, None, run.Shard())
        audit = WorkerAudit(environment, traffic, AuditOptions(drain=1.0, limit=PATIENCE))
        try:
            for player in range(len(wallet.balances)):
                traffic.prepare(player)
            play(traffic)
            yield audit
        finally:
            audit.close()
            traffic.ledger.close()
            runner.quit()


def play(traffic):
    """Pay every player 1.00."""
    readers = BalanceReaders(traffic.target, traffic.base_url, traffic.callbacks, 1)
    with readers.borrowed() as reader:
        for player in range(len(traffic.players)):
            drive(fund(traffic.ledger, player, 100, traffic.callbacks), reader.carry)
    readers.close()


def finding(result):
    return AuditVerdict("EUR", 1, result).finding


def test_traffic_goes_on_after_an_audit_between_steps_and_not_after_the_last(tmp_path):
    with audited(tmp_path, Wallet(PLAYERS)) as audit:
        traffic, said = audit.traffic, []
        traffic.beside = lambda seconds: said.append("finish") is None
        traffic.again = lambda: said.append("again")
        first = audit.audit(last=False)
        assert (finding(first), first.right, audit.ledger.gate_open) == (AuditFinding.CLEAN, 2, False)
        assert audit.resume()
        assert (audit.ledger.gate_open, audit.snapshot()["phase"]) == (True, "playing")
        play(traffic)
        second = audit.audit()
        assert (finding(second), second.right, second.transactions) == (AuditFinding.CLEAN, 2, 4)
        assert not audit.resume()
        assert not audit.ledger.gate_open
        assert said == ["finish", "again", "finish"]


def test_the_last_audit_takes_over_from_one_between_steps_without_stopping_it_in_the_middle(tmp_path):
    Reader.wallet = Wallet(tuple(f"p-{number}" for number in range(40)))
    Reader.may.set()
    with audited(tmp_path, Reader.wallet, HELD) as audit, gevent.Timeout(PATIENCE):
        Reader.asked.clear()
        Reader.may.clear()
        between = gevent.spawn(audit.audit, last=False)
        Reader.asked.wait()
        last = gevent.spawn(audit.audit)
        gevent.sleep(0)
        assert not audit.resume()
        Reader.may.set()
        gevent.joinall((between, last), raise_error=True)
    first, second = between.value, last.value
    # What was started is read to its end, and nothing else is started.
    assert 0 < first.right < 40
    assert finding(first) is AuditFinding.UNDECIDED
    assert (second.right, finding(second)) == (40, AuditFinding.CLEAN)


def test_a_player_who_was_wrong_once_is_in_every_later_sample(tmp_path):
    wallet = Wallet(tuple(f"p-{number}" for number in range(60)))
    with audited(tmp_path, wallet) as audit:
        wallet.balances["p-17"] += 3
        assert audit.audit(last=False).off_count == 1
        sampled = audit.audit(1)
    assert (sampled.read, sampled.off_count, sampled.wrong[0].player) in ((1, 1, "p-17"), (2, 1, "p-17"))


def test_a_reading_between_steps_that_lost_the_players_money_accuses_nobody_later(tmp_path):
    wallet = Failing(PLAYERS)
    with audited(tmp_path, wallet) as audit:
        wallet.failures = 8
        assert finding(audit.audit(last=False)) is AuditFinding.UNDECIDED
        assert wallet.failures == 0
        audit.resume()
        play(audit.traffic)
        # The money of the first reading is at the CLIENT.
        assert set(wallet.balances.values()) == {1}
        last = audit.audit()
    assert (finding(last), last.off_count) == (AuditFinding.UNDECIDED, 0)
    assert "an audit before may have changed the balance" in last.undecided[0].why


def test_what_was_open_between_steps_is_counted_as_resolved_at_the_end(tmp_path):
    with audited(tmp_path, Wallet(PLAYERS)) as audit:
        traffic, ledger = audit.traffic, audit.ledger
        name = traffic.callbacks.new_id()
        ledger.begin(0, BET, 700, name, Send.of(traffic.callbacks.write(BET, name, "p-1", 700), "bet"))
        assert audit.audit(last=False).resolved == 1
        audit.resume()
        last = audit.audit()
    assert (last.resolved, finding(last)) == (1, AuditFinding.CLEAN)


@pytest.mark.parametrize("gate", ["open", "closed"])
def test_a_player_who_comes_when_the_gate_is_closed_is_ready_only_later(tmp_path, gate):
    with audited(tmp_path, Wallet(PLAYERS)) as audit:
        options = parsed("--target-file", tmp_path / "pitboss.toml")
        traffic = run.make(options, None, run.Shard())
        second = WorkerAudit(audit.environment, traffic, AuditOptions())
        if gate == "closed":
            traffic.ledger.close_gate()
        traffic.prepare(0)
        assert (list(traffic.ready), traffic.ledger.opening(0)) == (
            ([0], 5_100) if gate == "open" else ([], None)
        )
        traffic.go_on()
        traffic.prepare(0)
        traffic.prepare(0)
        assert (list(traffic.ready), traffic.ledger.opening(0)) == ([0], 5_100)
        second.close()
        traffic.ledger.close()


def test_players_whose_opening_balance_is_being_read_are_counted(tmp_path):
    Reader.wallet = Wallet(PLAYERS)
    Reader.may.set()
    with audited(tmp_path, Reader.wallet, HELD) as audit, gevent.Timeout(PATIENCE):
        traffic = run.make(parsed("--target-file", tmp_path / "pitboss.toml"), None, run.Shard())
        second = WorkerAudit(audit.environment, traffic, AuditOptions())
        Reader.asked.clear()
        Reader.may.clear()
        waiting = [gevent.spawn(traffic.prepare, player) for player in range(2)]
        Reader.asked.wait()
        gevent.sleep(0)
        assert second.preparing == 2
        Reader.may.set()
        gevent.joinall(waiting, raise_error=True)
        assert second.preparing == 0
        second.close()
        traffic.ledger.close()


def test_an_opening_balance_is_not_read_once_the_player_has_played(tmp_path):
    wallet = Failing(PLAYERS)
    wallet.failures = 4
    with audited(tmp_path, wallet) as audit:
        assert (audit.ledger.opening(0), audit.ledger.opening(1)) == (None, 5_000)
        audit.traffic.prepare(0)
        assert audit.ledger.opening(0) is None
        last = audit.audit()
    assert (finding(last), last.off_count, last.right) == (AuditFinding.UNDECIDED, 0, 1)


def test_what_a_worker_told_before_it_was_lost_stands(tmp_path):
    with audited(tmp_path, Wallet(PLAYERS)) as audit:
        audit.ledger.flawed(Flaw("not the CLIENT's id", "MSG-03"), 0, "t-1")
        client = LocalClient(partial(coordinator.dispatch, audit), audit.snapshot)
        client.call = lambda what, workers, *_: (
            {},
            dict.fromkeys(workers if what == "audit" else (), "it is gone"),
        )
        roster = coordinator.Roster(PLAYERS, "EUR", [client.HERE], audit.traffic.asked, audit.redactor)
        verdict = coordinator.audit_run(audit.environment, client, roster, audit.options)
    assert (verdict.finding, verdict.rules) == (AuditFinding.BROKEN, {"MSG-03": 1})
    assert "worker 1 of 1: it is gone" in verdict.lost


def test_a_round_that_failed_here_is_never_clean_and_what_was_not_sent_is_named(tmp_path):
    with audited(tmp_path, Wallet(PLAYERS)) as audit:
        audit.traffic.kinds |= set(audit.traffic.asked) - {"voids"}
        runner = audit.environment.runner
        client = LocalClient(partial(coordinator.dispatch, audit), audit.snapshot)
        roster = coordinator.Roster(PLAYERS, "EUR", [client.HERE], audit.traffic.asked, audit.redactor)
        judged = partial(coordinator.audit_run, audit.environment, client, roster, audit.options)
        first = judged(last=False)
        for number in range(3):
            runner.log_exception("local", f"no {SECRET}", f"Traceback\nKeyError: {number // 2}")
        second = judged(last=True)
    assert (first.finding, first.never_sent) == (AuditFinding.CLEAN, ["voids"])
    assert (second.finding, second.code) == (AuditFinding.UNDECIDED, Exit.UNDECIDED)
    assert sorted(one.count for one in second.failed_rounds) == [1, 2]
    reported = "\n".join([*lines(second), why_not(second)])
    assert "2 rounds failed in the generator itself: no" in reported
    assert "never sent, though the mix asks for it: voids" in reported
    assert SECRET not in reported
