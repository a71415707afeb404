"""Jackpot beside the bets: conversions of balance into vouchers, and webhooks, on the wallets that are bet with.

One worker plays Jackpot, the one of rank 0 (the only one where there is none else): it serves the API at ``listen``
of the target file, where the CLIENT confirms vouchers, and converts for its own players. So ``listen`` must be an
address of the machine that this worker runs on.

What a conversion is says ``traffic.voucher_script``. The fake Jackpot keeps its vouchers, as a provider does: memory
grows by about 8 kB with each conversion, and with nothing else.
"""

import logging
import time
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
from gevent.pool import Pool
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner

from loadtests import options, run
from loadtests.run import Traffic
from loadtests.traffic.driving import drive
from loadtests.traffic.mix import Vouchers
from loadtests.traffic.voucher_script import Conversion, VoucherScript
from loadtests.traffic.voucher_steps import PATIENCE, StepCarrier, need
from scenarios.driver.driver import Driver
from scenarios.hosting.host import hosted
from scenarios.hosting.jackpot import build
from scenarios.problems.errors import Exit, UsageProblem
from simulators.exchanges.history import Direction, Exchange, History, Status
from simulators.jackpot.simulator import JackpotSimulator

log = logging.getLogger(__name__)

# Locust's column "Type" for all of this.
METHOD: Final = "JACKPOT"
# Conversions at the same time; more wait.
_AT_ONCE: Final = 64
_EXCHANGES_KEPT: Final = 1000


class _Recent(list[Exchange]):
    """The last exchanges under their own numbers: a run of days must not keep all of them."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self._size, self._count = size, 0
        self._kept: OrderedDict[int, Exchange] = OrderedDict()

    def __len__(self) -> int:
        return self._count

    def append(self, exchange: Exchange) -> None:
        self._kept[self._count] = exchange
        self._count += 1
        if len(self._kept) > self._size:
            self._kept.popitem(last=False)

    def __getitem__(self, number: Any) -> Any:
        if isinstance(number, slice):
            return [each for key, each in self._kept.items() if key >= (number.start or 0)]
        return self._kept[number]

    def __setitem__(self, number: Any, exchange: Any) -> None:
        if number in self._kept:
            self._kept[number] = exchange


def check(parsed: Namespace) -> None:
    """Raise UsageProblem where ``parsed`` options ask for conversions that cannot be."""
    if options.vouchers(vars(parsed)).conversions:
        need(run.target(parsed), "--conversions is above 0")


@dataclass
class JackpotTraffic:
    """Conversions, as many as ``rates`` say, on the wallets of ``traffic``; ``fire`` is Locust's request event.

    Jackpot's API is served from the beginning. Raises UsageProblem where the API cannot be served at ``listen``.
    """

    traffic: Traffic
    rates: Vouchers
    fire: Callable[..., None]
    simulator: JackpotSimulator = field(init=False)
    _hosting: ExitStack = field(default_factory=ExitStack)
    _pool: Pool = field(default_factory=lambda: Pool(_AT_ONCE))
    _spawner: Any = None

    def __post_init__(self) -> None:
        jackpot = self.traffic.target.need_jackpot()
        history = History(listeners=[self._heard], _exchanges=_Recent(_EXCHANGES_KEPT))
        route = self.traffic.target.route(history, timeout=self.traffic.timeout)
        self.simulator = build(jackpot, route, seed=self.traffic.rng.randrange(2**32))
        # Jackpot's own pause is no time that the CLIENT took.
        self.simulator.account.habits.ready_seconds = 0.0
        self._hosting.enter_context(hosted(self.simulator, jackpot.listen_address))
        self._carrier = StepCarrier(Driver(self.traffic.target, timeout=PATIENCE), self.simulator, time.sleep)
        self._script = VoucherScript(
            self.simulator,
            self.traffic.ledger,
            self.rates,
            self.traffic.rates.copies,
            self.traffic.rng,
            self.traffic.kinds,
        )

    def start(self) -> None:
        """Begin to convert, also again after ``finish``."""
        self._spawner = gevent.spawn(self._spawn)

    def finish(self, timeout: float = 2 * PATIENCE) -> bool:
        """Begin no more, and wait at most ``timeout`` seconds until those under way have ended; say if they did."""
        gevent.kill(self._spawner)
        return bool(self._pool.join(timeout=timeout))

    def stop(self) -> None:
        """End everything, at once."""
        gevent.kill(self._spawner)
        self._pool.kill()
        self._hosting.close()

    def _spawn(self) -> None:
        rng, ledger = self.traffic.rng, self.traffic.ledger
        while ledger.gate_open:
            gevent.sleep(rng.expovariate(self.rates.conversions))
            if self.traffic.ready and ledger.gate_open:
                self._pool.spawn(self.convert, rng.choice(self.traffic.ready))

    def convert(self, player: int) -> None:
        """Let ``player`` convert, and tell what comes of it, and at times more."""
        began, made = time.perf_counter(), Conversion(player)
        drive(self._script.convert(made), self._carrier.carry)
        self._fire(made.name, time.perf_counter() - began, made.problem)
        if made.problem is None:
            drive(self._script.news(made, lambda _: None), self._carrier.carry)

    # -- Locust's statistics

    def _heard(self, exchange: Exchange) -> None:
        """One row for each kind of webhook."""
        if exchange.direction is not Direction.TO_CLIENT or exchange.status is Status.PENDING:
            return
        problem = None if exchange.ok else str(exchange.failure or f"HTTP {_status(exchange)}")
        self._fire(exchange.title, (exchange.seconds or 0.0), problem)

    def _fire(self, name: str, seconds: float, problem: str | None) -> None:
        self.fire(
            request_type=METHOD,
            name=name,
            response_time=seconds * 1000,
            response_length=0,
            exception=problem,
            context={},
            response=None,
            start_time=time.time() - seconds,
            url="",
        )


def _status(exchange: Exchange) -> int:
    return exchange.answer.status if exchange.answer else 0


_current: WeakKeyDictionary[Environment, JackpotTraffic] = WeakKeyDictionary()


def of(environment: Environment) -> JackpotTraffic | None:
    """The Jackpot that this process plays in the test that runs, None where it plays none."""
    return _current.get(environment)


def register(events: Events) -> None:
    """Play Jackpot from each start of a test on, where that is asked for. To be registered after ``settings``."""
    events.init.add_listener(_on_init)
    events.test_start.add_listener(_on_test_start)
    events.quitting.add_listener(_stop)


def _on_init(environment: Environment, **_: Any) -> None:
    parsed = environment.parsed_options
    assert parsed is not None
    with run.refusing():
        check(parsed)


def _on_test_start(environment: Environment, **_: Any) -> None:
    _stop(environment)
    parsed = environment.parsed_options
    assert parsed is not None
    rates = options.vouchers(vars(parsed))
    if not rates.conversions or isinstance(environment.runner, MasterRunner):
        return
    traffic = run.of(environment)
    if traffic.shard.rank != 0:
        return
    try:
        jackpot = JackpotTraffic(traffic, rates, environment.events.request.fire)
    except UsageProblem as problem:
        log.error("no conversions: %s", problem)  # noqa: TRY400 - the problem says it all
        environment.process_exit_code = int(Exit.USAGE)
        return
    traffic.beside, traffic.again = jackpot.finish, jackpot.start
    _current[environment] = jackpot
    jackpot.start()


def _stop(environment: Environment, **_: Any) -> None:
    before = _current.pop(environment, None)
    if before is not None:
        before.stop()
