"""What the console looks at: the fake providers that are served, their ports, and the history they share."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Generic, TypeVar

from scenarios.driver.driver import Driver
from scenarios.hosting.ports import Stall
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from simulators.checkout.simulator import CheckoutSimulator
from simulators.exchanges.export import Redactor
from simulators.exchanges.history import History
from simulators.jackpot.simulator import JackpotSimulator
from simulators.operator.delivery import Operator
from simulators.operator.simulator import OperatorSimulator
from simulators.transport.faults.delivery import Fault, Link
from simulators.transport.http_client import Sender

T = TypeVar("T")


@dataclass(frozen=True)
class Served(Generic[T]):
    """One provider that is served: its twin, where it listens, and where browsers reach it."""

    twin: T
    stall: Stall
    public_url: str


@dataclass
class House:
    """The providers served side by side; those whose section the target file lacks are None."""

    target: Target
    history: History
    operator: Served[OperatorSimulator] | None = None
    jackpot: Served[JackpotSimulator] | None = None
    checkout: Served[CheckoutSimulator] | None = None

    def __post_init__(self) -> None:
        self.redactor = Redactor(self.target.secrets())

    @cached_property
    def driver(self) -> Driver:
        """The way into the CLIENT; raises UsageProblem where its Python class cannot be had."""
        return Driver(self.target)

    @property
    def served(self) -> dict[str, Served[Any]]:
        """The providers that are served, by name."""
        named = {"operator": self.operator, "jackpot": self.jackpot, "checkout": self.checkout}
        return {name: each for name, each in named.items() if each is not None}

    def need(self, provider: str) -> Served[Any]:
        """Return a provider; raises UsageProblem where it is not served."""
        served = self.served
        if provider not in served:
            raise UsageProblem(
                f"{provider!r} is no provider that is served here",
                f"one of {', '.join(served) or 'those in the target file'}",
                f"add a section [{provider}] to the target file and start `pitboss serve` again"
                if provider in ("operator", "jackpot", "checkout")
                else "choose one of these",
            )
        return served[provider]

    def channel(self, provider: str) -> Any:
        """The way from ``provider`` to the CLIENT, which sends and carries its faults."""
        return self.need(provider).twin.endpoint

    @property
    def verbs(self) -> Verbs:
        """The OPERATOR's verbs, with the way to restart the CLIENT where the target says how."""
        operator: Operator = self.channel("operator")
        return Verbs(operator, restart=self.restart)

    @property
    def restart(self) -> Any:
        """What kills the CLIENT and starts it again; None where the target does not say."""
        return self.driver.restart if self.driver.has("restart") else None

    def set_faults(self, provider: str, faults: list[Fault]) -> None:
        """Let ``faults`` act on everything that ``provider`` sends from now on; an empty list heals."""
        channel = self.channel(provider)
        sender: Sender = channel.sender
        channel.link = Link(
            sender.history, sender.timeout, sender.ca_file, limits=sender.limits, restart=self.restart
        )
        channel.faults = tuple(faults)

    def faults(self) -> Iterator[tuple[str, Fault]]:
        """The faults that act now, each with its provider."""
        for provider in self.served:
            for fault in self.channel(provider).faults:
                yield provider, fault

    def pause(self) -> None:
        """Stop sending of its own accord, and lend every port; what is due stays due."""
        for served in self.served.values():
            served.twin.queue.hold()
            served.stall.lend()

    def resume(self) -> None:
        """Undo ``pause``; raises PortInUse where a port is still taken (to be called again then)."""
        for served in self.served.values():
            served.stall.take_back()
        for served in self.served.values():
            served.twin.queue.resume()
