"""What a provider sends to the CLIENT until it is acknowledged: the policy of sending again, and its log.

A message that was not acknowledged is sent again with exponential backoff inside a window, then given up
(``voucher-webhook.txt``, *Notification URL*; the pauses themselves are not documented and are chosen here).
"""

import random
import threading
from collections import deque
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any, Final, Generic, TypeVar

from simulators.exchanges.history import Exchange
from simulators.exchanges.owners import ALL, Names
from simulators.values.clocks import running_time
from simulators.values.records import Table
from simulators.webhooks.endpoint import Endpoint
from simulators.webhooks.message_log import Attempt, DeliveryStanding, MessageLog, QueuedMessage, moved

M = TypeVar("M")
# How exact the time is that a later run goes on from, in seconds.
_TICK: Final = 0.1
_THREADS: Final = 4


@dataclass(frozen=True, slots=True)
class Schedule:
    """When a message that was not acknowledged is sent again; all in seconds.

    The first pause is ``first``, each next one ``factor`` times as long. What would be sent later than
    ``window`` after the first attempt is given up instead.
    """

    first: float = 1.0
    factor: float = 2.0
    window: float = 300.0

    def scaled(self, factor: float) -> "Schedule":
        """Return the same schedule with all its times times ``factor``."""
        return Schedule(self.first * factor, self.factor, self.window * factor)

    def pause(self, attempts: int, elapsed: float) -> float | None:
        """The pause after ``attempts``, ``elapsed`` since the first began; None where it is given up."""
        pause = self.first * self.factor ** (attempts - 1)
        return pause if elapsed + pause <= self.window else None


class RetryQueue(Generic[M]):
    """What a provider sends to one endpoint until it is acknowledged. Safe to use from several threads.

    ``clock`` counts seconds. ``start`` sends what falls due from several threads, so that order is not kept, in real
    seconds; without it the caller does so with ``work``, under any clock. ``shuffle`` picks among what is due at random
    (None: in the order in which it fell due).
    """

    def __init__(
        self,
        endpoint: Endpoint[M],
        schedule: Schedule | None = None,
        *,
        clock: Callable[[], float] = running_time,
        shuffle: random.Random | None = None,
    ) -> None:
        self.clock = clock
        self.endpoint = endpoint
        self.schedule = schedule or Schedule()
        self.shuffle = shuffle
        self._log = MessageLog[M]()
        self._under_way: set[int] = set()
        self._held: set[str] = set()
        self._silenced: set[str] = set()
        self._all_held = self._stopped = False
        # Notified of every change, and the lock of all of it.
        self._changed = threading.Condition()
        self._threads: list[threading.Thread] = []

    # -- what is to be delivered, and what became of it

    def post(self, event: M, *, genuine: bool = True) -> QueuedMessage[M]:
        """Take ``event`` to be delivered, from now on; without a notification URL it is only listed."""
        with self._changed:
            return self._listed(event, genuine)

    def claim(self, events: Iterable[M]) -> list[QueuedMessage[M]]:
        """List ``events``, all at once; their first attempts are the caller's to make, by ``send``."""
        with self._changed:
            claimed = [self._listed(event, genuine=True) for event in events]
            self._under_way.update(each.id for each in claimed)
            return claimed

    def send(self, claimed: Iterable[QueuedMessage[M]]) -> list[Exchange]:
        """Make the first attempts at what was claimed now, in order, and return what left.

        Sending again is as for what is posted.
        """
        left: list[Exchange] = []
        rest = deque(claimed)
        try:
            while rest:
                left += self._attempt(rest.popleft())
        finally:
            # Where one could not be built or sent for a reason of ours, the others are still owed.
            with self._changed:
                self._under_way.difference_update(each.id for each in rest)
                self._changed.notify_all()
        return left

    @property
    def deliveries(self) -> list[QueuedMessage[M]]:
        """Every delivery with its log, the oldest first."""
        with self._changed:
            return list(self._log.deliveries.values())

    def delivery(self, delivery_id: int) -> QueuedMessage[M]:
        """Return one delivery as it stands now; raises KeyError where there is none."""
        with self._changed:
            return self._log.deliveries[delivery_id]

    @property
    def pending(self) -> list[QueuedMessage[M]]:
        """What waits for its next attempt, the next due first."""
        return sorted(self._with(DeliveryStanding.WAITING), key=lambda each: (each.due or 0.0, each.id))

    @property
    def given_up(self) -> list[QueuedMessage[M]]:
        """What was not acknowledged inside the window."""
        return self._with(DeliveryStanding.GIVEN_UP)

    def _with(self, standing: DeliveryStanding) -> list[QueuedMessage[M]]:
        return [each for each in self.deliveries if each.standing is standing]

    def tables(self) -> dict[str, Table[Any, Any]]:
        """The log as a later run takes it up. What is under way waits: whether it arrived, that run will not know."""
        with self._changed:
            now, shown = self.clock(), self._log.clock.get("now")
            if self._log.waiting and (shown is None or now - shown >= _TICK):
                self._log.clock["now"] = now
            return {"deliveries": self._log.deliveries, "clock": self._log.clock}

    def resumed(self) -> None:
        """Go on from what an earlier run kept in the tables: what waits has as much time left as it had then."""
        with self._changed:
            now = self.clock()
            then = self._log.clock.get("now", now)
            for delivery in list(self._log.deliveries.values()):
                self._log.keep(moved(delivery, now - then))
            self._log.clock["now"] = now
            self._changed.notify_all()

    # -- sending

    def again(self, delivery_id: int) -> list[Exchange]:
        """Send a delivery once more, now, whatever became of it; KeyError, or ValueError without a URL.

        An acknowledgement ends its retries; otherwise what was arranged before stays so.
        """
        with self._changed:
            while delivery_id in self._under_way:
                self._changed.wait()
            delivery = self._log.deliveries[delivery_id]
            self._under_way.add(delivery_id)
        return self._attempt(delivery, by_hand=True)

    def hold(self, names: Names) -> None:
        """Send nothing of itself about ``names`` until ``resume``; ``again`` still does."""
        with self._changed:
            if names is ALL:
                self._all_held = True
            else:
                self._held.update(names)

    def resume(self, names: Names) -> None:
        """End ``hold`` of ``names``."""
        with self._changed:
            if names is ALL:
                self._held, self._all_held = set(), False
            else:
                self._held.difference_update(names)
            self._changed.notify_all()

    @contextmanager
    def silence(self, names: Collection[str]) -> Iterator[None]:
        """Only list what is posted about ``names`` meanwhile: it is never sent of itself."""
        with self._changed:
            self._silenced.update(names)
        try:
            yield
        finally:
            with self._changed:
                self._silenced.difference_update(names)

    def wait(self, delivery_id: int, timeout: float) -> QueuedMessage[M]:
        """Wait at most ``timeout`` seconds until a delivery is acknowledged or given up; return it."""
        with self._changed:
            self._wait_for(
                lambda: self._log.deliveries[delivery_id].standing is not DeliveryStanding.WAITING, timeout
            )
            return self._log.deliveries[delivery_id]

    # -- running

    def work(self) -> float | None:
        """Send everything that is due; return the seconds until more is, None when nothing waits."""
        while True:
            with self._changed:
                pause = self._pause()
                if pause is None or pause > 0:
                    return pause
                taken = self._take()
            self._attempt(taken)

    def start(self) -> None:
        """Send what falls due from threads in the background, until ``stop``."""
        with self._changed:
            if self._threads:
                return
            self._stopped = False
            name = f"{self.endpoint.provider}-queue"
            self._threads = [
                threading.Thread(target=self._run, name=f"{name}-{number}", daemon=True)
                for number in range(_THREADS)
            ]
            threads = list(self._threads)
        for thread in threads:
            thread.start()

    def stop(self) -> None:
        """Stop the threads when what they send now has ended; what waits stays in ``pending``."""
        with self._changed:
            self._stopped = True
            self._changed.notify_all()
            threads, self._threads = self._threads, []
        for thread in threads:
            thread.join()

    def wait_idle(self, timeout: float, *names: str) -> bool:
        """Wait at most ``timeout`` seconds until nothing about ``names`` (none: any) waits; say whether it is so."""
        with self._changed:
            return self._wait_for(lambda: self._idle(names), timeout)

    # -- inside; all but _run and _attempt are called with the lock held

    def _wait_for(self, happened: Callable[[], bool], timeout: float) -> bool:
        """Wait until it ``happened``; what this process is stopped for does not count."""
        until = running_time() + timeout
        while not (done := happened()) and (left := until - running_time()) > 0:
            self._changed.wait(left)
        return done

    def _run(self) -> None:
        while True:
            with self._changed:
                while not self._stopped and ((pause := self._pause()) is None or pause > 0):
                    self._changed.wait(pause)
                if self._stopped:
                    return
                taken = self._take()
            self._attempt(taken)

    def _waiting(self) -> list[QueuedMessage[M]]:
        if self._all_held:
            return []
        free = (each for each in self._log.waiting.values() if each.id not in self._under_way)
        return [each for each in free if not self._about(each, self._held)]

    def _about(self, delivery: QueuedMessage[M], names: Collection[str]) -> bool:
        return bool(names) and any(name in names for name in self.endpoint.about(delivery.event))

    def _pause(self) -> float | None:
        """Seconds until something is due (0: now), None where nothing waits."""
        waiting = self._waiting()
        return max(0.0, min(each.due or 0.0 for each in waiting) - self.clock()) if waiting else None

    def _take(self) -> QueuedMessage[M]:
        now = self.clock()
        due = sorted(
            (each for each in self._waiting() if (each.due or 0.0) <= now),
            key=lambda each: (each.due or 0.0, each.id),
        )
        taken = due[0] if self.shuffle is None else self.shuffle.choice(due)
        self._under_way.add(taken.id)
        return taken

    def _listed(self, event: M, genuine: bool) -> QueuedMessage[M]:
        silenced = self._silenced and not self._silenced.isdisjoint(self.endpoint.about(event))
        addressed = self.endpoint.addressed(event) and not silenced
        delivery = QueuedMessage(
            self._log.next_id,
            event,
            genuine,
            DeliveryStanding.WAITING if addressed else DeliveryStanding.UNADDRESSED,
            due=self.clock() if addressed else None,
        )
        self._keep(delivery)
        return delivery

    def _keep(self, delivery: QueuedMessage[M]) -> None:
        self._log.keep(delivery)
        self._changed.notify_all()

    def _idle(self, names: Collection[str]) -> bool:
        owed = [*self._log.waiting, *self._under_way]
        if names:
            owed = [one for one in owed if self._about(self._log.deliveries[one], names)]
        return not owed

    def _attempt(self, delivery: QueuedMessage[M], *, by_hand: bool = False) -> list[Exchange]:
        try:
            if not self.endpoint.addressed(delivery.event) and not by_hand:
                with self._changed:
                    self._keep(replace(delivery, standing=DeliveryStanding.UNADDRESSED, due=None))
                return []
            began = self.clock()
            sent = self.endpoint.delivery(
                delivery.event,
                genuine=delivery.genuine,
                attempt=len(delivery.attempts),
                copy_of=delivery.original,
            )
            with self.endpoint.route.history.about(() if by_hand else self.endpoint.about(delivery.event)):
                exchanges = self.endpoint.deliver(sent)
            with self._changed:
                logged = self._logged(delivery, exchanges, began)
                self._keep(self._arranged(logged, exchanges, by_hand=by_hand))
        except BaseException:
            # Nothing of the network: a fault that does not fit, or a mistake of ours. It must not go round.
            with self._changed:
                self._keep(
                    delivery if by_hand else replace(delivery, standing=DeliveryStanding.GIVEN_UP, due=None)
                )
            raise
        else:
            return exchanges
        finally:
            with self._changed:
                self._under_way.discard(delivery.id)
                self._changed.notify_all()

    def _logged(
        self, delivery: QueuedMessage[M], exchanges: Sequence[Exchange], began: float
    ) -> QueuedMessage[M]:
        attempts = tuple(
            Attempt(
                each.number,
                each.started,
                each.answer.status if each.answer else None,
                each.failure.text if each.failure else None,
            )
            for each in exchanges
        )
        return replace(
            delivery,
            attempts=(*delivery.attempts, *attempts),
            began=began if delivery.began is None else delivery.began,
            original=exchanges[0].number if delivery.original is None and exchanges else delivery.original,
        )

    def _arranged(
        self, delivery: QueuedMessage[M], exchanges: Sequence[Exchange], *, by_hand: bool
    ) -> QueuedMessage[M]:
        if any(self.endpoint.acknowledged(each) for each in exchanges):
            return replace(delivery, standing=DeliveryStanding.ACKNOWLEDGED, due=None)
        if by_hand:
            return delivery
        now = self.clock()
        began = now if delivery.began is None else delivery.began
        pause = self.schedule.pause(len(delivery.attempts), now - began)
        if pause is None:
            return replace(delivery, standing=DeliveryStanding.GIVEN_UP, due=None)
        return replace(delivery, due=now + pause)
