"""JWTs under the algorithms that providers agree on with a CLIENT: signed, verified, and read unverified.

PyJWT judges them. ``plainly`` reads the plainest of the tokens that it accepts, and leaves it the others.
"""

import binascii
import hmac
from base64 import urlsafe_b64encode
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


# The headers that libraries write where nobody asks for more, as they stand in a token.
_PLAIN_HEADERS: Final = frozenset(
    urlsafe_b64encode(header).rstrip(b"=")
    for header in (b'{"alg":"HS256","typ":"JWT"}', b'{"typ":"JWT","alg":"HS256"}', b'{"alg":"HS256"}')
)
# From the alphabet of base64url to that of base64; what only the latter has becomes what neither has.
_STANDARD: Final = bytes.maketrans(b"-_+/=", b"+/!!!")
# How many secrets are kept ready.
_SECRETS: Final = 16


class BadKey(ValueError):
    """The key is none of the algorithm's, or not the half that is needed. The text never holds the key."""


class NoJwt(ValueError):
    """The text is no JWT that holds a JSON object."""


class BadSignature(ValueError):
    """The signature is none under the key and the algorithm."""


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
_KINDS: Final = {"HS256": "a shared secret", "RS256": "an RSA key in PEM", "ES256": "a P-256 key in PEM"}


def _signer(algorithm: str) -> jwt.PyJWS:
    signer = jwt.PyJWS(algorithms=[])
    signer.register_algorithm(algorithm, _ALGORITHMS[algorithm])
    return signer


_SIGNERS: Final[dict[str, jwt.PyJWS]] = {algorithm: _signer(algorithm) for algorithm in ALGORITHMS}


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


def sign(claims: Any, key: str, algorithm: str) -> str:
    """Return the JWT of ``claims`` (numbers are Decimal or int), also of wrong ones; raises BadKey."""
    prepared = key_for(algorithm, key, signing=True)
    return _SIGNERS[algorithm].encode(decimal_json.dumps(claims), prepared, algorithm)


def verify(token: str, key: str, algorithm: str) -> bytes:
    """Return the payload of ``token``; raises BadSignature, NoJwt, or BadKey."""
    prepared = key_for(algorithm, key, signing=False)
    try:
        payload = _SIGNERS[algorithm].decode_complete(token, prepared, [algorithm])["payload"]
    except (jwt.InvalidSignatureError, jwt.InvalidAlgorithmError):
        raise BadSignature(f"the signature is none under the agreed key and {algorithm}") from None
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NoJwt("the text is no JWT") from None
    return bytes(payload)


def unverified(token: str) -> tuple[dict[str, Any], dict[str, Any]]:
    """Return header and claims of ``token``, with exact numbers, whoever signed it; raises NoJwt."""
    try:
        header = jwt.get_unverified_header(token)
        claims = decimal_json.loads(base64url_decode(token.split(".")[1]))
    except (jwt.PyJWTError, ValueError, RecursionError):
        raise NoJwt("the text is no JWT") from None
    if not isinstance(claims, dict):
        raise NoJwt("the JWT holds no JSON object")
    return header, claims


def plainly(token: str, key: str) -> dict[str, Any] | None:
    """Return the claims of ``token``, with exact numbers, where it is plainly HS256 and signed under ``key``.

    Those are the claims of ``unverified``, and ``verify`` accepts the token; it is looked through once, not twice.
    None says nothing about it: it may be in another form, of another algorithm, forged or broken.
    """
    try:
        signed, _, mark = token.encode("ascii").rpartition(b".")
        header, _, payload = signed.partition(b".")
        if header not in _PLAIN_HEADERS:
            return None
        made = _keyed(key).copy()
        made.update(signed)
        if not hmac.compare_digest(urlsafe_b64encode(made.digest()).rstrip(b"="), mark):
            return None
        claims = decimal_json.loads(_segment(payload))
    except ValueError:
        return None
    return claims if isinstance(claims, dict) else None


@lru_cache(_SECRETS)
def _keyed(key: str) -> hmac.HMAC:
    return hmac.new(key_for("HS256", key, signing=False), digestmod="sha256")


def _segment(text: bytes) -> bytes:
    """Decode base64url without padding, written in the one canonical way; raises ValueError for any other."""
    padded = text.translate(_STANDARD) + b"=" * (-len(text) % 4)
    data = binascii.a2b_base64(padded)
    if binascii.b2a_base64(data, newline=False) != padded:
        raise binascii.Error("not as base64url is written")
    return data
