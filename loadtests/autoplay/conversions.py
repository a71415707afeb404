"""Conversions into vouchers beside the rounds of autoplay, at the Jackpot that ``serve`` plays."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from decimal import Decimal
from functools import partial
from random import Random
from threading import BoundedSemaphore, Event, Lock
from typing import Final

from loadtests.autoplay.carrier import GivenUp
from loadtests.autoplay.pace import RoundPace
from loadtests.traffic.driving import drive
from loadtests.traffic.operation import Operation
from loadtests.traffic.voucher_script import (
    CONVERSION,
    REFUSED_CONVERSION,
    Conversion,
    VoucherScript,
    WrongStore,
)
from loadtests.traffic.voucher_steps import (
    PATIENCE,
    STORE,
    Answered,
    Ask,
    Pause,
    Resend,
    StepCarrier,
    Steps,
    T,
)
from scenarios.console.providers import Providers
from scenarios.driver.driver import Driver
from scenarios.oracles.subset_sums import Sums
from simulators.values import money

# Conversions at the same time; more are left out.
_AT_ONCE: Final = 16
# Seconds in which webhooks have to arrive before balances are read.
_WEBHOOKS_SECONDS: Final = 10.0


# What became of a conversion, in words, by what it is counted as.
_BECAME: Final = {
    CONVERSION: "delivered",
    REFUSED_CONVERSION: "refused",
    f"{CONVERSION} canceled": "canceled",
    f"{CONVERSION} refunded": "refunded",
    f"{CONVERSION} refund rejected": "delivered and not refunded",
}


@dataclass(frozen=True, slots=True)
class Converted:
    """The conversions of one player: each as what it is counted, what the ledger knows of it, and of what its session
    held beyond the price.
    """

    currency: str
    all: tuple[tuple[str, Operation, Operation | None], ...] = ()

    @property
    def doubtful(self) -> list[Operation]:
        """Those of which the CLIENT has not reported the end."""
        return [op for _, op, _ in self.all if len(op.options()) > 1]

    @property
    def moved(self) -> Sums:
        """What all of them may have added to the balance, in minor units."""
        options = [op.options() for _, *both in self.all for op in both if op is not None]
        sure = sum(min(each) for each in options if len(each) == 1)
        return Sums(sure, tuple(each for each in options if len(each) > 1))

    def explain(self, off: Decimal) -> str:
        """Which of them make a balance that is ``off`` by so much, in words; empty where none do."""
        rests = [self._held(rest) for _, _, rest in self.all if rest is not None]
        if rests and -off in (*rests, sum(rests)):
            beyond = "all that sessions" if -off not in rests else "what a session"
            return f"as if {beyond} held beyond the price ({money.show(-off, self.currency)}) had been kept"
        for name, became in _BECAME.items():
            ended = [(op, rest) for one, op, rest in self.all if one == name and len(op.options()) == 1]
            prices, held = [self._held(op) for op, _ in ended], [self._held(*both) for both in ended]
            spent = any(0 not in op.options() for op, _ in ended)
            fitting = [each for each in (prices, held) if each and abs(off) in (*each, sum(each))]
            if not fitting or (spent and off < 0):
                continue
            which = "a voucher that was" if abs(off) in fitting[0] else f"all {len(ended)} vouchers that were"
            back = "had been paid all the same" if off < 0 else "had been given back twice"
            wrong = "had cost nothing" if spent else back
            return f"as if {which} {became} ({money.show(abs(off), self.currency)}) {wrong}"
        return ""

    def _held(self, *of: Operation | None) -> Decimal:
        return money.from_minor(sum(op.amount for op in of if op is not None), self.currency)


class Conversions:
    """Lets players convert by ``script``, one conversion every so often as it says, from ``run`` until ``stopping``.

    ``turn`` is held by who moves scripts and their ledger. ``ready`` are the players who may convert now; ``heard``
    is called with each conversion and piece of news, with what is wrong, and ``failed`` of mistakes of this program.
    """

    def __init__(
        self,
        providers: Providers,
        script: VoucherScript,
        turn: Lock,
        stopping: Event,
        given_up: Event,
        ready: Callable[[], Sequence[int]],
        heard: Callable[[str, str | None], None],
        failed: Callable[[Exception], None],
    ) -> None:
        self._script, self._turn, self._rng = script, turn, Random(script.rng.random())
        self._stopping, self._given_up = stopping, given_up
        self._ready, self._heard, self._failed = ready, heard, failed
        self._carrier = StepCarrier(Driver(providers.target, timeout=PATIENCE), script.simulator, self._pause)
        self._made: list[Conversion] = []

    def run(self) -> None:
        """Begin conversions until it is stopping, then wait until those under way have ended."""
        pace, room = RoundPace(self._script.rates.conversions), BoundedSemaphore(_AT_ONCE)
        with ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="autoplay-vouchers") as pool:
            while pace.turn(self._stopping):
                ready = self._ready()
                if ready and room.acquire(blocking=False):
                    done = pool.submit(self._watched, partial(self._convert, self._rng.choice(ready)))
                    done.add_done_callback(lambda _: room.release())

    def settle(self) -> list[WrongStore]:
        """Ask once more for those whose end the CLIENT has not reported, and let webhooks arrive.

        Returns what the CLIENT shows of stores otherwise than it was notified.
        """
        with self._turn:
            doubtful = [made for made in self._made if made.op and len(made.op.options()) > 1]
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(
                pool.map(
                    self._watched, (partial(self._drive, self._script.settle(made)) for made in doubtful)
                )
            )
        self._script.simulator.wait_idle(_WEBHOOKS_SECONDS)
        found: list[WrongStore] = []
        if self._carrier.driver.has(STORE):
            self._watched(lambda: found.extend(self._drive(self._script.shown())))
        return found

    def of(self, player: int) -> Converted:
        """What the conversions of ``player`` come to."""
        with self._turn:
            mine = [made for made in self._made if made.op and made.op.player == player]
            return Converted(
                self._script.ledger.currency,
                tuple((made.name, made.op, made.rest) for made in mine if made.op),
            )

    def _convert(self, player: int) -> None:
        made = Conversion(player)
        with self._turn:
            self._made.append(made)
        self._drive(self._script.convert(made))
        with self._turn:
            self._heard(made.name, made.problem)
        if made.problem is None:
            self._drive(self._script.news(made, lambda name: self._heard(name, None)))

    def _watched(self, do: Callable[[], object]) -> None:
        try:
            do()
        except GivenUp:
            pass
        except Exception as error:
            self._failed(error)

    def _drive(self, steps: Steps[T]) -> T:
        with self._turn:
            return drive(steps, self._carry)

    def _carry(self, step: Ask | Resend | Pause) -> Answered:
        self._turn.release()
        try:
            if self._given_up.is_set():
                raise GivenUp
            return self._carrier.carry(step)
        finally:
            self._turn.acquire()

    def _pause(self, seconds: float) -> None:
        if self._given_up.wait(seconds):
            raise GivenUp
