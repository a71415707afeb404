"""What the doctor says: steps, and how they went."""

from dataclasses import dataclass
from enum import StrEnum

from scenarios.problems.errors import Problem
from simulators.exchanges.history import Exchange


class StepOutcome(StrEnum):
    """How a step went."""

    OK = "ok"
    WRONG = "wrong"
    OPEN = "not tried"
    LOCKED = "locked"


@dataclass(frozen=True, slots=True)
class DoctorStep:
    """One thing that was tried. ``problem`` tells of a wrong one, ``advice`` of an open or locked one.

    ``rules`` are the ids that a locked one keeps from being judged.
    """

    state: StepOutcome
    name: str
    seen: str = ""
    problem: Problem | None = None
    advice: str = ""
    rules: tuple[str, ...] = ()


def untried(name: str, why: str) -> DoctorStep:
    """A driver entry that is not tried, and why."""
    return DoctorStep(StepOutcome.OPEN, f"driver {name}", advice=why)


def started(exchange: Exchange) -> bool:
    """Tell whether the request may have arrived although there was no answer."""
    return exchange.failure is not None and not exchange.failure.kind.unsent
