"""The steps that the script of a conversion asks for, and who does them: the CLIENT is asked by ``[driver]``."""

from collections.abc import Callable, Generator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, TypeVar

from scenarios.driver.driver import Driver
from scenarios.driver.offers import offered
from scenarios.problems.errors import DriverProblem, UsageProblem
from scenarios.target.loading import Target
from simulators.jackpot.catalogue.pricing import CURRENCY
from simulators.jackpot.simulator import JackpotSimulator

# Seconds that the CLIENT may take to do what an event asks.
PATIENCE: Final = 10.0
_NEEDED: Final = ("voucher_session", "voucher")
# The entry of [driver] that tells what the CLIENT shows of a store.
STORE: Final = "store"


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
class Resend:
    """Sends a webhook once more, whatever became of it."""

    delivery: int


@dataclass(frozen=True, slots=True)
class Pause:
    """Lets ``seconds`` pass."""

    seconds: float


@dataclass(frozen=True, slots=True)
class Answered:
    """What the CLIENT answered: ``status`` 0 is no answer, ``value`` what the entry reads, ``problem`` why nothing."""

    status: int = 0
    value: Any = None
    problem: str = ""


T = TypeVar("T")
Steps = Generator[Ask | Resend | Pause, Answered, T]


@dataclass(frozen=True, slots=True)
class StepCarrier:
    """Does what a script asks for; ``pause`` lets seconds pass."""

    driver: Driver
    simulator: JackpotSimulator
    pause: Callable[[float], object]

    def carry(self, step: Ask | Resend | Pause) -> Answered:
        """Do one step, and tell what came of it."""
        match step:
            case Pause(seconds):
                self.pause(seconds)
            case Resend(delivery):
                self.simulator.queue.again(delivery)
            case Ask(entry, fields, wait):
                if wait:
                    self.pause(wait)
                return self._ask(entry, fields)
        return Answered()

    def _ask(self, entry: str, fields: dict[str, str | Decimal | None]) -> Answered:
        status = 0
        try:
            if entry == STORE:
                return Answered(value=offered(self.driver, str(fields["store"])))
            raw = self.driver.raw(entry, **fields)
            status = raw.status
            if status < 400:
                return Answered(status, self.driver.reading(entry, raw.body))
        except DriverProblem as problem:
            return Answered(status, problem=problem.came)
        except ValueError:
            return Answered(status, problem="it is no JSON")
        return Answered(status, problem=f"{entry} was answered {status}")
