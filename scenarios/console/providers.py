"""What the console looks at and acts through: the fake providers, their ports, and the history they share."""

from abc import ABC, abstractmethod
from collections.abc import Iterator
from copy import copy
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from scenarios.driver.driver import Driver
from scenarios.hosting.host import Hosted
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from scenarios.wallet.driver_probe import DriverProbe
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.probes import Probe, WagersProbe
from simulators.checkout.simulator import CheckoutSimulator
from simulators.exchanges.history import History
from simulators.exchanges.owners import ALL
from simulators.exchanges.redaction import Redactor
from simulators.jackpot.simulator import JackpotSimulator
from simulators.operator.delivery import Operator
from simulators.operator.simulator import OperatorSimulator
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR, PROVIDERS
from simulators.transport.delivery import Fault


@dataclass
class Providers(ABC):
    """The providers of a target file, whose events can be raised. Safe to use from several threads."""

    target: Target
    history: History

    def __post_init__(self) -> None:
        self.redactor = Redactor(self.target.secrets())

    @cached_property
    def driver(self) -> Driver:
        """The way into the CLIENT; raises UsageProblem where its Python class cannot be had."""
        return Driver(self.target)

    @property
    @abstractmethod
    def names(self) -> list[str]:
        """The names of the providers."""

    @abstractmethod
    def simulator(self, provider: str) -> Any:
        """The simulator of ``provider``; raises UsageProblem where there is none."""

    def channel(self, provider: str) -> Any:
        """The way from ``provider`` to the CLIENT, which sends and carries its faults."""
        return self.simulator(provider).endpoint

    @property
    def verbs(self) -> Verbs:
        """The OPERATOR's verbs, with the way to restart the CLIENT where the target says how."""
        operator: Operator = self.channel(OPERATOR)
        operator.route.restart = self.restart
        return Verbs(operator)

    def probe(self) -> Probe:
        """What reads balances: the driver where it can, else wagers. No fault that is on acts on its requests.

        Raises UsageProblem.
        """
        undisturbed = copy(self.channel(OPERATOR))
        undisturbed.faults = ()
        verbs = Verbs(undisturbed)
        if self.driver.has("balance"):
            return DriverProbe(verbs, self.driver, self.driver.kind("balance"))
        return WagersProbe(verbs)

    @property
    def restart(self) -> Any:
        """What kills the CLIENT and starts it again; None where the target does not say."""
        return self.driver.restart if self.driver.has("restart") else None


@dataclass
class ServedProviders(Providers):
    """The providers served side by side, by name: those whose section the target file has."""

    served: dict[str, Hosted[Any]] = field(default_factory=dict)

    @property
    def operator(self) -> Hosted[OperatorSimulator] | None:
        """The OPERATOR, where it is served."""
        return self.served.get(OPERATOR)

    @property
    def jackpot(self) -> Hosted[JackpotSimulator] | None:
        """Jackpot, where it is served."""
        return self.served.get(JACKPOT)

    @property
    def checkout(self) -> Hosted[CheckoutSimulator] | None:
        """The checkout, where it is served."""
        return self.served.get(CHECKOUT)

    def need(self, provider: str) -> Hosted[Any]:
        """Return a provider; raises UsageProblem where it is not served."""
        served = self.served
        if provider not in served:
            raise UsageProblem(
                f"{provider!r} is no provider that is served here",
                f"one of {', '.join(served) or 'those in the target file'}",
                f"add a section [{provider}] to the target file and start `pitboss serve` again"
                if provider in PROVIDERS
                else "choose one of these",
            )
        return served[provider]

    @property
    def names(self) -> list[str]:
        """The names of those that are served."""
        return list(self.served)

    def simulator(self, provider: str) -> Any:
        """The simulator of ``provider``; raises UsageProblem where it is not served."""
        return self.need(provider).simulator

    def set_faults(self, provider: str, faults: list[Fault]) -> None:
        """Let ``faults`` act on everything that ``provider`` sends from now on; an empty list ends them."""
        channel = self.channel(provider)
        channel.route.restart = self.restart
        channel.faults = tuple(faults)

    def faults(self) -> Iterator[tuple[str, Fault]]:
        """The faults that act now, each with its provider."""
        for provider in self.served:
            for fault in self.channel(provider).faults:
                yield provider, fault

    def pause(self) -> None:
        """Stop sending of its own accord, and lend every port; what is due stays due."""
        for served in self.served.values():
            served.simulator.queue.hold(ALL)
            served.listener.lend()

    def resume(self) -> None:
        """Undo ``pause``; raises UsageProblem where a port is still taken."""
        for served in self.served.values():
            served.listener.take_back()
        for served in self.served.values():
            served.simulator.queue.resume(ALL)
