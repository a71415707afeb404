"""Wrong hashes: what a forger may put in the header of a request. Contract SIG-02, SIG-05, SIG-08."""

import base64
import hashlib
import hmac
from collections.abc import Callable
from dataclasses import dataclass
from random import Random
from typing import Final

from scenarios.generated.families.family import Family, family

# Keys that frameworks, tutorials and forgetful operators leave in place.
_DEFAULT_KEYS = (
    "",
    "secret",
    "changeme",
    "password",
    "test",
    "null",
    "undefined",
    "your-256-bit-secret",
    "SECURITY_HASH",
)


@dataclass(frozen=True, slots=True)
class Forger:
    """What a forger knows or guesses: the ``body`` to send, the hash of an ``overheard`` request, chance.

    ``secret`` and ``right`` (the hash that the body should have) are not his; they make hashes that are nearly right.
    """

    body: bytes
    secret: str
    right: str
    overheard: str
    rng: Random


Hash = Callable[[Forger], str]


def _under(key: bytes, body: bytes, digest: str = "sha256") -> str:
    return hmac.new(key, body, digest).hexdigest()


def _digit_changed(body: bytes, index: int) -> bytes:
    other = b"1" if body[index : index + 1] != b"1" else b"2"
    return body[:index] + other + body[index + 1 :]


def _digits(body: bytes) -> list[int]:
    return [index for index, byte in enumerate(body) if chr(byte).isdigit()]


def _other_digit(right: str, index: int) -> str:
    """``right`` with another hexadecimal digit at ``index``."""
    other = "0" if right[index] != "0" else "1"
    return right[:index] + other + (right[index + 1 :] if index != -1 else "")


# What a check that trusts its own network, or a developer's header, is skipped for.
FROM_INSIDE: Final = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1",
    "X-Internal": "true",
    "X-Debug": "1",
}


def wrong_hashes() -> Family[Hash]:
    """Hashes that are wrong for the body, from the plainly wrong to the nearly right."""
    return family(
        core=[
            ("random hex", lambda one: f"{one.rng.getrandbits(256):064x}"),
            ("hash of another body", lambda one: one.overheard),
            ("hash under another secret", lambda one: _under(f"{one.secret}!".encode(), one.body)),
            (
                "one byte of the amount changed",
                lambda one: _under(one.secret.encode(), _digit_changed(one.body, _digits(one.body)[-1])),
            ),
            (
                "one byte of the id changed",
                lambda one: _under(one.secret.encode(), _digit_changed(one.body, _digits(one.body)[0])),
            ),
            ("right hash cut to 8 characters", lambda one: one.right[:8]),
            ("right hash plus a suffix", lambda one: one.right + "00"),
            ("SHA-256 without the secret", lambda one: hashlib.sha256(one.body).hexdigest()),
            ("the secret itself", lambda one: one.secret),
            ("empty header", lambda _one: ""),
        ],
        others=[
            ("all but the last digit right", lambda one: _other_digit(one.right, len(one.right) - 1)),
            ("all but the first digit right", lambda one: _other_digit(one.right, 0)),
            ("all but a digit in the middle right", lambda one: _other_digit(one.right, len(one.right) // 2)),
            ("the first half right", lambda one: one.right[:32] + f"{one.rng.getrandbits(128):032x}"),
            ("the last half right", lambda one: f"{one.rng.getrandbits(128):032x}" + one.right[32:]),
            ("right hash cut to 32 characters", lambda one: one.right[:32]),
            ("right hash less its last character", lambda one: one.right[:-1]),
            ("right hash backwards", lambda one: one.right[::-1]),
            (
                "SHA-256 of the secret and the body",
                lambda one: hashlib.sha256(one.secret.encode() + one.body).hexdigest(),
            ),
            (
                "SHA-256 of the body and the secret",
                lambda one: hashlib.sha256(one.body + one.secret.encode()).hexdigest(),
            ),
            ("HMAC-SHA1", lambda one: _under(one.secret.encode(), one.body, "sha1")),
            ("HMAC-MD5", lambda one: _under(one.secret.encode(), one.body, "md5")),
            ("HMAC-SHA512", lambda one: _under(one.secret.encode(), one.body, "sha512")),
            ("hash of an empty body", lambda one: _under(one.secret.encode(), b"")),
            ("hash with secret and body changed round", lambda one: _under(one.body, one.secret.encode())),
            ("zeros", lambda _one: "0" * 64),
            ("the word null", lambda _one: "null"),
            ("the word true", lambda _one: "true"),
            ("the number 0", lambda _one: "0"),
            (
                "the body's hash in Base64, without the secret",
                lambda one: base64.b64encode(hashlib.sha256(one.body).digest()).decode(),
            ),
            *((f"hash under the key {key!r}", _default_key(key)) for key in _DEFAULT_KEYS),
        ],
    )


def _default_key(key: str) -> Hash:
    return lambda one: _under(key.encode(), one.body)
