"""What all faults share: the parcel they act on, the link they act over, and how one parcel is sent.

A fault wraps a ``Deliver`` and returns another. A fault of one send only adds itself to the parcel, and acts
where the parcel is sent; so the order in which faults are named does not matter to it.
"""

import socket
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields, replace
from typing import Any, ClassVar, Literal

import urllib3

from simulators.exchanges.history import (
    Answer,
    Exchange,
    Failure,
    FailureKind,
    FaultNote,
    History,
    Purpose,
    Request,
    Status,
)
from simulators.transport.faults.parameters import FIRST_BYTE, Form, UnfitFault
from simulators.transport.http_client import Meaning, Read, interrupted
from simulators.transport.rate_limits import Limits
from simulators.transport.raw_connection import Connection, Cut, network, remaining, why

# A receive buffer this small makes the CLIENT wait for a slow reader, also with short answers.
_SMALL_BUFFER = 1024
_KNOCK = 0.02

KillInstant = Literal["before", "sent", "answered"]


@dataclass
class Link:
    """The way to the CLIENT: where exchanges are recorded and how long, in seconds, an answer is waited for.

    ``sleep`` takes the faults' seconds, so that time can be scaled. ``restart`` kills the CLIENT and starts
    it again (the driver's). ``ca_file`` names the certificates that https targets are verified against.
    """

    history: History
    timeout: float = 5.0
    ca_file: str | None = None
    sleep: Callable[[float], None] = time.sleep
    limits: Limits = field(default_factory=Limits)
    restart: Callable[[], None] | None = None


@dataclass(frozen=True, slots=True)
class Parcel:
    """One request to deliver, with what the history shall say of it (see Exchange).

    ``attempt`` is 0 the first time a request is sent and grows with its copies. ``faults`` tell of
    faults that act on the order of things, ``wire`` the faults that act on the bytes. ``invoked`` is told the
    number of the exchange when the request is about to leave.
    """

    request: Request
    read: Read
    provider: str
    label: str
    purpose: Purpose
    message: Any = None
    genuine: bool = True
    copy_of: int | None = None
    attempt: int = 0
    faults: tuple[FaultNote, ...] = ()
    wire: "tuple[WireFault, ...]" = ()
    invoked: Callable[[int], None] | None = None

    def told(self, note: FaultNote) -> "Parcel":
        """This parcel with one more fault that acts on it."""
        return replace(self, faults=(*self.faults, note))

    def hooked(self, invoked: Callable[[int], None]) -> "Parcel":
        """This parcel, telling ``invoked`` too."""
        before = self.invoked

        def both(number: int) -> None:
            if before is not None:
                before(number)
            invoked(number)

        return replace(self, invoked=both)

    def copy(self, original: int | None, attempt: int) -> "Parcel":
        """The same request again, as copy of exchange ``original``; ``attempt`` counts from this parcel's."""
        return replace(
            self,
            copy_of=original if self.copy_of is None else self.copy_of,
            attempt=self.attempt + attempt,
            invoked=None,
        )


Deliver = Callable[[Sequence[Parcel]], list[Exchange]]


@dataclass(frozen=True, slots=True)
class Handling:
    """How the bytes of one send go; the default is without any fault. Times are seconds, sizes bytes."""

    chunk: int | None = None
    pause: float = 0.0
    read_chunk: int | None = None
    read_pause: float = 0.0
    reset_after: int | None = None
    lose: float | str | None = None
    cut: Cut = "reset"
    kill: tuple[KillInstant, ...] = ()


@dataclass(frozen=True)
class Fault:
    """What goes wrong, as a value. Raises UnfitFault where a parameter is out of its bounds."""

    name: ClassVar[str]
    summary: ClassVar[str]

    def __post_init__(self) -> None:
        for item in fields(self):
            form: Form = item.metadata["form"]
            value = getattr(self, item.name)
            if not form.valid(value):
                raise UnfitFault(
                    f"{self.name}: {item.name.replace('_', '-')} is {value!r}",
                    f"it must be {form.expected} ({item.metadata['meaning']})",
                    "give another value",
                )

    @property
    def sentence(self) -> str:
        """What happens, in words: the row that the history shows."""
        raise NotImplementedError

    @property
    def note(self) -> FaultNote:
        """What the history says of it."""
        return FaultNote(self.name, self.sentence)

    def around(self, deliver: Deliver, link: Link) -> Deliver:
        """Return ``deliver`` with this fault round it."""
        raise NotImplementedError

    def heal(self, parcels: Sequence[Parcel], link: Link) -> None:
        """End what the fault left behind. Most leave nothing: they end with the last send they act on."""


class WireFault(Fault):
    """A fault of the bytes of one send. It acts on the first ``attempts`` sends of a request."""

    attempts: int  # each declares it as its last field

    def around(self, deliver: Deliver, link: Link) -> Deliver:  # noqa: ARG002
        """Mark every parcel with this fault."""
        return lambda parcels: deliver([replace(parcel, wire=(*parcel.wire, self)) for parcel in parcels])

    def handle(self, handling: Handling) -> Handling:
        """Return ``handling`` with this fault in it."""
        raise NotImplementedError


class LostError(Exception):
    """The fault ended the exchange; ``failure`` says how."""

    def __init__(self, kind: FailureKind, text: str) -> None:
        super().__init__(text)
        self.failure = Failure(kind, text)


def deliver(parcels: Parcel | Sequence[Parcel], faults: Sequence[Fault], link: Link) -> list[Exchange]:
    """Send ``parcels`` with ``faults`` round them, the first named outermost; return the exchanges as they
    left.

    Copies that a fault made are among them. What has no answer is unknown. Heals every fault at the end.
    Raises UnfitFault where a fault does not fit the parcels or lacks something of the link.
    """
    group = [parcels] if isinstance(parcels, Parcel) else list(parcels)
    step: Deliver = lambda items: [send(item, link) for item in items]  # noqa: E731
    for fault in reversed(faults):
        step = fault.around(step, link)
    try:
        return step(group)
    finally:
        for fault in faults:
            fault.heal(group, link)


def send(parcel: Parcel, link: Link) -> Exchange:
    """Send ``parcel`` once on its own connection with the faults it is marked with; record the exchange."""
    acting = [fault for fault in parcel.wire if parcel.attempt < fault.attempts]
    handling = Handling()
    for fault in acting:
        handling = fault.handle(handling)
    _kill("before", handling, link)
    if "before" in handling.kill:
        reachable(parcel.request, link.timeout)
    with link.limits.connection():
        link.limits.request()
        exchange = link.history.invoke(
            parcel.request,
            provider=parcel.provider,
            label=parcel.label,
            purpose=parcel.purpose,
            message=parcel.message,
            genuine=parcel.genuine,
            copy_of=parcel.copy_of,
            faults=(*parcel.faults, *(fault.note for fault in acting)),
        )
        if parcel.invoked is not None:
            parcel.invoked(exchange.number)
        done = _record(exchange, parcel, handling, link)
    _kill("answered", handling, link)
    return done


def _kill(instant: KillInstant, handling: Handling, link: Link) -> None:
    if instant in handling.kill and link.restart is not None:
        link.restart()


def _record(exchange: Exchange, parcel: Parcel, handling: Handling, link: Link) -> Exchange:
    answer, failure = None, None
    try:
        answer = _converse(parcel.request, handling, link)
    except LostError as error:
        failure = error.failure
    except BaseException as error:
        if not network(error):
            link.history.complete(exchange.number, answer=None, failure=interrupted(error))
            raise
        failure = why(error, link.timeout)
    meaning = Meaning(Status.UNKNOWN) if answer is None else parcel.read(answer)
    return link.history.complete(
        exchange.number,
        answer=answer,
        failure=failure,
        status=meaning.status,
        error=meaning.error,
        client_id=meaning.client_id,
    )


def _converse(request: Request, handling: Handling, link: Link) -> Answer:
    buffer = None if handling.read_chunk is None else _SMALL_BUFFER
    with Connection(request, timeout=link.timeout, ca_file=link.ca_file, buffer=buffer) as connection:
        # A CLIENT may answer before it has read all, and close: then the answer is there to be read.
        early = not _push(connection, handling, link)
        connection.flush(link.timeout)
        _kill("sent", handling, link)
        if handling.lose is not None and not early:
            _lose(connection, handling.lose, handling.cut, link)
        return _read(connection, handling, link)


def _push(connection: Connection, handling: Handling, link: Link) -> bool:
    """Send the request; False where the CLIENT went away before all was sent. Raises LostError once reset."""
    head, body = connection.head, connection.body
    reset = handling.reset_after is not None
    if handling.reset_after is not None:
        head = head if body else head[:-1]
        body = body[: max(0, min(handling.reset_after, len(body) - 1))]
    chunk = handling.chunk or len(body) or 1
    try:
        connection.push(head)
        for start in range(0, len(body), chunk):
            link.sleep(handling.pause) if handling.pause else None
            connection.push(body[start : start + chunk])
    except (BrokenPipeError, ConnectionResetError):
        return False
    if reset:
        connection.flush(link.timeout)
        connection.cut("reset")
        text = f"reset after {len(body)} of {len(connection.body)} bytes of the body, as planned"
        raise LostError(FailureKind.PLANNED_RESET, text)
    return True


def _lose(connection: Connection, instant: float | str, how: Cut, link: Link) -> None:
    if instant == FIRST_BYTE:
        deadline = time.monotonic() + link.timeout
        while not connection.heard:
            connection.socket.settimeout(remaining(deadline))
            connection.take(1)
    elif isinstance(instant, int | float) and instant > 0:
        link.sleep(instant)
    connection.cut(how)
    raise LostError(FailureKind.PLANNED_LOSS, "the answer was lost, as planned")


def _read(connection: Connection, handling: Handling, link: Link) -> Answer:
    if handling.read_chunk is None:
        return connection.wait(link.timeout)
    deadline = time.monotonic() + link.timeout
    while True:
        connection.socket.settimeout(remaining(deadline))
        answer = connection.take(handling.read_chunk)
        if answer is not None:
            return answer
        link.sleep(handling.read_pause)


def reachable(request: Request, timeout: float) -> bool:
    """Wait until the request's host accepts connections, at most ``timeout`` seconds; say whether it does."""
    url = urllib3.util.parse_url(request.url)
    address = ((url.host or "").strip("[]"), url.port or (443 if url.scheme == "https" else 80))
    deadline = time.monotonic() + timeout
    while (left := deadline - time.monotonic()) > 0:
        try:
            socket.create_connection(address, timeout=left).close()
        except OSError:
            time.sleep(_KNOCK)
        else:
            return True
    return False
