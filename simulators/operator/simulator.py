"""The OPERATOR's simulator: what was agreed with the CLIENT, tokens, sessions, bet slips, and faults on demand."""

import ipaddress
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from functools import cached_property
from typing import Any, Final, Literal, TypeVar, get_args
from urllib.parse import urlsplit

from pydantic import ValidationError

from simulators.exchanges.history import Exchange, Status
from simulators.exchanges.redaction import Redactor
from simulators.operator import wire, world
from simulators.operator.catalogue import Catalogue, invent
from simulators.operator.delivery import PROVIDER, Callbacks
from simulators.operator.lifecycle import SlipEvent, SlipState
from simulators.server.access.tokens import Tokens, TokenStanding, mint
from simulators.server.responses import ApiError, malformed, parsed
from simulators.simulator import Simulator
from simulators.values.ids import random_id
from simulators.values.records import Table
from simulators.values.secret import same
from simulators.wallet.transactions import Transaction

TOKEN_SECONDS: Final = 3600

Path = Literal["auth", "start-session"]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What OPERATOR and CLIENT agreed on; ``version`` is the API's (None: any is answered).

    ``website`` is the CLIENT's, the only one that may frame the player's page (None: any may). ``server_ip`` are the
    IP addresses or networks that its server calls from; none stands for all.
    """

    username: str
    password: str = field(repr=False)
    currencies: Sequence[str] = ("EUR",)
    languages: Sequence[str] = ("en",)
    version: str | None = None
    website: str | None = None
    server_ip: Sequence[str] = ()

    def calls_from(self, address: str) -> bool:
        """Whether the CLIENT's server may call from ``address``, also where IPv4 is written as IPv6."""
        if not self.server_ip:
            return True
        caller = ipaddress.ip_address(address)
        plain = getattr(caller, "ipv4_mapped", None) or caller
        return any(plain in ipaddress.ip_network(each) for each in self.server_ip)


@dataclass(frozen=True, slots=True)
class Session:
    """A player's session, as the CLIENT started it; ``at`` is seconds since the epoch.

    ``key`` is the secret part of ``url``, ``form_token`` guards the page's forms.
    """

    player: str
    currency: str
    lang: str | None
    url: str
    at: float
    key: str = field(repr=False)
    form_token: str = field(repr=False)


# A bet's outcome, as the slip's event.
_ANSWERED: Final = {Status.OK: SlipEvent.ACCEPT, Status.REFUSED: SlipEvent.REFUSE}

_TOKEN_ERRORS: Final = {
    TokenStanding.EXPIRED: ("TOKEN_EXPIRED", "The token has expired."),
    TokenStanding.REVOKED: ("TOKEN_REVOKED", "The token was revoked."),
    TokenStanding.UNKNOWN: ("TOKEN_INVALID", "The token is none that this OPERATOR gave out."),
}
# What a request is answered whose token is to be renewed.
BAD_TOKEN: Final = frozenset(code for code, _ in _TOKEN_ERRORS.values())
_RENEW: Final = "Only a valid token says who asks. POST your credentials to /auth for a new one."


class OperatorSimulator(Simulator[Transaction]):
    """One OPERATOR for one CLIENT. Safe to use from several threads.

    ``queue`` delivers callbacks and brings the history along; ``seed`` makes the catalogue;
    ``token_seconds`` is for how long tokens are valid and may be set at any time; ``clock`` is seconds since the epoch.
    ``forgiving`` accepts what breaks the form only (Content-Type, a ``user_id`` that is a number, a currency,
    language, version or address not agreed), so that a judge sees what follows. ``public_url`` is where players
    reach the server (None: where the CLIENT does).
    """

    provider = PROVIDER
    kinds = frozenset(get_args(Path))
    owner = "the OPERATOR"

    def __init__(
        self,
        agreement: Agreement,
        queue: Callbacks,
        *,
        seed: int = 0,
        token_seconds: int = TOKEN_SECONDS,
        clock: Callable[[], float] = time.time,
        new_id: Callable[[], str] = random_id,
        forgiving: bool = False,
    ) -> None:
        super().__init__(queue)
        self.callbacks = queue
        self.agreement = agreement
        self._seed, self._opening = seed, datetime.now(UTC)
        self.token_seconds = token_seconds
        self.public_url: str | None = None
        self.forgiving = forgiving
        # Whose pages may frame the player's, besides the website's: addresses.
        self.framers: list[str] = []
        # Where the CLIENT's server called from: addresses.
        self.callers: set[str] = set()
        self.redactor = Redactor(
            {"SECURITY_HASH": queue.operator.secret, "CLIENT_PASSWORD": agreement.password}
        )
        self._new_id = new_id
        self.tokens = Tokens(clock)
        self._sessions = Table[str, Session]()
        self._slips = Table[str, world.Slip]()

    @cached_property
    def catalogue(self) -> Catalogue:
        """What can be bet on, made when it is first asked for."""
        return invent(self._seed, self._opening)

    # -- what the CLIENT asks for

    def auth(self, body: bytes) -> wire.AuthAnswer:
        """Answer ``POST /auth`` (``sportsbook.txt``, *Auth*); raises ApiError."""
        asked = _read(wire.AuthRequest, parsed(body))
        same_name = same(asked.username, self.agreement.username)
        same_word = same(asked.password, self.agreement.password)
        if not (same_name and same_word):
            raise ApiError(
                401,
                "BAD_CREDENTIALS",
                "The username or the password is not the agreed one. Only the CLIENT may open sessions. "
                "Check CLIENT_USERNAME and CLIENT_PASSWORD.",
            )
        seconds = self.token_seconds
        return wire.AuthAnswer(token=self.tokens.issue(seconds), expires_in=seconds)

    def start_session(self, token: str | None, body: bytes, base_url: str) -> wire.StartSessionAnswer:
        """Answer ``POST /start-session`` (``sportsbook.txt``, *Start session*); raises ApiError.

        ``token`` is the bearer token shown, None without one; ``base_url`` is where the CLIENT reached us.
        """
        if token is None:
            raise ApiError(401, "TOKEN_MISSING", f"There is no bearer token in Authorization. {_RENEW}")
        standing = self.tokens.standing(token)
        if standing is not TokenStanding.VALID:
            code, what = _TOKEN_ERRORS[standing]
            raise ApiError(401, code, f"{what} {_RENEW}")
        document = parsed(body)
        if self.forgiving:
            document = _forgive(document)
        asked = _read(wire.StartSessionRequest, document)
        if not self.forgiving:
            _agreed("currency", asked.currency, self.agreement.currencies, "CURRENCY_NOT_AGREED")
            if asked.lang is not None:
                _agreed("lang", asked.lang, self.agreement.languages, "LANGUAGE_NOT_AGREED")
        key = mint()
        url = f"{(self.public_url or base_url).rstrip('/')}/play/{key}"
        session = Session(asked.user_id, asked.currency, asked.lang, url, time.time(), key, mint())
        with self.lock:
            self._sessions[key] = session
        return wire.StartSessionAnswer(url=url)

    # -- what a judge looks at and sets

    @property
    def sessions(self) -> list[Session]:
        """The sessions started so far, the oldest first."""
        with self.lock:
            return list(self._sessions.values())

    def session(self, key: str) -> Session | None:
        """Return the session whose ``url`` ends in ``key``, None where there is none."""
        with self.lock:
            return self._sessions.get(key)

    @property
    def auth_requests(self) -> list[Exchange]:
        """The CLIENT's requests to ``/auth`` so far."""
        return self.requests("auth")

    @property
    def session_requests(self) -> list[Exchange]:
        """The CLIENT's requests to ``/start-session`` so far."""
        return self.requests("start-session")

    def revoke_tokens(self) -> None:
        """Make every token given out so far worthless."""
        self.tokens.revoke()

    def reached_at(self, url: str, public_url: str | None) -> None:  # noqa: ARG002
        """Players open their sessions at ``public_url``; without one, where the CLIENT itself reached the API."""
        self.public_url = public_url

    # -- what the player does

    def slips(self, player: str) -> list[world.Slip]:
        """Return the player's bet slips, the newest first."""
        with self.lock:
            return [slip for slip in reversed([*self._slips.values()]) if slip.player == player]

    def place(self, session: Session, stake: Decimal, selection_ids: Sequence[str]) -> world.Slip:
        """Place a bet and wait for the CLIENT's answer; raises world.Unacceptable."""
        known = self.catalogue.selections
        if unknown := [selection for selection in selection_ids if selection not in known]:
            raise world.Unacceptable(
                f"There is no outcome {unknown[0][:40]!r}. Only what is offered can be bet on. Reload."
            )
        chosen = tuple(known[selection] for selection in dict.fromkeys(selection_ids))
        slip, [bet] = world.place(
            self._new_id(), session.player, session.currency, stake, chosen, self._new_id
        )
        with self.lock:
            self._slips[slip.id] = slip
        sent = self.callbacks.operator.send(bet)
        return self.happen(slip.id, world.Happening(_ANSWERED.get(sent.status, SlipEvent.NO_ANSWER)))

    def happen(self, slip_id: str, happening: world.Happening) -> world.Slip:
        """Let ``happening`` come over a bet slip and deliver what follows.

        Raises KeyError where there is no such slip, lifecycle.IllegalTransition and world.Unacceptable.
        """
        with self.lock:
            slip, effects = world.handle(self._slips[slip_id], happening, self._new_id)
            self._slips[slip_id] = slip
            # Under the same lock: a slip and what is owed for it are never kept one without the other.
            owed = self.callbacks.claim(effects)
        self.callbacks.send(owed)
        return slip

    def duplicate(self, slip_id: str, transaction_id: str) -> Exchange:
        """Send the bet or a payment of a bet slip once more, byte for byte.

        Raises KeyError where there is no such slip, world.Unacceptable where it has no such transaction.
        """
        with self.lock:
            slip = self._slips[slip_id]
        if transaction_id in {slip.bet_id, *(payment.id for payment in slip.payments)}:
            for exchange in reversed(self.history.since(0)):
                known = getattr(exchange.message, "id", None)
                if exchange.copy_of is None and exchange.provider == PROVIDER and known == transaction_id:
                    return self.callbacks.operator.again(exchange)
        raise world.Unacceptable(
            "This bet has no such transaction that still stands. Only its bet and its payments can be sent "
            "again. Reload the page to see them."
        )

    # -- what outlives a restart

    def tables(self) -> dict[str, Table[Any, Any]]:
        """Tokens given out (by hash), sessions, bet slips, and what is owed to the CLIENT."""
        return {
            "tokens": self.tokens.given,
            "sessions": self._sessions,
            "slips": self._slips,
            **super().tables(),
        }

    def resumed(self) -> None:
        """A bet that was on its way has no answer that is known: it is rolled back."""
        super().resumed()
        for slip in list(self._slips.values()):
            if slip.state is SlipState.PLACED:
                happening = world.Happening(SlipEvent.NO_ANSWER)
                self._slips[slip.id], owed = world.handle(slip, happening, self._new_id)
                for message in owed:
                    self.callbacks.post(message)


def api_version(call: Exchange) -> str:
    """The API version in the address that the CLIENT called; empty where there is none."""
    return urlsplit(call.request.url).path.rpartition("/")[0].strip("/")


_Model = TypeVar("_Model", wire.AuthRequest, wire.StartSessionRequest)


def _read(model: type[_Model], document: Any) -> _Model:
    try:
        return model.model_validate(document)
    except ValidationError as error:
        raise malformed(error, model) from None


def _agreed(name: str, value: str, agreed: Sequence[str], code: str) -> None:
    if value not in agreed:
        raise ApiError(
            422,
            code,
            f"{name} is {value[:20]!r}. Agreed are {', '.join(agreed)}; others have no odds or texts. "
            "Send one of these, or agree on more with the OPERATOR.",
        )


def _forgive(document: Any) -> Any:
    given = document.get("user_id") if isinstance(document, dict) else None
    if isinstance(given, Decimal) and given.as_tuple().exponent == 0:
        return {**document, "user_id": str(given)}
    return document
