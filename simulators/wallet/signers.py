"""Signatures that dialects share."""

import base64
import hashlib
import hmac
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey

HASHES: Final = ("md5", "sha1", "sha256", "sha512")
HMACS: Final = tuple(f"hmac-{name}" for name in ("sha1", "sha256", "sha512"))
# RSASSA-PKCS1-v1_5 with SHA-256 (RFC 8017, 8.2): a private key signs, its public half verifies.
RSA: Final = "rsa-sha256"

_PEM: Final = "-----BEGIN "
_RSA_BITS: Final = 2048

Over = Literal["body", "values", "pairs"]
Place = Literal["after", "before"]
Output = Literal["hex", "HEX", "base64"]


@dataclass(frozen=True, slots=True)
class Signer:
    """How a message is signed: by default with the lower-case hex HMAC-SHA256 of its raw body.

    ``method`` is one of HMACS, one of HASHES over a text and the secret beside it, or RSA, whose secret is a private
    key in PEM. ``over`` is what is signed: the raw body, the ``values`` of its fields one after the other, or its
    ``pairs`` ``name=value`` joined by ``&``, both in the order of the names. ``place`` is where the secret stands
    beside a text that is hashed, ``output`` how the bytes are written.
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
        """The signature of ``text`` under ``secret``; whoever has no private key signs with one of its own."""
        signature = self._signature(text, secret)
        if self.output == "base64":
            return base64.b64encode(signature).decode()
        return signature.hex().upper() if self.output == "HEX" else signature.hex()

    def _signature(self, text: bytes, secret: str) -> bytes:
        if self.method == RSA:
            return _rsa(text, secret)
        key = secret.encode()
        if self.method in HMACS:
            return hmac.digest(key, text, self.method.removeprefix("hmac-"))
        whole = text + key if self.place == "after" else key + text
        return hashlib.new(self.method, whole, usedforsecurity=False).digest()

    def new_secrets(self) -> tuple[str, str]:
        """What signs, and what its signatures are checked with: a new key's halves in PEM, or twice one new secret."""
        secret = secrets.token_hex(16)
        if self.method == RSA:
            from cryptography.hazmat.primitives import serialization as pem

            private = _new_key().private_bytes(pem.Encoding.PEM, pem.PrivateFormat.PKCS8, pem.NoEncryption())
            secret = private.decode()
        return secret, self.checked_with(secret)

    def checked_with(self, secret: str) -> str:
        """What the CLIENT checks signatures under ``secret`` with: the secret, of a key the public half in PEM."""
        if self.method != RSA:
            return secret
        from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

        public = _key(secret).public_key()
        return public.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()


def is_pem(secret: str) -> bool:
    """Whether ``secret`` is a key or a certificate in PEM, whatever else is wrong with it."""
    return secret.startswith(_PEM)


def key_problem(secret: str) -> str | None:
    """Why RSA cannot sign with ``secret``, in words that do not tell it; None where it can."""
    from cryptography.exceptions import UnsupportedAlgorithm
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    if secret.startswith((f"{_PEM}PUBLIC KEY", f"{_PEM}RSA PUBLIC KEY", f"{_PEM}CERTIFICATE")):
        return "it holds a public key, which only verifies"
    try:
        key = load_pem_private_key(secret.encode(), password=None)
    except TypeError:
        return "its private key is encrypted with a passphrase"
    except (ValueError, UnsupportedAlgorithm):
        return "it holds no private key in PEM that can be read"
    return None if isinstance(key, RSAPrivateKey) else "its private key is none of RSA"


def _rsa(text: bytes, secret: str) -> bytes:
    from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
    from cryptography.hazmat.primitives.hashes import SHA256

    return _key(secret).sign(text, PKCS1v15(), SHA256())


# A load signs thousands of messages with one key, and a run forges with a few.
@cache
def _key(secret: str) -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    # PEM may have any text before it: what only ends in the key is another secret.
    if not is_pem(secret):
        return _new_key()
    key = load_pem_private_key(secret.encode(), password=None)
    assert isinstance(key, RSAPrivateKey)
    return key


def _new_key() -> "RSAPrivateKey":
    from cryptography.hazmat.primitives.asymmetric.rsa import generate_private_key

    return generate_private_key(public_exponent=65537, key_size=_RSA_BITS)
