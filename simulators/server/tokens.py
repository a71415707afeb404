"""Bearer tokens that a provider gives a CLIENT, each for a time."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from enum import Enum

from simulators.exchanges.redaction import MINTED_PREFIX


class TokenStanding(Enum):
    """What a token that was shown is worth."""

    VALID = "valid"
    EXPIRED = "expired"
    REVOKED = "revoked"
    UNKNOWN = "unknown"


def mint() -> str:
    """Return a new random token."""
    return MINTED_PREFIX + secrets.token_urlsafe(32)


class Tokens:
    """The tokens given out, kept as hashes only. ``clock`` counts seconds."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._ends: dict[bytes, float] = {}
        self._revoked: set[bytes] = set()
        self._lock = threading.Lock()

    def issue(self, seconds: float) -> str:
        """Return a new token, valid for ``seconds``."""
        token = mint()
        with self._lock:
            self._ends[_digest(token)] = self._clock() + seconds
        return token

    def standing(self, token: str) -> TokenStanding:
        """Say what ``token`` is worth now. Looked up by its hash, so that time tells nothing about it."""
        digest = _digest(token)
        with self._lock:
            end = self._ends.get(digest)
            if end is None:
                return TokenStanding.UNKNOWN
            if digest in self._revoked:
                return TokenStanding.REVOKED
            return TokenStanding.VALID if self._clock() < end else TokenStanding.EXPIRED

    def revoke(self) -> None:
        """Make every token given out so far worthless."""
        with self._lock:
            self._revoked.update(self._ends)


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
