"""Requests read strictly: a JSON object, and the fields in it."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any, Final

from client_under_test.values import decimal_json
from client_under_test.values.refusals import Refused

_ID_LIMIT: Final = 255


def require_json(content_type: str | None) -> None:
    """Raise Refused for everything that is not declared to be JSON."""
    if (content_type or "").split(";")[0].strip().lower() != "application/json":
        raise Refused("INVALID_CONTENT_TYPE")


def json_object(body: bytes, *, parse_int: Callable[[str], int | Decimal] = int) -> dict[str, Any]:
    """Read a JSON object, its whole numbers with ``parse_int``; raises Refused where ``body`` is none."""
    try:
        document = decimal_json.loads(body, parse_int=parse_int)
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Refused("INVALID_JSON")
    return document


def text(document: dict[str, Any], name: str, limit: int = _ID_LIMIT) -> str:
    """Read an id or a key: a text, not empty, of characters that a database can keep; raises Refused."""
    given = document.get(name)
    if not isinstance(given, str) or not 0 < len(given) <= limit or "\0" in given:
        raise Refused(f"INVALID_{name.upper()}")
    if any("\ud800" <= char <= "\udfff" for char in given):
        raise Refused(f"INVALID_{name.upper()}")
    return given
