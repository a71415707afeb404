"""JSON as a strict reader has it: what lenient readers pass over, and others refuse or take for something else.

Contract MSG-02. Pure.
"""

import json
from collections import Counter
from enum import StrEnum
from typing import Any

from scenarios.contract import Level

_MARK = b"\xef\xbb\xbf"


class Breach(StrEnum):
    """What a strict reader minds in a body that a lenient one reads."""

    ENCODING = "another encoding than UTF-8"
    NO_NUMBER = "NaN or Infinity"
    MARK = "a byte order mark"
    REPEATED_KEY = "a repeated key"

    @property
    def level(self) -> Level:
        """How bad it is."""
        return Level.MUST if self in (Breach.ENCODING, Breach.NO_NUMBER) else Level.SHOULD

    @property
    def expected(self) -> str:
        """What should have come."""
        return _EXPECTED[self]


_EXPECTED = {
    Breach.ENCODING: "JSON in UTF-8",
    Breach.NO_NUMBER: "numbers that JSON has",
    Breach.MARK: "JSON without a byte order mark",
    Breach.REPEATED_KEY: "each key once in an object",
}


def breaches(body: bytes) -> set[Breach]:
    """What a strict reader minds in ``body``, which is JSON to a lenient one; at any depth."""
    found = set()
    if body.startswith(_MARK):
        found.add(Breach.MARK)
        body = body.removeprefix(_MARK)

    def constant(_: str) -> None:
        found.add(Breach.NO_NUMBER)

    def collect(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if any(times > 1 for times in Counter(name for name, _ in pairs).values()):
            found.add(Breach.REPEATED_KEY)
        return dict(pairs)

    try:
        json.loads(body.decode(), object_pairs_hook=collect, parse_constant=constant)
    except (ValueError, RecursionError):
        # A lenient reader guesses the encoding.
        found.add(Breach.ENCODING)
    return found
