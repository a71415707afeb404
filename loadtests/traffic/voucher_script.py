"""What becomes of one conversion into a voucher, as a generator: it yields what to do, and is sent what came of it.

It does no I/O (``voucher_steps.StepCarrier`` does); the fake Jackpot is acted on directly, and sends webhooks of its
own accord. The ledger hears of a conversion before the CLIENT does.

Implements ``voucher-widget.txt`` and ``voucher-webhook.txt`` through the fake Jackpot. To the ledger a conversion is
two bets: one of the voucher's price, and where the session holds more than that one of the rest, which counts as
refused once the end is known. At every moment, held or spent or given back, the balance has changed by some of them.
"""

import contextlib
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from decimal import Decimal
from functools import partial
from http import HTTPStatus
from random import Random
from typing import Final
from uuid import uuid4

from loadtests.traffic.ledger import Ledger
from loadtests.traffic.mix import Vouchers
from loadtests.traffic.operation import BET, OK, REFUSED, UNKNOWN, Operation
from loadtests.traffic.voucher_steps import PATIENCE, STORE, Answered, Ask, Pause, Resend, Steps
from scenarios.driver.offers import wrong
from scenarios.tokens.session_token import taken_apart
from simulators.exchanges.history import Status
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.catalogue.pricing import CURRENCY, Unacceptable
from simulators.jackpot.lifecycle import IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import (
    EVENT_OF,
    STORE_EVENTS,
    Notification,
    Store,
    StoreEnabledEvent,
    StoreUpdateEvent,
)
from simulators.jackpot.world import Voucher
from simulators.transport.delivery import Flaw
from simulators.values import money
from simulators.webhooks.message_log import QueuedMessage

# Vouchers of any price are worth whole amounts between these (EUR), as far as the store sells them.
_LEAST, _MOST = 5, 40
# Of the refunds that are asked for so many are granted.
_GRANTED: Final = 0.5
# Of the sessions so many hold more than the voucher costs: so many cents at most, which come back.
_WITH_REST: Final = 0.5
_REST: Final = 500
# How often the CLIENT is asked whether it has done what an event asks, in seconds.
_POLL: Final = 0.05
# Seconds that news of a store holds, before the store is again as it was.
_NEWS_SECONDS: Final = 1.0
# What is over for the player's money: spent, or back.
_SPENT: Final = frozenset({VoucherState.READY, VoucherState.REFUND_REJECTED})
_BACK: Final = frozenset({VoucherState.CANCELED, VoucherState.REFUNDED})
# How conversions and news are called where they are counted.
CONVERSION, REFUSED_CONVERSION, STORE_CHANGE = "conversion", "conversion refused", "store change"


@dataclass(slots=True)
class Conversion:
    """One conversion of ``player``, its index in the ledger, as far as it came: ``op`` is what the ledger knows of it.

    ``rest`` is what its session holds beyond the price. ``name`` is what it is counted as, ``key`` names it to CLIENT
    and Jackpot, ``problem`` is what went wrong, in words; a refusal is none.
    """

    player: int
    name: str = CONVERSION
    op: Operation | None = None
    rest: Operation | None = None
    key: str | None = None
    voucher_id: str | None = None
    state: VoucherState | None = None
    problem: str | None = None


@dataclass(frozen=True, slots=True)
class WrongStore:
    """What the CLIENT shows of a store otherwise than the last event said: the rule, and what came, in words."""

    rule: str
    text: str


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
    _buying_at: Counter[str] = field(default_factory=Counter)

    def convert(self, made: Conversion) -> Steps[None]:
        """Let a player convert an amount, and what is bought be delivered, canceled or refunded."""
        wanted = self._wanted()
        if wanted is None:
            made.problem = "no store that is offered sells anything"
            return
        store_id, price = wanted
        rest = self.rng.randint(1, _REST) if self.rng.random() < _WITH_REST else 0
        amount, name = price + money.from_minor(rest, CURRENCY), f"conversion {uuid4()}"
        made.op = self.ledger.begin(made.player, BET, money.to_minor(price, CURRENCY), name)
        if rest:
            made.rest = self.ledger.begin(made.player, BET, rest, f"{name}, the rest")
        self.kinds.add("conversions")
        # No webhook is sent of the store meanwhile: withdrawn, it would leave the session without an end.
        self._buying_at[store_id] += 1
        try:
            yield from self._session(made, amount)
            if made.key is not None:
                yield from self._buy(made, store_id, price, amount)
        finally:
            self._buying_at[store_id] -= 1

    def _buy(self, made: Conversion, store_id: str, price: Decimal, amount: Decimal) -> Steps[None]:
        """Reserve a voucher in a session that holds ``amount``, and see to its end."""
        account = self.simulator.account
        drawn = self.rng.random()
        with account.lock:
            voucher = self._reserve(store_id, price, amount, made)
            if voucher is not None and drawn < self.rates.cancels and voucher.manual:
                # Before the CLIENT hears of the reservation, so that its confirmation comes too late.
                self._happen(voucher.id, VoucherEvent.CANCEL)
        if voucher is None:
            self._ended(made, UNKNOWN)
            made.problem = f"no store sells for {money.show(price, CURRENCY)} any more"
            return
        made.voucher_id = voucher.id
        ran_out = False
        if drawn >= self.rates.cancels or not voucher.manual:
            ran_out = yield from self._deliver(voucher.id, refund=drawn > 1 - self.rates.refunds)
        yield from self.settle(made)
        if ran_out and made.problem is None:
            late = f"the CLIENT confirmed nothing in {PATIENCE:g} s, and the reservation ran out"
            made.problem = self.ledger.flawed(Flaw(late, "VCH-04"), made.player)

    def settle(self, made: Conversion) -> Steps[None]:
        """Wait until the CLIENT sees the voucher as it is, and settle; what is wrong is its ``problem``."""
        if made.op is None or made.key is None or made.voucher_id is None:
            return
        made.state = state = self.simulator.account.voucher(made.voucher_id).state
        made.name = CONVERSION if state is VoucherState.READY else f"{CONVERSION} {_words(state)}"
        made.problem, seen, deadline = None, "", self.clock() + PATIENCE
        while seen != state.value and self.clock() < deadline:
            answered = yield Ask("voucher", {"notification_key": made.key}, _POLL if seen else 0.0)
            seen = _seen(answered) or "nothing"
        if seen != state.value:
            made.problem = f"the voucher is {state}, and after {PATIENCE:g} s the CLIENT says {seen}"
        elif state not in _SPENT | _BACK:
            made.problem = f"the voucher stays {state}"
        effect = UNKNOWN if made.problem else OK if state in _SPENT else REFUSED
        self._ended(made, effect)

    def _ended(self, made: Conversion, effect: Status) -> None:
        """Write down what a conversion came to; what its session held beyond the price is never spent."""
        assert made.op is not None
        self.ledger.settle(made.op, effect)
        if made.rest is not None:
            self.ledger.settle(made.rest, UNKNOWN if effect is UNKNOWN else REFUSED)

    def news(self, made: Conversion, heard: Callable[[str], None]) -> Steps[None]:
        """At times tell of the voucher again, in copies too, or of a store; ``heard`` is called with what."""
        if made.voucher_id is not None and made.state in EVENT_OF and self.rng.random() < self.copies:
            sent = self.simulator.account.notify(EVENT_OF[made.state], made.voucher_id)
            yield Resend(sent.id)
        if self.rng.random() < self.rates.store_changes:
            yield from self._store_news(heard)

    def shown(self) -> Steps[list[WrongStore]]:
        """Look at what the CLIENT shows of each store that it was notified of; what is wrong still after a while."""
        found, deadline = [], self.clock() + PATIENCE
        for event in self._last_notified():
            data = event.message.data.model_dump()
            wait = 0.0
            while True:
                answered = yield Ask(STORE, {"store": data["id"]}, wait)
                off = [] if answered.problem else wrong(answered.value, data, data)
                if not off or self.clock() >= deadline:
                    break
                wait = _POLL
            if off:
                update = event.event == "store/update"
                gone = "CAT-04" if update else "CAT-07"
                rule = gone if answered.value is None else "CAT-03" if update else "CAT-01"
                words = "is not offered" if answered.value is None else f"shows other {', '.join(off)}"
                found.append(WrongStore(rule, f"after {event.event} the store {data['name']!r} {words}"))
        return found

    def _last_notified(self) -> Iterator[StoreEnabledEvent | StoreUpdateEvent]:
        """The last event about each store that is offered, where all about it were acknowledged in their order."""
        account = self.simulator.account
        answered: dict[str, list[QueuedMessage[Notification]]] = {}
        for each in account.queue.deliveries:
            if each.genuine and each.event.event in STORE_EVENTS:
                answered.setdefault(each.event.message.store_id, []).append(each)
        enabled = {each.store.id for each in account.listings if each.enabled}
        for store_id, sent in answered.items():
            last = sent[-1].event
            in_order = all(each.attempts and each.attempts[0].status == HTTPStatus.OK for each in sent)
            if in_order and store_id in enabled and isinstance(last, StoreEnabledEvent | StoreUpdateEvent):
                yield last

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

    def _session(self, made: Conversion, amount: Decimal) -> Steps[None]:
        """Ask the CLIENT for a session; its key, or why there is none, is in ``made``."""
        who = self.ledger.players[made.player]
        answered = yield Ask("voucher_session", {"player": who, "currency": CURRENCY, "amount": amount})
        if 400 <= answered.status < 500:
            made.name = REFUSED_CONVERSION
            self._ended(made, REFUSED)
            # A player who is known is not refused so: the address in the entry is wrong.
            made.problem = answered.problem if answered.status in (404, 405) else None
            return
        with contextlib.suppress(ValueError):
            made.key = None if answered.problem else taken_apart(str(answered.value)).key
        if made.key is None:
            self._ended(made, UNKNOWN)
            nameless = Flaw("the token has no notificationKey", "VTK-04")
            made.problem = f"no session: {answered.problem or self.ledger.flawed(nameless, made.player)}"

    def _reserve(self, store_id: str, price: Decimal, amount: Decimal, made: Conversion) -> Voucher | None:
        """Reserve at the store that was chosen, or where it sells no more at that price at another; None: nowhere."""
        account = self.simulator.account
        asked = account.reservation(
            amount,
            price=price,
            notification_key=made.key,
            user_id=self.ledger.players[made.player],
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
        busy = self._in_news | {store_id for store_id, buyers in self._buying_at.items() if buyers}
        free = [each for each in account.listings if each.store.id not in busy]
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
            yield Resend(sent.id)


def _words(state: VoucherState) -> str:
    return state.value.lower().replace("_", " ")


def _seen(answered: Answered) -> str:
    """The state that the CLIENT tells, in Jackpot's words; empty where it tells none."""
    found = answered.value.get("state") if isinstance(answered.value, dict) else answered.value
    return found.upper() if isinstance(found, str) else ""
