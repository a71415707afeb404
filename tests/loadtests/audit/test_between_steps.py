"""Audits between two steps of a ramp: a real clerk, whose gate is opened again, on CLIENTs of this process."""

from contextlib import contextmanager

import gevent
import pytest
from gevent.event import Event

from tests.support.commanding import target_file
from tests.support.locust_runs import parsed, unpatched
from tests.support.wallets import SECRET, Wallet, served

unpatched()

from locust.env import Environment  # noqa: E402

from loadtests import run  # noqa: E402
from loadtests.audit.balance_readers import Tellers  # noqa: E402
from loadtests.audit.open_transactions import fund  # noqa: E402
from loadtests.audit.options import Wishes  # noqa: E402
from loadtests.audit.verdict import Finding, Verdict  # noqa: E402
from loadtests.audit.worker import Clerk  # noqa: E402
from loadtests.traffic.ledger import BET  # noqa: E402
from loadtests.traffic.player_script import Send  # noqa: E402
from simulators.operator.dialect import TRANSACTION_PATH  # noqa: E402

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
    """A clerk of ``wallet``, each of whose players owns 50.00 and was paid 1.00 by the traffic."""
    with served(wallet) as url:
        path = target_file(folder, url, players=tuple(wallet.balances), secret=SECRET, more=more)
        options = parsed("--target-file", path)
        environment = Environment(parsed_options=options)
        runner = environment.create_local_runner()
        traffic = run.make(options, None, run.Shard())
        clerk = Clerk(environment, traffic, Wishes(drain=1.0, limit=PATIENCE))
        try:
            for player in range(len(wallet.balances)):
                traffic.prepare(player)
            play(traffic)
            yield clerk
        finally:
            clerk.close()
            traffic.close()
            runner.quit()


def play(traffic):
    """Pay every player 1.00."""
    tellers = Tellers(traffic.target, traffic.base_url, traffic.pen, 1)
    with tellers.taken() as teller:
        for player in range(len(traffic.players)):
            fund(traffic.ledger, player, 100, traffic.pen, teller)
    tellers.close()


def finding(statement):
    return Verdict("EUR", 1, statement).finding


def test_traffic_goes_on_after_an_audit_between_steps_and_not_after_the_last(tmp_path):
    with audited(tmp_path, Wallet(PLAYERS)) as clerk:
        traffic, said = clerk.traffic, []
        traffic.beside = lambda seconds: said.append("finish") is None
        traffic.again = lambda: said.append("again")
        first = clerk.audit(last=False)
        assert (finding(first), first.right, clerk.ledger.gate_open) == (Finding.CLEAN, 2, False)
        assert clerk.go_on()
        assert (clerk.ledger.gate_open, clerk.snapshot()["phase"]) == (True, "playing")
        play(traffic)
        second = clerk.audit()
        assert (finding(second), second.right, second.transactions) == (Finding.CLEAN, 2, 4)
        assert not clerk.go_on()
        assert not clerk.ledger.gate_open
        assert said == ["finish", "again", "finish"]


def test_the_last_audit_takes_over_from_one_between_steps_without_stopping_it_in_the_middle(tmp_path):
    Reader.wallet = Wallet(tuple(f"p-{number}" for number in range(40)))
    Reader.may.set()
    with audited(tmp_path, Reader.wallet, HELD) as clerk, gevent.Timeout(PATIENCE):
        Reader.asked.clear()
        Reader.may.clear()
        between = gevent.spawn(clerk.audit, last=False)
        Reader.asked.wait()
        last = gevent.spawn(clerk.audit)
        gevent.sleep(0)
        assert not clerk.go_on()
        Reader.may.set()
        gevent.joinall((between, last), raise_error=True)
    first, second = between.value, last.value
    # What was begun is read to its end, and nothing else is begun.
    assert 0 < first.right < 40
    assert finding(first) is Finding.UNDECIDED
    assert (second.right, finding(second)) == (40, Finding.CLEAN)


def test_a_player_who_was_wrong_once_is_in_every_later_sample(tmp_path):
    wallet = Wallet(tuple(f"p-{number}" for number in range(60)))
    with audited(tmp_path, wallet) as clerk:
        wallet.balances["p-17"] += 3
        assert clerk.audit(last=False).off_count == 1
        sampled = clerk.audit(1)
    assert (sampled.read, sampled.off_count, sampled.offs[0].player) in ((1, 1, "p-17"), (2, 1, "p-17"))


def test_a_reading_between_steps_that_lost_the_players_money_accuses_nobody_later(tmp_path):
    wallet = Failing(PLAYERS)
    with audited(tmp_path, wallet) as clerk:
        wallet.failures = 8
        assert finding(clerk.audit(last=False)) is Finding.UNDECIDED
        assert wallet.failures == 0
        clerk.go_on()
        play(clerk.traffic)
        # The money of the first reading is at the CLIENT.
        assert set(wallet.balances.values()) == {1}
        last = clerk.audit()
    assert (finding(last), last.off_count) == (Finding.UNDECIDED, 0)
    assert "an audit before may have changed the balance" in last.doubts[0].why


def test_what_was_open_between_steps_is_counted_as_resolved_at_the_end(tmp_path):
    with audited(tmp_path, Wallet(PLAYERS)) as clerk:
        traffic, ledger = clerk.traffic, clerk.ledger
        name = traffic.pen.new_id()
        body = traffic.pen.transaction(name, "bet", traffic.pen.of("p-1"), 700)
        ledger.begin(0, BET, 700, name, Send(TRANSACTION_PATH, body, "bet", traffic.pen.sign(body)))
        assert clerk.audit(last=False).resolved == 1
        clerk.go_on()
        last = clerk.audit()
    assert (last.resolved, finding(last)) == (1, Finding.CLEAN)


@pytest.mark.parametrize("gate", ["open", "closed"])
def test_a_player_who_comes_when_the_gate_is_closed_is_ready_only_later(tmp_path, gate):
    with audited(tmp_path, Wallet(PLAYERS)) as clerk:
        options = parsed("--target-file", tmp_path / "pitboss.toml")
        traffic = run.make(options, None, run.Shard())
        second = Clerk(clerk.environment, traffic, Wishes())
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
        traffic.close()


def test_players_whose_opening_balance_is_being_read_are_counted(tmp_path):
    Reader.wallet = Wallet(PLAYERS)
    Reader.may.set()
    with audited(tmp_path, Reader.wallet, HELD) as clerk, gevent.Timeout(PATIENCE):
        traffic = run.make(parsed("--target-file", tmp_path / "pitboss.toml"), None, run.Shard())
        second = Clerk(clerk.environment, traffic, Wishes())
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
        traffic.close()


def test_an_opening_balance_is_not_read_once_the_player_has_played(tmp_path):
    wallet = Failing(PLAYERS)
    wallet.failures = 4
    with audited(tmp_path, wallet) as clerk:
        assert (clerk.ledger.opening(0), clerk.ledger.opening(1)) == (None, 5_000)
        clerk.traffic.prepare(0)
        assert clerk.ledger.opening(0) is None
        last = clerk.audit()
    assert (finding(last), last.off_count, last.right) == (Finding.UNDECIDED, 0, 1)
