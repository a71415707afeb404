"""What scenarios may ask for: the values of the fixtures that are alike for pytest and for a lane."""

import threading
from contextlib import ExitStack
from random import Random
from typing import TYPE_CHECKING, Any

import pytest

from scenarios.driver.driver import Driver
from scenarios.generated.families.family import Cases
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.providers import CHECKOUT, JACKPOT

# What serves and browses is loaded when a scenario asks for it: it takes longer than the first wager.
if TYPE_CHECKING:
    from scenarios.browsers.checkout_browser import Minted, Minting
    from scenarios.browsers.orders import Orders
    from scenarios.browsers.voucher_flow import Conversions
    from scenarios.hosting.checkout import JudgedCheckout
    from scenarios.hosting.jackpot import JudgedJackpot


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


class FixtureValues:
    """What a scenario may ask for, by its fixtures' names; made when it is first asked for."""

    def __init__(self, judge: Judge, simulators: Simulators) -> None:
        self.judge = judge
        self.run = judge.run
        self._simulators = simulators
        self._conversions: Conversions | None = None

    def __getitem__(self, name: str) -> Any:
        return getattr(self, name)

    @property
    def operator(self) -> Verbs:
        """The OPERATOR's verbs: bet, result, rollback, again."""
        return self.run.verbs

    @property
    def players(self) -> list[Player]:
        """All test players of the target, or of the lane."""
        return self.run.players

    @property
    def player(self) -> Player:
        """The first test player."""
        return self.players[0]

    @property
    def another_player(self) -> Player:
        """A second test player; the scenario is skipped where the target has one only."""
        if len(self.players) < 2:
            pytest.skip('needs a second player: add one to ids = ["..", ".."] in [players]')
        return self.players[1]

    @property
    def target(self) -> Target:
        """The target file, as read."""
        return self.run.settings.target

    @property
    def driver(self) -> Driver:
        """Reaches into the CLIENT through the target file's [driver] entries."""
        return self.run.driver

    @property
    def effort(self) -> Effort:
        """How hard to try."""
        return self.run.settings.effort

    @property
    def cases(self) -> Cases:
        """Which members of a family of cases this run tries."""
        return Cases(self.effort, self.run.settings.seed)

    @property
    def rng(self) -> Random:
        """Chance that a seed repeats, the scenario's own."""
        return self.run.rng(self.judge.result.id)

    @property
    def jackpot(self) -> "JudgedJackpot":
        """The fake Jackpot."""
        found: JudgedJackpot = self._simulators.of(JACKPOT)
        return found

    @property
    def conversions(self) -> "Conversions":
        """The player's browser and the provider's hands."""
        if self._conversions is None:
            from scenarios.browsers.voucher_flow import Conversions

            self._conversions = Conversions(self.run, self.jackpot, self.judge)
        return self._conversions

    @property
    def checkout(self) -> "JudgedCheckout":
        """The fake checkout."""
        found: JudgedCheckout = self._simulators.of(CHECKOUT)
        return found

    @property
    def minting(self) -> "Minting":
        """The player's browser at a product; the scenario is skipped where nobody said which products there are."""
        from scenarios.browsers.checkout_browser import minting_at

        found = minting_at(self.run, self.judge, self._simulators.minted)
        if found is None:
            pytest.skip('needs products to ask for: add variants = ["..", ".."] in [checkout]')
        return found

    @property
    def orders(self) -> "Orders":
        """Where checkouts are opened, decided about and read."""
        from scenarios.browsers.orders import Orders

        return Orders(self.run, self.minting, self.checkout, self.judge)

    def finish(self) -> None:
        """Close what the scenario left open at a provider."""
        if self._conversions is not None:
            self._conversions.finish()


# What a scenario that runs in a lane may ask for.
NAMES = frozenset(
    {"run", "judge", *(name for name, value in vars(FixtureValues).items() if isinstance(value, property))}
)
