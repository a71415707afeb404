"""Bearer tokens that a provider gives a CLIENT, each for a time."""

import hashlib
import secrets
import threading
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
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


@dataclass(frozen=True, slots=True)
class GivenToken:
    """A token that was given out: when it ends (seconds since the epoch), and whether it was revoked."""

    ends: float
    revoked: bool = False


class Tokens:
    """The tokens given out, kept as hashes only. ``clock`` is seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self._given: dict[str, GivenToken] = {}
        self._lock = threading.Lock()

    def issue(self, seconds: float) -> str:
        """Return a new token, valid for ``seconds``."""
        token = mint()
        with self._lock:
            self._given[_digest(token)] = GivenToken(self._clock() + seconds)
        return token

    def standing(self, token: str) -> TokenStanding:
        """Say what ``token`` is worth now. Looked up by its hash, so that time tells nothing about it."""
        digest = _digest(token)
        with self._lock:
            given = self._given.get(digest)
            if given is None:
                return TokenStanding.UNKNOWN
            if given.revoked:
                return TokenStanding.REVOKED
            return TokenStanding.VALID if self._clock() < given.ends else TokenStanding.EXPIRED

    def revoke(self) -> None:
        """Make every token given out so far worthless."""
        with self._lock:
            self._given = {digest: replace(each, revoked=True) for digest, each in self._given.items()}

    @property
    def given(self) -> dict[str, GivenToken]:
        """Every token given out, by its hash."""
        with self._lock:
            return dict(self._given)

    def restore(self, given: Mapping[str, GivenToken]) -> None:
        """Put back what an earlier run gave out."""
        with self._lock:
            self._given = dict(given)


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
