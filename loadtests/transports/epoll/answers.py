"""Bytes that came from the CLIENT to HTTP/1.1 answers: strict, incremental and without sockets.

Implements what RFC 9112 says of answers to POST: a body is framed by Content-Length, by chunks, or by the end of the
connection. Whatever is not framed beyond doubt raises `Odd`, so that it counts as unknown and never as an answer.
"""

import re
from typing import Final, NamedTuple

MAX_HEAD: Final = 65_536
MAX_BODY: Final = 16 * 1024 * 1024
_CHUNKED: Final = -1
_UNTIL_END: Final = -2
_BLANK: Final = b"\r\n\r\n"
_STATUS_LINE = re.compile(rb"HTTP/1\.([01]) ([1-9][0-9]{2})(?: [^\r\n\x00]*)?")
_FIELD = re.compile(rb"([!#$%&'*+\-.^_`|~0-9A-Za-z]+):[ \t]*([^\r\n\x00]*?)[ \t]*")
_LENGTH = re.compile(rb"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[^\r\n\x00]*)?")
# Servers repeat their heads (the date changes once a second), so that few have to be read in full.
_KEPT_HEADS: Final = 512


class Odd(ValueError):
    """The bytes are no answer that can be relied on; the text says why."""

    @property
    def problem(self) -> str:
        """Why the request failed, for statistics."""
        return f"not a clear answer: {self}"


class Head(NamedTuple):
    """A head as far as it matters: ``length`` of the body in bytes (negative: chunks, or until the end)."""

    status: int
    length: int
    closes: bool


class Answer(NamedTuple):
    """A whole answer; ``closes`` says that the connection cannot be used again."""

    status: int
    body: bytes
    closes: bool


def read_head(block: bytes) -> Head:
    """Read status line and fields, without the blank line that ends them; raises `Odd`."""
    lines = block.split(b"\r\n")
    first = _STATUS_LINE.fullmatch(lines[0])
    if first is None:
        raise Odd(f"not an HTTP/1.1 status line: {lines[0][:60]!r}")
    fields: dict[bytes, list[bytes]] = {}
    for line in lines[1:]:
        match = _FIELD.fullmatch(line)
        if match is None:
            raise Odd(f"not a header field: {line[:60]!r}")
        fields.setdefault(match[1].lower(), []).append(match[2])
    status = int(first[2])
    options = {
        option.strip().lower() for value in fields.get(b"connection", ()) for option in value.split(b",")
    }
    closes = b"close" in options or (first[1] == b"0" and b"keep-alive" not in options)
    if status < 200 or status in {204, 304}:
        return Head(status, 0, closes)
    length = _length(fields)
    return Head(status, length, closes or length == _UNTIL_END)


def _length(fields: dict[bytes, list[bytes]]) -> int:
    codings, lengths = fields.get(b"transfer-encoding"), fields.get(b"content-length")
    encoding = fields.get(b"content-encoding", [b"identity"])
    if encoding != [b"identity"]:
        raise Odd(f"Content-Encoding {encoding[0][:40]!r}, which was not asked for")
    if codings is not None and lengths is not None:
        raise Odd("both Transfer-Encoding and Content-Length")
    if codings is not None:
        if [coding.lower() for coding in codings] != [b"chunked"]:
            raise Odd(f"Transfer-Encoding {codings[0][:40]!r}")
        return _CHUNKED
    if lengths is None:
        return _UNTIL_END
    if len(set(lengths)) != 1 or not _LENGTH.fullmatch(lengths[0]):
        raise Odd(f"Content-Length {b', '.join(lengths)[:40]!r}")
    length = int(lengths[0])
    if length > MAX_BODY:
        raise Odd(f"a body of {length} bytes; at most {MAX_BODY} are read")
    return length


class Heads:
    """Heads read before, by their bytes; bounded."""

    def __init__(self) -> None:
        self._kept: dict[bytes, Head] = {}
        self.get = self._kept.get

    def read(self, block: bytes) -> Head:
        """`read_head`, once for the same bytes."""
        head = self._kept.get(block)
        if head is None:
            head = read_head(block)
            if len(self._kept) >= _KEPT_HEADS:
                self._kept.clear()
            self._kept[block] = head
        return head


class Reader:
    """Collects the bytes of one connection until an answer is whole. One answer at a time: nothing is pipelined."""

    __slots__ = ("_at", "_body", "_head", "_heads", "_held")

    def __init__(self, heads: Heads) -> None:
        self._heads = heads
        self._held: bytearray | None = None
        self._head: Head | None = None
        self._at = 0
        self._body: list[bytes] = []

    @property
    def begun(self) -> bool:
        """Whether part of an answer has come."""
        return self._held is not None

    def take(self, data: bytes) -> Answer | None:
        """Add what came; return the answer when it is whole. Raises `Odd`, after which the connection is lost."""
        if self._held is None:
            end = data.find(_BLANK)
            head = self._heads.get(data[:end])
            if head is not None and len(data) - end - 4 == head.length and head.status >= 200 and end > 0:
                return Answer(head.status, data[end + 4 :], head.closes)
            self._held = bytearray()
        self._held += data
        return self._whole()

    def ended(self) -> Answer | None:
        """Say that the connection ended; return the answer that this completes. Raises `Odd` for half an answer."""
        if self._held is None:
            return None
        head, held = self._head, self._held
        if head is None or head.length != _UNTIL_END:
            raise Odd("the connection ended in the middle of the answer")
        return self._done(head, bytes(held[self._at :]), len(held))

    def _whole(self) -> Answer | None:
        held = self._held
        assert held is not None
        while self._head is None:
            end = held.find(_BLANK, max(0, self._at - 3))
            if end < 0:
                self._at = len(held)
                if self._at > MAX_HEAD:
                    raise Odd(f"a head of more than {MAX_HEAD} bytes")
                return None
            head = self._heads.read(bytes(held[:end]))
            if head.status == 101:
                raise Odd("HTTP 101, though no other protocol was asked for")
            if head.status < 200:
                # An interim answer: the real one follows.
                del held[: end + 4]
                self._at = 0
                continue
            self._head, self._at = head, end + 4
        if self._head.length == _CHUNKED:
            return self._chunks(self._head, held)
        if self._head.length == _UNTIL_END:
            if len(held) - self._at > MAX_BODY:
                raise Odd(f"a body of more than {MAX_BODY} bytes")
            return None
        end = self._at + self._head.length
        return None if len(held) < end else self._done(self._head, bytes(held[self._at : end]), end)

    def _chunks(self, head: Head, held: bytearray) -> Answer | None:
        while (end := held.find(b"\r\n", self._at)) >= 0:
            match = _CHUNK_SIZE.fullmatch(held, self._at, end)
            if match is None:
                raise Odd(f"not the size of a chunk: {bytes(held[self._at : end][:40])!r}")
            size = int(match[1], 16)
            if size == 0:
                return self._trailer(head, held, end)
            if size > MAX_BODY or len(held) > MAX_BODY + MAX_HEAD:
                raise Odd(f"a body of more than {MAX_BODY} bytes")
            following = end + 2 + size
            if len(held) < following + 2:
                return None
            if held[following : following + 2] != b"\r\n":
                raise Odd("a chunk that is longer than its size says")
            self._body.append(bytes(held[end + 2 : following]))
            self._at = following + 2
        if len(held) - self._at > MAX_HEAD:
            raise Odd("the size of a chunk never ends")
        return None

    def _trailer(self, head: Head, held: bytearray, end: int) -> Answer | None:
        if held[end : end + 4] == _BLANK:
            stop = end + 4
        else:
            blank = held.find(_BLANK, end + 2)
            if blank < 0:
                if len(held) - end > MAX_HEAD:
                    raise Odd(f"a trailer of more than {MAX_HEAD} bytes")
                return None
            for line in bytes(held[end + 2 : blank]).split(b"\r\n"):
                if _FIELD.fullmatch(line) is None:
                    raise Odd(f"not a trailer field: {line[:60]!r}")
            stop = blank + 4
        return self._done(head, b"".join(self._body), stop)

    def _done(self, head: Head, body: bytes, stop: int) -> Answer:
        surplus = len(self._held or b"") - stop
        self._held, self._head, self._at, self._body = None, None, 0, []
        if surplus > 0:
            raise Odd(f"{surplus} bytes after the end of the answer")
        return Answer(head.status, body, head.closes)
