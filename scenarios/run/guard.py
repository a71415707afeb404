"""Watches a run: is the target still there, is there time left, and how is the CLIENT started again."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field

from scenarios.driver.driver import Driver
from scenarios.run.reach import Reach
from simulators.exchanges.history import Exchange

# How long a CLIENT that was started again may take to answer, and how often it is asked.
_RESTART_SECONDS = 30.0
_KNOCK_SECONDS = 0.05


class TargetGone(Exception):
    """The target stopped answering genuine wagers."""


class OutOfBounds(Exception):
    """The run has used up its time."""


@dataclass
class Guard:
    """Called after every exchange of a scenario. A run lasts ``seconds``, unless it is ``unbounded``."""

    reach: Reach
    driver: Driver
    seconds: float
    clock: Callable[[], float] = time.monotonic
    unbounded: bool = False
    began: float = field(init=False)

    def __post_init__(self) -> None:
        self.began = self.clock()

    def __call__(self, exchange: Exchange) -> None:
        """Raises TargetGone, OutOfBounds."""
        if exchange.unknown and not self.reach.alive():
            raise TargetGone(exchange.failure or "no usable answer")
        self._heed_time()

    def heed(self) -> None:
        """To be called where a wait was in vain. Raises TargetGone, OutOfBounds."""
        if not self.reach.alive():
            raise TargetGone("no usable answer")
        self._heed_time()

    def restart(self) -> None:
        """Kill the CLIENT and start it again by the driver, and wait until it answers.

        Raises DriverProblem where the command fails, TargetGone where the CLIENT stays away.
        """
        self.driver.restart()
        self.wait_alive()

    def wait_alive(self) -> None:
        """Wait for a CLIENT that may just be starting again. Raises TargetGone."""
        # A run that was interrupted during a restart finds the CLIENT away, too.
        patience = _RESTART_SECONDS if self.driver.has("restart") else 0.0
        deadline = self.clock() + patience
        while not self.reach.alive():
            if self.clock() > deadline:
                raise TargetGone(f"no answer within {patience:g} s")
            time.sleep(_KNOCK_SECONDS)

    def _heed_time(self) -> None:
        if not self.unbounded and self.clock() - self.began > self.seconds:
            raise OutOfBounds(f"the run has taken more than {self.seconds:g} s")
