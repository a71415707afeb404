"""Jackpot beside the bets: conversions of balance into vouchers, and webhooks, on the wallets that are bet with.

One worker plays Jackpot, the one of rank 0 (the only one where there is none else): it serves the API at ``listen``
of the target file, where the CLIENT confirms vouchers, and converts for its own players. So ``listen`` must be an
address of the machine that this worker runs on.

Implements ``voucher-widget.txt`` and ``voucher-webhook.txt`` through the fake Jackpot. To the ledger a conversion is
a bet of its whole amount: the voucher costs exactly what the session holds, so that at every moment, held or
spent or given back, the balance has changed by all of it or by nothing. The fake Jackpot keeps its vouchers, as a
provider does: memory grows by about 8 kB with each conversion, and with nothing else.
"""

import contextlib
import logging
import time
from argparse import Namespace
from collections import OrderedDict
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
from gevent.pool import Pool
from locust.env import Environment
from locust.event import Events
from locust.runners import MasterRunner

from loadtests import run
from loadtests.run import Traffic
from loadtests.traffic.ledger import BET, OK, REFUSED, UNKNOWN, Operation
from scenarios.driver.driver import Driver
from scenarios.hosting.host import hosted
from scenarios.hosting.jackpot import build
from scenarios.problems.errors import DriverProblem, Exit, UsageProblem
from scenarios.tokens.session_token import taken_apart
from simulators.exchanges.history import Direction, Exchange, History, Status
from simulators.jackpot.catalogue.pricing import CURRENCY
from simulators.jackpot.lifecycle import IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import EVENT_OF
from simulators.values import money

log = logging.getLogger(__name__)

# Locust's column "Type" for all of this.
METHOD: Final = "JACKPOT"
# Vouchers cost what they are worth, between these, in EUR.
_CHEAPEST, _DEAREST = 5, 40
_STORE: Final[dict[str, Any]] = {
    "voucherWithContinuousValue": True,
    "voucherPossibleDiscreteValues": None,
    "voucherValueMin": 1,
    "voucherValueMax": 1000,
    "discounts": [],
}
# Of the vouchers so many are canceled, and so many refunded after they were ready.
_CANCELED, _REFUNDED = 0.2, 0.1
# One conversion in so many comes with news of a store.
_STORE_NEWS: Final = 10
# Seconds that the CLIENT may take to do what an event asks, and how often it is asked.
_PATIENCE: Final = 10.0
_POLL: Final = 0.05
# Conversions at the same time; more wait. And the highest rate that can be asked for.
_AT_ONCE: Final = 64
_FASTEST: Final = 50
_EXCHANGES_KEPT: Final = 1000
_NEEDED: Final = ("voucher_session", "voucher")
# What is over for the player's money: spent, or back.
_SPENT: Final = frozenset({VoucherState.READY.value})
_BACK: Final = frozenset({VoucherState.CANCELED.value, VoucherState.REFUNDED.value})


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
    if not parsed.conversions:
        return
    if not 0 < parsed.conversions <= _FASTEST:
        raise UsageProblem(
            f"--conversions is {parsed.conversions:g}",
            f"conversions a second, from 0 to {_FASTEST}: one process plays Jackpot beside all else",
            "correct --conversions",
        )
    target = run.target(parsed)
    target.need_jackpot()
    _, players = target.need_operator()
    driver = Driver(target)
    for entry in _NEEDED:
        if not driver.has(entry):
            raise UsageProblem(
                f"--conversions is above 0, and [driver] has no {entry}",
                "the entries through which a player converts, and the judge sees what becomes of it",
                f"add to [driver]: {target.missing(entry)}",
            )
    if players.currency != CURRENCY:
        raise UsageProblem(
            f"--conversions is above 0, and the players have {players.currency}",
            f"players with {CURRENCY}, which vouchers cost",
            "leave --conversions out, or name other players",
        )


@dataclass
class JackpotTraffic:
    """Conversions at ``rate`` a second on the wallets of ``traffic``; ``fire`` is Locust's request event.

    Jackpot's API is served from the beginning. Raises UsageProblem where the API cannot be served at ``listen``.
    """

    traffic: Traffic
    rate: float
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
        self._store = self.simulator.account.listings[0].store.id
        self._driver = Driver(self.traffic.target, timeout=_PATIENCE)

    def start(self) -> None:
        """Begin to convert."""
        self.simulator.account.update_store(self._store, _STORE)
        self.resume()

    def resume(self) -> None:
        """Begin to convert, again after ``finish``."""
        self._spawner = gevent.spawn(self._spawn)

    def finish(self, timeout: float = 2 * _PATIENCE) -> bool:
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
            gevent.sleep(rng.expovariate(self.rate))
            if self.traffic.ready and ledger.gate_open:
                self._pool.spawn(self.convert, rng.choice(self.traffic.ready))

    # -- one conversion

    def convert(self, player: int) -> None:
        """Let ``player`` convert an amount, and what is bought be delivered, canceled or refunded."""
        rng, account = self.traffic.rng, self.simulator.account
        amount = Decimal(rng.randint(_CHEAPEST, _DEAREST))
        op = self.traffic.ledger.begin(
            player, BET, money.to_minor(amount, CURRENCY), f"conversion {self.traffic.callbacks.new_id()}"
        )
        self.traffic.kinds.add("conversions")
        began = time.perf_counter()
        key, problem = self._session(op, player, amount)
        if key is None:
            self._report("conversion refused" if problem is None else "conversion", began, problem)
            return
        asked = account.reservation(
            amount,
            manual=None,
            price=amount,
            notification_key=key,
            user_id=self.traffic.players[player],
            email="player@client.example",
        )
        drawn, wanted = rng.random(), VoucherState.READY
        with account.lock:
            voucher = account.reserve(self._store, asked)
            if drawn < _CANCELED and voucher.manual:
                # Before the CLIENT hears of the reservation, so that its confirmation comes too late.
                account.happen(voucher.id, VoucherEvent.CANCEL)
                wanted = VoucherState.CANCELED
        if wanted is VoucherState.READY and self._until_ready(voucher.id) and drawn > 1 - _REFUNDED:
            self._happen(voucher.id, VoucherEvent.ASK_REFUND)
            self._happen(voucher.id, VoucherEvent.REFUND)
        state = account.voucher(voucher.id).state
        problem = self._ended(op, key, state)
        self._report(_name(state), began, problem)
        if problem is None:
            self._news(voucher.id, state)

    def _session(self, op: Operation, player: int, amount: Decimal) -> tuple[str | None, str | None]:
        """Ask the CLIENT for a session; return its key, or why there is none (a refusal is no problem)."""
        ledger, name = self.traffic.ledger, self.traffic.players[player]
        try:
            raw = self._driver.raw("voucher_session", player=name, currency=CURRENCY, amount=amount)
            if 400 <= raw.status < 500:
                ledger.settle(op, REFUSED)
                return None, None
            if raw.status >= 500:
                ledger.settle(op, UNKNOWN)
                return None, f"a session was answered {raw.status}"
            key = taken_apart(str(self._driver.reading("voucher_session", raw.body))).key
        except (DriverProblem, ValueError) as error:
            ledger.settle(op, UNKNOWN)
            return None, "no session: " + (error.came if isinstance(error, DriverProblem) else "no JSON")
        if key is None:
            ledger.settle(op, UNKNOWN)
            return None, "the token has no notificationKey (VTK-04)"
        return key, None

    def _until_ready(self, voucher_id: str) -> bool:
        """Wait for the CLIENT's confirmation; let the reservation run out where none comes."""
        if self._until(lambda: self.simulator.account.voucher(voucher_id).state is VoucherState.READY):
            return True
        self._happen(voucher_id, VoucherEvent.EXPIRE)
        return False

    def _happen(self, voucher_id: str, event: VoucherEvent) -> None:
        with contextlib.suppress(IllegalTransition):
            self.simulator.account.happen(voucher_id, event)

    def _ended(self, op: Operation, key: str, state: VoucherState) -> str | None:
        """Wait until the CLIENT sees the voucher in ``state``, and settle; return what is wrong."""
        seen = ""

        def there() -> bool:
            nonlocal seen
            seen = self._seen(key)
            return seen == state.value

        if not self._until(there):
            self.traffic.ledger.settle(op, UNKNOWN)
            return f"the voucher is {state}, and after {_PATIENCE:g} s the CLIENT says {seen or 'nothing'}"
        if state.value in _SPENT:
            self.traffic.ledger.settle(op, OK)
        elif state.value in _BACK:
            self.traffic.ledger.settle(op, REFUSED)
        else:
            self.traffic.ledger.settle(op, UNKNOWN)
            return f"the voucher stays {state}"
        return None

    def _seen(self, key: str) -> str:
        try:
            found = self._driver.call("voucher", notification_key=key)
        except DriverProblem:
            return ""
        found = found.get("state") if isinstance(found, dict) else found
        return found.upper() if isinstance(found, str) else ""

    def _until(self, condition: Callable[[], bool]) -> bool:
        deadline = time.monotonic() + _PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                return False
            gevent.sleep(_POLL)
        return True

    # -- news

    def _news(self, voucher_id: str, state: VoucherState) -> None:
        """At times tell of the voucher again, in copies too, or of a store."""
        rng, account = self.traffic.rng, self.simulator.account
        if rng.random() < self.traffic.rates.copies:
            sent = account.notify(EVENT_OF[state], voucher_id)
            self.simulator.queue.again(sent.id)
        if rng.randrange(_STORE_NEWS) == 0:
            store = rng.choice(account.listings[1:]).store.id
            sent = rng.choice((account.disable_store, account.enable_store))(store)
            if rng.random() < self.traffic.rates.copies:
                self.simulator.queue.again(sent.id)

    # -- Locust's statistics

    def _heard(self, exchange: Exchange) -> None:
        """One row for each kind of webhook."""
        if exchange.direction is not Direction.TO_CLIENT or exchange.status is Status.PENDING:
            return
        problem = None if exchange.ok else str(exchange.failure or f"HTTP {_status(exchange)}")
        self._fire(exchange.title, (exchange.seconds or 0.0), problem)

    def _report(self, name: str, began: float, problem: str | None) -> None:
        self._fire(name, time.perf_counter() - began, problem)

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


def _name(state: VoucherState) -> str:
    return "conversion" if state is VoucherState.READY else f"conversion {state.value.lower()}"


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
    try:
        check(parsed)
    except UsageProblem as problem:
        run.refuse(problem)


def _on_test_start(environment: Environment, **_: Any) -> None:
    _stop(environment)
    parsed = environment.parsed_options
    assert parsed is not None
    if not parsed.conversions or isinstance(environment.runner, MasterRunner):
        return
    traffic = run.of(environment)
    if traffic.shard.rank != 0:
        return
    try:
        jackpot = JackpotTraffic(traffic, parsed.conversions, environment.events.request.fire)
    except UsageProblem as problem:
        log.error("no conversions: %s", problem)  # noqa: TRY400 - the problem says it all
        environment.process_exit_code = int(Exit.USAGE)
        return
    traffic.beside, traffic.again = jackpot.finish, jackpot.resume
    _current[environment] = jackpot
    jackpot.start()


def _stop(environment: Environment, **_: Any) -> None:
    before = _current.pop(environment, None)
    if before is not None:
        before.stop()
