"""Texts, bytes and headers without secrets."""

import base64
import html
import json
import re
from collections.abc import Mapping
from urllib.parse import quote, quote_plus, unquote

# A secret shorter than this would tear holes into ordinary text.
SECRET_LENGTH = 4

# What is shorter may, encoded, be part of any word.
ENCODED_LENGTH = 8

# Tokens that the providers mint begin so, and can therefore be found in any text.
MINTED_PREFIX = "pitboss-token-"

_MINTED = re.escape(MINTED_PREFIX) + r"[A-Za-z0-9_-]+"
_BEARER = re.compile(r"(?i)(authorization\W+bearer\s+)[^\s\"'<>,;]+")
_FIELD = re.compile(r'(?i)("(?:password|token)"\s*:\s*)(?!"<[A-Z_]+>")("(?:[^"\\]|\\.)*"?|[^\s,}\]]+)')
_FORM = re.compile(r"(?i)(\b(?:password|token)=)(?!<[A-Z_]+>)[^&\s]+")
_UNICODE = re.compile(r"\\u([0-9a-fA-F]{4})")
# Ways to write any letter of a secret otherwise, each with the sign that it shows by.
_READ = (
    ("%", unquote),
    ("&#", html.unescape),
    ("\\u", lambda text: _UNICODE.sub(lambda hit: chr(int(hit[1], 16)), text)),
)


def _spellings(secret: str) -> set[str]:
    """How ``secret`` may stand in a text: as it is, in a URL, in JSON with and without escapes."""
    escaped = {json.dumps(secret)[1:-1], json.dumps(secret, ensure_ascii=False)[1:-1]}
    encoded = {quote(secret), quote(secret, safe=""), quote_plus(secret)}
    lower = {re.sub(r"%[0-9A-F]{2}", lambda hit: hit[0].lower(), text) for text in encoded}
    plain = {secret, json.dumps(secret)[1:-1].replace("/", "\\/")} | escaped | encoded | lower
    return plain | set(encodings(secret).values()) if len(secret) >= ENCODED_LENGTH else plain


def encodings(secret: str) -> dict[str, str]:
    """What stands for ``secret`` in another text, by what it is called: backwards, in base64, in hex."""
    raw = secret.encode()
    found = {"backwards": secret[::-1], "in hex": raw.hex(), "in capital hex": raw.hex().upper()}
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


class Redactor:
    """Replaces secrets in texts by their names in angle brackets.

    ``secrets`` are values by name (``{"SECURITY_HASH": "s3cret"}``). Empty ones and those shorter than
    SECRET_LENGTH characters are ignored. Tokens that the providers minted are replaced as well.
    """

    def __init__(self, secrets: Mapping[str, str]) -> None:
        self._names: dict[str, str] = {}
        self.learn(secrets)

    def learn(self, secrets: Mapping[str, str]) -> None:
        """Replace ``secrets`` as well from now on, beside those before."""
        # Never changed in place: other threads look for secrets meanwhile.
        self._names = self._names | {
            spelling: name
            for name, secret in secrets.items()
            if len(secret) >= SECRET_LENGTH
            for spelling in _spellings(secret)
        }
        # The longest first: a secret may be part of another.
        spellings = map(re.escape, sorted(self._names, key=len, reverse=True))
        self._pattern = re.compile("|".join([*spellings, _MINTED]))

    def text(self, text: str, *, auth: bool = False) -> str:
        """Return ``text`` without secrets; ``auth`` says that it belongs to an exchange of ``/auth``."""
        text = self._without(text)
        for sign, read in _READ:
            if sign in text and self._pattern.search(plain := read(text)):
                text = self._without(plain)
        text = _BEARER.sub(r"\1<TOKEN>", text)
        return _FORM.sub(r"\1<REDACTED>", _FIELD.sub(r'\1"<REDACTED>"', text)) if auth else text

    def _without(self, text: str) -> str:
        return self._pattern.sub(lambda hit: f"<{self._name(hit[0])}>", text)

    def data(self, data: bytes, *, auth: bool = False) -> bytes:
        """Return ``data`` without secrets; bytes that are no UTF-8 are kept as they are."""
        text = self.text(data.decode("utf-8", "surrogateescape"), auth=auth)
        return text.encode("utf-8", "surrogateescape")

    def value(self, name: str, value: str) -> str:
        """Return the header ``name``'s ``value`` without secrets; of an Authorization the scheme stays."""
        shown = self.text(value)
        if name.lower() != "authorization" or "<" in shown:
            return shown
        scheme, _, credentials = shown.partition(" ")
        return f"{scheme} <TOKEN>" if credentials else "<TOKEN>"

    def split(self, text: str) -> list[tuple[str, str | None]]:
        """Cut ``text`` into pieces: text that stays as it is (with None), and secrets with their names."""
        pieces: list[tuple[str, str | None]] = []
        end = 0
        for hit in self._pattern.finditer(text):
            pieces += [(text[end : hit.start()], None), (hit[0], self._name(hit[0]))]
            end = hit.end()
        return [*pieces, (text[end:], None)]

    def _name(self, found: str) -> str:
        return self._names.get(found, "TOKEN")
