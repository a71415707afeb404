"""The history: every exchange between a provider and the CLIENT, in order, append-only.

An exchange is a request with its answer or the lack of one. It is written when the request is about to leave
(*invoked*) and completed once (*answered* or given up); what has no answer is *unknown*, never failed.
"""

import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from enum import StrEnum
from typing import Any, TypeVar

from simulators.exchanges import bounds
from simulators.exchanges.owners import Owners
from simulators.values.clocks import running_time

Headers = tuple[tuple[str, str], ...]


class Status(StrEnum):
    """How far an exchange came, and what its answer says: done, not done, or neither."""

    PENDING = "pending"
    OK = "ok"
    REFUSED = "refused"
    UNCLEAR = "unclear"  # answered, and the answer does not say whether it was done
    UNKNOWN = "unknown"  # no answer came


class Purpose(StrEnum):
    """What a request was sent for."""

    SCENARIO = "scenario"
    PROBE = "probe"
    FUNDING = "funding"
    RESTORE = "restore"
    FIRST_WAGER = "first wager"
    LIVENESS = "liveness"
    FORGERY = "forgery"
    BROWSER = "browser"
    SWEEP = "sweep"
    DOCTOR = "doctor"
    TRAFFIC = "traffic"
    MANUAL = "manual"  # somebody asked for it: by the console, by a command
    CLIENT = "client"  # the CLIENT's own request


# What the judge sends for itself; where labels are shown, these purposes stand behind them.
OWN = frozenset({Purpose.PROBE, Purpose.FUNDING, Purpose.RESTORE, Purpose.FIRST_WAGER})
_SHOWN = OWN | {Purpose.DOCTOR}
_SERVER_ERROR = 500


class FailureKind(StrEnum):
    """Why there is no answer."""

    NAME = "name"
    REFUSED = "refused"
    NO_CONNECTION = "no connection"
    TLS = "tls"
    TIMEOUT = "timeout"
    RESET = "reset"
    CLOSED = "closed"
    NOT_HTTP = "not http"
    PLANNED_LOSS = "planned loss"
    PLANNED_RESET = "planned reset"
    INTERRUPTED = "interrupted"
    OTHER = "other"

    @property
    def unsent(self) -> bool:
        """The request did not reach the CLIENT as a whole."""
        return self in _UNSENT


_UNSENT = frozenset(
    {
        FailureKind.NAME,
        FailureKind.REFUSED,
        FailureKind.NO_CONNECTION,
        FailureKind.TLS,
        FailureKind.PLANNED_RESET,
    }
)


@dataclass(frozen=True, slots=True)
class Failure:
    """Why there is no answer; ``text`` is for people."""

    kind: FailureKind
    text: str

    def __str__(self) -> str:
        return self.text


@dataclass(frozen=True, slots=True)
class FaultNote:
    """A fault that acted on an exchange: its ``name`` in the table of faults, and ``text`` for people."""

    name: str
    text: str

    def __str__(self) -> str:
        return self.text


# The name under which a race tells how far apart its last bytes left.
RACE_NOTE = "race"


class Direction(StrEnum):
    """Who sent the request."""

    TO_CLIENT = "to CLIENT"
    FROM_CLIENT = "from CLIENT"


def header(headers: Headers, name: str) -> str | None:
    """Return the first header called ``name``, compared without regard to case."""
    return next((value for key, value in headers if key.lower() == name.lower()), None)


@dataclass(frozen=True, slots=True)
class Request:
    """One HTTP request as it leaves, byte for byte. ``length`` is how long a body was that is kept in part only."""

    method: str
    url: str
    headers: Headers = ()
    body: bytes = b""
    length: int | None = None


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer as it arrived; its body was complete ``body_after`` seconds after its head.

    ``length`` is how long a body was that is kept in part only.
    """

    status: int
    headers: Headers = ()
    body: bytes = b""
    body_after: float = field(default=0.0, compare=False)
    length: int | None = None

    @property
    def failed(self) -> bool:
        """Whether the other side, or what stands before it, says that it could not serve: a status of 5xx."""
        return self.status >= _SERVER_ERROR


@dataclass(frozen=True, slots=True)
class Exchange:
    """A request with its answer or the lack of one.

    Times are seconds since the history began, on one monotonic clock; ``started`` is seconds since the epoch.
    ``message`` is what the provider meant to say (a wire model), None where the request is no genuine message.
    ``label`` is the word for it that people read ("bet", "forged bet", "auth"). ``copy_of`` is the number of the
    exchange that this one repeats byte for byte. ``race`` is the same number for all that raced each other.
    ``faults`` are those that acted on it.
    """

    number: int
    provider: str
    label: str
    purpose: Purpose
    direction: Direction
    request: Request
    started: float
    invoked: float
    message: Any = None
    genuine: bool = True
    copy_of: int | None = None
    race: int | None = None
    faults: tuple[FaultNote, ...] = ()
    status: Status = Status.PENDING
    answered: float | None = None
    answer: Answer | None = None
    failure: Failure | None = None
    error: str | None = None
    client_id: str | int | None = None
    scenario: str | None = None

    @property
    def title(self) -> str:
        """The label as it is shown: with what makes it a copy, and with its purpose."""
        copy = "copy of " if self.copy_of is not None and self.race is None else ""
        return f"{copy}{self.label}{f' ({self.purpose})' if self.purpose in _SHOWN else ''}"

    @property
    def ok(self) -> bool:
        """The CLIENT said that it did what was asked."""
        return self.status is Status.OK

    @property
    def refused(self) -> bool:
        """The CLIENT said that it did not do what was asked."""
        return self.status is Status.REFUSED

    @property
    def unknown(self) -> bool:
        """There was no answer, or none that says whether it was done."""
        return not (self.ok or self.refused)

    @property
    def effect(self) -> Status:
        """Whether it was done, as far as its answer tells: ok, refused, or else unknown."""
        return Status.UNKNOWN if self.unknown else self.status

    @property
    def not_now(self) -> bool:
        """The CLIENT, or what stands before it, asked for the request later: nothing is broken by that."""
        # What a simulator answers the CLIENT, disturbed as it may be, is none of the CLIENT's.
        own = self.answer if self.direction is Direction.TO_CLIENT else None
        return own is not None and own.status in _NOT_NOW

    @property
    def faulty(self) -> bool:
        """A fault acted on it. To be one of a race is none."""
        return any(note.name != RACE_NOTE for note in self.faults)

    @property
    def seconds(self) -> float | None:
        """How long the answer took, None where there is none."""
        return None if self.answered is None else self.answered - self.invoked


# HTTP statuses by which a server says that it takes no request now.
_NOT_NOW = (429, 503)

Listener = Callable[[Exchange], None]


_Message = TypeVar("_Message", Request, Answer)


def _cut(exchange: Exchange) -> Exchange:
    """``exchange`` with no more than the beginning of what the other side sent."""
    if exchange.direction is Direction.FROM_CLIENT:
        return replace(exchange, request=_beginning(exchange.request))
    return exchange if exchange.answer is None else replace(exchange, answer=_beginning(exchange.answer))


def _beginning(message: _Message) -> _Message:
    headers, body = bounds.beginning(message.headers, message.body)
    whole = message.length if len(body) == len(message.body) else message.length or len(message.body)
    return replace(message, headers=headers, body=body, length=whole)


@dataclass
class History(Owners):
    """All exchanges in order. Safe to append to from several threads.

    Numbers follow the order of leaving: one is taken when the request has its connection and is allowed out, and what
    leaves after another was answered has the higher number. Of requests under way at the same time the numbers say who
    was ready first; of a race, nothing.

    ``listeners`` are called after every change of an exchange (invoked, completed), outside the lock. What the CLIENT
    sent takes no more than about bounds.ROOM bytes: beyond that the oldest long bodies and headers are cut to their
    beginning.
    """

    listeners: list[Listener] = field(default_factory=list)
    _exchanges: list[Exchange] = field(default_factory=list, repr=False)  # a traceback may show values
    _lock: threading.Lock = field(default_factory=threading.Lock)
    _epoch: float = field(default_factory=running_time)
    _races: int = 0
    _room: bounds.KeptBytes = field(default_factory=bounds.KeptBytes)

    def now(self) -> float:
        """Seconds since this history began."""
        return running_time() - self._epoch

    def new_race(self) -> int:
        """A number for a race; no two races of this history have the same."""
        with self._lock:
            self._races += 1
            return self._races

    def invoke(
        self,
        request: Request,
        *,
        provider: str,
        label: str,
        purpose: Purpose,
        direction: Direction = Direction.TO_CLIENT,
        message: Any = None,
        genuine: bool = True,
        copy_of: int | None = None,
        race: int | None = None,
        faults: tuple[FaultNote, ...] = (),
    ) -> Exchange:
        """Append an exchange whose request is about to leave; until it is completed it is pending."""
        with self._lock:
            exchange = Exchange(
                number=len(self._exchanges),
                provider=provider,
                label=label,
                purpose=purpose,
                direction=direction,
                request=request,
                started=time.time(),
                invoked=self.now(),
                message=message,
                genuine=genuine,
                copy_of=copy_of,
                race=race,
                faults=faults,
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
        failure: Failure | None = None,
        status: Status = Status.UNKNOWN,
        error: str | None = None,
        client_id: str | int | None = None,
        faults: tuple[FaultNote, ...] | None = None,
        invoked: float | None = None,
    ) -> Exchange:
        """Write how exchange ``number`` ended and return it. Raises ValueError when it was completed before.

        ``invoked`` corrects when the request left (seconds since the history began), for a request held back.
        """
        with self._lock:
            pending = self._exchanges[number]
            if pending.status is not Status.PENDING:
                raise ValueError(f"exchange {number} is complete already")
            done = replace(
                pending,
                answer=answer,
                answered=self.now() if answer is not None else None,
                failure=failure,
                status=status,
                error=None if error is None else bounds.text(error),
                client_id=bounds.text(client_id) if isinstance(client_id, str) else client_id,
                faults=pending.faults if faults is None else faults,
                invoked=pending.invoked if invoked is None else invoked,
            )
            self._exchanges[number] = done
            self._make_room(done)
        self._tell(done)
        return done

    def _make_room(self, done: Exchange) -> None:
        """Cut the oldest where ``done`` is one too many. To be called under the lock."""
        theirs = done.request if done.direction is Direction.FROM_CLIENT else done.answer
        if theirs is not None:
            for number in self._room.too_many(done.number, theirs.headers, theirs.body):
                self._exchanges[number] = _cut(self._exchanges[number])

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
