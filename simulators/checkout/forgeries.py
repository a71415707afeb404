"""Decisions that the checkout never made, as an attacker would send them, one by one (CHK-11). Pure.

What JWT libraries were fooled by (none in other letters, keys that the token brings along, a public key as a
secret, a signature of zeros), and what checks written by hand are (a part of the signature, keys of examples).
"""

import hashlib
import hmac
from collections.abc import Callable
from functools import cache, partial
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.algorithms import ECAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode, base64url_encode

from simulators.checkout.wire import FAILURE, SUCCESS, Agreement, Notice
from simulators.values import decimal_json, jws

Forge = Callable[[Notice, Agreement], str]
# Any secret but the agreed one.
_OTHER_SECRET: Final = "this secret was never agreed on"  # noqa: S105
# Secrets that examples, frameworks and forgetful people leave in place.
_DEFAULT_SECRETS: Final = ("secret", "your-256-bit-secret", "changeme", "password", "key", "test", "null")
# The key that a query smuggled into a key's id selects, and a key that is its own id.
_SELECTED: Final = b"k"
_KEY_ID: Final = b"k-1"
# The bits that are turned round in a byte that is changed.
_FLIP: Final = 0x5A


def _base64(data: bytes) -> str:
    return base64url_encode(data).decode()


def _part(value: Any) -> str:
    return _base64(decimal_json.dumps(value))


def _unsigned(algorithm: Any, notice: Notice, _: Agreement) -> str:
    """A header that says ``algorithm``, and no signature."""
    return f"{_part({'alg': algorithm, 'typ': 'JWT'})}.{_part(notice.decision.fields())}."


def _two_algorithms(first: str | None, last: str | None, notice: Notice, agreement: Agreement) -> str:
    """Two algorithms (None: the agreed one) in one header, and no signature."""
    one, other = (each or agreement.algorithm for each in (first, last))
    header = f'{{"alg":"{one}","alg":"{other}"}}'
    return f"{_base64(header.encode())}.{_part(notice.decision.fields())}."


def _none_kept(notice: Notice, agreement: Agreement) -> str:
    """Says none, and still carries the genuine signature."""
    return _unsigned("none", notice, agreement) + notice.payload.rpartition(".")[2]


def _other_key(notice: Notice, agreement: Agreement, **headers: Any) -> str:
    key = _strangers_key(agreement.algorithm)
    return jws.sign(notice.decision.fields(), key, agreement.algorithm, headers)


@cache
def _strangers_key(algorithm: jws.AlgorithmName) -> str:
    """A key that anybody could make."""
    if algorithm == "HS256":
        return _OTHER_SECRET
    made = (
        rsa.generate_private_key(65537, 2048)
        if algorithm == "RS256"
        else ec.generate_private_key(ec.SECP256R1())
    )
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _key_in_header(notice: Notice, agreement: Agreement) -> str:
    """Signed with a stranger's key, which the header brings along as ``jwk``."""
    key = _strangers_key(agreement.algorithm)
    jwk: Any = {"kty": "oct", "k": _base64(key.encode())}
    if agreement.algorithm != "HS256":
        public = jws.key_for(agreement.algorithm, key, signing=False)
        writer = RSAAlgorithm if agreement.algorithm == "RS256" else ECAlgorithm
        jwk = writer.to_jwk(public, as_dict=True)
        jwk.pop("key_ops", None)
    return _other_key(notice, agreement, jwk=jwk)


def _public_as_secret(notice: Notice, agreement: Agreement, encoding: Encoding = Encoding.PEM) -> str:
    """HS256 under the public key, which everybody may have."""
    return _by_hand(_public(agreement, encoding), notice, agreement)


def _public(agreement: Agreement, encoding: Encoding) -> bytes:
    if agreement.decision_key is None:
        raise ValueError("there is no public key that could be taken for a secret")
    private = jws.key_for(agreement.algorithm, agreement.decision_key, signing=True)
    return bytes(private.public_key().public_bytes(encoding, PublicFormat.SubjectPublicKeyInfo))


def _by_hand(secret: bytes, notice: Notice, _: Agreement, **headers: str) -> str:
    """HS256 under a ``secret`` that no library takes for one."""
    head = f"{_part({'alg': 'HS256', 'typ': 'JWT', **headers})}.{_part(notice.decision.fields())}"
    return f"{head}.{_base64(hmac.new(secret, head.encode(), hashlib.sha256).digest())}"


def _changed(notice: Notice, _: Agreement) -> str:
    """The genuine signature under other claims: the opposite outcome."""
    header, _claims, signature = notice.payload.split(".")
    fields = notice.decision.fields()
    fields["data"]["outcome"] = FAILURE if notice.decision.approved else SUCCESS
    return f"{header}.{_part(fields)}.{signature}"


def _resigned(change: Callable[[bytes], bytes], notice: Notice, _: Agreement) -> str:
    """The genuine token with ``change`` made to its signature's bytes."""
    head, _dot, signature = notice.payload.rpartition(".")
    return f"{head}.{_base64(change(base64url_decode(signature)))}"


def _half_kept(right: bytes, *, first: bool) -> bytes:
    half = len(right) // 2
    other = bytes(byte ^ _FLIP for byte in right)
    return right[:half] + other[half:] if first else other[:half] + right[half:]


def _other_letters(notice: Notice, _: Agreement) -> str:
    head, _dot, signature = notice.payload.rpartition(".")
    return f"{head}.{signature.swapcase()}"


def _plain_digest(notice: Notice, _: Agreement) -> str:
    head = notice.payload.rpartition(".")[0]
    return f"{head}.{_base64(hashlib.sha256(head.encode()).digest())}"


def _as_long(key: bytes) -> bytes:
    return b"x" * len(key)


def guessed_keys(merchant_id: str, key: bytes) -> tuple[bytes, ...]:
    """The secrets that forgeries are signed with under HS256, where ``key`` is the agreed one."""
    fixed = ("", _OTHER_SECRET, merchant_id, *_DEFAULT_SECRETS)
    return (*(each.encode() for each in fixed), _SELECTED, _KEY_ID, _as_long(key))


_PUBLIC: Final[dict[str, Forge]] = {
    "public key as secret": _public_as_secret,
    "public key as secret, no line end": lambda notice, agreed: _by_hand(
        _public(agreed, Encoding.PEM).strip(), notice, agreed
    ),
    "public key as secret, DER": partial(_public_as_secret, encoding=Encoding.DER),
}
FORGERIES: Final[dict[str, Forge]] = {
    "alg none": partial(_unsigned, "none"),
    "another key": _other_key,
    "empty key": partial(_by_hand, b""),
    "changed claims": _changed,
    "cut signature": lambda notice, _: notice.payload[:-8],
    "no signature": lambda notice, _: notice.payload.rpartition(".")[0] + ".",
    **_PUBLIC,
    "alg none as None": partial(_unsigned, "None"),
    "alg none as NONE": partial(_unsigned, "NONE"),
    "alg none as nOnE": partial(_unsigned, "nOnE"),
    "alg empty": partial(_unsigned, ""),
    "alg null": partial(_unsigned, None),
    "alg a list": partial(_unsigned, ["none"]),
    "alg missing": lambda notice, _: f"{_part({'typ': 'JWT'})}.{_part(notice.decision.fields())}.",
    "alg none, then the agreed one": partial(_two_algorithms, "none", None),
    "the agreed alg, then none": partial(_two_algorithms, None, "none"),
    "alg none with a signature": _none_kept,
    "two parts": lambda notice, _: notice.payload.rpartition(".")[0],
    "alg none in two parts": lambda notice, agreed: _unsigned("none", notice, agreed).rpartition(".")[0],
    "claims alone": lambda notice, _: _part(notice.decision.fields()),
    "claims as JSON": lambda notice, _: decimal_json.dumps(notice.decision.fields()).decode(),
    "four parts": lambda notice, agreed: f"{_other_key(notice, agreed)}.{notice.payload.rpartition('.')[2]}",
    "key in the header": _key_in_header,
    "key id of an empty file": partial(_by_hand, b"", kid="../../../../../../../dev/null"),
    "key id that selects a key": partial(_by_hand, _SELECTED, kid="x' UNION SELECT 'k"),
    "key id as key": partial(_by_hand, _KEY_ID, kid=_KEY_ID.decode()),
    "another key of the same length": lambda notice, agreed: _by_hand(
        _as_long(agreed.key.encode()), notice, agreed
    ),
    "merchant id as key": lambda notice, agreed: _by_hand(agreed.merchant_id.encode(), notice, agreed),
    **{f"default key {secret}": partial(_by_hand, secret.encode()) for secret in _DEFAULT_SECRETS},
    "signature of zeros": partial(_resigned, lambda right: bytes(len(right))),
    "first half of the signature": partial(_resigned, partial(_half_kept, first=True)),
    "last half of the signature": partial(_resigned, partial(_half_kept, first=False)),
    "first byte changed": partial(_resigned, lambda right: bytes([right[0] ^ _FLIP]) + right[1:]),
    "last byte changed": partial(_resigned, lambda right: right[:-1] + bytes([right[-1] ^ _FLIP])),
    "signature in other letters": _other_letters,
    "SHA-256 without a key": _plain_digest,
}


def fitting(agreement: Agreement) -> tuple[str, ...]:
    """The names in FORGERIES that can be tried under ``agreement``: a shared secret has no public half."""
    left_out = _PUBLIC if agreement.algorithm == "HS256" else {}
    return tuple(name for name in FORGERIES if name not in left_out)
