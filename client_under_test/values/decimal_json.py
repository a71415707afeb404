"""JSON with exact numbers: every one becomes a Decimal or an int, and is written as it was, never a float."""

import json
from collections.abc import Callable
from decimal import Decimal
from typing import Any, NoReturn


def loads(text: str | bytes, parse_int: Callable[[str], int | Decimal] = int) -> Any:
    """Read JSON; raises ValueError where it is none, names a field twice, or has NaN or Infinity."""
    if isinstance(text, bytes):
        text = text.decode("utf-8")
    try:
        return json.loads(
            text,
            parse_float=Decimal,
            parse_int=parse_int,
            parse_constant=_no_constant,
            object_pairs_hook=_without_doubles,
        )
    except RecursionError:
        raise ValueError("nested too deeply") from None


def dumps(value: Any) -> str:
    """Write ``value``, made of what ``loads`` gives, as compact JSON in ASCII."""
    match value:
        case dict():
            return "{" + ",".join(f"{json.dumps(name)}:{dumps(item)}" for name, item in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(map(dumps, value)) + "]"
        case Decimal() if value.is_finite():
            return str(value)
        case Decimal() | float():
            raise ValueError("not an exact, finite number")
        case _:
            return json.dumps(value)


def _no_constant(name: str) -> NoReturn:
    raise ValueError(f"{name} is no JSON")


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    # Which of two amounts was signed for? Readers differ, so neither counts.
    if len(document) != len(pairs):
        raise ValueError("a field is given twice")
    return document
