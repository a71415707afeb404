"""What a page of the console asks for, read from JSON; what does not fit is reported in three beats."""

from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from contextlib import contextmanager
from decimal import Decimal
from typing import Any, Final, TypeVar

from pydantic import BaseModel, ValidationError

from scenarios.events.raise_event import unfit
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import UsageProblem
from scenarios.problems.plain_text import whole
from scenarios.toml_files.problems import reason
from simulators.transport.delivery import Fault
from simulators.transport.fault_parameters import UnfitFault
from simulators.transport.faults.table import parse_fault
from simulators.values import money

S = TypeVar("S", bound=BaseModel)
# No field is longer, in characters, and no list of faults.
LENGTH: Final = 2000
FAULTS: Final = 9
# So many seconds one request may wait.
LONGEST_WAIT: Final = 30


class Misfilled(UsageProblem):
    """Something does not fit: ``fields`` says in three beats what is wrong with each field."""

    def __init__(self, fields: Mapping[str, UsageProblem]) -> None:
        first = next(iter(fields.values()))
        super().__init__(first.came, first.expected, first.next_step)
        self.fields = {name: one.beats for name, one in fields.items()}


@contextmanager
def read_as(field: str) -> Iterator[None]:
    """What is wrong meanwhile is wrong with ``field``: raises Misfilled in place of any other UsageProblem."""
    try:
        yield
    except Misfilled:
        raise
    except UsageProblem as problem:
        raise Misfilled({field: problem}) from None


def misfilled(field: str, came: str, expected: str, next_step: str) -> Misfilled:
    """The problem of a single field."""
    return Misfilled({field: UsageProblem(came, expected, next_step)})


def changed(section: S, given: Mapping[str, Any], unfit: Callable[[str, str], UsageProblem]) -> S:
    """``section`` of a target file with the values ``given``; ``unfit`` tells of a key and why it does not fit.

    Raises Misfilled.
    """
    try:
        read = type(section).model_validate({**section.model_dump(), **given})
    except ValidationError as invalid:
        # The first of each key, in the form's order.
        found = {str(error["loc"][0]): reason(error) for error in reversed(invalid.errors(include_url=False))}
        raise Misfilled({key: unfit(key, found[key]) for key in given if key in found}) from None
    # A copy, so that a dialect that was read from a file stays.
    return section.model_copy(update={key: getattr(read, key) for key in given})


def _unknown(name: str, known: Collection[str]) -> UsageProblem:
    expected = f"one of {', '.join(known)}" if known else "no fields: nothing can be chosen"
    return UsageProblem(f"there is no field {name!r}", expected, did_you_mean(name, known, "leave it out"))


class FormInput:
    """The fields of one request, each read as what it should be; raises Misfilled where one is not.

    A field that is not among the ``known`` is a slip, which nobody would notice; None takes every name.
    """

    def __init__(self, document: Any, known: Collection[str] | None = None) -> None:
        if not isinstance(document, dict):
            raise UsageProblem(
                "the body of the request is no JSON object",
                "an object with the fields of the form",
                "reload the page and press the button again",
            )
        if known is not None and (others := [name for name in document if name not in known]):
            raise Misfilled({name[:40]: _unknown(name[:40], known) for name in others})
        self._fields: dict[str, Any] = document
        # A program says what it means; people copy blanks along.
        self._exact = document.get("exact") is True

    def text(self, name: str, default: str = "") -> str:
        """A text, ``default`` where it is missing or empty; blanks around it go, unless ``exact`` was asked for."""
        value = self._fields.get(name)
        if value is None:
            return default
        if not isinstance(value, str) or len(value) > LENGTH:
            raise misfilled(
                name,
                f"{name} is no text, or longer than {LENGTH} characters",
                "a short text",
                f"correct {name}",
            )
        return (value if self._exact else value.strip()) or default

    def maybe(self, name: str) -> str | None:
        """A text, None where it is missing; or empty, unless ``exact`` was asked for."""
        return self.text(name) or ("" if self._exact and self._fields.get(name) == "" else None)

    def has(self, name: str) -> bool:
        """Whether the field was sent, be it empty."""
        return name in self._fields

    def whole(self, name: str) -> str:
        """A text of any length, exactly as it came."""
        value = self._fields.get(name)
        if not isinstance(value, str) or whole(value) != value:
            raise misfilled(
                name, f"{name} is no text", "a text of whole Unicode characters", f"correct {name}"
            )
        return value

    def choice(self, name: str, among: Sequence[str], default: str | None = None) -> str:
        """One of ``among``."""
        value = self.text(name, default or "")
        if value not in among:
            raise misfilled(
                name, f"{name} is {value[:40]!r}", f"one of {', '.join(among)}", "choose one of these"
            )
        return value

    def flag(self, name: str) -> bool:
        """Whether something is switched on."""
        return self._fields.get(name) is True or self._fields.get(name) == "on"

    def mapping(self, name: str) -> dict[str, Any]:
        """An object, as it is."""
        value = self._fields.get(name)
        if not isinstance(value, dict):
            raise misfilled(name, f"{name} is no object", "a JSON object", f"correct {name}")
        return value

    def count(self, name: str, default: int, low: int, high: int) -> int:
        """A whole number from ``low`` to ``high``."""
        value = self._fields.get(name)
        if value in (None, ""):
            return default
        text = str(value).strip()
        if isinstance(value, bool) or not text.isdecimal() or len(text) > 9 or not low <= int(text) <= high:
            raise misfilled(
                name, f"{name} is {text[:40]!r}", f"a whole number from {low} to {high}", f"correct {name}"
            )
        return int(text)

    def wait(self) -> int:
        """Seconds to wait at most for what is asked; 0 where nothing is said."""
        return self.count("wait", 0, 0, LONGEST_WAIT)

    def amount(self, name: str) -> Decimal | None:
        """An amount, exactly as it is written; None where it is empty."""
        text = self.text(name)
        if not text:
            return None
        try:
            return money.parse(text)
        except ValueError as error:
            raise misfilled(
                name, str(error), f"an amount such as 10.50 as {name}", f"correct {name}"
            ) from None

    def faults(self) -> list[Fault]:
        """Faults by name with their parameters, one a line or a list of texts: the field ``faults``."""
        name = "faults"
        value = self._fields.get(name) or []
        texts = value.splitlines() if isinstance(value, str) else value
        if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
            raise misfilled(
                name, f"{name} is no list of faults", "faults by name, one a line", "see the list of faults"
            )
        named = [text.strip() for text in texts if text.strip()]
        if len(named) > FAULTS:
            raise misfilled(name, f"{len(named)} faults were given", f"{FAULTS} at most", "leave some out")
        try:
            return [parse_fault(text[:LENGTH]) for text in named]
        except UnfitFault as error:
            raise Misfilled({name: unfit(error)}) from None
