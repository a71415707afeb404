"""Every operation of the API as one table: the routes, the parsing and the OpenAPI document come from it.

Sources: the contract, part B (facts of the provider's public documentation) and part D (statuses).
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, Final

from pydantic import BaseModel

from simulators.jackpot import requests, wire
from simulators.jackpot.credentials.grants import Kind, Session
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.service import Service


@dataclass(frozen=True, slots=True)
class Ask:
    """A request, parsed: the parts of its path, its query, its body, and the session that asks."""

    path: Mapping[str, str]
    amount: Decimal | None = None
    body: Any = None
    session: Session | None = None


Call = Callable[[Service, Ask], Any]


@dataclass(frozen=True, slots=True)
class Operation:
    """One operation. ``id`` is its kind in the history, ``paths`` are all served alike.

    One of ``credentials`` is due (none: none is). ``body`` is a model, ``form`` says that it may be form-encoded;
    ``answer`` is a model, ``many`` of it where a list. ``problems`` are the error statuses of its own.
    """

    id: str
    method: str
    paths: tuple[str, ...]
    summary: str
    call: Call
    answer: type[BaseModel]
    credentials: tuple[Kind, ...] = ()
    many: bool = False
    body: tuple[type[BaseModel], ...] = ()
    form: bool = False
    amount: bool = False
    problems: frozenset[int] = field(default_factory=frozenset)
    recorded: bool = True

    @property
    def statuses(self) -> list[int]:
        """Every error status of the operation."""
        of_body = {400, 413} if self.body else set()
        of_query = {400} if self.amount else set()
        of_credential = {401, 403} if self.credentials else set()
        return sorted({*self.problems, *of_body, *of_query, *of_credential})


def _session(ask: Ask) -> Session:
    if ask.session is None:
        raise TypeError("the operation is open to sessions only, and there is none")
    return ask.session


def _put(word: str, event: VoucherEvent, summary: str) -> Operation:
    return Operation(
        word,
        "PUT",
        (f"/v2/vouchers/{{id}}/{word}", f"/v2/voucher/{{id}}/{word}"),
        summary,
        lambda service, ask: service.change(ask.path["id"], event),
        wire.VoucherDetails,
        (Kind.SERVER,),
        problems=frozenset({404, 409}),
    )


def _reserve(word: str, model: type[BaseModel], summary: str) -> Operation:
    def call(service: Service, ask: Ask) -> wire.Voucher:
        """Its body has the field ``word``, and an email."""
        session, store_id, offer_id = _session(ask), ask.path["storeId"], ask.path.get("offerId")
        return service.reserve(session, store_id, offer_id=offer_id, **ask.body.model_dump())

    return Operation(
        "reserve",
        "POST",
        (
            f"/v2/stores/{{storeId}}/reserve-voucher-by-{word}",
            f"/v2/stores/{{storeId}}/offers/{{offerId}}/reserve-voucher-by-{word}",
        ),
        summary,
        call,
        wire.Voucher,
        (Kind.SESSION,),
        body=(model,),
        problems=frozenset({404, 422}),
    )


# What reads the catalogue: the CLIENT's key, or a player's session.
_CATALOGUE: Final = (Kind.API_KEY, Kind.SESSION)

OPERATIONS: Final = (
    Operation(
        "token",
        "POST",
        ("/v2/token",),
        "Exchange a session's JWT, or the client_secret, for a token",
        lambda service, ask: service.token(ask.body),
        requests.Token,
        body=(requests.JwtBearerGrant, requests.ClientCredentialsGrant),
        form=True,
        problems=frozenset({401, 409, 422}),
    ),
    Operation(
        "stores",
        "GET",
        ("/v2/stores",),
        "The stores that are offered, with all properties",
        lambda service, _ask: service.stores(),
        wire.Store,
        _CATALOGUE,
        many=True,
    ),
    Operation(
        "proposed-vouchers",
        "GET",
        ("/v2/stores/proposed-vouchers",),
        "Vouchers to choose from, of all stores",
        lambda service, ask: service.proposed(amount=ask.amount),
        requests.ProposedVoucher,
        _CATALOGUE,
        many=True,
        amount=True,
    ),
    Operation(
        "proposed-vouchers",
        "GET",
        ("/v2/stores/{storeId}/proposed-vouchers",),
        "Vouchers to choose from, of one store",
        lambda service, ask: service.proposed(ask.path["storeId"], ask.amount),
        requests.ProposedVoucher,
        _CATALOGUE,
        many=True,
        amount=True,
        problems=frozenset({404}),
    ),
    Operation(
        "offer",
        "GET",
        ("/v2/stores/{storeId}/offers/{offerId}",),
        "What a store sells under one discount",
        lambda service, ask: service.offer(ask.path["storeId"], ask.path["offerId"]),
        requests.Offer,
        _CATALOGUE,
        problems=frozenset({404}),
    ),
    _reserve("price", requests.ReserveByPrice, "Reserve the voucher that costs exactly this"),
    _reserve("value", requests.ReserveByValue, "Reserve a voucher that is worth this"),
    _put("confirm", VoucherEvent.CONFIRM, "Confirm a reserved voucher"),
    _put("cancel", VoucherEvent.CANCEL, "Cancel a reserved voucher"),
    _put("refund", VoucherEvent.ASK_REFUND, "Ask for the refund of a confirmed voucher"),
    Operation(
        "voucher",
        "GET",
        ("/v2/vouchers/{id}",),
        "A voucher as it stands now",
        lambda service, ask: service.details(ask.path["id"]),
        wire.VoucherDetails,
        (Kind.SERVER,),
        problems=frozenset({404}),
    ),
    Operation(
        "signedurl",
        "GET",
        ("/v2/vouchers/{id}/signedurl",),
        "A new signed URL of the voucher's PDF, for one hour",
        lambda service, ask: service.signed_url(ask.path["id"]),
        requests.SignedUrl,
        (Kind.SERVER,),
        problems=frozenset({404, 409}),
    ),
    Operation(
        "widget-offers",
        "GET",
        ("/widget/offers",),
        "What the widget shows to a session",
        lambda service, ask: service.widget_offers(_session(ask)),
        requests.WidgetOffers,
        (Kind.SESSION,),
        recorded=False,
    ),
)

# What a recorded request is called in the history, and what can be disturbed.
KINDS: Final = frozenset(operation.id for operation in OPERATIONS if operation.recorded)
