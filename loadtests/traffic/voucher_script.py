"""What becomes of one conversion into a voucher, as a generator: it yields what to do, and is sent what came of it.

Only ``Carrier`` does I/O; the fake Jackpot is acted on directly, and sends webhooks of its own accord. The ledger hears
of a conversion before the CLIENT does.

Implements ``voucher-widget.txt`` and ``voucher-webhook.txt`` through the fake Jackpot. To the ledger a conversion is
a bet of its whole amount: the voucher costs exactly what the session holds, so that at every moment, held or
spent or given back, the balance has changed by all of it or by nothing.
"""

import contextlib
import time
from collections.abc import Callable, Generator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from random import Random
from typing import Any, Final, TypeVar
from uuid import uuid4

from loadtests.traffic.ledger import BET, OK, REFUSED, UNKNOWN, Ledger, Operation
from loadtests.traffic.mix import Vouchers
from scenarios.driver.driver import Driver
from scenarios.problems.errors import DriverProblem, UsageProblem
from scenarios.target.loading import Target
from scenarios.tokens.session_token import taken_apart
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.catalogue.pricing import CURRENCY, Unacceptable
from simulators.jackpot.lifecycle import IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import EVENT_OF, Notification, Store
from simulators.jackpot.world import Voucher
from simulators.values import money
from simulators.webhooks.retry_queue import QueuedMessage

# Vouchers of any price are worth whole amounts between these (EUR), as far as the store sells them.
_LEAST, _MOST = 5, 40
# Of the refunds that are asked for so many are granted.
_GRANTED: Final = 0.5
# Seconds that the CLIENT may take to do what an event asks, and how often it is asked.
PATIENCE: Final = 10.0
_POLL: Final = 0.05
# Seconds that news of a store holds, before the store is again as it was.
_NEWS_SECONDS: Final = 1.0
_NEEDED: Final = ("voucher_session", "voucher")
# What is over for the player's money: spent, or back.
_SPENT: Final = frozenset({VoucherState.READY, VoucherState.REFUND_REJECTED})
_BACK: Final = frozenset({VoucherState.CANCELED, VoucherState.REFUNDED})
# How conversions and news are called where they are counted.
CONVERSION, REFUSED_CONVERSION, STORE_CHANGE = "conversion", "conversion refused", "store change"


def need(target: Target, came: str) -> None:
    """Raise UsageProblem, which says what ``came``, where players of ``target`` cannot convert."""
    target.need_jackpot()
    _, players = target.need_operator()
    driver = Driver(target)
    for entry in _NEEDED:
        if not driver.has(entry):
            raise UsageProblem(
                f"{came}, and [driver] has no {entry}",
                "the entries through which a player converts, and the judge sees what becomes of it",
                f"add to [driver]: {target.missing(entry)}",
            )
    if players.currency != CURRENCY:
        raise UsageProblem(
            f"{came}, and the players have {players.currency}",
            f"players with {CURRENCY}, which vouchers cost",
            "leave --conversions out, or name other players",
        )


@dataclass(frozen=True, slots=True)
class Ask:
    """Asks the CLIENT as the player's browser would, by an entry of ``[driver]``, after ``wait`` seconds."""

    entry: str
    fields: dict[str, str | Decimal | None]
    wait: float = 0.0


@dataclass(frozen=True, slots=True)
class Again:
    """Sends a webhook once more, whatever became of it."""

    delivery: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Lets ``seconds`` pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Told:
    """What the CLIENT answered: ``status`` 0 is no answer, ``value`` what the entry reads, ``problem`` why nothing."""

    status: int = 0
    value: Any = None
    problem: str = ""


T = TypeVar("T")
Steps = Generator[Ask | Again | Pause, Told, T]


@dataclass(frozen=True, slots=True)
class Carrier:
    """Does what a script asks for; ``pause`` lets seconds pass."""

    driver: Driver
    simulator: JackpotSimulator
    pause: Callable[[float], object]

    def carry(self, step: Ask | Again | Pause) -> Told:
        """Do one step, and tell what came of it."""
        match step:
            case Pause(seconds):
                self.pause(seconds)
            case Again(delivery):
                self.simulator.queue.again(delivery)
            case Ask(entry, fields, wait):
                if wait:
                    self.pause(wait)
                return self._ask(entry, fields)
        return Told()

    def _ask(self, entry: str, fields: dict[str, str | Decimal | None]) -> Told:
        status = 0
        try:
            raw = self.driver.raw(entry, **fields)
            status = raw.status
            if status < 400:
                return Told(status, self.driver.reading(entry, raw.body))
        except DriverProblem as problem:
            return Told(status, problem=problem.came)
        except ValueError:
            return Told(status, problem="it is no JSON")
        return Told(status, problem=f"{entry} was answered {status}")


@dataclass(slots=True)
class Conversion:
    """One conversion of ``player``, its index in the ledger, as far as it came: ``op`` is what the ledger knows of it.

    ``name`` is what it is counted as, ``key`` names it to CLIENT and Jackpot, ``problem`` is what went wrong, in words;
    a refusal is none.
    """

    player: int
    name: str = CONVERSION
    op: Operation | None = None
    key: str | None = None
    voucher_id: str | None = None
    state: VoucherState | None = None
    problem: str | None = None


@dataclass
class VoucherScript:
    """What players do with vouchers. ``copies`` is the share of webhooks that are sent again once all is done.

    ``kinds`` is shared with the players' rounds.
    """

    simulator: JackpotSimulator
    ledger: Ledger
    rates: Vouchers
    copies: float
    rng: Random
    kinds: set[str]
    clock: Callable[[], float] = time.monotonic
    _in_news: set[str] = field(default_factory=set)

    def convert(self, made: Conversion) -> Steps[None]:
        """Let a player convert an amount, and what is bought be delivered, canceled or refunded."""
        account = self.simulator.account
        wanted = self._wanted()
        if wanted is None:
            made.problem = "no store that is offered sells anything"
            return
        store_id, price = wanted
        op = made.op = self.ledger.begin(
            made.player, BET, money.to_minor(price, CURRENCY), f"conversion {uuid4()}"
        )
        self.kinds.add("conversions")
        yield from self._session(made, price)
        if made.key is None:
            return
        drawn = self.rng.random()
        with account.lock:
            voucher = self._reserve(store_id, price, made.key, made.player)
            if voucher is not None and drawn < self.rates.cancels and voucher.manual:
                # Before the CLIENT hears of the reservation, so that its confirmation comes too late.
                self._happen(voucher.id, VoucherEvent.CANCEL)
        if voucher is None:
            self.ledger.settle(op, UNKNOWN)
            made.problem = f"no store sells for {money.show(price, CURRENCY)} any more"
            return
        made.voucher_id = voucher.id
        ran_out = False
        if drawn >= self.rates.cancels or not voucher.manual:
            ran_out = yield from self._deliver(voucher.id, refund=drawn > 1 - self.rates.refunds)
        yield from self.settle(made)
        if ran_out and made.problem is None:
            made.problem = (
                f"the CLIENT confirmed nothing in {PATIENCE:g} s, and the reservation ran out (VCH-04)"
            )

    def settle(self, made: Conversion) -> Steps[None]:
        """Wait until the CLIENT sees the voucher as it is, and settle; what is wrong is its ``problem``."""
        if made.op is None or made.key is None or made.voucher_id is None:
            return
        made.state = state = self.simulator.account.voucher(made.voucher_id).state
        made.name = CONVERSION if state is VoucherState.READY else f"{CONVERSION} {_words(state)}"
        made.problem, seen, deadline = None, "", self.clock() + PATIENCE
        while seen != state.value and self.clock() < deadline:
            told = yield Ask("voucher", {"notification_key": made.key}, _POLL if seen else 0.0)
            seen = _seen(told) or "nothing"
        if seen != state.value:
            made.problem = f"the voucher is {state}, and after {PATIENCE:g} s the CLIENT says {seen}"
        elif state not in _SPENT | _BACK:
            made.problem = f"the voucher stays {state}"
        effect = UNKNOWN if made.problem else OK if state in _SPENT else REFUSED
        self.ledger.settle(made.op, effect)

    def news(self, made: Conversion, heard: Callable[[str], None]) -> Steps[None]:
        """At times tell of the voucher again, in copies too, or of a store; ``heard`` is told what."""
        if made.voucher_id is not None and made.state in EVENT_OF and self.rng.random() < self.copies:
            sent = self.simulator.account.notify(EVENT_OF[made.state], made.voucher_id)
            yield Again(sent.id)
        if self.rng.random() < self.rates.store_changes:
            yield from self._store_news(heard)

    # -- what a conversion is made of

    def _wanted(self) -> tuple[str, Decimal] | None:
        """A store that is offered, and the price of a voucher that it sells (EUR); None where none is offered."""
        offered = [each.store for each in self.simulator.account.listings if each.enabled]
        for store in self.rng.sample(offered, len(offered)):
            with contextlib.suppress(Unacceptable):
                return store.id, pricing.price_of(store, self._value(store))
        return None

    def _value(self, store: Store) -> Decimal:
        single = store.voucher_possible_discrete_values
        if single is not None:
            return self.rng.choice([each for each in single if each <= _MOST] or [min(single)])
        low, high = store.voucher_value_min, store.voucher_value_max
        return min(max(Decimal(self.rng.randint(_LEAST, _MOST)), low), high)

    def _session(self, made: Conversion, price: Decimal) -> Steps[None]:
        """Ask the CLIENT for a session; its key, or why there is none, is in ``made``."""
        assert made.op is not None
        who = self.ledger.players[made.player]
        told = yield Ask("voucher_session", {"player": who, "currency": CURRENCY, "amount": price})
        if 400 <= told.status < 500:
            made.name = REFUSED_CONVERSION
            self.ledger.settle(made.op, REFUSED)
            # A player who is known is not refused so: the address in the entry is wrong.
            made.problem = told.problem if told.status in (404, 405) else None
            return
        with contextlib.suppress(ValueError):
            made.key = None if told.problem else taken_apart(str(told.value)).key
        if made.key is None:
            self.ledger.settle(made.op, UNKNOWN)
            made.problem = f"no session: {told.problem or 'the token has no notificationKey (VTK-04)'}"

    def _reserve(self, store_id: str, price: Decimal, key: str, player: int) -> Voucher | None:
        """Reserve at the store that was chosen, or where it sells no more at that price at another; None: nowhere."""
        account = self.simulator.account
        asked = account.reservation(
            price,
            price=price,
            notification_key=key,
            user_id=self.ledger.players[player],
            email="player@client.example",
        )
        for each in (store_id, *(listing.store.id for listing in account.listings)):
            with contextlib.suppress(KeyError, Unacceptable):
                return account.reserve(each, asked)
        return None

    def _deliver(self, voucher_id: str, *, refund: bool) -> Steps[bool]:
        """Wait for the CLIENT's confirmation, and deliver; where none comes let the reservation run out: True."""
        yield from self._until(lambda: self._state(voucher_id) is not VoucherState.RESERVED, PATIENCE)
        if self._state(voucher_id) is VoucherState.RESERVED:
            self._happen(voucher_id, VoucherEvent.EXPIRE)
            return self._state(voucher_id) is VoucherState.CANCELED
        pause = self.simulator.account.habits.ready_seconds or 0.0
        yield from self._until(lambda: self._state(voucher_id) is VoucherState.READY, min(pause, PATIENCE))
        self._happen(voucher_id, VoucherEvent.MAKE_READY)
        if refund:
            self._happen(voucher_id, VoucherEvent.ASK_REFUND)
            granted = self.rng.random() < _GRANTED
            self._happen(voucher_id, VoucherEvent.REFUND if granted else VoucherEvent.REJECT_REFUND)
        return False

    def _state(self, voucher_id: str) -> VoucherState:
        return self.simulator.account.voucher(voucher_id).state

    def _happen(self, voucher_id: str, event: VoucherEvent) -> None:
        with contextlib.suppress(IllegalTransition):
            self.simulator.account.happen(voucher_id, event)

    def _until(self, condition: Callable[[], bool], seconds: float) -> Steps[None]:
        deadline = self.clock() + seconds
        while not condition() and self.clock() < deadline:
            yield Pause(_POLL)

    # -- news of stores

    def _store_news(self, heard: Callable[[str], None]) -> Steps[None]:
        """Withdraw or change a store that no other news is about, and after a moment put it back as it was."""
        account = self.simulator.account
        free = [each for each in account.listings if each.store.id not in self._in_news]
        if not free:
            return
        listing = self.rng.choice(free)
        store, act, undo = listing.store, account.disable_store, account.enable_store
        if not listing.enabled or self.rng.random() < 0.5:
            act = partial(account.update_store, changes={"description": f"{store.description} {uuid4()}"})
            undo = partial(account.update_store, changes={"description": store.description})
        self._in_news.add(store.id)
        try:
            # Somebody may have removed it meanwhile.
            with contextlib.suppress(KeyError):
                sent = act(store.id)
                try:
                    yield from self._in_copies(sent)
                    yield Pause(_NEWS_SECONDS)
                finally:
                    # Also where nothing more is played: the catalogue is left as it was found.
                    sent = undo(store.id)
                heard(STORE_CHANGE)
                yield from self._in_copies(sent)
        finally:
            self._in_news.discard(store.id)

    def _in_copies(self, sent: QueuedMessage[Notification]) -> Steps[None]:
        if self.rng.random() < self.copies:
            yield Again(sent.id)


def _words(state: VoucherState) -> str:
    return state.value.lower().replace("_", " ")


def _seen(told: Told) -> str:
    """The state that the CLIENT tells, in Jackpot's words; empty where it tells none."""
    found = told.value.get("state") if isinstance(told.value, dict) else told.value
    return found.upper() if isinstance(found, str) else ""
