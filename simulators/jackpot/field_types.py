"""How Jackpot writes amounts, moments and days: the types that its messages are made of."""

from collections.abc import Callable
from datetime import UTC, date, datetime
from decimal import Decimal, InvalidOperation
from typing import Annotated, Any, Final

from pydantic import (
    AwareDatetime,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    PlainSerializer,
    WithJsonSchema,
)
from pydantic.alias_generators import to_camel

# No amount or rate is this large or this fine; without bounds a number of a few bytes fills the memory.
DIGITS: Final = 15


class Shape(BaseModel):
    """A message or a part of one; field names are written in camelCase, as the documents do."""

    model_config = ConfigDict(
        frozen=True,
        alias_generator=to_camel,
        populate_by_name=True,
        serialize_by_alias=True,
        json_schema_extra={"additionalProperties": False},
    )


def bounded(value: Any) -> Decimal:
    """Read a finite decimal of at most DIGITS digits before and after the point.

    ``value`` is a Decimal, an int or a decimal text; raises ValueError for anything else.
    """
    if isinstance(value, bool) or not isinstance(value, Decimal | int | str):
        raise ValueError("must be a number")  # what pydantic takes for a finding  # noqa: TRY004
    if isinstance(value, int) and abs(value) >= 10**DIGITS:
        raise ValueError(f"must have at most {DIGITS} digits")
    try:
        number = Decimal(value)
    except InvalidOperation:
        raise ValueError("must be a decimal number") from None
    if not number.is_finite():
        raise ValueError("must be a finite number")
    exponent = number.as_tuple().exponent
    if number.adjusted() >= DIGITS or not isinstance(exponent, int) or exponent < -DIGITS:
        raise ValueError(f"must have at most {DIGITS} digits before and after the point")
    return number


def number(value: Any) -> Decimal:
    """Read a JSON number; a text is none."""
    if isinstance(value, str):
        raise ValueError("must be a number, not a text")  # noqa: TRY004
    return bounded(value)


def moment(instant: datetime) -> str:
    """Write ``instant`` as the documents do: UTC, milliseconds, "Z"."""
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.") + f"{instant.microsecond // 1000:03d}Z"


def at(seconds: float) -> datetime:
    """Return the moment ``seconds`` after the epoch, to the millisecond as messages carry it."""
    whole, milliseconds = divmod(int(seconds * 1000), 1000)
    return datetime.fromtimestamp(whole, UTC).replace(microsecond=milliseconds * 1000)


def _text(amount: Decimal) -> str:
    return f"{amount:.2f}"


def _midnight(day: date) -> str:
    return f"{day.isoformat()}T00:00:00.000Z"


def _day(value: Any) -> Any:
    if isinstance(value, str) and "T" in value:
        return value.partition("T")[0]
    return value


def absent(value: Any) -> bool:
    """Whether a field is left out: it has no value."""
    return value is None


def optional(description: str) -> Any:
    """A field that is left out where it has no value, never null."""
    # A factory, because a default would be documented as one: null.
    return Field(default_factory=lambda: None, exclude_if=absent, description=description)


_MOMENT: Final = {"type": "string", "format": "date-time", "examples": ["2021-07-01T15:05:15.311Z"]}

# A JSON number, exact.
Number = Annotated[Decimal, BeforeValidator(number), WithJsonSchema({"type": "number"})]
# An amount as a text with two decimals: "80.00".
Money = Annotated[
    Decimal,
    BeforeValidator(bounded),
    PlainSerializer(_text, return_type=str),
    WithJsonSchema({"type": "string", "pattern": r"^\d+\.\d{2}$", "examples": ["80.00"]}),
]
Moment = Annotated[AwareDatetime, PlainSerializer(moment, return_type=str), WithJsonSchema(_MOMENT)]
# A day: "2022-03-28".
Day = Annotated[
    date,
    PlainSerializer(lambda day: day.isoformat(), return_type=str),
    WithJsonSchema({"type": "string", "format": "date", "examples": ["2022-03-28"]}),
]
# A day written as the moment it begins: "2018-01-31T00:00:00.000Z".
DayMoment = Annotated[
    date, BeforeValidator(_day), PlainSerializer(_midnight, return_type=str), WithJsonSchema(_MOMENT)
]

NewId = Callable[[], str]
