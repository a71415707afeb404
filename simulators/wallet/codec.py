"""Encodings that dialects share. A field's text is what stands in the message: of JSON its JSON text."""

import contextlib
import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cache
from typing import Any, Final
from urllib.parse import quote_plus

from simulators.values.decimal_json import quoted


@dataclass(frozen=True, slots=True)
class Style:
    """How a message is spelled. The default is the plainest form a provider could send.

    ``raw`` puts a text in place of a field's own, or adds a field; ``drop`` leaves fields out; ``order`` is the
    order of field names (those not named keep theirs, behind); ``spaces`` writes blanks and newlines where the
    encoding allows them; ``escape`` writes escapes where it could do without.
    """

    order: Sequence[str] = ()
    spaces: bool = False
    escape: bool = False
    raw: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()


PLAIN: Final = Style()


def json_object(texts: Mapping[str, str], style: Style = PLAIN) -> bytes:
    """Write an object of names and JSON texts in ``style``."""
    if style is not PLAIN:
        texts = _arranged(
            {name: _escaped(text) for name, text in texts.items()} if style.escape else texts, style
        )
    if style.spaces:
        lines = ",\n".join(f"  {quoted(name)} : {text}" for name, text in texts.items())
        return f"{{\n{lines}\n}}\n".encode()
    return ("{" + ",".join([_key(name) + text for name, text in texts.items()]) + "}").encode()


@cache
def _key(name: str) -> str:
    return f"{quoted(name)}:"


def form(texts: Mapping[str, str], style: Style = PLAIN) -> bytes:
    """Write names and texts as ``application/x-www-form-urlencoded`` in ``style``."""
    texts = _arranged(texts, style)
    write = _percent if style.escape else _quoted
    return "&".join(f"{_quoted(name)}={write(text)}" for name, text in texts.items()).encode()


def _arranged(texts: Mapping[str, str], style: Style) -> dict[str, str]:
    kept = {name: text for name, text in {**texts, **style.raw}.items() if name not in style.drop}
    first = {name: kept[name] for name in style.order if name in kept}
    return {**first, **kept} if first else kept


def _escaped(text: str) -> str:
    return json.dumps(json.loads(text)) if text.startswith('"') else text


def _quoted(text: str) -> str:
    return quote_plus(text, errors="surrogatepass")


def _percent(text: str) -> str:
    return "".join(f"%{byte:02X}" for byte in text.encode("utf-8", "surrogatepass"))


def object_of(body: bytes, *, exact: bool = False) -> dict[str, Any] | None:
    """Read a JSON object leniently, None where it is none; ``exact``: numbers with a point are decimals."""
    try:
        document = json.loads(body, parse_float=Decimal if exact else None)
    except (ValueError, RecursionError):
        return None
    return document if isinstance(document, dict) else None


def values_of(body: bytes, key: str) -> list[Any]:
    """Every value that JSON gives ``key`` in any object, doubled ones too, in any letter case; numbers as written.

    Empty where ``body`` is no JSON.
    """
    found: list[Any] = []

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        found.extend(value for name, value in pairs if name.casefold() == key.casefold())
        return dict(pairs)

    try:
        json.loads(body, object_pairs_hook=collect, parse_int=str, parse_float=str)
    except ValueError:
        return []
    except RecursionError:
        return _scanned(body.decode("utf-8", "replace"), key)
    return found


def _scanned(text: str, key: str) -> list[Any]:
    """The values behind ``key`` in JSON that is nested too deep to be read as a whole."""
    found = []
    for match in re.finditer(rf'"{re.escape(key)}"\s*:\s*', text, re.IGNORECASE):
        with contextlib.suppress(ValueError, RecursionError):
            found.append(_AS_WRITTEN.raw_decode(text, match.end())[0])
    return found


_AS_WRITTEN: Final = json.JSONDecoder(parse_int=str, parse_float=str)
