"""The history: every exchange between a provider and the CLIENT, in order, append-only.

An exchange is a request with its answer or the lack of one. It is written when the request is about to leave
(*invoked*) and completed once (*answered* or given up); what has no answer is *unknown*, never failed.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any

Headers = tuple[tuple[str, str], ...]


class Outcome(StrEnum):
    """What an exchange did, as far as its answer tells."""

    OK = "ok"
    REFUSED = "refused"
    UNKNOWN = "unknown"


class Direction(StrEnum):
    """Who sent the request."""

    TO_CLIENT = "to CLIENT"
    FROM_CLIENT = "from CLIENT"


def header(headers: Headers, name: str) -> str | None:
    """Return the first header called ``name``, compared without regard to case."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it leaves, byte for byte."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it arrived."""

    status: int
    headers: Headers = ()
    body: bytes = b""


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its answer or the lack of one.

    Times are seconds since the history began, on one monotonic clock; ``started`` is seconds since the epoch.
    ``message`` is what the provider meant to say (a wire model), None where the request is no genuine message.
    ``kind`` is the word a diagram shows ("bet", "copy of bet", "forged bet", "auth"). ``copy_of`` is the number
    of the exchange that this one repeats byte for byte. ``faults`` are the faults that acted on it, in words.
    """

    number: int
    provider: str
    kind: str
    direction: Direction
    request: Request
    started: float
    invoked: float
    message: Any = None
    genuine: bool = True
    copy_of: int | None = None
    faults: tuple[str, ...] = ()
    answered: float | None = None
    answer: Answer | None = None
    failure: str | None = None
    outcome: Outcome = Outcome.UNKNOWN
    error: str | None = None
    client_id: str | int | None = None
    scenario: str | None = None

    @property
    def ok(self) -> bool:
        """The CLIENT said that it did what was asked."""
        return self.outcome is Outcome.OK

    @property
    def refused(self) -> bool:
        """The CLIENT said that it did not do what was asked."""
        return self.outcome is Outcome.REFUSED

    @property
    def unknown(self) -> bool:
        """There was no answer, or none that says whether it was done."""
        return self.outcome is Outcome.UNKNOWN

    @property
    def seconds(self) -> float | None:
        """How long the answer took, None where there is none."""
        return None if self.answered is None else self.answered - self.invoked


Listener = Callable[[Exchange], None]


@dataclass
class History:
    """All exchanges in order. Safe to append to from several threads.

    ``listeners`` are called after every change of an exchange (invoked, completed), outside the lock.
    """

    listeners: list[Listener] = field(default_factory=list)
    scenario: str | None = None
    _exchanges: list[Exchange] = field(default_factory=list)
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _epoch: float = field(default_factory=time.monotonic)

    def now(self) -> float:
        """Seconds since this history began."""
        return time.monotonic() - self._epoch

    def invoke(
        self,
        request: Request,
        *,
        provider: str,
        kind: str,
        direction: Direction = Direction.TO_CLIENT,
        message: Any = None,
        genuine: bool = True,
        copy_of: int | None = None,
        faults: tuple[str, ...] = (),
    ) -> Exchange:
        """Append an exchange whose request is about to leave; until it is completed its outcome is unknown."""
        with self._lock:
            exchange = Exchange(
                number=len(self._exchanges),
                provider=provider,
                kind=kind,
                direction=direction,
                request=request,
                started=time.time(),
                invoked=self.now(),
                message=message,
                genuine=genuine,
                copy_of=copy_of,
                faults=faults,
                failure="no answer yet",
                scenario=self.scenario,
            )
            self._exchanges.append(exchange)
        self._tell(exchange)
        return exchange

    def complete(
        self,
        number: int,
        *,
        answer: Answer | None,
        failure: str | None = None,
        outcome: Outcome = Outcome.UNKNOWN,
        error: str | None = None,
        client_id: str | int | None = None,
        faults: tuple[str, ...] | None = None,
        invoked: float | None = None,
    ) -> Exchange:
        """Write how exchange ``number`` ended and return it. Raises ValueError when it was completed before.

        ``invoked`` corrects when the request left (seconds since the history began), for a request held back.
        """
        with self._lock:
            pending = self._exchanges[number]
            if pending.answer is not None or pending.failure != "no answer yet":
                raise ValueError(f"exchange {number} is complete already")
            done = replace(
                pending,
                answer=answer,
                answered=self.now() if answer is not None else None,
                failure=failure,
                outcome=outcome,
                error=error,
                client_id=client_id,
                faults=pending.faults if faults is None else faults,
                invoked=pending.invoked if invoked is None else invoked,
            )
            self._exchanges[number] = done
        self._tell(done)
        return done

    def __len__(self) -> int:
        return len(self._exchanges)

    def __iter__(self) -> Iterator[Exchange]:
        return iter(self.since(0))

    def __getitem__(self, number: int) -> Exchange:
        with self._lock:
            return self._exchanges[number]

    def since(self, number: int) -> list[Exchange]:
        """Return the exchanges from ``number`` on, as they stand now."""
        with self._lock:
            return self._exchanges[number:]

    def _tell(self, exchange: Exchange) -> None:
        for listener in self.listeners:
            listener(exchange)
