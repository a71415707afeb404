"""The ways in which a secret may be written down where a player's browser gets it. Contract VTK-07, CHK-09.

All of them are looked for at every effort: looking costs no request.
"""

import base64
import html
import re
from urllib.parse import unquote_plus

# A shorter secret may be a word that any page has.
SHORT = 8
_ESCAPE = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|u\{([0-9a-fA-F]+)\}|([/\"'\\]))")
_SEPARATORS = re.compile(r"0x|\\x|[\s:,;-]")
_NO_DIGITS = re.compile(r"[^0-9]+")


def forms(secret: str) -> dict[str, str]:
    """Texts that stand for ``secret`` in another text, each with its name; none where it is too short to tell."""
    if len(secret) < SHORT:
        return {}
    raw = secret.encode()
    found = {"as it is": secret, "backwards": secret[::-1]}
    # Inside a longer text in base64 a secret begins at one of three places.
    for offset in range(3):
        found[f"in base64 (at {offset})"] = _inside(base64.b64encode(bytes(offset) + raw), offset, len(raw))
        found[f"in base64url (at {offset})"] = _inside(
            base64.urlsafe_b64encode(bytes(offset) + raw), offset, len(raw)
        )
    return found


def _inside(encoded: bytes, offset: int, length: int) -> str:
    """The characters of ``encoded`` that stand for the bytes behind ``offset`` alone."""
    return encoded.decode()[-(-offset * 8 // 6) : (offset + length) * 8 // 6]


def written(secret: str, text: str) -> str | None:
    """How ``secret`` is written down in ``text``; None where it is not."""
    if len(secret) < SHORT:
        return None
    raw = secret.encode()
    for how, read in (
        ("", text),
        (" (in HTML)", html.unescape(text)),
        (" (in an address)", unquote_plus(text)),
        (" (with escapes)", _ESCAPE.sub(_unescaped, text)),
    ):
        for name, form in forms(secret).items():
            if form in read:
                return name + how
    if raw.hex() in _SEPARATORS.sub("", text.lower()):
        return "in hex"
    if f",{','.join(map(str, raw))}," in f",{_NO_DIGITS.sub(',', text)},":
        return "in character codes"
    return None


def _unescaped(match: re.Match[str]) -> str:
    digits = match[1] or match[2] or match[3]
    if digits is None:
        return match[4]
    return chr(int(digits, 16)) if int(digits, 16) <= 0x10FFFF else match[0]
