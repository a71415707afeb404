"""The audit of one worker: closes the gate, waits, resolves what is open, reads balances and compares them.

Between the steps of a ramp it does the same, and then opens the gate again. So an audit that is not the last leaves
nothing undone that the traffic would stumble over: no reading is given up in the middle, since a probe has the player's
money meanwhile, and a player whom a reading may have left with another balance than before is undecided from then on.
"""

import logging
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from random import Random
from typing import Any

import gevent
from gevent.lock import BoundedSemaphore
from gevent.pool import Pool
from locust.env import Environment

from loadtests.audit import comparison
from loadtests.audit.balance_readers import BalanceReaders
from loadtests.audit.open_transactions import fund, open_player, resolve, why_open
from loadtests.audit.options import AuditOptions
from loadtests.audit.outcome.verdict import TOLD, WorkerResult, share_of
from loadtests.run import Traffic
from loadtests.traffic.driving import drive
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.operation import BET, Operation
from scenarios.oracles.attempts import from_units
from scenarios.problems.errors import DriverProblem
from scenarios.report.schema.load import Breach
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.redaction import Redactor
from simulators.values import money

log = logging.getLogger(__name__)

# How many reasons for balances that could not be read are kept apart.
_KEPT = 10_000


class WorkerAudit:
    """Audits what one worker's ledger says. ``phase`` is what it is doing, in words."""

    def __init__(self, environment: Environment, traffic: Traffic, options: AuditOptions) -> None:
        self.environment = environment
        self.traffic = traffic
        self.options = options
        self.phase = "playing"
        self.ledger: Ledger = traffic.ledger
        self.ledger.journal.limit = options.disk
        self.ledger.preparing = self._prepare
        self._readers = BalanceReaders(traffic.target, traffic.base_url, traffic.callbacks)
        self.redactor = Redactor(traffic.target.secrets())
        self._guess = 0
        self._preparing = 0
        self._unopened: dict[int, str] = {}
        self._deadline = float("inf")
        # One audit at a time; of one between two steps the last one takes over.
        self._turn = BoundedSemaphore(1)
        self._between = self._last = False
        self._resolved = 0
        # What audits so far found, which a later one tells, too: wrong balances (in minor units), players whose
        # balance a reading may have changed, and answers to probes that broke a rule.
        self._wrong: dict[int, int] = {}
        self._spoiled: dict[int, str] = {}
        self._breaches: dict[tuple[str, str], Breach] = {}

    def snapshot(self) -> dict[str, Any]:
        """Figures for the live tab and for sharing out a sample, as numbers and texts."""
        return self.ledger.snapshot() | {"phase": self.phase}

    @property
    def preparing(self) -> int:
        """How many players wait for their opening balance, and do not play yet."""
        return self._preparing

    def close(self) -> None:
        """Close the audit's own connections; the ledger is its owner's to close."""
        self._readers.close()

    # Before the first round of a player.

    def _prepare(self, player: int) -> None:
        """Learn, or make, the opening balance, and place the bet that results name, where they have to name one."""
        self._learn_opening(player)
        if not self.traffic.callbacks.dialect.abilities.results_alone:
            with self._busy(), self._readers.borrowed() as reader:
                drive(open_player(self.ledger, player, self.traffic.callbacks), reader.carry)

    def _learn_opening(self, player: int) -> None:
        """Learn, or make, the opening balance. One that cannot be read leaves the player undecided."""
        opening = self.options.opening
        if opening.way == "given":
            self.ledger.set_opening(player, opening.units)
            return
        with self._busy(), self._readers.borrowed() as reader:
            if opening.way == "fund":
                self.ledger.set_opening(player, 0)
                drive(fund(self.ledger, player, opening.units, self.traffic.callbacks), reader.carry)
                return
            try:
                # Test players tend to own the same.
                expected = from_units(self._guess, self.ledger.decimals)
                reading = reader.read(self.ledger.players[player], expected)
                self._guess = money.to_minor(reading.amount, self.ledger.currency)
            except (Unreadable, DriverProblem, ValueError) as error:
                if len(self._unopened) < _KEPT:
                    self._unopened[player] = self._words(error)
                return
            self.ledger.set_opening(player, self._guess)

    @contextmanager
    def _busy(self) -> Iterator[None]:
        self._preparing += 1
        try:
            yield
        finally:
            self._preparing -= 1

    # At the end, and between the steps of a ramp.

    def audit(self, sample: int = 0, all_played: int = 0, *, last: bool = True) -> WorkerResult:
        """Audit everything this worker played. ``sample`` of ``all_played`` players on all workers are read.

        ``sample`` 0 reads all. After an audit that is not the ``last``, traffic may ``resume``. The last one cuts short
        one that is under way, whose result is of no use then.
        """
        self._last = self._last or last
        with self._turn:
            self._between = not last
            return self._audit(sample, all_played)

    def resume(self) -> bool:
        """Open the gate again, unless the last audit has started meanwhile; say whether it is open."""
        if self._last:
            return False
        self.phase = "playing"
        self.traffic.go_on()
        return True

    def _audit(self, sample: int, all_played: int) -> WorkerResult:
        ledger, result = self.ledger, WorkerResult(probe=self._readers.probe_name)
        self._drain()
        self._deadline = time.monotonic() + self.options.limit
        self.phase = "resolving what is open"
        self._resolved += self._resolve()
        result.resolved = self._resolved
        ledger.judge_denied()
        self.phase = "reading balances"
        played = list(ledger.played())
        drawn: Sequence[int] = played
        if sample:
            share = share_of(sample, len(played), max(all_played, len(played)))
            # Who was wrong once is looked at again, so that no later verdict is milder.
            drawn = list(dict.fromkeys([*sorted(self._wrong), *Random().sample(played, share)]))
        result.played = len(played)
        self._judge(drawn, result)
        self._sum_up(result)
        self.phase = "audited"
        return result

    def _drain(self) -> None:
        """Let rounds come to their end, then stop who is still in one: what it sent last is open."""
        self.phase = "draining"
        self.ledger.close_gate()
        runner = self.environment.runner
        assert runner is not None
        users = runner.user_greenlets
        users.join(timeout=self.options.drain)
        # What moves money beside the rounds has had as long already; this is for what was in the middle of it.
        self.traffic.finish(self.options.drain)
        # A probe that is stopped in the middle would leave a balance that is not the player's own.
        patience = time.monotonic() + self.options.drain
        while self._preparing and time.monotonic() < patience:
            gevent.sleep(0.05)
        users.kill(block=True, timeout=self.options.drain or 1.0)

    def _resolve(self) -> int:
        """Decide what is open, rollbacks before their bets; return how many operations are decided now."""
        first = self.ledger.open_operations()
        bets = [op for op in first if op.kind is BET]
        self._all(self._resolve_one, [op for op in first if op.kind is not BET])
        self._all(self._resolve_one, bets)
        # Rollbacks that were started here and had no answer are open, too; their bets say so.
        still = {id(op) for op in self.ledger.open_operations()}
        return sum(1 for op in first if id(op) not in still)

    def _resolve_one(self, op: Operation) -> None:
        with self._readers.borrowed() as reader:
            drive(resolve(self.ledger, op, self.traffic.callbacks), reader.carry)

    def _judge(self, players: Collection[int], result: WorkerResult) -> None:
        unsure = self.ledger.unsure()
        seen: set[int] = set()
        wrong: dict[int, int] = {}

        def read(player: int) -> None:
            opening = self.ledger.opening(player)
            name = self.ledger.players[player]
            if opening is None:
                reason = self._unopened.get(player, "it was not reached")
                result.add_undecided(f"the opening balance was not read: {reason}", name)
                seen.add(player)
                return
            if player in self._spoiled and player not in self._wrong:
                result.add_undecided(
                    f"an audit before may have changed the balance: {self._spoiled[player]}", name
                )
                seen.add(player)
                return
            units = self._wrong[player] if player in self._spoiled else self._read(player, opening, result)
            seen.add(player)
            if units is None:
                return
            result.read += 1
            mine = unsure.get(player, ())
            if units not in self.ledger.acceptable(player, mine):
                wrong[player] = units
            elif doubts := [why_open(op) for op in mine if len(op.options()) > 1]:
                result.add_undecided("; ".join(dict.fromkeys(doubts)), name)
            else:
                result.right += 1

        def watched(player: int) -> None:
            try:
                read(player)
            except Exception as error:
                seen.add(player)
                log.exception("the audit of a player failed")
                result.add_undecided(f"the audit failed: {type(error).__name__}", self.ledger.players[player])

        self._all(watched, players)
        for player in players:
            if player not in seen:
                result.add_undecided("the audit ran out of time", self.ledger.players[player])
        if len(self._wrong) < _KEPT:
            self._wrong |= wrong
        self._explain(wrong, unsure, result)
        if wrong and self.options.opening.way != "probe":
            result.notes.append(
                "opening balances were given by --opening, not read: where they are others, every player is off"
            )

    def _read(self, player: int, opening: int, result: WorkerResult) -> int | None:
        """The balance of ``player`` in minor units; None, with a doubt, where it cannot be read."""
        name, currency = self.ledger.players[player], self.ledger.currency
        expected = from_units(opening + self.ledger.moved(player), self.ledger.decimals)
        try:
            with self._readers.borrowed() as reader:
                reading = reader.read(name, expected)
            units = money.to_minor(reading.amount, currency)
        except (Unreadable, DriverProblem, ValueError) as error:
            words = self._words(error)
            if isinstance(error, Unreadable) and error.rule:
                self._breaches[error.rule, name] = Breach(
                    rule=error.rule, player=name, transaction="", text=words
                )
            self._spoil(player, words)
            result.add_undecided(f"the balance cannot be read: {words}", name)
            return None
        except Exception:
            self._spoil(player, "it was not read to the end")
            raise
        if not reading.restored:
            self._spoil(player, "it could not be put back as it was found")
            note = "some balances could not be put back as they were found"
            result.notes += [note] if note not in result.notes else []
        return units

    def _spoil(self, player: int, why: str) -> None:
        """A reading that came to no good end may have changed the balance, where it bets; any other changes nothing."""
        if self._between and self._readers.moves:
            self._spoiled[player] = why

    def _explain(
        self, wrong: dict[int, int], unsure: dict[int, list[Operation]], result: WorkerResult
    ) -> None:
        """Tell of those whose balance is ``wrong`` (seen, in minor units); the farthest off with an explanation."""
        self.phase = "explaining"
        ledger = self.ledger
        by = {
            player: comparison.distance(ledger.acceptable(player, unsure.get(player, ())), units)
            for player, units in wrong.items()
        }
        shown = sorted(wrong, key=lambda player: -abs(by[player]))[:TOLD]
        past = ledger.journal.of_players(shown) if shown and ledger.journal.complete else {}
        for player, units in wrong.items():
            mine = unsure.get(player, ())
            result.add_wrong(comparison.off(ledger, player, units, mine, past.get(player, ())))

    def _sum_up(self, result: WorkerResult) -> None:
        for breach in self._breaches.values():
            result.add_breach(breach)
        comparison.sum_up(self.ledger, result)
        result.kinds = sorted(self.traffic.kinds)

    def _all(self, do: Callable[[Any], None], things: Iterable[Any]) -> None:
        """Do it for all ``things``, as many at once as there are readers, until the time is up."""
        pool = Pool(self._readers.count)
        for thing in things:
            if time.monotonic() > self._deadline or (self._between and self._last):
                break
            pool.spawn(do, thing)
        if self._between:
            # To the end: each is a bounded number of requests with a time limit.
            pool.join()
            return
        pool.join(timeout=max(0.0, self._deadline - time.monotonic()))
        pool.kill(block=True)

    def _words(self, error: Exception) -> str:
        return str(self.redactor.text(str(error).splitlines()[0] if str(error) else type(error).__name__))


def unheard(why: str, players: Sequence[str], mine: range) -> WorkerResult:
    """The result of a worker that made none: all its players, numbers ``mine``, are undecided."""
    result = WorkerResult()
    if mine:
        result.add_undecided(why, *(players[number] for number in mine[:TOLD]), count=len(mine))
    return result
