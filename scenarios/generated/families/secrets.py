"""The ways in which a secret may be written down in an answer. Contract OUT-07, MSG-13, VTK-07, CHK-09.

All of them are looked for at every effort: looking costs no request.
"""

import html
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from urllib.parse import unquote_plus

from simulators.exchanges.redaction import ENCODED_LENGTH, encodings

_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|([/\"'\\]))")
_SEPARATORS = re.compile(r"0x|\\x|[\s:,;-]")
_NO_DIGITS = re.compile(r"[^0-9]+")


def forms(secret: str) -> dict[str, str]:
    """Texts that stand for ``secret`` in another text, each with its name; none where it is too short to tell."""
    return {"as it is": secret} | encodings(secret) if len(secret) >= ENCODED_LENGTH else {}


@dataclass(frozen=True, slots=True)
class _Readings:
    """A text in all ways in which it may be read: each with a word for how; in hex and in character codes."""

    ways: tuple[tuple[str, str], ...]
    hexed: str
    codes: str

    @classmethod
    def of(cls, text: str) -> "_Readings":
        ways = (
            ("", text),
            (" (in HTML)", html.unescape(text)),
            (" (in an address)", unquote_plus(text)),
            (" (with escapes)", _ESCAPE.sub(_unescaped, text)),
        )
        return cls(ways, _SEPARATORS.sub("", text.lower()), f",{_NO_DIGITS.sub(',', text)},")

    def tell(self, secret: str) -> str | None:
        if len(secret) < ENCODED_LENGTH:
            return None
        raw = secret.encode()
        for how, read in self.ways:
            for name, form in forms(secret).items():
                if form in read:
                    return name + how
        if raw.hex() in self.hexed:
            return "in hex"
        return "in character codes" if f",{','.join(map(str, raw))}," in self.codes else None


def written(secret: str, text: str) -> str | None:
    """How ``secret`` is written down in ``text``; None where it is not."""
    return _Readings.of(text).tell(secret)


def telling(known: Mapping[str, str], texts: Sequence[str]) -> Iterator[tuple[str, int, str]]:
    """Where secrets leaked: the name in ``known``, the place of the text, and how it is written down there.

    All ``texts`` are read in one, and only halves of what tells a secret are read again, so that thousands take no
    longer than they are long.
    """
    yield from _telling(dict(known), texts, 0)


def _telling(known: dict[str, str], texts: Sequence[str], first: int) -> Iterator[tuple[str, int, str]]:
    readings = _Readings.of("\n".join(texts))
    found = {name: how for name, secret in known.items() if (how := readings.tell(secret))}
    if found and len(texts) == 1:
        yield from ((name, first, how) for name, how in found.items())
    elif found:
        left = {name: known[name] for name in found}
        half = len(texts) // 2
        yield from _telling(left, texts[:half], first)
        yield from _telling(left, texts[half:], first + half)


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return match[4]
    return chr(int(digits, 16)) if int(digits, 16) <= 0x10FFFF else match[0]
