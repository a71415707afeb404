"""JSON with exact numbers: decimals are written and read digit for digit, never through a float."""

import json
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import Any, Final, NoReturn

from simulators.values import money

_ESCAPED: Final = json.JSONEncoder().encode
_RAW: Final = json.JSONEncoder(ensure_ascii=False).encode


def dumps(value: Any) -> bytes:
    """Write ``value`` as compact JSON in UTF-8; a Decimal becomes a plain number ("80.5", never "80.50").

    Raises TypeError for what JSON does not have, floats among it.
    """
    return _text(value).encode()


def _text(value: Any) -> str:
    match value:
        case str():
            return quoted(value)
        case None:
            return "null"
        case dict() | Mapping():
            return (
                "{" + ",".join([f"{quoted(str(name))}:{_text(each)}" for name, each in value.items()]) + "}"
            )
        case list() | tuple():
            return "[" + ",".join([_text(each) for each in value]) + "]"
        case Decimal():
            return money.plain(value)
        case bool() | int():
            return _ESCAPED(value)
    raise TypeError(f"{type(value).__name__} has no exact JSON")


def quoted(text: str) -> str:
    """Write ``text`` as a JSON string."""
    # Lone surrogates cannot be written as UTF-8, so text with one is escaped whole.
    if text.isascii() or any("\ud800" <= char <= "\udfff" for char in text):
        return _ESCAPED(text)
    return _RAW(text)


def loads(data: bytes | str) -> Any:
    """Read JSON; every number becomes a Decimal. Raises ValueError for anything else, NaN among it, and for a number
    that ``number`` does not take.
    """
    try:
        # As json.loads reads bytes, whose reader would be made again each time.
        text = data if isinstance(data, str) else data.decode(json.detect_encoding(data), "surrogatepass")
        return _DECODER.decode(text)
    except (RecursionError, DecimalException):
        raise ValueError("the JSON nests too deeply or has a number without bounds") from None


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")


def number(text: str) -> Decimal:
    """The number that JSON writes as ``text``. Raises ValueError beyond 1e1000 and below 1e-1000, or where it has more
    letters than that: to write it in full, or to make a whole number of it, would take all memory.
    """
    if len(text) <= _DIGITS:
        read = Decimal(text)
        if abs(read.adjusted()) <= _DIGITS:
            return read
    raise ValueError("a number without bounds")


_DIGITS: Final = 1000
_DECODER: Final = json.JSONDecoder(parse_float=number, parse_int=number, parse_constant=_constant)
