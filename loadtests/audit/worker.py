"""The clerk of one worker: closes the gate, waits, resolves what is open, reads balances and compares them.

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
from loadtests.audit.balance_readers import Tellers
from loadtests.audit.open_transactions import fund, resolve
from loadtests.audit.options import Wishes
from loadtests.audit.verdict import TOLD, Doubt, Statement, Told, share_of
from loadtests.run import Traffic
from loadtests.traffic.ledger import BET, Ledger, Operation
from loadtests.traffic.player_script import drive
from scenarios.oracles.attempts import from_units
from scenarios.problems.errors import DriverProblem
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.export import Redactor
from simulators.values import money

log = logging.getLogger(__name__)

# How many reasons for balances that could not be read are kept apart.
_KEPT = 10_000


class Clerk:
    """Audits what one worker's ledger says. ``phase`` is what it is doing, in words."""

    def __init__(self, environment: Environment, traffic: Traffic, wishes: Wishes) -> None:
        self.environment = environment
        self.traffic = traffic
        self.wishes = wishes
        self.phase = "playing"
        self.ledger: Ledger = traffic.ledger
        self.ledger.journal.limit = wishes.disk
        self.ledger.preparing = self._prepare
        self._tellers = Tellers(traffic.target, traffic.base_url, traffic.pen)
        self._redactor = Redactor(traffic.target.secrets())
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
        self._breaches: dict[tuple[str, str], Told] = {}

    def snapshot(self) -> dict[str, Any]:
        """Figures for the live tab and for sharing out a sample, as numbers and texts."""
        return self.ledger.snapshot() | {"phase": self.phase}

    @property
    def preparing(self) -> int:
        """How many players wait for their opening balance, and do not play yet."""
        return self._preparing

    def close(self) -> None:
        """Close the audit's own connections; the ledger is its owner's to close."""
        self._tellers.close()

    # Before the first round of a player.

    def _prepare(self, player: int) -> None:
        """Learn, or make, the opening balance. One that cannot be told leaves the player undecided."""
        opening = self.wishes.opening
        if opening.way == "given":
            self.ledger.set_opening(player, opening.units)
            return
        with self._busy(), self._tellers.taken() as teller:
            if opening.way == "fund":
                self.ledger.set_opening(player, 0)
                drive(fund(self.ledger, player, opening.units, self.traffic.pen), teller.carry)
                return
            try:
                # Test players tend to own the same.
                expected = from_units(self._guess, self.ledger.decimals)
                reading = teller.read(self.ledger.players[player], expected)
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

    def audit(self, sample: int = 0, all_played: int = 0, *, last: bool = True) -> Statement:
        """Audit everything this worker played. ``sample`` of ``all_played`` players on all workers are read.

        ``sample`` 0 reads all. After an audit that is not the ``last``, traffic may ``go_on``. The last one cuts short
        one that is under way, whose statement is of no use then.
        """
        self._last = self._last or last
        with self._turn:
            self._between = not last
            return self._audit(sample, all_played)

    def go_on(self) -> bool:
        """Open the gate again, unless the last audit has begun meanwhile; say whether it is open."""
        if self._last:
            return False
        self.phase = "playing"
        self.traffic.go_on()
        return True

    def _audit(self, sample: int, all_played: int) -> Statement:
        ledger, statement = self.ledger, Statement(probe=self._tellers.probe_name)
        self._drain()
        self._deadline = time.monotonic() + self.wishes.limit
        self.phase = "resolving what is open"
        self._resolved += self._resolve()
        statement.resolved = self._resolved
        self.phase = "reading balances"
        played = list(ledger.played())
        drawn: Sequence[int] = played
        if sample:
            share = share_of(sample, len(played), all_played or len(played))
            # Who was wrong once is looked at again, so that no later verdict is milder.
            drawn = list(dict.fromkeys([*sorted(self._wrong), *Random().sample(played, share)]))
        statement.played = len(played)
        self._judge(drawn, statement)
        self._sum_up(statement)
        self.phase = "audited"
        return statement

    def _drain(self) -> None:
        """Let rounds come to their end, then stop who is still in one: what it sent last is open."""
        self.phase = "draining"
        self.ledger.close_gate()
        runner = self.environment.runner
        assert runner is not None
        users = runner.user_greenlets
        users.join(timeout=self.wishes.drain)
        # What moves money beside the rounds has had as long already; this is for what was in the middle of it.
        self.traffic.finish(self.wishes.drain)
        # A probe that is stopped in the middle would leave a balance that is not the player's own.
        patience = time.monotonic() + self.wishes.drain
        while self._preparing and time.monotonic() < patience:
            gevent.sleep(0.05)
        users.kill(block=True, timeout=self.wishes.drain or 1.0)

    def _resolve(self) -> int:
        """Decide what is open, rollbacks before their bets; return how many operations are decided now."""
        first = self.ledger.open_operations()
        bets = [op for op in first if op.kind is BET]
        self._all(self._resolve_one, [op for op in first if op.kind is not BET])
        self._all(self._resolve_one, bets)
        # Rollbacks that were begun here and had no answer are open, too; their bets say so.
        still = {id(op) for op in self.ledger.open_operations()}
        return sum(1 for op in first if id(op) not in still)

    def _resolve_one(self, op: Operation) -> None:
        with self._tellers.taken() as teller:
            drive(resolve(self.ledger, op, self.traffic.pen), teller.carry)

    def _judge(self, players: Collection[int], statement: Statement) -> None:
        unsure = self.ledger.unsure()
        seen: set[int] = set()
        wrong: dict[int, int] = {}

        def read(player: int) -> None:
            opening = self.ledger.opening(player)
            name = self.ledger.players[player]
            if opening is None:
                reason = self._unopened.get(player, "it was not reached")
                statement.doubt(f"the opening balance was not read: {reason}", name)
                seen.add(player)
                return
            if player in self._spoiled and player not in self._wrong:
                statement.doubt(
                    f"an audit before may have changed the balance: {self._spoiled[player]}", name
                )
                seen.add(player)
                return
            units = self._wrong[player] if player in self._spoiled else self._read(player, opening, statement)
            seen.add(player)
            if units is None:
                return
            statement.read += 1
            mine = unsure.get(player, ())
            if units not in self.ledger.acceptable(player, mine):
                wrong[player] = units
            elif any(len(op.options()) > 1 for op in mine):
                statement.doubt("transactions had no answer, nor had their copies or rollbacks", name)
            else:
                statement.right += 1

        def watched(player: int) -> None:
            try:
                read(player)
            except Exception as error:
                seen.add(player)
                log.exception("the audit of a player failed")
                statement.doubt(f"the audit failed: {type(error).__name__}", self.ledger.players[player])

        self._all(watched, players)
        for player in players:
            if player not in seen:
                statement.doubt("the audit ran out of time", self.ledger.players[player])
        if len(self._wrong) < _KEPT:
            self._wrong |= wrong
        self._explain(wrong, unsure, statement)
        if wrong and self.wishes.opening.way != "probe":
            statement.notes.append(
                "opening balances were told by --opening, not read: where they are others, every player is off"
            )

    def _read(self, player: int, opening: int, statement: Statement) -> int | None:
        """The balance of ``player`` in minor units; None, with a doubt, where it cannot be told."""
        name, currency = self.ledger.players[player], self.ledger.currency
        expected = from_units(opening + self.ledger.moved(player), self.ledger.decimals)
        try:
            with self._tellers.taken() as teller:
                reading = teller.read(name, expected)
            units = money.to_minor(reading.amount, currency)
        except (Unreadable, DriverProblem, ValueError) as error:
            words = self._words(error)
            if isinstance(error, Unreadable) and error.rule:
                self._breaches[error.rule, name] = Told(error.rule, name, "", words)
            self._spoil(player, words)
            statement.doubt(f"the balance cannot be read: {words}", name)
            return None
        except Exception:
            self._spoil(player, "it was not read to the end")
            raise
        if not reading.restored:
            self._spoil(player, "it could not be put back as it was found")
            note = "some balances could not be put back as they were found"
            statement.notes += [note] if note not in statement.notes else []
        return units

    def _spoil(self, player: int, why: str) -> None:
        """A reading that came to no good end may have changed the balance, where it bets; any other changes nothing."""
        if self._between and self._tellers.moves:
            self._spoiled[player] = why

    def _explain(
        self, wrong: dict[int, int], unsure: dict[int, list[Operation]], statement: Statement
    ) -> None:
        """Tell of those whose balance is ``wrong`` (seen, in minor units); the farthest off with an explanation."""
        self.phase = "explaining"
        ledger = self.ledger
        by = {
            player: comparison.distance(ledger.acceptable(player, unsure.get(player, ())), units)
            for player, units in wrong.items()
        }
        told = sorted(wrong, key=lambda player: -abs(by[player]))[:TOLD]
        past = ledger.journal.of_players(told) if told and ledger.journal.complete else {}
        for player, units in wrong.items():
            mine = unsure.get(player, ())
            statement.is_off(comparison.off(ledger, player, units, mine, past.get(player, ())))

    def _sum_up(self, statement: Statement) -> None:
        ledger = self.ledger
        statement.transactions = ledger.transactions
        for rule, count in ledger.breach_count.items():
            statement.breach_count[rule] = statement.breach_count.get(rule, 0) + count
        for rule, _ in self._breaches:
            statement.breach_count[rule] = statement.breach_count.get(rule, 0) + 1
        statement.breaches += self._breaches.values()
        statement.breaches += [
            Told(one.rule, ledger.players[one.player], one.transaction_id, one.text)
            for one in ledger.breaches
        ]
        statement.ids, statement.kept, statement.settled = (
            ledger.journal.ids,
            ledger.journal.kept,
            ledger.journal.settled,
        )

    def _all(self, do: Callable[[Any], None], things: Iterable[Any]) -> None:
        """Do it for all ``things``, as many at once as there are tellers, until the time is up."""
        pool = Pool(self._tellers.count)
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
        return str(self._redactor.text(str(error).splitlines()[0] if str(error) else type(error).__name__))


def unheard(why: str, players: Sequence[str], mine: range) -> Statement:
    """The statement of a worker that made none: all its players, numbers ``mine``, are undecided."""
    names = [players[number] for number in mine[:TOLD]]
    return Statement(doubts=[Doubt(why, len(mine), names)] if names else [])
