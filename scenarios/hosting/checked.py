"""A provider for the length of a check: what the CLIENT asks, and what it is answered, lands in the run's history."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from scenarios.hosting.host import hosted
from scenarios.run.run import Run
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.simulator import Simulator

# Each is loaded when a scenario needs it: it takes longer than the first wager.


def _operator(run: Run) -> Simulator[Any]:
    from scenarios.hosting.operator import for_check

    return for_check(run)


def _jackpot(run: Run) -> Simulator[Any]:
    from scenarios.hosting.jackpot import JudgedJackpot

    return JudgedJackpot(run)


def _checkout(run: Run) -> Simulator[Any]:
    from scenarios.hosting.checkout import JudgedCheckout

    return JudgedCheckout(run)


# The simulator of each provider as the judge holds it; raises UsageProblem where the target file will not do.
_HELD: Final[dict[str, Callable[[Run], Simulator[Any]]]] = {
    OPERATOR: _operator,
    JACKPOT: _jackpot,
    CHECKOUT: _checkout,
}


@contextmanager
def checked(run: Run, provider: str) -> Iterator[Any]:
    """Serve the simulator of ``provider`` at ``listen`` of the target file, and return it; raises UsageProblem."""
    simulator = _HELD[provider](run)
    with hosted(simulator, getattr(run.settings.target, provider).listen_address):
        yield simulator
