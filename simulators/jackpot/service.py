"""What Jackpot answers to its callers: tokens, the catalogue, vouchers (contract, part B and D)."""

from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Final

from simulators.jackpot import wire, world
from simulators.jackpot.account import Account
from simulators.jackpot.catalogue import pricing, stores
from simulators.jackpot.catalogue.proposals import proposals
from simulators.jackpot.catalogue.stores import Listing
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.credentials.grants import Credentials, Kind, Session, SessionStanding, UsedJwt
from simulators.jackpot.credentials.signed_urls import Signer, UrlStanding
from simulators.jackpot.lifecycle import IllegalTransition, VoucherEvent, VoucherState
from simulators.jackpot.requests import (
    ClientCredentialsGrant,
    JwtBearerGrant,
    Offer,
    ProposedVoucher,
    SignedUrl,
    Token,
    WidgetOffers,
    WidgetStore,
)
from simulators.jackpot.world import Voucher
from simulators.server.responses import ApiError
from simulators.values.secret import same

_TOKEN_ERRORS: Final = {
    SessionStanding.UNKNOWN: ("TOKEN_INVALID", "The token is none that Jackpot gave out."),
    SessionStanding.EXPIRED: ("TOKEN_EXPIRED", "The token has expired after its hour."),
    SessionStanding.USED: ("SESSION_ENDED", "The session ended when it reserved its voucher."),
}
# What the widget calls itself where no client_id is agreed.
WIDGET_CLIENT_ID: Final = "widget"
_EXPECTED: Final = {
    Kind.API_KEY: "the CLIENT's key in the header apikey",
    Kind.SESSION: "a session's token in Authorization: Bearer, from POST /v2/token with a JWT as assertion",
    Kind.SERVER: "a server's token in Authorization: Bearer, from POST /v2/token with the client_secret",
}


@dataclass(frozen=True, slots=True)
class Agreement:
    """What was agreed; ``client_id`` None is the API key, ``email`` is the default for vouchers."""

    api_key: str = field(repr=False)
    api_signature: str = field(repr=False)
    client_secret: str = field(repr=False)
    client_id: str | None = None
    email: str = "vouchers@client.example"


class Service:
    """Answers the API's calls for one CLIENT. Safe to use from several threads.

    ``clock`` is seconds since the epoch.
    """

    def __init__(
        self, agreement: Agreement, account: Account, signer: Signer, clock: Callable[[], float]
    ) -> None:
        self.agreement = agreement
        self.account = account
        self.signer = signer
        self.credentials = Credentials()
        self._clock = clock
        self._lock = account.lock

    # -- who asks

    def authenticate(self, due: tuple[Kind, ...], api_key: str | None, bearer: str | None) -> Session | None:
        """Check the credentials shown, one of which must be of a kind in ``due``; return the session where it is one.

        Raises ApiError: 401 where none holds, 403 where one holds but another kind is due.
        """
        good: list[tuple[Kind, Session | None]] = []
        bad: tuple[str, str] | None = None
        if api_key is not None:
            if same(api_key, self.agreement.api_key):
                good.append((Kind.API_KEY, None))
            else:
                bad = ("API_KEY_INVALID", "The apikey is not the CLIENT's.")
        if bearer is not None:
            with self._lock:
                kind, standing, session = self.credentials.token(bearer, self._clock())
            if kind is not None and standing is SessionStanding.VALID:
                good.append((kind, session))
            else:
                bad = _TOKEN_ERRORS[standing]
        for kind, session in good:
            if kind in due:
                return session
        expected = f"Due is {', or '.join(_EXPECTED[kind] for kind in due)}."
        if good:
            raise ApiError(
                403,
                "WRONG_CREDENTIAL",
                f"The {good[0][0]} shown holds, but not for this: each kind opens what it must and no more. "
                f"{expected}",
            )
        code, came = bad or ("CREDENTIALS_MISSING", "There is no credential.")
        raise ApiError(401, code, f"{came} Only who is known may ask. {expected}")

    def token(self, asked: JwtBearerGrant | ClientCredentialsGrant) -> Token:
        """Answer ``POST /v2/token``; raises ApiError."""
        agreed = self.agreement
        known = [agreed.client_id or agreed.api_key]
        if isinstance(asked, JwtBearerGrant):
            # Jackpot's own widget says who it is where no client_id is agreed: pages never show the API key.
            known.append(WIDGET_CLIENT_ID)
        if not any(same(asked.client_id, each) for each in known):
            raise ApiError(
                401,
                "CLIENT_UNKNOWN",
                "The client_id is not the agreed one. It says whose secrets are due. "
                "Send the agreed one, or the API key where none was agreed on.",
            )
        if isinstance(asked, ClientCredentialsGrant):
            return self._server_token(asked)
        now = self._clock()
        try:
            claims = session_jwt.verify(asked.assertion, agreed.api_signature, now)
        except session_jwt.BadJwt as error:
            status = 422 if error.fault is session_jwt.SessionProblem.CLAIMS else 401
            raise ApiError(status, error.fault.code, error.fault.message) from None
        with self._lock:
            try:
                minted, session = self.credentials.open_session(asked.assertion, claims, now)
            except UsedJwt:
                raise ApiError(
                    409,
                    "JWT_USED",
                    "The JWT opened a session before. It works once, so that nobody spends it again. "
                    "Mint a new one.",
                ) from None
        return Token(access_token=minted, expires_in=max(int(session.ends - now), 1))

    def _server_token(self, asked: ClientCredentialsGrant) -> Token:
        if not same(asked.client_secret, self.agreement.client_secret):
            raise ApiError(
                401,
                "CLIENT_SECRET_INVALID",
                "The client_secret is not the agreed one. Only the CLIENT's server may ask. Check it in the "
                "back-office.",
            )
        now = self._clock()
        with self._lock:
            minted, ends = self.credentials.open_server(now)
        return Token(access_token=minted, expires_in=int(ends - now))

    # -- the catalogue

    def stores(self) -> list[wire.Store]:
        """Answer ``GET /v2/stores``: the stores that are offered."""
        account = self.account
        return [account.published(each.store) for each in account.listings if each.enabled]

    def proposed(self, store_id: str | None = None, amount: Decimal | None = None) -> list[ProposedVoucher]:
        """Answer ``proposed-vouchers`` of one store or all, for ``amount`` (EUR) at most; raises ApiError."""
        if store_id is not None:
            return proposals(self._offered(store_id).store, amount)
        offered = [each.store for each in self.account.listings if each.enabled]
        return [proposal for store in offered for proposal in proposals(store, amount)]

    def offer(self, store_id: str, offer_id: str) -> Offer:
        """Answer ``GET /v2/stores/{id}/offers/{offerId}``: what is sold under one discount; raises ApiError."""
        store = self._offered(store_id).store
        found = next((each for each in pricing.offers(store) if each.id == offer_id), None)
        if found is None:
            raise _missing("OFFER", f"GET /v2/stores/{store_id[:40]}/proposed-vouchers")
        low, high = pricing.span(store, found)
        return Offer(
            store_id=store.id,
            offer_id=found.id,
            voucher_value_min=low,
            voucher_value_max=high,
            discount_rate=found.rate,
        )

    def price(self, store_id: str, value: Decimal) -> Decimal:
        """What ``value`` (EUR) costs at a store; raises ApiError."""
        try:
            return pricing.price_of(self._offered(store_id).store, value)
        except pricing.Unacceptable as error:
            raise ApiError(422, error.code, str(error)) from None

    def widget_offers(self, session: Session) -> WidgetOffers:
        """What the widget shows to ``session``: the stores where its amount buys something."""
        amount = session.claims.amount
        found = [(store, proposals(store, amount, spend_all=True)) for store in self.stores()]
        shown = tuple(
            WidgetStore(store=store, proposed_vouchers=tuple(some)) for store, some in found if some
        )
        return WidgetOffers(amount=amount, stores=shown)

    # -- vouchers

    def reserve(
        self,
        session: Session,
        store_id: str,
        *,
        price: Decimal | None = None,
        value: Decimal | None = None,
        offer_id: str | None = None,
        email: str | None = None,
    ) -> wire.Voucher:
        """Answer a reservation by ``price`` or ``value`` (EUR), which ends ``session``; raises ApiError."""
        claims = session.claims
        with self._lock:
            if self.credentials.session(session.id).voucher_id is not None:
                raise ApiError(401, *_ended())
            self._offered(store_id)
            if offer_id is not None:
                self.offer(store_id, offer_id)
            asked = self.account.reservation(
                claims.amount,
                manual=True if claims.force_manual_confirm else None,
                price=price,
                value=value,
                offer_id=offer_id,
                email=email or self.agreement.email,
                notification_key=claims.notification_key,
                user_id=claims.user_id,
            )
            try:
                voucher = self.account.reserve(store_id, asked)
            except pricing.Unacceptable as error:
                raise ApiError(422, error.code, str(error)) from None
            self.credentials.use(session, voucher.id)
            return world.seen(voucher, self.account.environment())

    def details(self, voucher_id: str) -> wire.VoucherDetails:
        """Answer ``GET /v2/vouchers/{id}``; raises ApiError."""
        return world.details(self._voucher(voucher_id), self.account.environment())

    def change(self, voucher_id: str, event: VoucherEvent) -> wire.VoucherDetails:
        """Answer ``PUT`` confirm, cancel and refund of a voucher; raises ApiError."""
        with self._lock:
            self._voucher(voucher_id)
            try:
                voucher = self.account.happen(voucher_id, event)
            except IllegalTransition as error:
                raise ApiError(409, "ILLEGAL_TRANSITION", str(error)) from None
            return world.details(voucher, self.account.environment())

    def signed_url(self, voucher_id: str) -> SignedUrl:
        """Answer ``GET /v2/vouchers/{id}/signedurl`` with a new one; raises ApiError."""
        url = world.details(self._ready(voucher_id), self.account.environment()).url
        return SignedUrl(signed_url=str(url))

    def voucher_at(self, voucher_id: str, access_id: str, expires: str, signature: str) -> Voucher:
        """Return the voucher whose PDF is behind a signed URL; raises ApiError."""
        standing = self.signer.standing(
            self._voucher(voucher_id), access_id, expires, signature, self._clock()
        )
        if standing is UrlStanding.FORGED:
            raise ApiError(
                401,
                "SIGNED_URL_INVALID",
                "The address is not signed by Jackpot. Only its signature opens the file. "
                "GET /v2/vouchers/{id}/signedurl for a good one, and leave it unchanged.",
            )
        if standing is UrlStanding.EXPIRED:
            raise ApiError(
                401,
                "SIGNED_URL_EXPIRED",
                "The address has expired after its hour. GET /v2/vouchers/{id}/signedurl for a new one.",
            )
        return self._ready(voucher_id)

    def pictured(self, path: str) -> tuple[wire.Store, str]:
        """Return the store whose picture is at ``path``, and which one that is; raises ApiError."""
        for listing in self.account.listings:
            properties = listing.store.model_dump()
            for name in stores.PICTURES:
                if properties[name] == path:
                    return listing.store, name
        raise _missing("PICTURE", "GET /v2/stores")

    def _voucher(self, voucher_id: str) -> Voucher:
        try:
            return self.account.voucher(voucher_id)
        except KeyError:
            raise _missing("VOUCHER", "the answer to the reservation") from None

    def _ready(self, voucher_id: str) -> Voucher:
        voucher = self._voucher(voucher_id)
        if voucher.state is not VoucherState.READY:
            raise ApiError(
                409,
                "NOT_READY",
                f"The voucher is {voucher.state}. It has a file while it is READY only. "
                "Wait for coupon/ready.",
            )
        return voucher

    def _offered(self, store_id: str) -> Listing:
        try:
            return self.account.offered(store_id)
        except KeyError:
            raise _missing("STORE", "GET /v2/stores") from None


def _ended() -> tuple[str, str]:
    code, came = _TOKEN_ERRORS[SessionStanding.USED]
    return code, f"{came} One session, one voucher. Open a new one with a new JWT."


def _missing(what: str, where: str) -> ApiError:
    return ApiError(
        404,
        f"{what}_NOT_FOUND",
        f"There is no such {what.lower()}, or it is not offered now. Ids are Jackpot's. "
        f"Take one from {where}.",
    )
