"""Signatures that dialects share."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal

HASHES: Final = ("md5", "sha1", "sha256", "sha512")
HMACS: Final = tuple(f"hmac-{name}" for name in ("sha1", "sha256", "sha512"))

Over = Literal["body", "values", "pairs"]
Place = Literal["after", "before"]
Output = Literal["hex", "HEX", "base64"]


@dataclass(frozen=True, slots=True)
class Signer:
    """How a message is signed: by default with the lower-case hex HMAC-SHA256 of its raw body.

    ``method`` is one of HMACS, or one of HASHES over a text and the secret beside it. ``over`` is what is signed: the
    raw body, the ``values`` of its fields one after the other, or its ``pairs`` ``name=value`` joined by ``&``, both in
    the order of the names. ``place`` is where the secret stands beside a text
    that is hashed, ``output`` how the bytes are written.
    """

    method: str = "hmac-sha256"
    over: Over = "body"
    place: Place = "after"
    output: Output = "hex"

    def text(self, body: bytes, fields: Mapping[str, str]) -> bytes:
        """What is signed of a message with ``body`` and ``fields``, without the secret."""
        if self.over == "body":
            return body
        names = sorted(fields)
        joined = (
            "".join(fields[name] for name in names)
            if self.over == "values"
            else "&".join(f"{name}={fields[name]}" for name in names)
        )
        return joined.encode("utf-8", "surrogatepass")

    def sign(self, text: bytes, secret: str) -> str:
        """The signature of ``text`` under ``secret``."""
        key = secret.encode()
        if self.method in HMACS:
            digest = hmac.digest(key, text, self.method.removeprefix("hmac-"))
        else:
            whole = text + key if self.place == "after" else key + text
            digest = hashlib.new(self.method, whole, usedforsecurity=False).digest()
        if self.output == "base64":
            return base64.b64encode(digest).decode()
        return digest.hex().upper() if self.output == "HEX" else digest.hex()


def same(one: str, other: str) -> bool:
    """Whether two signatures are equal, compared in constant time."""
    return hmac.compare_digest(one.encode("utf-8", "surrogatepass"), other.encode("utf-8", "surrogatepass"))
