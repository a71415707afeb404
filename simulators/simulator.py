"""What all simulators share: they answer the CLIENT, send it messages of their own, and go on after a restart."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Mapping
from typing import Any, ClassVar, Generic, Literal, TypeVar

from simulators.exchanges.history import Direction, Exchange
from simulators.exchanges.owners import ALL, All, Names
from simulators.server.access.gate import Gate
from simulators.server.response_faults import Disturbance, Disturbances, Given
from simulators.values.records import Table
from simulators.webhooks.retry_queue import RetryQueue

M = TypeVar("M")


class Simulator(ABC, Generic[M]):
    """A provider whose requests a judge looks at, disturbs and calms. Safe to use from several threads.

    ``kinds`` are the words of the CLIENT's requests in the history, ``owner`` whose requests they are in messages.
    ``lock`` is held while what belongs together in its tables changes.
    """

    provider: ClassVar[str]
    kinds: ClassVar[frozenset[str]]
    owner: ClassVar[str]

    def __init__(self, queue: RetryQueue[M]) -> None:
        self.lock = threading.RLock()
        self.queue = queue
        self.endpoint = queue.endpoint
        self.history = queue.endpoint.route.history
        self.disturbances = Disturbances()
        # What stands before its pages that a person of the team opens; None: nothing.
        self.gate: Gate | None = None

    def requests(self, kind: str) -> list[Exchange]:
        """Return the CLIENT's requests of a kind so far, in order."""
        return [
            exchange
            for exchange in self.history
            if exchange.direction is Direction.FROM_CLIENT
            and exchange.provider == self.provider
            and exchange.label == kind
        ]

    def disturb(
        self,
        kind: str,
        times: int | None = 1,
        *,
        answer: Given | None = None,
        delay_seconds: float = 0.0,
        handled: bool = False,
        lost: bool = False,
        about: str | Literal[All.ALL],
    ) -> None:
        """Disturb the next ``times`` requests of a kind (None: all until ``calm``), ``about`` a voucher or ALL.

        ``answer`` (status, body, content type) takes the right one's place, ``delay_seconds`` holds it back.
        ``handled``: the request is carried out all the same; ``lost``: it is, and its answer never arrives.
        Raises ValueError where there is no such kind.
        """
        if kind not in self.kinds:
            raise ValueError(
                f"{kind!r} is no request to {self.owner}, so nothing would ever be disturbed; "
                f"choose one of {', '.join(sorted(self.kinds))}"
            )
        name = None if about is ALL else about
        self.disturbances.add(Disturbance(kind, answer, delay_seconds, handled, lost, name), times)

    @abstractmethod
    def reached_at(self, url: str, public_url: str | None) -> None:
        """Take note that the CLIENT reaches the API at ``url``, and browsers at ``public_url`` (None: there, too)."""

    def calm(self, names: Names) -> None:
        """Forget the disturbances and the faults on messages about ``names``, and send what is held back."""
        self.disturbances.calm(names)
        if names is ALL:
            self.endpoint.faults = ()
        for name in [*self.endpoint.faults_about] if names is ALL else names:
            self.endpoint.faults_about.pop(name, None)
        self.queue.resume(names)

    def wait_idle(self, timeout: float, *names: str) -> bool:
        """Wait at most ``timeout`` seconds until no message about ``names`` (none: any) waits; say whether it is so."""
        return self.queue.wait_idle(timeout, *names)

    def tables(self) -> dict[str, Table[Any, Any]]:
        """The records that outlive a restart, by the names of their tables; called with the lock held."""
        return self.queue.tables()

    def restore(self, records: Mapping[str, Mapping[Any, Any]]) -> None:
        """Go on, before ``start``, from the ``records`` of every table that an earlier run kept.

        Raises ValueError where they do not fit together; then nothing changed.
        """
        with self.lock:
            for name, table in self.tables().items():
                table.fill(records[name])
            self.resumed()

    def resumed(self) -> None:
        """Do what follows from records that an earlier run kept; called with the lock held."""
        self.queue.resumed()

    def start(self) -> None:
        """Send what falls due from threads in the background until ``stop``."""
        self.queue.start()

    def stop(self) -> None:
        """Stop what ``start`` started; let go of requests that are held back."""
        self.disturbances.calm(ALL)
        self.queue.stop()
