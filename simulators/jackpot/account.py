"""One CLIENT's account at Jackpot: its stores and vouchers, the time that passes for them, what it is notified of.

A judge raises here what an API call cannot: any event for any voucher or store, expiries, refunds.
"""

import heapq
import threading
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any, Final, Literal

from simulators.jackpot import wire, world
from simulators.jackpot.catalogue import stores as catalogue
from simulators.jackpot.catalogue.stores import Listing, StoreEventName, Unfit
from simulators.jackpot.credentials.signed_urls import Signer
from simulators.jackpot.field_types import at
from simulators.jackpot.lifecycle import VoucherEvent, VoucherState
from simulators.jackpot.world import Environment, Reservation, Voucher
from simulators.values.ids import random_id
from simulators.values.records import Table
from simulators.webhooks.message_log import QueuedMessage
from simulators.webhooks.retry_queue import RetryQueue

Confirmation = Literal["manual", "automatic"]
Refunds = Literal["by hand", "accept", "reject"]

# What the documented example of coupon/reserved gives a reservation.
RESERVATION_SECONDS: Final = 15 * 24 * 3600.0


@dataclass
class Habits:
    """How the account goes about its vouchers; may be changed at any time.

    ``confirmation``: who confirms a reservation. ``reservation_seconds``: how long one waits for it.
    ``ready_seconds``: from confirmation to READY, never in the same step (None: by hand only). ``refunds``: what
    becomes of one. ``unready`` are the notificationKeys of vouchers that become READY by hand only.
    """

    confirmation: Confirmation = "manual"
    reservation_seconds: float = RESERVATION_SECONDS
    ready_seconds: float | None = 0.0
    refunds: Refunds = "by hand"
    unready: set[str] = field(default_factory=set)


class Account:
    """The stores and vouchers of one CLIENT. Safe to use from several threads.

    ``clock`` is seconds since the epoch. ``public_url`` is where pictures are, ``files_url`` where
    PDFs are (None: there, too).
    """

    def __init__(
        self,
        queue: RetryQueue[wire.Notification],
        signer: Signer,
        *,
        seed: int = 0,
        habits: Habits | None = None,
        clock: Callable[[], float] = time.time,
        files_url: str | None = None,
    ) -> None:
        self.queue = queue
        self.habits = habits or Habits()
        self.public_url = "http://127.0.0.1:8702"
        self.files_url = files_url
        self.clock = clock
        self._signer = signer
        stores = catalogue.invent(seed, datetime.fromtimestamp(clock(), UTC))
        self._listings = Table({store.id: Listing(store) for store in stores})
        self._vouchers = Table[str, Voucher]()
        # What time acts on: reservations by their end (those that ended otherwise are dropped when met), and
        # confirmed vouchers, which are few and whose pause is a habit.
        self._reservations: list[tuple[datetime, str]] = []
        self._confirmed: set[str] = set()
        self.lock = threading.RLock()
        self._changed = threading.Condition(self.lock)
        self._keeper: threading.Thread | None = None
        self._stopped = False

    # -- vouchers

    @property
    def vouchers(self) -> list[Voucher]:
        """Every voucher, the oldest first."""
        with self.lock:
            self.pass_time()
            return list(self._vouchers.values())

    def voucher(self, voucher_id: str) -> Voucher:
        """Return a voucher as it stands now; raises KeyError where there is none."""
        with self.lock:
            self.pass_time()
            return self._vouchers[voucher_id]

    def by_key(self, notification_key: str) -> list[Voucher]:
        """The vouchers that were reserved under ``notification_key``."""
        return [voucher for voucher in self.vouchers if voucher.notification_key == notification_key]

    def key_of(self, voucher_id: str) -> str | None:
        """The notificationKey of a voucher; None where it has none, or there is no such voucher."""
        with self.lock:
            voucher = self._vouchers.get(voucher_id)
            return None if voucher is None else voucher.notification_key

    def environment(self) -> Environment:
        """What the world needs, as of now."""
        return Environment(
            at(self.clock()),
            random_id,
            lambda voucher, now: self._signer.url(self.files_url or self.public_url, voucher, now),
        )

    def reserve(self, store_id: str, asked: Reservation) -> Voucher:
        """Reserve a voucher and tell the CLIENT; in automatic mode it is confirmed at once.

        Raises KeyError where no such store is offered, pricing.Unacceptable.
        """
        with self.lock:
            voucher, effects = world.reserve(self.offered(store_id).store, asked, self.environment())
            self._keep(voucher, effects)
            return voucher if voucher.manual else self.happen(voucher.id, VoucherEvent.CONFIRM)

    def reservation(self, limit: Decimal, *, manual: bool | None = None, **asked: Any) -> Reservation:
        """Return a Reservation under the account's habits; ``asked`` are its other fields."""
        chosen = self.habits.confirmation == "manual" if manual is None else manual
        return Reservation(limit=limit, seconds=self.habits.reservation_seconds, manual=chosen, **asked)

    def happen(self, voucher_id: str, event: VoucherEvent) -> Voucher:
        """Let ``event`` come over a voucher, and what follows at once from the habits; tell the CLIENT.

        Raises KeyError where there is no such voucher, lifecycle.IllegalTransition.
        """
        with self.lock:
            self.pass_time()
            voucher, effects = world.handle(self._vouchers[voucher_id], event, self.environment())
            self._keep(voucher, effects)
            if voucher.state is VoucherState.REFUNDING and self.habits.refunds != "by hand":
                decided = (
                    VoucherEvent.REFUND if self.habits.refunds == "accept" else VoucherEvent.REJECT_REFUND
                )
                return self.happen(voucher_id, decided)
            return voucher

    def notify(
        self, name: wire.CouponName, voucher_id: str, **forged: Any
    ) -> QueuedMessage[wire.Notification]:
        """Send the webhook ``name`` for a voucher whatever its state, which stays as it is.

        ``forged`` puts other values into the message (``price=Decimal(1)``, ``notification_key="x"``). The
        delivery is genuine where it says what is. Raises KeyError.
        """
        with self.lock:
            voucher = self.voucher(voucher_id)
            event = world.announce(voucher, name, self.environment())
            genuine = not forged and wire.STATE_OF[name] is voucher.state
            if forged:
                message = wire.Coupon.model_validate({**event.message.model_dump(by_alias=False), **forged})
                event = event.model_copy(update={"message": message})
            return self.queue.post(event, genuine=genuine)

    def invent_voucher(self, *, notification_key: str | None = None) -> Voucher:
        """Return a voucher that nobody reserved and this account does not know, for forged events."""
        with self.lock:
            every = self.listings
            listing = next((listing for listing in every if listing.enabled), every[0])
            value = listing.store.voucher_value_max
            asked = self.reservation(value, manual=True, value=value, notification_key=notification_key)
            return world.reserve(listing.store, asked, self.environment())[0]

    def notify_foreign(self, name: wire.CouponName, voucher: Voucher) -> QueuedMessage[wire.Notification]:
        """Send the webhook ``name`` for ``voucher``, which need not be one of this account's."""
        return self.queue.post(world.announce(voucher, name, self.environment()), genuine=False)

    def expire_signed_url(self, voucher_id: str) -> None:
        """Make every signed URL of a voucher given out so far void, as after its hour; raises KeyError."""
        with self.lock:
            voucher = self._vouchers[voucher_id]
            self._vouchers[voucher_id] = replace(voucher, url_key=voucher.url_key + 1)

    def pass_time(self) -> float | None:
        """Do what time does by now; return the seconds until it does more, None where nothing waits."""
        with self.lock:
            pauses = [self._pass(voucher_id) for voucher_id in sorted(self._confirmed)]
            while self._reservations:
                voucher_id = self._reservations[0][1]
                if self._vouchers[voucher_id].state is not VoucherState.RESERVED:
                    heapq.heappop(self._reservations)
                elif (pause := self._pass(voucher_id)) is not None:
                    pauses.append(pause)
                    break
            return min((pause for pause in pauses if pause is not None), default=None)

    def _pass(self, voucher_id: str) -> float | None:
        by_hand = self._vouchers[voucher_id].notification_key in self.habits.unready
        ready_seconds = None if by_hand else self.habits.ready_seconds
        while (step := world.next_step(self._vouchers[voucher_id], ready_seconds)) is not None:
            pause = (step[0] - at(self.clock())).total_seconds()
            if pause > 0:
                return pause
            self._keep(*world.handle(self._vouchers[voucher_id], step[1], self.environment()))
        return None

    def _keep(self, voucher: Voucher, effects: Iterable[wire.CouponEvent]) -> None:
        self._vouchers[voucher.id] = voucher
        if voucher.state is VoucherState.RESERVED:
            heapq.heappush(self._reservations, (voucher.resa_expire_date, voucher.id))
        if voucher.state is VoucherState.CONFIRMED:
            self._confirmed.add(voucher.id)
        else:
            self._confirmed.discard(voucher.id)
        for event in effects:
            self.queue.post(event)
        self._changed.notify_all()

    # -- stores

    @property
    def listings(self) -> list[Listing]:
        """Every store of the catalogue, also those that are not offered."""
        with self.lock:
            return list(self._listings.values())

    def listing(self, store_id: str) -> Listing:
        """Return a store of the catalogue; raises KeyError."""
        with self.lock:
            return self._listings[store_id]

    def offered(self, store_id: str) -> Listing:
        """Return a store that is offered; raises KeyError."""
        listing = self.listing(store_id)
        if not listing.enabled:
            raise KeyError(store_id)
        return listing

    def published(self, store: wire.Store) -> wire.Store:
        """``store`` with the whole addresses of its pictures."""
        return catalogue.published(store, self.public_url)

    def change_store(
        self, name: StoreEventName, store_id: str, changes: Mapping[str, Any] | None = None
    ) -> wire.StoreEvent:
        """Offer, withdraw or change a store as the event ``name`` says, and return that event, which is not sent.

        ``changes`` are properties by their documented names (None takes one away); numbers are int or Decimal.
        Raises KeyError, and stores.Unfit where the result is no store.
        """
        with self.lock:
            listing = self.listing(store_id)
            store = catalogue.changed(listing.store, changes or {})
            self._check_slug(store)
            notified = name == "store/update" or store != listing.store
            self._listings[store_id] = Listing(
                store,
                {"store/enabled": True, "store/disabled": False}.get(name, listing.enabled),
                listing.store if notified else listing.before,
            )
            return self._event(name, self._listings[store_id])

    def enable_store(self, store_id: str) -> QueuedMessage[wire.Notification]:
        """Offer a store and tell the CLIENT; raises KeyError."""
        with self.lock:
            return self.queue.post(self.change_store("store/enabled", store_id))

    def disable_store(self, store_id: str) -> QueuedMessage[wire.Notification]:
        """Withdraw a store, until it is enabled again, and tell the CLIENT; raises KeyError."""
        with self.lock:
            return self.queue.post(self.change_store("store/disabled", store_id))

    def update_store(self, store_id: str, changes: Mapping[str, Any]) -> QueuedMessage[wire.Notification]:
        """Change properties as ``change_store`` does and tell the CLIENT; raises as that."""
        with self.lock:
            return self.queue.post(self.change_store("store/update", store_id, changes))

    def make_continuous(self, store_id: str) -> QueuedMessage[wire.Notification]:
        """Let a store sell any value in its range, and tell the CLIENT; raises KeyError."""
        return self.update_store(store_id, catalogue.CONTINUOUS)

    def make_discrete(
        self, store_id: str, values: Iterable[Decimal | int]
    ) -> QueuedMessage[wire.Notification]:
        """Let a store sell single ``values`` (EUR) only, and tell the CLIENT; raises KeyError."""
        return self.update_store(store_id, catalogue.discrete(values))

    def add_store(self, properties: Mapping[str, Any]) -> QueuedMessage[wire.Notification]:
        """Add a store of ``properties``, but for its id, to the catalogue, and tell the CLIENT; raises stores.Unfit."""
        with self.lock:
            store = catalogue.made({**properties, "id": random_id()})
            self._check_slug(store)
            self._listings[store.id] = Listing(store)
            return self.queue.post(self._event("store/enabled", self._listings[store.id]))

    def remove_store(self, store_id: str) -> QueuedMessage[wire.Notification]:
        """Take a store out of the catalogue for good, and tell the CLIENT; its vouchers stay.

        Raises KeyError, and stores.Unfit where it is the only one.
        """
        with self.lock:
            if [*self._listings] == [store_id]:
                raise Unfit({"": "it is the only store, and a catalogue has one at least"})
            event = self.change_store("store/disabled", store_id)
            del self._listings[store_id]
            return self.queue.post(event)

    def notify_store(self, name: StoreEventName, store_id: str) -> QueuedMessage[wire.Notification]:
        """Send a test webhook: the event ``name`` for a store as it is; raises KeyError."""
        with self.lock:
            return self.queue.post(self._event(name, self.listing(store_id)))

    def _check_slug(self, store: wire.Store) -> None:
        if any(each.store.slug == store.slug for each in self.listings if each.store.id != store.id):
            why = "It is another store's, and no two have the same. Give another."
            raise Unfit({"slug": f"The slug is {store.slug!r}. {why}"})

    def _event(self, name: StoreEventName, listing: Listing) -> wire.StoreEvent:
        environment = self.environment()
        return catalogue.event(name, listing, environment.now, environment.new_id, self.public_url)

    # -- running

    def tables(self) -> dict[str, Table[Any, Any]]:
        """Stores and vouchers, which outlive a restart."""
        return {"listings": self._listings, "vouchers": self._vouchers}

    def resumed(self) -> None:
        """Go on from the vouchers of an earlier run; the CLIENT is notified of nothing."""
        self._reservations, self._confirmed = [], set()
        for voucher in list(self._vouchers.values()):
            self._keep(voucher, ())

    def start(self) -> None:
        """Deliver, and let time pass, from threads in the background until ``stop``."""
        self.queue.start()
        with self.lock:
            if self._keeper is not None:
                return
            self._stopped = False
            self._keeper = threading.Thread(target=self._keep_time, name="jackpot-keeper", daemon=True)
            self._keeper.start()

    def stop(self) -> None:
        """Stop the threads of ``start``; what waits stays."""
        with self.lock:
            self._stopped = True
            self._changed.notify_all()
            keeper, self._keeper = self._keeper, None
        if keeper is not None:
            keeper.join()
        self.queue.stop()

    def _keep_time(self) -> None:
        with self._changed:
            while not self._stopped:
                self._changed.wait(self.pass_time())
