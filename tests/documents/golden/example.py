"""One example of a document, held in both directions: who writes it, who reads it, and as what."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any


@dataclass(frozen=True)
class Example:
    """``fields`` as the document has them, in its order, placeholders filled in.

    ``written`` are the bytes that a side makes of it, ``read`` what a side makes of its bytes and what that should be;
    both by "simulator" or "CLIENT".
    """

    name: str
    fields: Mapping[str, Any]
    written: Mapping[str, Callable[[], bytes]] = field(default_factory=dict)
    read: Mapping[str, tuple[Callable[[bytes], object], object]] = field(default_factory=dict)

    @property
    def body(self) -> bytes:
        """The example as it goes over the wire."""
        return json.dumps(self.fields, default=_number).encode()


def in_order(body: bytes) -> object:
    """JSON with the order of its fields: an object is a list of pairs. Numbers are exact."""
    return json.loads(body, object_pairs_hook=list, parse_float=Decimal)


def _number(value: object) -> object:
    if isinstance(value, Decimal):
        return float(value)
    raise TypeError(f"{value!r} stands in no JSON")
