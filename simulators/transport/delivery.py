"""What a delivery is, what faults are, and how a fault acts on a delivery.

A fault wraps a ``Deliver`` and returns another. A fault of one send only adds itself to the delivery, and acts
where that is sent; so the order in which faults are named does not matter to it.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, fields, replace
from typing import Any, ClassVar, Literal

from simulators.exchanges.history import (
    Answer,
    Exchange,
    Failure,
    FaultNote,
    History,
    Purpose,
    Request,
    Status,
)
from simulators.transport.fault_parameters import Form, UnfitFault
from simulators.transport.raw_connection import Cut
from simulators.transport.route import Route

KillInstant = Literal["before", "sent", "answered"]


@dataclass(frozen=True, slots=True)
class Flaw:
    """What is wrong with an answer, in words, and the id of the rule that it breaks; "" where none is about it."""

    text: str
    rule: str = ""

    def __str__(self) -> str:
        return f"{self.text} ({self.rule})" if self.rule else self.text


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means to the provider that asked; ``problem`` is what in it breaks the contract."""

    status: Status
    error: str | None = None
    client_id: str | int | None = None
    problem: Flaw | None = None

    @property
    def effect(self) -> Status:
        """Whether it was done: ok, refused, or unknown where the answer does not say."""
        return self.status if self.status in (Status.OK, Status.REFUSED) else Status.UNKNOWN


Read = Callable[[Answer], Meaning]


@dataclass(frozen=True, slots=True)
class Delivery:
    """One request to deliver, with what the history shall say of it (see Exchange); ``read`` says what an answer means.

    ``attempt`` is 0 the first time a request is sent and grows with its copies. ``faults`` tell of
    faults that act on the order of things, ``wire`` the faults that act on the bytes. ``invoked`` is called with the
    number of the exchange when the request is about to leave. ``retried`` is what its provider sends again by itself
    until it is acknowledged.
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
    retried: bool = False

    def with_fault(self, note: FaultNote) -> "Delivery":
        """This delivery with one more fault that acts on it."""
        return replace(self, faults=(*self.faults, note))

    def hooked(self, invoked: Callable[[int], None]) -> "Delivery":
        """This delivery, telling ``invoked`` too."""
        before = self.invoked

        def both(number: int) -> None:
            if before is not None:
                before(number)
            invoked(number)

        return replace(self, invoked=both)

    def copy(self, original: int | None, attempt: int) -> "Delivery":
        """The same request again, as copy of exchange ``original``; ``attempt`` counts from this delivery's."""
        return replace(
            self,
            copy_of=original if self.copy_of is None else self.copy_of,
            attempt=self.attempt + attempt,
            invoked=None,
        )

    def leaving(
        self,
        history: History,
        *,
        wire: Iterable[FaultNote] = (),
        copy_of: int | None = None,
        race: int | None = None,
    ) -> Exchange:
        """Write down that it is about to leave, with ``wire`` acting on its bytes, and tell ``invoked``.

        ``copy_of`` is the exchange that it repeats where the delivery names none, ``race`` that of its race.
        """
        exchange = history.invoke(
            self.request,
            provider=self.provider,
            label=self.label,
            purpose=self.purpose,
            message=self.message,
            genuine=self.genuine,
            copy_of=copy_of if self.copy_of is None else self.copy_of,
            race=race,
            faults=(*self.faults, *wire),
        )
        if self.invoked is not None:
            self.invoked(exchange.number)
        return exchange

    def ended(
        self,
        history: History,
        number: int,
        answer: Answer | None,
        failure: Failure | None,
        *,
        faults: tuple[FaultNote, ...] | None = None,
        invoked: float | None = None,
    ) -> Exchange:
        """Write down how exchange ``number`` of it ended, by what the ``answer`` means; see History.complete."""
        meaning = Meaning(Status.UNKNOWN) if answer is None else self.read(answer)
        return history.complete(
            number,
            answer=answer,
            failure=failure,
            status=meaning.status,
            error=meaning.error,
            client_id=meaning.client_id,
            faults=faults,
            invoked=invoked,
        )


Deliver = Callable[[Sequence[Delivery]], list[Exchange]]


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

    def around(self, deliver: Deliver, route: Route) -> Deliver:
        """Return ``deliver`` with this fault round it."""
        raise NotImplementedError

    def clean_up(self, deliveries: Sequence[Delivery], route: Route) -> None:
        """End what the fault left behind. Most leave nothing: they end with the last send they act on."""


class WireFault(Fault):
    """A fault of the bytes of one send. It acts on the first ``attempts`` sends of a request."""

    attempts: int  # each declares it as its last field

    def around(self, deliver: Deliver, route: Route) -> Deliver:  # noqa: ARG002
        """Mark every delivery with this fault."""
        return lambda deliveries: deliver(
            [replace(delivery, wire=(*delivery.wire, self)) for delivery in deliveries]
        )

    def handle(self, handling: Handling) -> Handling:
        """Return ``handling`` with this fault in it."""
        raise NotImplementedError
