"""Faults of the bytes of one send: cut, reset, slowed down, and the CLIENT killed while it works."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import ClassVar

from simulators.transport.delivery import (
    Deliver,
    Delivery,
    Handling,
    KillInstant,
    WireFault,
)
from simulators.transport.fault_parameters import (
    COUNT,
    ENDS,
    FIRST_BYTE,
    INSTANT,
    KILLS,
    SECONDS,
    WHOLE,
    UnfitFault,
    parameter,
    show_seconds,
)
from simulators.transport.raw_connection import Cut
from simulators.transport.route import Route, reachable

_ATTEMPTS = "on how many sends of one request it acts; the copies after those go through"


@dataclass(frozen=True)
class AnswerLost(WireFault):
    """The request arrives whole, its answer never: the connection is cut after the last byte has left."""

    name: ClassVar[str] = "answer-lost"
    summary: ClassVar[str] = "the connection is cut once the request is fully sent, so that no answer arrives"

    after: float | str = parameter(INSTANT, "how long after the last byte the connection is cut", 0.0)
    cut: Cut = parameter(ENDS, "whether it ends with RST or with FIN", "reset")  # noqa: RUF009
    attempts: int = parameter(COUNT, _ATTEMPTS, 1)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        if self.after == FIRST_BYTE:
            instant = "after the first byte of the answer"
        elif self.after:
            instant = f"{show_seconds(float(self.after))} after the last byte"
        else:
            instant = "at once after the last byte"
        return f"answer lost: the connection is {'reset' if self.cut == 'reset' else 'closed'} {instant}"

    def handle(self, handling: Handling) -> Handling:
        """Cut instead of reading the answer."""
        return replace(handling, lose=self.after, cut=self.cut)


@dataclass(frozen=True)
class ResetWhileSending(WireFault):
    """The connection is reset before the request is whole; at least the last byte never leaves."""

    name: ClassVar[str] = "reset-while-sending"
    summary: ClassVar[str] = "the connection is reset in the middle of the request"

    after_bytes: int = parameter(WHOLE, "how many bytes of the body leave before the reset", 1)
    attempts: int = parameter(COUNT, _ATTEMPTS, 1)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        return f"reset while sending: after {self.after_bytes} bytes of the body"

    def handle(self, handling: Handling) -> Handling:
        """Reset after so many bytes."""
        return replace(handling, reset_after=self.after_bytes)


@dataclass(frozen=True)
class SlowBody(WireFault):
    """The body arrives in small pieces with pauses between."""

    name: ClassVar[str] = "slow-body"
    summary: ClassVar[str] = "the body is sent in small pieces with pauses between"

    chunk: int = parameter(COUNT, "bytes in each piece", 1)
    pause: float = parameter(SECONDS, "how long before each piece", 0.005)
    attempts: int = parameter(COUNT, _ATTEMPTS, 1)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        return f"slow body: {self.chunk} bytes at a time, {show_seconds(self.pause)} apart"

    def handle(self, handling: Handling) -> Handling:
        """Send in pieces."""
        return replace(handling, chunk=self.chunk, pause=self.pause)


@dataclass(frozen=True)
class SlowReader(WireFault):
    """The answer is taken in small pieces with pauses between, within the route's timeout."""

    name: ClassVar[str] = "slow-reader"
    summary: ClassVar[str] = "the answer is read in small pieces with pauses between"

    chunk: int = parameter(COUNT, "bytes in each piece", 16)
    pause: float = parameter(SECONDS, "how long between the pieces", 0.01)
    attempts: int = parameter(COUNT, _ATTEMPTS, 1)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        return f"slow reader: {self.chunk} bytes of the answer at a time, {show_seconds(self.pause)} apart"

    def handle(self, handling: Handling) -> Handling:
        """Read in pieces."""
        return replace(handling, read_chunk=self.chunk, read_pause=self.pause)


@dataclass(frozen=True)
class ClientKilled(WireFault):
    """The CLIENT is killed and started again by the driver's ``restart``, at a chosen instant of one send.

    Healing waits until it accepts connections again, at most the route's timeout.
    """

    name: ClassVar[str] = "client-killed"
    summary: ClassVar[str] = "the CLIENT is killed and started again (needs the driver's restart)"

    when: KillInstant = parameter(  # noqa: RUF009
        KILLS,
        "before the request leaves, once it is fully sent, or after its answer",
        "sent",
    )
    attempts: int = parameter(COUNT, _ATTEMPTS, 1)

    @property
    def sentence(self) -> str:
        """What happens, in words."""
        instant = {
            "before": "before the request leaves",
            "sent": "once the request is fully sent",
            "answered": "after the answer",
        }[self.when]
        return f"CLIENT killed and started again {instant}"

    def around(self, deliver: Deliver, route: Route) -> Deliver:
        """Mark every delivery with this fault. Raises UnfitFault where the route has no ``restart``."""
        if route.restart is None:
            raise UnfitFault(
                "client-killed was asked for and there is no way to restart the CLIENT",
                "the fault needs the driver's restart",
                "add restart under [driver] to the target file",
            )
        return super().around(deliver, route)

    def handle(self, handling: Handling) -> Handling:
        """Restart at the chosen instant."""
        return replace(handling, kill=(*handling.kill, self.when))

    def clean_up(self, deliveries: Sequence[Delivery], route: Route) -> None:
        """Wait until the CLIENT accepts connections again."""
        for request in {delivery.request.url: delivery.request for delivery in deliveries}.values():
            reachable(request, route.timeout)
