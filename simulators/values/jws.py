"""JWTs under the algorithms that providers agree on with a CLIENT: signed, verified, and read unverified.

PyJWT alone says whether one holds.
"""

import json
import re
from collections.abc import Mapping
from decimal import Decimal, DecimalException
from functools import lru_cache
from typing import Any, Final, Literal, get_args

import jwt
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1
from jwt.algorithms import Algorithm, ECAlgorithm, HMACAlgorithm, RSAAlgorithm
from jwt.utils import base64url_decode

from simulators.values import decimal_json

AlgorithmName = Literal["HS256", "RS256", "ES256"]
ALGORITHMS: Final[tuple[AlgorithmName, ...]] = get_args(AlgorithmName)


class BadKey(ValueError):
    """The key is none of the algorithm's, or not the half that is needed. The text never holds the key."""


class NoJwt(ValueError):
    """The text is no JWT that holds a JSON object."""


class Unbounded(str):
    """A number of JSON as it is written, where to read it would take all memory."""

    __slots__ = ()


class BadSignature(ValueError):
    """The signature is none under the key and the algorithm."""


class WrongAlgorithm(BadSignature):
    """The header names another algorithm than the agreed one, or none; no key was touched."""


class Hmac(HMACAlgorithm):
    """HS256 under any secret: its length is for those who agreed on it to judge, not for a warning here."""

    def check_key_length(self, key: bytes) -> str | None:  # noqa: ARG002
        """Accept every length."""
        return None


_ALGORITHMS: Final[dict[str, Algorithm]] = {
    "HS256": Hmac(HMACAlgorithm.SHA256),
    "RS256": RSAAlgorithm(RSAAlgorithm.SHA256),
    "ES256": ECAlgorithm(ECAlgorithm.SHA256, SECP256R1),
}
# Three parts in base64url, without padding: RFC 7515, section 7.1.
_COMPACT: Final = re.compile(r"[\w-]+\.[\w-]+\.[\w-]*", re.ASCII)
_KINDS: Final = {"HS256": "a shared secret", "RS256": "an RSA key in PEM", "ES256": "a P-256 key in PEM"}


def _signer(algorithm: str) -> jwt.PyJWS:
    signer = jwt.PyJWS(algorithms=[])
    signer.register_algorithm(algorithm, _ALGORITHMS[algorithm])
    return signer


_SIGNERS: Final[dict[str, jwt.PyJWS]] = {algorithm: _signer(algorithm) for algorithm in ALGORITHMS}


# Reading an RSA key checks its primes, which takes longer than a hundred signatures.
@lru_cache(maxsize=64)
def key_for(algorithm: str, key: str, *, signing: bool) -> Any:
    """Return ``key`` as it signs, or verifies, under ``algorithm``; raises BadKey.

    ``key`` is the shared secret, or a key in PEM. Of a private key the public half verifies.
    """
    try:
        prepared = _ALGORITHMS[algorithm].prepare_key(key.encode())
    except (jwt.PyJWTError, ValueError, TypeError, UnsupportedAlgorithm):
        raise BadKey(f"the key is not {_KINDS[algorithm]}, which {algorithm} takes") from None
    if algorithm == "HS256":
        return prepared
    private = hasattr(prepared, "public_key")
    if signing and not private:
        raise BadKey(f"the key is a public one, and {algorithm} signs with a private one")
    return prepared if signing or not private else prepared.public_key()


def sign(claims: Any, key: str, algorithm: str, headers: Mapping[str, Any] | None = None) -> str:
    """Return the JWT of ``claims`` (numbers are Decimal or int), also of wrong ones; raises BadKey.

    ``headers`` are put into its header beside the usual ones.
    """
    prepared = key_for(algorithm, key, signing=True)
    return _SIGNERS[algorithm].encode(decimal_json.dumps(claims), prepared, algorithm, dict(headers or {}))


def compact(token: str) -> bool:
    """Whether ``token`` is three parts in base64url without padding (RFC 7515, section 7.1)."""
    return _COMPACT.fullmatch(token) is not None


def verify(token: str, key: str, algorithm: str) -> bytes:
    """Return the payload of ``token``; raises BadSignature, WrongAlgorithm, NoJwt, or BadKey."""
    prepared = key_for(algorithm, key, signing=False)
    if not compact(token):
        raise NoJwt("the text is no JWT: its parts are not in base64url without padding")
    try:
        payload = _SIGNERS[algorithm].decode_complete(token, prepared, [algorithm])["payload"]
    except jwt.InvalidAlgorithmError:
        raise WrongAlgorithm(f"the algorithm is not {algorithm}, the agreed one") from None
    except jwt.InvalidSignatureError:
        raise BadSignature(f"the signature is none under the agreed key and {algorithm}") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NoJwt("the text is no JWT") from None
    return bytes(payload)


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of ``token``, with exact numbers, whoever signed it, or nobody; raises NoJwt.

    The signature may be missing or damaged, and what is no number (NaN), or one without bounds, is read as a text: one
    fault of a token hides none of its others.
    """
    try:
        header, claims = (_read(base64url_decode(part)) for part in token.split(".")[:2])
    except (ValueError, RecursionError):
        raise NoJwt("the text is no JWT") from None
    if not isinstance(header, dict) or not isinstance(claims, dict):
        raise NoJwt("the JWT holds no JSON object")
    return header, claims


def _read(data: bytes) -> Any:
    return json.loads(data, parse_float=_number, parse_int=_number, parse_constant=str)


def _number(text: str) -> Decimal | Unbounded:
    try:
        return decimal_json.number(text)
    except (ValueError, DecimalException):
        return Unbounded(text)
