"""Faults of the order of sends: late, in another order, copied in flight, sent again on a schedule."""

import random
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from typing import ClassVar

from simulators.exchanges.history import Exchange
from simulators.transport.delivery import Deliver, Delivery, Fault
from simulators.transport.fault_parameters import (
    COUNT,
    COUNTS,
    MAYBE_WHOLE,
    PLACES,
    SECONDS,
    TIMES,
    UnfitFault,
    parameter,
    show_seconds,
)
from simulators.transport.route import Route


@dataclass(frozen=True)
class DelayedDelivery(Fault):
    """The first of a group leaves later, while the others go on their way; alone, it just leaves late."""

    name: ClassVar[str] = "delayed"
    summary: ClassVar[str] = "the first delivery of a group leaves later than the others"

    seconds: float = parameter(SECONDS, "how much later it leaves", 0.2)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        return f"delayed delivery: {show_seconds(self.seconds)} late"

    def around(self, deliver: Deliver, route: Route) -> Deliver:
        """Hold the first back."""

        def late(delivery: Delivery) -> list[Exchange]:
            route.sleep(self.seconds)
            return deliver([delivery.with_fault(self.note)])

        def delayed(deliveries: Sequence[Delivery]) -> list[Exchange]:
            if len(deliveries) < 2:
                return [exchange for delivery in deliveries for exchange in late(delivery)]
            with ThreadPoolExecutor(1, thread_name_prefix="delayed") as pool:
                job = pool.submit(copy_context().run, late, deliveries[0])
                exchanges = deliver(deliveries[1:])
                return _in_order([*exchanges, *job.result()])

        return delayed


@dataclass(frozen=True)
class Reordered(Fault):
    """A group leaves in another order: ``order``, or shuffled by ``seed``, or backwards without either."""

    name: ClassVar[str] = "reordered"
    summary: ClassVar[str] = "a group of deliveries leaves in another order"

    order: tuple[int, ...] = parameter(PLACES, "the places of the group, from 0, as they leave", ())
    seed: int | None = parameter(MAYBE_WHOLE, "shuffles the group, the same way for the same seed", None)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        if self.order:
            return f"reordered: {' '.join(str(place) for place in self.order)}"
        return "reordered: backwards" if self.seed is None else f"reordered: shuffled with seed {self.seed}"

    def around(self, deliver: Deliver, route: Route) -> Deliver:  # noqa: ARG002
        """Change the order. The result raises UnfitFault where ``order`` does not fit the group."""

        def reordered(deliveries: Sequence[Delivery]) -> list[Exchange]:
            return deliver(
                [deliveries[place].with_fault(self.note) for place in self._places(len(deliveries))]
            )

        return reordered

    def _places(self, size: int) -> list[int]:
        places = list(range(size))
        if self.order:
            if sorted(self.order) != places:
                raise UnfitFault(
                    f"reordered: order is {'/'.join(map(str, self.order))} for a group of {size}",
                    f"each place from 0 to {size - 1} must be named once, or one is lost or doubled",
                    "name all",
                )
            return list(self.order)
        if self.seed is None:
            return places[::-1]
        random.Random(self.seed).shuffle(places)
        return places


@dataclass(frozen=True)
class CopiesInFlight(Fault):
    """Copies of a request leave while the first is on its way, without waiting for its answer."""

    name: ClassVar[str] = "copies"
    summary: ClassVar[str] = "copies of a request are sent while the first is unanswered"

    n: int = parameter(COUNT, "how many copies leave besides the first", 1)
    gap: float = parameter(SECONDS, "how long before each copy", 0.0)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        return f"copies in flight: {self.n}, {show_seconds(self.gap)} apart"

    def around(self, deliver: Deliver, route: Route) -> Deliver:
        """Send each delivery with its copies."""
        return lambda deliveries: [
            exchange
            for delivery in deliveries
            for exchange in self._fly(delivery.with_fault(self.note), deliver, route)
        ]

    def _fly(self, delivery: Delivery, deliver: Deliver, route: Route) -> list[Exchange]:
        number: Future[int | None] = Future()

        def settle(value: int | None) -> None:
            if not number.done():
                number.set_result(value)

        with ThreadPoolExecutor(self.n + 1, thread_name_prefix="copies") as pool:
            jobs = [pool.submit(copy_context().run, deliver, [delivery.hooked(settle)])]
            # A first that failed before it left must not be waited for.
            jobs[0].add_done_callback(lambda _: settle(None))
            original = number.result()
            for attempt in range(1, self.n + 1):
                if self.gap:
                    route.sleep(self.gap)
                jobs.append(pool.submit(copy_context().run, deliver, [delivery.copy(original, attempt)]))
            return _in_order([exchange for job in jobs for exchange in job.result()])


@dataclass(frozen=True)
class RetrySchedule(Fault):
    """The provider sends a request again until it is answered, with growing pauses, some copies at once."""

    name: ClassVar[str] = "retries"
    summary: ClassVar[str] = "an unanswered request is sent again on a schedule, some copies at once"

    pauses: tuple[float, ...] = parameter(TIMES, "how long before each step", (0.1, 0.2, 0.4))
    concurrent: tuple[int, ...] = parameter(
        COUNTS,
        "how many copies leave at once at each step; the last number holds for the steps after it",
        (1, 2),
    )

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        steps = zip(self.pauses, self._counts(), strict=True)
        return "retry schedule: " + ", ".join(
            f"{count} after {show_seconds(pause)}" for pause, count in steps
        )

    def _counts(self) -> list[int]:
        given = self.concurrent or (1,)
        return [given[min(step, len(given) - 1)] for step in range(len(self.pauses))]

    def around(self, deliver: Deliver, route: Route) -> Deliver:
        """Send each delivery again while no answer has come."""
        return lambda deliveries: [
            exchange
            for delivery in deliveries
            for exchange in self._retry(delivery.with_fault(self.note), deliver, route)
        ]

    def _retry(self, delivery: Delivery, deliver: Deliver, route: Route) -> list[Exchange]:
        exchanges = deliver([delivery])
        original = exchanges[0].number if exchanges else None
        attempt = 1
        for pause, count in zip(self.pauses, self._counts(), strict=True):
            if any(not exchange.unknown for exchange in exchanges):
                break
            route.sleep(pause)
            copies = [delivery.copy(original, attempt + i) for i in range(count)]
            attempt += count
            with ThreadPoolExecutor(count, thread_name_prefix="retries") as pool:
                jobs = [pool.submit(copy_context().run, deliver, [copy]) for copy in copies]
                exchanges += [exchange for job in jobs for exchange in job.result()]
        return _in_order(exchanges)


def _in_order(exchanges: list[Exchange]) -> list[Exchange]:
    return sorted(exchanges, key=lambda exchange: exchange.number)
