"""How much is kept of what the other side sent, so that no CLIENT fills the memory. Pure."""

import hashlib
from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

# What the other side sent is kept whole as long as all of it takes no more than this, in bytes; then the oldest is cut.
ROOM = 64 << 20
# What is short enough never to be cut, in bytes; and how much of a text in an answer is kept, in characters.
_SHORT = 2048
_TEXT = 1024
# What a header takes beside its letters, about, and how many are kept of what is cut.
_HEADER = 150
_HEADERS = 32
_SHOWN_TEXT = 200

_Headers = tuple[tuple[str, str], ...]


def beginning(headers: _Headers, body: bytes) -> tuple[_Headers, bytes]:
    """What is kept of a message that is cut."""
    return tuple((name[:_TEXT], value[:_TEXT]) for name, value in headers[:_HEADERS]), body[:_SHORT]


def text(value: str) -> str:
    """``value``, or the beginning of one without measure and what tells it from others that begin so."""
    if len(value) <= _TEXT:
        return value
    digest = hashlib.sha256(value.encode("utf-8", "surrogatepass")).hexdigest()
    return f"{value[:_SHOWN_TEXT]}... ({len(value)} characters, SHA-256 {digest})"


@dataclass
class KeptBytes:
    """Counts what is kept whole. Not safe to use from several threads."""

    _long: deque[tuple[int, int]] = field(default_factory=deque)
    _weight: int = 0

    def too_many(self, number: int, headers: _Headers, body: bytes) -> Iterator[int]:
        """Count exchange ``number``; the numbers of those that are to be cut, the oldest first."""
        weight = len(body) + sum(_HEADER + len(name) + len(value) for name, value in headers)
        if weight <= _SHORT:
            return
        self._long.append((number, weight))
        self._weight += weight
        while self._weight > ROOM:
            oldest, weight = self._long.popleft()
            self._weight -= weight
            yield oldest
