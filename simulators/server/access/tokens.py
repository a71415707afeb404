"""Bearer tokens that a provider gives a CLIENT, each for a time."""

import hashlib
import secrets
import threading
from collections.abc import Callable
from dataclasses import dataclass, replace
from enum import Enum

from flask import request

from simulators.exchanges.redaction import MINTED_PREFIX
from simulators.values.records import Table


def bearer() -> str | None:
    """The token that the request that is being answered shows, None where it shows none."""
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


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
    """The tokens given out: ``given`` by their hashes, which alone are kept. ``clock`` is seconds since the epoch."""

    def __init__(self, clock: Callable[[], float]) -> None:
        self._clock = clock
        self.given = Table[str, GivenToken]()
        self._lock = threading.Lock()

    def issue(self, seconds: float) -> str:
        """Return a new token, valid for ``seconds``."""
        token = mint()
        with self._lock:
            self.given[digest(token)] = GivenToken(self._clock() + seconds)
        return token

    def standing(self, token: str) -> TokenStanding:
        """Say what ``token`` is worth now. Looked up by its hash, so that time tells nothing about it."""
        with self._lock:
            given = self.given.get(digest(token))
            if given is None:
                return TokenStanding.UNKNOWN
            if given.revoked:
                return TokenStanding.REVOKED
            return TokenStanding.VALID if self._clock() < given.ends else TokenStanding.EXPIRED

    def revoke(self) -> None:
        """Make every token given out so far worthless."""
        with self._lock:
            for known, each in list(self.given.items()):
                self.given[known] = replace(each, revoked=True)


def digest(token: str) -> str:
    """Return the hash that stands for a token, so that none is kept."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).hexdigest()
