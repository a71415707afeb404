"""Decisions that the checkout never made, as an attacker would send them, one by one (CHK-11). Pure."""

import hashlib
import hmac
from collections.abc import Callable
from typing import Any, Final

from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from jwt.utils import base64url_encode

from simulators.checkout.wire import FAILURE, SUCCESS, Agreement, Notice
from simulators.values import decimal_json, jws

Forge = Callable[[Notice, Agreement], str]
# Any secret but the agreed one.
_OTHER_SECRET: Final = "this secret was never agreed on"  # noqa: S105


def _part(value: Any) -> str:
    return base64url_encode(decimal_json.dumps(value)).decode()


def _unsigned(notice: Notice, _: Agreement) -> str:
    return f"{_part({'alg': 'none', 'typ': 'JWT'})}.{_part(notice.decision.fields())}."


def _other_key(notice: Notice, agreement: Agreement) -> str:
    return jws.sign(notice.decision.fields(), _new_key(agreement.algorithm), agreement.algorithm)


def _new_key(algorithm: jws.AlgorithmName) -> str:
    if algorithm == "HS256":
        return _OTHER_SECRET
    made = (
        rsa.generate_private_key(65537, 2048)
        if algorithm == "RS256"
        else ec.generate_private_key(ec.SECP256R1())
    )
    return made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()


def _public_as_secret(notice: Notice, agreement: Agreement) -> str:
    """HS256 under the text of the public key, which everybody may have."""
    if agreement.decision_key is None:
        raise ValueError("there is no public key that could be taken for a secret")
    private = jws.key_for(agreement.algorithm, agreement.decision_key, signing=True)
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    return _by_hand(notice, public)


def _empty_key(notice: Notice, _: Agreement) -> str:
    return _by_hand(notice, b"")


def _by_hand(notice: Notice, secret: bytes) -> str:
    """HS256 under a ``secret`` that no library takes for one."""
    head = f"{_part({'alg': 'HS256', 'typ': 'JWT'})}.{_part(notice.decision.fields())}"
    mark = hmac.new(secret, head.encode(), hashlib.sha256).digest()
    return f"{head}.{base64url_encode(mark).decode()}"


def _changed(notice: Notice, _: Agreement) -> str:
    """The genuine signature under other claims: the opposite outcome."""
    header, _claims, signature = notice.payload.split(".")
    fields = notice.decision.fields()
    fields["data"]["outcome"] = FAILURE if notice.decision.approved else SUCCESS
    return f"{header}.{_part(fields)}.{signature}"


def _cut(notice: Notice, _: Agreement) -> str:
    return notice.payload[:-8]


def _bare(notice: Notice, _: Agreement) -> str:
    return notice.payload.rpartition(".")[0] + "."


FORGERIES: Final[dict[str, Forge]] = {
    "alg none": _unsigned,
    "another key": _other_key,
    "empty key": _empty_key,
    "changed claims": _changed,
    "cut signature": _cut,
    "no signature": _bare,
    "public key as secret": _public_as_secret,
}


def fitting(agreement: Agreement) -> tuple[str, ...]:
    """The names in FORGERIES that can be tried under ``agreement``: a shared secret has no public half."""
    shared = agreement.algorithm == "HS256"
    return tuple(name for name in FORGERIES if not (shared and name == "public key as secret"))
