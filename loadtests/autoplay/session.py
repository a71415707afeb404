"""One session of autoplay: players play side by side, each one wager after another; then all is settled and audited.

How it ends: no new round begins, those under way come to their end, what is still open is resolved as the OPERATOR
would (results and rollbacks by copies, bets by rolling them back), and every balance is read and judged.
"""

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from random import Random
from typing import Any, Final

from loadtests.audit.comparison import sum_up
from loadtests.audit.open_transactions import open_player, resolve
from loadtests.audit.outcome import text
from loadtests.audit.outcome.verdict import AuditVerdict, WorkerResult, WrongBalance
from loadtests.audit.unique_ids import compare
from loadtests.autoplay.balances import Balances, JudgedBalance, OpeningBalance
from loadtests.autoplay.carrier import Carrier, GivenUp
from loadtests.autoplay.conversions import Conversions, Converted
from loadtests.autoplay.pace import RoundPace
from loadtests.autoplay.sizes import Sizes
from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.driving import drive
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.operation import BET, Operation
from loadtests.traffic.player_script import Play, PlayerScript, Seen, Send, of_each
from loadtests.traffic.voucher_script import VoucherScript
from scenarios.console.providers import Providers
from scenarios.problems.errors import Problem
from scenarios.report.schema.load import Breach, FailedRound
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Request
from simulators.jackpot.simulator import JackpotSimulator
from simulators.operator.delivery import Operator
from simulators.providers import JACKPOT, OPERATOR
from simulators.transport.route import reachable
from simulators.values import money

# Seconds before the CLIENT is asked again for an opening balance, or a player goes on after a round that failed; the
# last is repeated.
_PAUSES: Final = (1.0, 2.0, 5.0, 10.0)
# Seconds that a CLIENT which is gone has to come back before its balances are given up.
_PATIENCE: Final = 8.0
# How many different problems are listed.
_TOLD: Final = 20

PLAYING, SETTLING, AUDITING, ENDED = "playing", "settling", "auditing", "ended"


class Session:
    """Plays with ``sizes`` from ``start`` to ``stop``, then comes to ``verdict``, and ``ended`` is set.

    ``tell`` prints one line. Raises UsageProblem where the target file has no OPERATOR or no players.
    """

    def __init__(
        self, providers: Providers, sizes: Sizes, rng: Random, tell: Callable[[str], None], note: str = ""
    ) -> None:
        _, players = providers.target.need_operator()
        channel: Operator = providers.channel(OPERATOR)
        self.providers, self.sizes, self._tell, self._note = providers, sizes, tell, note
        self._rng = rng
        self.callbacks = Callbacks(channel.dialect, channel.secret, players.currency)
        self.ledger = Ledger.of(players.ids, self.callbacks)
        self.phase, self.ended = PLAYING, threading.Event()
        self.verdict: AuditVerdict | None = None
        self.judged: list[JudgedBalance] = []
        self.rounds = 0
        self.sent: Counter[str] = Counter()
        self._problems: Counter[str] = Counter()
        self._failed: Counter[str] = Counter()
        self._kinds: set[str] = set()
        self._stopping, self._given_up = threading.Event(), threading.Event()
        self._carriers = [Carrier(providers, self._stopping, self._given_up) for _ in players.ids]
        self._openings: dict[int, OpeningBalance] = {}
        self._unopened: dict[int, str] = {}
        self._balances = Balances(providers, players.currency)
        self._pace = RoundPace(sizes.pace)
        # Scripts and their ledger move one at a time; while a request is under way others may.
        self._turn = threading.Lock()
        self._conversions = self._convert() if sizes.vouchers.conversions else None
        self._waits = False
        self._began, self._over = time.monotonic(), 0.0

    def start(self) -> None:
        """Begin: one thread for each player, and one that comes to the verdict when they have ended."""
        numbers = range(len(self.ledger.players))
        players = [threading.Thread(target=self._play, args=(n,), name=f"autoplay-{n}") for n in numbers]
        if self._conversions is not None:
            players.append(threading.Thread(target=self._conversions.run, name="autoplay-conversions"))
        conclude = threading.Thread(target=self._conclude, args=(players,), name="autoplay-audit")
        for thread in (*players, conclude):
            thread.daemon = True
            thread.start()

    def stop(self) -> None:
        """Begin no more rounds; what follows is under way when this returns. Does nothing the second time."""
        self.ledger.close_gate()
        self._stopping.set()

    def give_up(self) -> None:
        """Send nothing more: what is not read yet is undecided."""
        self.stop()
        self._given_up.set()

    def shown(self) -> dict[str, Any]:
        """How far it is, as JSON."""
        verdict = self.verdict if self.ended.is_set() else None
        with self._turn:
            return {
                "state": self.phase,
                "waiting": self.waiting,
                "rate": self.sizes.pace,
                "conversions": self.sizes.vouchers.conversions,
                "seconds": round((self._over or time.monotonic()) - self._began),
                "rounds": self.rounds,
                "transactions": self.ledger.transactions,
                "open": len(self.ledger.open_operations()),
                "sent": dict(sorted(self.sent.items())),
                "problems": [f"{count} times: {problem}" for problem, count in self._problems.items()],
                "failed_rounds": list(map(text.failed_rounds, self._failed_rounds())),
                "breaches": dict(self.ledger.breach_count),
                "verdict": None if verdict is None else self._verdict_shown(verdict),
            }

    @property
    def waiting(self) -> str:
        """What is waited for, in words; empty while the CLIENT answers."""
        return next((carrier.trouble for carrier in self._carriers if carrier.trouble), "")

    def _verdict_shown(self, verdict: AuditVerdict) -> dict[str, Any]:
        return {
            "finding": str(verdict.finding),
            "exit_code": int(verdict.code),
            "lines": list(text.lines(verdict)),
            "rules": verdict.rules,
            "players": [each.as_plain() for each in self.judged],
        }

    # -- playing

    def _convert(self) -> Conversions:
        """Who lets players convert whose balance at first is known, while the CLIENT answers."""
        jackpot: JackpotSimulator = self.providers.simulator(JACKPOT)
        vouchers, copies = self.sizes.vouchers, self.sizes.mix.copies
        return Conversions(
            self.providers,
            VoucherScript(jackpot, self.ledger, vouchers, copies, self._rng, self._kinds),
            self._turn,
            self._stopping,
            self._given_up,
            ready=lambda: [] if self.waiting else list(self._openings),
            heard=self._count,
            failed=self._fail,
        )

    def _play(self, number: int) -> None:
        try:
            if self._open(number):
                script = PlayerScript.of(
                    number, self.ledger, self.sizes.mix, self._rng, self.callbacks, self._kinds
                )
                self._rounds(number, script)
        except GivenUp:
            pass
        except Exception as error:
            self._fail(error)

    def _open(self, number: int) -> bool:
        """Learn what the player owns, however long the CLIENT takes to tell; False where it ended before."""
        player, carrier = self.ledger.players[number], self._carriers[number]
        for pause in _again():
            if self._stopping.is_set():
                return False
            try:
                if not self._reachable(1.0):
                    carrier.trouble = f"nothing listens at {self._url}"
                else:
                    self._openings[number] = self._balances.opening(player)
                    carrier.trouble = ""
                    self._drive(carrier, open_player(self.ledger, number, self.callbacks))
                    return True
            except (Unreadable, Problem) as error:
                carrier.trouble = f"the balance of {player} cannot be read: {self._words(error)}"
            self._unopened[number] = carrier.trouble
            with self._turn:
                self._tell_of_trouble()
            self._stopping.wait(pause)
        return False

    def _rounds(self, number: int, script: PlayerScript) -> None:
        pauses = _again()
        while self._pace.turn(self._stopping):
            try:
                self._drive(self._carriers[number], script.round())
            except GivenUp:
                raise
            except Exception as error:
                self._fail(error)
                self._stopping.wait(next(pauses))
            else:
                with self._turn:
                    self.rounds += 1
                pauses = _again()

    def _drive(self, carrier: Carrier, play: Play) -> Any:
        with self._turn:
            return drive(play, partial(self._carry, carrier), of_each(self._report))

    def _carry(self, carrier: Carrier, sends: list[Send]) -> list[Seen]:
        self._turn.release()
        try:
            return carrier.carry(sends)
        finally:
            self._turn.acquire()
            self._tell_of_trouble()

    def _tell_of_trouble(self) -> None:
        """Say when the CLIENT begins to be waited for, and when that is over. To be called in turn."""
        waiting = self.waiting
        if bool(waiting) != self._waits:
            self._waits = bool(waiting)
            self._tell(f"autoplay: waiting for the CLIENT: {waiting}" if waiting else "autoplay: goes on")

    def _report(self, send: Send, seen: Seen) -> None:
        self._count(send.name, seen.problem)

    def _count(self, name: str, problem: str | None) -> None:
        self.sent[name] += 1
        if problem:
            words = self._redacted(problem)
            if words in self._problems or len(self._problems) < _TOLD:
                self._problems[words] += 1

    def _fail(self, error: Exception) -> None:
        """A round ended by an exception of this program: it is reported, and no audit is clean any more."""
        words = self._words(error)
        with self._turn:
            self._failed[words] += 1
            first = self._failed[words] == 1
        if first:
            self._tell(f"autoplay: a round failed in pitboss itself: {words}")

    # -- the end

    def _conclude(self, players: Iterable[threading.Thread]) -> None:
        try:
            for thread in players:
                thread.join()
            self.verdict = self._audit()
        except Exception as error:
            self._fail(error)
            nothing = WorkerResult()
            nothing.add_undecided("the audit failed", *self.ledger.players)
            self.verdict = AuditVerdict(
                self.ledger.currency, 1, nothing, compared=False, failed_rounds=self._failed_rounds()
            )
        finally:
            self.ledger.close()
            self.phase, self._over = ENDED, time.monotonic()
            for carrier in self._carriers:
                carrier.trouble = ""
            self.ended.set()

    def _audit(self) -> AuditVerdict:
        ledger = self.ledger
        result = WorkerResult(probe=self.providers.probe().name)
        played = list(ledger.played())
        result.played = len(played)
        result.notes += [self._note] if self._note else []
        gone = "" if not played or self._reachable(_PATIENCE) else f"nothing listens at {self._url}"
        # Nothing hurries any more but whoever does not wait for the end.
        for carrier in self._carriers:
            carrier.hurry = self._given_up
        with ThreadPoolExecutor(len(self._carriers)) as pool:
            self.phase = SETTLING
            if not gone:
                result.resolved = sum(pool.map(self._settle, played))
                if self._conversions is not None:
                    for store in self._conversions.settle():
                        result.add_breach(Breach(rule=store.rule, player="", transaction="", text=store.text))
            self.phase = AUDITING
            for number, judged in zip(played, pool.map(partial(self._judge, gone=gone), played), strict=True):
                self._note_judged(number, judged, result)
        for number, why in self._unopened.items():
            if number not in self._openings:
                result.add_undecided(why, ledger.players[number])
        sum_up(ledger, result)
        result.kinds = sorted(self._kinds)
        journal = ledger.journal
        shared = compare(journal.ids, lambda start, stop: [journal.keys(start, stop)], journal.among)
        return AuditVerdict(ledger.currency, 1, result, shared=shared, failed_rounds=self._failed_rounds())

    def _settle(self, number: int) -> int:
        """Decide what is open of one player, bets after all else; return how many are decided now."""
        with self._turn:
            mine = [op for op in self.ledger.open_operations() if op.player == number]
        try:
            for op in sorted(mine, key=lambda op: op.kind is BET):
                self._drive(self._carriers[number], resolve(self.ledger, op, self.callbacks))
        except GivenUp:
            pass
        except Exception as error:
            self._fail(error)
        with self._turn:
            still: set[Operation] = set(self.ledger.open_operations())
        return sum(1 for op in mine if op not in still)

    def _judge(self, number: int, gone: str) -> JudgedBalance | Exception | str:
        opening = self._openings.get(number)
        if opening is None or gone or self._given_up.is_set():
            return gone or (
                "it was given up" if opening else self._unopened.get(number, "it was not reached")
            )
        try:
            none = Converted(self.ledger.currency)
            converted = none if self._conversions is None else self._conversions.of(number)
            return self._balances.judge(self.ledger.players[number], opening, converted)
        except Exception as error:
            return error

    def _note_judged(
        self, number: int, judged: JudgedBalance | Exception | str, result: WorkerResult
    ) -> None:
        player = self.ledger.players[number]
        if not isinstance(judged, JudgedBalance):
            if isinstance(judged, Unreadable) and judged.rule:
                result.add_breach(
                    Breach(rule=judged.rule, player=player, transaction="", text=self._words(judged))
                )
            words = judged if isinstance(judged, str) else self._words(judged)
            result.add_undecided(f"the balance cannot be read: {words}", player)
            return
        self.judged.append(judged)
        result.read += 1
        if judged.off is None:
            result.add_undecided(judged.why, player)
        elif judged.off:
            units = int((judged.off / money.unit(self.ledger.currency)).to_integral_value())
            # Less than half a unit is off, too.
            result.add_wrong(WrongBalance(player, units or (1 if judged.off > 0 else -1), judged.why))
        else:
            result.right += 1

    # -- words

    @property
    def _url(self) -> str:
        return str(self.providers.channel(OPERATOR).url)

    def _reachable(self, seconds: float) -> bool:
        return reachable(Request("POST", self._url), seconds)

    def _failed_rounds(self) -> list[FailedRound]:
        return [FailedRound(error=words, count=count) for words, count in list(self._failed.items())]

    def _words(self, error: Exception) -> str:
        first = error.came if isinstance(error, Problem) else str(error).partition("\n")[0]
        kind = "" if isinstance(error, Unreadable | Problem) else f"{type(error).__name__}: "
        return self._redacted(f"{kind}{first}")

    def _redacted(self, words: str) -> str:
        return str(self.providers.redactor.text(words))


def _again() -> Iterator[float]:
    yield from _PAUSES
    while True:
        yield _PAUSES[-1]
