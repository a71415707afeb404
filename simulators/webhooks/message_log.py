"""The log of what a provider sends until it is acknowledged: every message with its attempts, as it stands now."""

from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Generic, TypeVar

from simulators.values.records import Table

M = TypeVar("M")


class DeliveryStanding(StrEnum):
    """How far a delivery came."""

    WAITING = "waiting"
    ACKNOWLEDGED = "acknowledged"
    GIVEN_UP = "given up"
    UNADDRESSED = "no notification URL"


@dataclass(frozen=True, slots=True)
class Attempt:
    """One sending of a webhook: ``exchange`` is its number in the history (None: of an earlier run).

    ``at`` is seconds since the epoch, ``status`` the answer's, ``failure`` why there was none.
    """

    exchange: int | None
    at: float
    status: int | None
    failure: str | None


@dataclass(frozen=True)
class QueuedMessage(Generic[M]):
    """One webhook on its way, with its log.

    ``began`` and ``due`` (the next attempt) are of the queue's clock, ``original`` is the first exchange.
    """

    id: int
    event: M
    genuine: bool = True
    standing: DeliveryStanding = DeliveryStanding.WAITING
    attempts: tuple[Attempt, ...] = ()
    began: float | None = None
    due: float | None = None
    original: int | None = None


def moved(delivery: QueuedMessage[M], seconds: float) -> QueuedMessage[M]:
    """``delivery`` by another clock, which is ``seconds`` ahead; of no history's exchanges."""
    waits = delivery.due is not None
    return replace(
        delivery,
        attempts=tuple(replace(each, exchange=None) for each in delivery.attempts),
        began=delivery.began + seconds if waits and delivery.began is not None else None,
        due=delivery.due + seconds if delivery.due is not None else None,
        original=None,
    )


@dataclass
class MessageLog(Generic[M]):
    """The log: every delivery by its id, as it stands now, and those among them that wait.

    ``clock`` says what the queue's clock showed not long ago.
    """

    deliveries: Table[int, QueuedMessage[M]] = field(default_factory=Table)
    waiting: dict[int, QueuedMessage[M]] = field(default_factory=dict)
    clock: Table[str, float] = field(default_factory=Table)
    next_id: int = 1

    def keep(self, delivery: QueuedMessage[M]) -> None:
        """Write ``delivery`` down as it stands now."""
        self.deliveries[delivery.id] = delivery
        self.next_id = max(self.next_id, delivery.id + 1)
        if delivery.due is None:
            self.waiting.pop(delivery.id, None)
        else:
            self.waiting[delivery.id] = delivery
