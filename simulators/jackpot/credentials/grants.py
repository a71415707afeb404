"""The three kinds of credential: the API key, session tokens and server tokens (contract, part B).

A session token is what a JWT is exchanged for, once. It lasts until an hour after the JWT's ``iat`` or until
a voucher is reserved. *(Decided: the hour counts from ``iat``, the only moment that the CLIENT knows, so that
it can tell when unused money is free again.)*
"""

from dataclasses import dataclass, replace
from enum import Enum, StrEnum
from typing import Final

from simulators.jackpot.credentials.session_jwt import LIFE, Claims
from simulators.server.access.tokens import digest, mint
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
        # What is signed, since signatures have several spellings.
        known = digest(token.rpartition(".")[0])
        if known in self._jwts:
            raise UsedJwt
        self._jwts.add(known)
        minted = mint()
        session = Session(digest(minted), known, claims, now, claims.iat + LIFE)
        self.sessions[session.id] = session
        return minted, session

    def open_server(self, now: float) -> tuple[str, float]:
        """Return a new server token, valid for an hour, and when it ends."""
        minted = mint()
        self.servers[digest(minted)] = now + SERVER_SECONDS
        return minted, now + SERVER_SECONDS

    def session(self, session_id: str) -> Session:
        """Return a session as it stands now; raises KeyError."""
        return self.sessions[session_id]

    def token(self, token: str, now: float) -> tuple[Kind | None, SessionStanding, Session | None]:
        """Say what ``token`` is and what it is worth. Looked up by its hash, so that time tells nothing."""
        known = digest(token)
        session, ends = self.sessions.get(known), self.servers.get(known)
        if session is not None and session.voucher_id is not None:
            return Kind.SESSION, SessionStanding.USED, session
        if session is not None:
            kind, ends = Kind.SESSION, session.ends
        elif ends is not None:
            kind = Kind.SERVER
        else:
            return None, SessionStanding.UNKNOWN, None
        return kind, SessionStanding.VALID if now < ends else SessionStanding.EXPIRED, session

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
