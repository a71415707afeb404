"""Session JWTs as the judge reads them: what one says, whether or not it holds. Pure."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from simulators.values import jws

# Seconds between two clocks that are both right.
CLOCKS: Final = 60
# What is wrong with a token that libraries which read strictly refuse.
OTHER_BASE64: Final = "parts that are not in base64url without padding (RFC 7515), as by hand"


@dataclass(frozen=True, slots=True)
class SessionToken:
    """A JWT taken apart: ``claims`` with exact numbers; empty where the text is no JWT."""

    text: str
    algorithm: str | None
    claims: dict[str, Any]

    @property
    def key(self) -> str | None:
        """The notificationKey, where it is one that can tie a voucher to its session."""
        key = self.claims.get("notificationKey")
        return key if isinstance(key, str) and key else None

    @property
    def amount(self) -> Decimal | None:
        """The amount, where it is a JSON number."""
        amount = self.claims.get("amount")
        return amount if isinstance(amount, Decimal) else None


def taken_apart(text: str) -> SessionToken:
    """Read ``text`` without verifying it, so that one fault of a token does not hide its others."""
    try:
        header, claims = jws.unverified(text)
    except jws.NoJwt:
        return SessionToken(text, None, {})
    algorithm = header.get("alg")
    return SessionToken(text, algorithm if isinstance(algorithm, str) else None, claims)
