"""Watches a run: is the target still there, is there time left, and how is the CLIENT started again."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scenarios.driver.driver import Driver
from scenarios.problems.errors import DriverProblem
from scenarios.run.planning.estimate import spoken
from scenarios.run.reach import Reach, unreported
from simulators.exchanges.history import Exchange

# Seconds between two looks at a CLIENT that is away: at least, at most, and as a share of those it has been away.
_LEAST_PAUSE, _LONGEST_PAUSE = 0.05, 0.25
_SHARE = 0.1


class TargetGone(Exception):
    """The target stopped answering genuine wagers."""


class OutOfBounds(Exception):
    """The run has used up its time."""


@dataclass
class Guard:
    """Called after every exchange of a scenario. A run lasts ``bound`` seconds, unless it is ``unbounded``;
    ``bound`` is called with how many of them are over.

    A CLIENT that went away is waited for ``patience`` seconds; ``gone`` once it was waited for in vain. ``tell`` is
    called with what the user should know at once.
    """

    reach: Reach
    driver: Driver
    bound: Callable[[float], float]
    patience: float
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    tell: Callable[[str], None] = unreported
    unbounded: bool = False
    gone: bool = False
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def __call__(self, exchange: Exchange) -> None:
        """Raises TargetGone, OutOfBounds."""
        if exchange.unknown and not self.reach.alive():
            raise TargetGone(exchange.failure or "no usable answer")
        self._check_time()

    def check(self) -> None:
        """To be called where a wait was in vain. Raises TargetGone, OutOfBounds."""
        if not self.reach.alive():
            raise TargetGone("no usable answer")
        self._check_time()

    def restart(self) -> None:
        """Kill the CLIENT and start it again by the driver, and wait until it answers.

        Raises DriverProblem where the command fails, TargetGone where the CLIENT stays away.
        """
        self.driver.restart()
        self.wait_back(self.patience)

    def wait_return(self) -> bool:
        """Wait, bounded, for a CLIENT that answers no more, or start it again where the driver can; was it away?

        Raises TargetGone where it stays away, then it is waited for no more, and at once where it never answered.
        """
        if self.gone:
            raise TargetGone("it stayed away")
        # Who never said a word is not asked once more: each time costs the whole timeout.
        never = not self.reach.reached
        if not (never and self.reach.silent) and self.reach.alive():
            return False
        if never:
            self.gone = True
            raise TargetGone("it never answered")
        left = self.patience if self.unbounded else min(self.patience, self.left)
        began = self.clock()
        try:
            if self.driver.has("restart"):
                self.tell("the CLIENT does not answer; it is started again by the driver")
                self.driver.restart()
            else:
                self.tell(f"the CLIENT does not answer; it may be restarting; waiting up to {left:.0f} s")
            self.wait_back(left)
        except DriverProblem as problem:
            self.gone = True
            raise TargetGone(f"it could not be started again: {problem.came}") from problem
        except TargetGone:
            self.gone = True
            raise
        self.tell(
            f"the CLIENT answers again after {self.clock() - began:.0f} s; what was under way is judged again"
        )
        return True

    def wait_back(self, patience: float) -> None:
        """Wait until the CLIENT, which is being started, answers. Raises TargetGone after ``patience`` seconds."""
        began = self.clock()
        while not self.reach.alive():
            away = self.clock() - began
            if away > patience:
                raise TargetGone(f"no answer within {patience:.0f} s")
            self.sleep(min(max(_SHARE * away, _LEAST_PAUSE), _LONGEST_PAUSE))

    @contextmanager
    def without_limit(self) -> Iterator[None]:
        """The time limit cuts scenarios, not what each of them rests on."""
        self.unbounded = True
        try:
            yield
        finally:
            self.unbounded = False

    @property
    def left(self) -> float:
        """Seconds until the run has used up its time."""
        return max(0.0, self.seconds - self.elapsed)

    @property
    def elapsed(self) -> float:
        """Seconds since the run began."""
        return self.clock() - self.began

    @property
    def seconds(self) -> float:
        """How long the run may take, as far as that is known by now."""
        return self.bound(self.elapsed)

    @property
    def limit(self) -> str:
        """The bound of the run, and how to go on behind it, in words."""
        return (
            f"the run may take {spoken(self.seconds)}; --time-limit sets another bound, "
            "--only goes on with single rules"
        )

    @property
    def over(self) -> bool:
        """Whether the run has used up its time."""
        return not self.unbounded and self.elapsed > self.seconds

    def _check_time(self) -> None:
        if self.over:
            raise OutOfBounds(self.limit)
