"""The three kinds of credential: the API key, session tokens and server tokens (contract, part B).

A session token is what a JWT is exchanged for, once. It lasts until an hour after the JWT's ``iat`` or until
a voucher is reserved. *(Decided: the hour counts from ``iat``, the only moment that the CLIENT knows, so that
it can tell when unused money is free again.)*
"""

import hashlib
import hmac
import secrets
from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final

from simulators.exchanges.redaction import MINTED_PREFIX
from simulators.jackpot.credentials.session_jwt import LIFE, Claims
from simulators.values.records import Table

SERVER_SECONDS: Final = 3600


class Kind(StrEnum):
    """A kind of credential, as OpenAPI names its security scheme."""

    API_KEY = "apiKey"
    SESSION = "sessionToken"
    SERVER = "serverToken"


class SessionStanding(Enum):
    """What a token that was shown is worth."""

    VALID = "valid"
    EXPIRED = "expired"
    USED = "used"
    UNKNOWN = "unknown"


class UsedJwt(ValueError):
    """The JWT opened a session before."""


@dataclass(frozen=True, slots=True)
class Session:
    """A player's session: what its JWT allows, until when (seconds since the epoch), and what was reserved.

    ``id`` is the hash of its token, ``jwt`` that of its JWT.
    """

    id: str
    jwt: str
    claims: Claims
    began: float
    ends: float
    voucher_id: str | None = None


def digest(text: str) -> str:
    """Return the hash that stands for a token, so that none is kept."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def jwt_digest(token: str) -> str:
    """Return what a JWT is known by: its signed part, since signatures have several spellings."""
    return digest(token.rpartition(".")[0])


def same(given: str, agreed: str) -> bool:
    """Whether two texts are the same, compared in constant time."""
    return hmac.compare_digest(
        given.encode("utf-8", "surrogatepass"), agreed.encode("utf-8", "surrogatepass")
    )


class Credentials:
    """The tokens given out, kept as hashes only: ``sessions`` by that of their token, ``servers`` with their ends.

    Not locked: its owner does so.
    """

    def __init__(self) -> None:
        self.sessions = Table[str, Session]()
        self.servers = Table[str, float]()
        self._jwts: set[str] = set()

    def open_session(self, token: str, claims: Claims, now: float) -> tuple[str, Session]:
        """Return a new session token for the verified JWT ``token``; raises UsedJwt."""
        known = jwt_digest(token)
        if known in self._jwts:
            raise UsedJwt
        self._jwts.add(known)
        minted = MINTED_PREFIX + secrets.token_urlsafe(32)
        session = Session(digest(minted), known, claims, now, claims.iat + LIFE)
        self.sessions[session.id] = session
        return minted, session

    def open_server(self, now: float) -> tuple[str, float]:
        """Return a new server token, valid for an hour, and when it ends."""
        minted = MINTED_PREFIX + secrets.token_urlsafe(32)
        self.servers[digest(minted)] = now + SERVER_SECONDS
        return minted, now + SERVER_SECONDS

    def session(self, session_id: str) -> Session:
        """Return a session as it stands now; raises KeyError."""
        return self.sessions[session_id]

    def token(self, token: str, now: float) -> tuple[Kind | None, SessionStanding, Session | None]:
        """Say what ``token`` is and what it is worth. Looked up by its hash, so that time tells nothing."""
        known = digest(token)
        session = self.sessions.get(known)
        if session is not None:
            if session.voucher_id is not None:
                return Kind.SESSION, SessionStanding.USED, session
            return (
                Kind.SESSION,
                SessionStanding.VALID if now < session.ends else SessionStanding.EXPIRED,
                session,
            )
        ends = self.servers.get(known)
        if ends is None:
            return None, SessionStanding.UNKNOWN, None
        return Kind.SERVER, SessionStanding.VALID if now < ends else SessionStanding.EXPIRED, None

    def use(self, session: Session, voucher_id: str) -> None:
        """End ``session``: it reserved a voucher."""
        self.sessions[session.id] = replace(session, voucher_id=voucher_id)

    def expire(self, session_id: str, now: float) -> None:
        """End a session that reserved nothing before its hour; raises KeyError."""
        session = self.sessions[session_id]
        self.sessions[session_id] = replace(session, ends=min(session.ends, now))

    def revoke_servers(self) -> None:
        """Make every server token given out so far worthless."""
        self.servers.clear()

    def resumed(self) -> None:
        """Go on from the sessions of an earlier run, whose JWTs stay used."""
        self._jwts = {session.jwt for session in self.sessions.values()}
