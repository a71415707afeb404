"""Providers that no ``serve`` plays: events are raised from them all the same, and nothing else."""

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from scenarios.console.providers import Providers
from scenarios.hosting import checkout, jackpot
from simulators.checkout.simulator import CheckoutSimulator
from simulators.jackpot.simulator import JackpotSimulator
from simulators.operator.delivery import Operator
from simulators.providers import JACKPOT, OPERATOR, PROVIDERS
from simulators.transport.route import Route


@dataclass
class UnservedProviders(Providers):
    """Those of the target file, which listen nowhere; ``seed`` makes Jackpot's stores."""

    seed: int = 0

    @cached_property
    def route(self) -> Route:
        """The way to the CLIENT; to be closed."""
        return self.target.route(self.history)

    @property
    def names(self) -> list[str]:
        """The names of those that the target file has a section of."""
        return [name for name in PROVIDERS if getattr(self.target, name) is not None]

    def simulator(self, provider: str) -> Any:
        """The simulator of Jackpot or the checkout, not started; raises UsageProblem."""
        return self._jackpot if provider == JACKPOT else self._checkout

    def channel(self, provider: str) -> Any:
        """The way from ``provider`` to the CLIENT. Raises UsageProblem."""
        return self._operator if provider == OPERATOR else super().channel(provider)

    @cached_property
    def _operator(self) -> Operator:
        # Whoever raises a callback logs nobody in: no more is needed than where it goes and what signs it.
        section, _ = self.target.need_operator()
        self.route.timeout = section.timeout
        secret = section.security_hash.get_secret_value()
        return Operator(section.callback_url, secret, self.route, section.words)

    @cached_property
    def _jackpot(self) -> JackpotSimulator:
        return jackpot.build(self.target.need_jackpot(), self.route, seed=self.seed)

    @cached_property
    def _checkout(self) -> CheckoutSimulator:
        return checkout.build(self.target.need_checkout(), self.route)
