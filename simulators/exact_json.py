"""JSON with exact numbers: decimals are written and read digit for digit, never through a float."""

import json
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from typing import Any, NoReturn

from simulators import money


def dumps(value: Any) -> bytes:
    """Write ``value`` as compact JSON in UTF-8; a Decimal becomes a plain number ("80.5", never "80.50").

    Raises TypeError for what JSON does not have, floats among it.
    """
    return _text(value).encode()


def _text(value: Any) -> str:
    match value:
        case None | bool() | int():
            return json.dumps(value)
        case str() if value.isascii():
            return json.dumps(value)
        case str():
            # Lone surrogates cannot be written as UTF-8, so they alone are escaped.
            return json.dumps(value, ensure_ascii=any("\ud800" <= char <= "\udfff" for char in value))
        case Decimal():
            return money.plain(value)
        case Mapping():
            return "{" + ",".join(f"{_text(str(name))}:{_text(each)}" for name, each in value.items()) + "}"
        case list() | tuple():
            return "[" + ",".join(_text(each) for each in value) + "]"
    raise TypeError(f"{type(value).__name__} has no exact JSON")


def loads(data: bytes | str) -> Any:
    """Read JSON; every number becomes a Decimal. Raises ValueError for anything else, NaN among it."""
    try:
        return json.loads(data, parse_float=Decimal, parse_int=Decimal, parse_constant=_constant)
    except (RecursionError, DecimalException):
        raise ValueError("the JSON nests too deeply or has a number without bounds") from None


def _constant(text: str) -> NoReturn:
    raise ValueError(f"{text} is no JSON number")
