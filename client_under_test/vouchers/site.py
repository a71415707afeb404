"""Vouchers on the site: sessions, purchases, the catalogue, the widget's page; and Jackpot's notifications.

As the rest of the site, it has no login, because it exists to be driven by tests: bind it to loopback only.
"""

import logging
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from client_under_test.config import Config
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import Jackpot, JackpotFailed
from client_under_test.vouchers.notifications import BODY_LIMIT, NoticeReader, text
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.session_tokens import Minter
from client_under_test.vouchers.worker import Worker
from client_under_test.wallet import decimal_json, money
from client_under_test.wallet.accounts import UnknownPlayer
from client_under_test.wallet.refusals import Refused

log = logging.getLogger(__name__)

# Far enough, and still a number that every database takes.
_LAST_MOMENT = 10**12

_MESSAGES = {
    "PLAYER_BANNED": "The account is closed for now.",
    "INVALID_CURRENCY": "Only accounts in the currency of the vouchers can be converted.",
    "INVALID_AMOUNT": "amount must be more than 0, in whole units of the currency, such as 25 or 19.99.",
    "INSUFFICIENT_FUNDS": "The balance does not cover the amount. Ask for less.",
    "INVALID_USER_ID": "user_id must be the player's id, a text.",
    "INVALID_NOW": "now must be a moment in seconds since the epoch.",
    "INVALID_JSON": "The body is not a JSON object; send user_id and amount.",
}


@dataclass(frozen=True)
class VoucherDesk:
    """Everything that vouchers need, and what each route does with it."""

    config: Config
    minter: Minter
    conversions: Conversions
    reader: NoticeReader
    inbox: Inbox
    catalogue: Catalogue
    resolver: Resolver
    worker: Worker
    jackpot: Jackpot

    def session(self, document: dict[str, Any]) -> dict[str, str]:
        """Hold what the player asks to convert and mint the token for it; raises Refused, UnknownPlayer."""
        player, given = text(document, "user_id"), document.get("amount")
        if isinstance(given, str):
            given = money.spelled(given)
        if isinstance(given, bool) or not isinstance(given, int | Decimal):
            raise Refused("INVALID_AMOUNT")
        amount = self.amount(Decimal(given))
        row = self.conversions.open(player, amount)
        return {"token": self.token(row), "notification_key": row.notification_key}

    def amount(self, given: Decimal) -> int:
        """Read what the player asks to convert, in minor units; raises Refused."""
        return money.to_minor(given, self.config.voucher_currency)

    def token(self, row: Conversion) -> str:
        """Return the JWT of a session."""
        return self.minter.mint(row.player, row.amount, row.currency, row.notification_key, row.iat)

    def purchase(self, notification_key: str) -> dict[str, Any] | None:
        """Return how a conversion stands, None where there is none."""
        row = self.conversions.by_key(notification_key)
        if row is None:
            return None
        return {
            "notification_key": row.notification_key,
            "state": row.state,
            "voucher_id": row.voucher_id,
            "amount": self.shown(row.amount, row),
            "price": None if row.price is None else self.shown(row.price, row),
            "held": self.shown(row.held, row),
            "spent": self.shown(row.spent, row),
            "currency": row.currency,
            "url": self.resolver.url(row, self.config.clock()),
        }

    def shown(self, minor: int, row: Conversion) -> str:
        """Write an amount of a conversion."""
        return money.written(minor, row.currency)

    def sweep(self, now: int) -> list[str]:
        """Give back what sessions hold that ended unused by ``now``; return their notificationKeys."""
        return [
            self.conversions.get(conversion_id).notification_key
            for conversion_id in self.conversions.ended(now)
            if not self.inbox.hints(conversion_id) and self.conversions.expire(conversion_id, now)
        ]

    def notified(self, content_type: str | None, body: bytes) -> str:
        """Keep a notification and have it worked on; return what became of it. Raises Refused.

        It is safe when this returns, done or not: what the provider is too slow for is done later.
        """
        notice = self.reader.read(content_type, body)
        if notice is None:
            return "ignored"
        conversion_id = self.inbox.receive(notice, body)
        if conversion_id is None:
            return "done"
        return "done" if self.worker.wait(conversion_id, self.config.acknowledge_within) else "kept"


def blueprint(desk: VoucherDesk) -> Blueprint:
    """Return the routes of vouchers."""
    routes = Blueprint("vouchers", __name__)
    _notifications(routes, desk)
    _purchases(routes, desk)
    _stores(routes, desk)

    @routes.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return _problem(error.code, _MESSAGES.get(error.code, "This cannot be read."), 422)

    @routes.errorhandler(UnknownPlayer)
    def unknown(_error: UnknownPlayer) -> tuple[Response, int]:
        return _problem("UNKNOWN_PLAYER", "There is no such player; POST /players opens one.", 404)

    @routes.errorhandler(JackpotFailed)
    def failed(_error: JackpotFailed) -> tuple[Response, int]:
        return _problem("JACKPOT_UNAVAILABLE", "The voucher provider is not available. Try again.", 502)

    return routes


def _notifications(routes: Blueprint, desk: VoucherDesk) -> None:
    @routes.post("/jackpot/notifications")
    def notification() -> tuple[Response, int]:
        request.max_content_length = BODY_LIMIT
        body = request.get_data(cache=False)
        try:
            return _json({"status": desk.notified(request.content_type, body)}), 200
        except Refused as refusal:
            return _problem(refusal.code, "This is no notification that we understand.", 400)


def _purchases(routes: Blueprint, desk: VoucherDesk) -> None:
    @routes.post("/vouchers/session")
    def session() -> Response:
        return _json(desk.session(_body()))

    @routes.get("/vouchers/<notification_key>")
    def purchase(notification_key: str) -> tuple[Response, int]:
        found = None if "\0" in notification_key else desk.purchase(notification_key)
        if found is None:
            return _problem("UNKNOWN_VOUCHER", "There is no conversion of that key.", 404)
        return _json(found), 200

    @routes.post("/vouchers/sweep")
    def sweep() -> Response:
        given = _body().get("now") if request.content_length else None
        if isinstance(given, str) and given.isdecimal():
            given = int(given)
        if given is None:
            given = int(desk.config.clock())
        if isinstance(given, bool) or not isinstance(given, int | Decimal) or not 0 <= given < _LAST_MOMENT:
            raise Refused("INVALID_NOW")
        return _json({"released": desk.sweep(int(given))})

    @routes.get("/vouchers/page")
    def page() -> Response:
        widget = desk.config.jackpot_url.rstrip("/")
        answer = Response(
            render_template("vouchers.html", widget=widget, player=request.args.get("user_id", ""))
        )
        parts = urlsplit(widget)
        theirs = f"{parts.scheme}://{parts.netloc}"
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {theirs}; connect-src 'self' {theirs}; "
            f"img-src 'self' data: {theirs}; style-src 'self' 'unsafe-inline' {theirs}; "
            f"font-src 'self' data: {theirs}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        return answer


def _stores(routes: Blueprint, desk: VoucherDesk) -> None:
    @routes.get("/stores")
    def all_stores() -> Response:
        return _json(desk.catalogue.all_offered())

    @routes.get("/stores/<store_id>")
    def store(store_id: str) -> tuple[Response, int]:
        data = desk.catalogue.offered(store_id)
        if data is None:
            return _problem("UNKNOWN_STORE", "No such store is offered now.", 404)
        return _json(data), 200

    @routes.post("/stores/refresh")
    def refresh() -> Response:
        desk.catalogue.replace_all(desk.jackpot.catalogue())
        return _json({"stores": len(desk.catalogue.all_offered())})


def _body() -> dict[str, Any]:
    try:
        document = decimal_json.loads(request.get_data())
    except ValueError:
        document = None
    if not isinstance(document, dict):
        raise Refused("INVALID_JSON")
    return document


def _problem(code: str, message: str, status: int) -> tuple[Response, int]:
    return _json({"error": code, "message": message}), status


def _json(value: Any) -> Response:
    return Response(decimal_json.dumps(value) + "\n", content_type="application/json")
