"""What scenarios may ask for, made alike for pytest and for a lane: each function is a fixture, and asks for others."""

import inspect
import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from random import Random
from typing import TYPE_CHECKING, Any, Final

import pytest

from scenarios.driver.driver import Driver
from scenarios.generated.families.family import Cases
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR

# What serves and browses is loaded when a scenario asks for it: it takes longer than the first wager.
if TYPE_CHECKING:
    from scenarios.browsers.checkout_browser import Minted, Minting
    from scenarios.browsers.orders import Orders
    from scenarios.browsers.voucher_flow import Conversions
    from scenarios.hosting.checkout import JudgedCheckout
    from scenarios.hosting.jackpot import JudgedJackpot
    from simulators.operator.simulator import OperatorSimulator


class Simulators:
    """The providers' simulators of ``run``, each served from when it is first asked for until ``close``.

    ``minted`` are all checkout tokens of the run so far. Safe to use from several threads.
    """

    def __init__(self, run: Run) -> None:
        self.run = run
        self.minted: list[Minted] = []
        self._simulators: dict[str, Any] = {}
        self._open = ExitStack()
        self._lock = threading.Lock()

    def of(self, provider: str) -> Any:
        """The simulator of ``provider`` as the judge holds it; raises UsageProblem where it cannot be served."""
        from scenarios.hosting.checked import checked

        with self._lock:
            if provider not in self._simulators:
                self._simulators[provider] = self._open.enter_context(checked(self.run, provider))
            return self._simulators[provider]

    def close(self) -> None:
        """Stop all of them."""
        with self._lock:
            self._simulators.clear()
            self._open.close()


def operator(run: Run) -> Verbs:
    """The OPERATOR's verbs: bet, result, rollback, again."""
    return run.verbs


def target(run: Run) -> Target:
    """The target file, as read."""
    return run.settings.target


def driver(run: Run) -> Driver:
    """Reaches into the CLIENT through the target file's [driver] entries."""
    return run.driver


def effort(run: Run) -> Effort:
    """How hard to try."""
    return run.settings.effort


def cases(run: Run) -> Cases:
    """Which members of a family of cases this run tries: ``for case in cases(family)``."""
    return Cases(run.settings.effort, run.settings.seed)


def rng(run: Run, judge: Judge) -> Random:
    """Chance that a seed repeats, the scenario's own."""
    return run.rng(judge.result.id)


def player(players: list[Player]) -> Player:
    """The first test player. Fund it with ``judge.fund`` before use; it is put back when the run ends."""
    return players[0]


def another_player(players: list[Player]) -> Player:
    """A second test player, of a scenario that declares ``players(2)``."""
    return players[1]


def simulator(run: Run, simulators: Simulators) -> "OperatorSimulator":
    """The fake OPERATOR's API, listening where the target file says, for what the CLIENT asks."""
    found: OperatorSimulator = simulators.of(OPERATOR)
    # No two scenarios have it at once: all that the CLIENT asks there is about this one.
    run.history.belong(OPERATOR)
    return found


def jackpot(simulators: Simulators) -> "JudgedJackpot":
    """The fake Jackpot, listening where the target file says, with its webhooks on their way."""
    found: JudgedJackpot = simulators.of(JACKPOT)
    return found


def conversions(judge: Judge, jackpot: "JudgedJackpot") -> Iterator["Conversions"]:
    """The player's browser and the provider's hands: sessions, reservations, and what becomes of them."""
    from scenarios.browsers.voucher_flow import Conversions

    made = Conversions(judge.run, jackpot, judge)
    yield made
    made.finish()


def checkout(simulators: Simulators) -> "JudgedCheckout":
    """The fake checkout, listening where the target file says, with its decisions on their way."""
    found: JudgedCheckout = simulators.of(CHECKOUT)
    return found


def minting(judge: Judge, simulators: Simulators) -> "Minting":
    """The player's browser at a product; the scenario is skipped where nobody said which products there are."""
    from scenarios.browsers.checkout_browser import minting_at

    found = minting_at(judge.run, judge, simulators.minted)
    if found is None:
        pytest.skip('needs products to ask for: add variants = ["..", ".."] in [checkout]')
    return found


def orders(judge: Judge, minting: "Minting", checkout: "JudgedCheckout") -> "Orders":
    """Where checkouts are opened, decided about and read."""
    from scenarios.browsers.orders import Orders

    return Orders(judge.run, minting, checkout, judge)


_MADE: Final[tuple[Callable[..., Any], ...]] = (
    operator,
    target,
    driver,
    effort,
    cases,
    rng,
    player,
    another_player,
    simulator,
    jackpot,
    conversions,
    checkout,
    minting,
    orders,
)
_BY_NAME: Final = {function.__name__: function for function in _MADE}
# What a scenario that runs in a lane may ask for.
NAMES: Final = frozenset({"run", "judge", "players", *_BY_NAME})


@contextmanager
def in_lane(judge: Judge, simulators: Simulators) -> Iterator[Callable[[str], Any]]:
    """Gives the value of each fixture by its name, made when it is first asked for and ended with the block."""
    run = judge.run
    values: dict[str, Any] = {"run": run, "judge": judge, "players": run.players, "simulators": simulators}
    with ExitStack() as ending:

        def value(name: str) -> Any:
            if name not in values:
                function = _BY_NAME[name]
                asked = {each: value(each) for each in inspect.signature(function).parameters}
                values[name] = made = function(**asked)
                if inspect.isgenerator(made):
                    # Goes on behind its value at the end, whatever became of the scenario, as in pytest.
                    values[name] = next(made)
                    ending.callback(next, made, None)
            return values[name]

        yield value
