"""The routes of vouchers: sessions, purchases, the catalogue, the widget's page; and Jackpot's notifications.

As the rest of the site, it has no login, because it exists to be driven by tests: bind it to loopback only.
"""

from decimal import Decimal

from flask import Blueprint, Response, request

from client_under_test.responses import json_response, problem, widget_page
from client_under_test.values.fields import json_object
from client_under_test.values.refusals import Refused
from client_under_test.vouchers.jackpot_api import JackpotFailed
from client_under_test.vouchers.notifications import BODY_LIMIT
from client_under_test.vouchers.service import VoucherService
from client_under_test.wallet.accounts import UnknownPlayer

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


def blueprint(service: VoucherService) -> Blueprint:
    """Return the routes of vouchers."""
    routes = Blueprint("vouchers", __name__)
    _notifications(routes, service)
    _purchases(routes, service)
    _stores(routes, service)

    @routes.errorhandler(Refused)
    def refused(error: Refused) -> tuple[Response, int]:
        return problem(error.code, _MESSAGES.get(error.code, "This cannot be read."), 422)

    @routes.errorhandler(UnknownPlayer)
    def unknown(_error: UnknownPlayer) -> tuple[Response, int]:
        return problem("UNKNOWN_PLAYER", "There is no such player; POST /players opens one.", 404)

    @routes.errorhandler(JackpotFailed)
    def failed(_error: JackpotFailed) -> tuple[Response, int]:
        return problem("JACKPOT_UNAVAILABLE", "The voucher provider is not available. Try again.", 502)

    return routes


def _notifications(routes: Blueprint, service: VoucherService) -> None:
    @routes.post("/jackpot/notifications")
    def notification() -> tuple[Response, int]:
        request.max_content_length = BODY_LIMIT
        body = request.get_data(cache=False)
        try:
            return json_response({"status": service.notified(request.content_type, body)}), 200
        except Refused as refusal:
            return problem(refusal.code, "This is no notification that we understand.", 400)


def _purchases(routes: Blueprint, service: VoucherService) -> None:
    @routes.post("/vouchers/session")
    def session() -> Response:
        return json_response(service.session(json_object(request.get_data())))

    @routes.get("/vouchers/<notification_key>")
    def purchase(notification_key: str) -> tuple[Response, int]:
        found = None if "\0" in notification_key else service.purchase(notification_key)
        if found is None:
            return problem("UNKNOWN_VOUCHER", "There is no conversion of that key.", 404)
        return json_response(found), 200

    @routes.post("/vouchers/sweep")
    def sweep() -> Response:
        given = json_object(request.get_data()).get("now") if request.content_length else None
        if isinstance(given, str) and given.isdecimal():
            given = int(given)
        if given is None:
            given = int(service.config.clock())
        if isinstance(given, bool) or not isinstance(given, int | Decimal) or not 0 <= given < _LAST_MOMENT:
            raise Refused("INVALID_NOW")
        return json_response({"released": service.sweep(int(given))})

    @routes.get("/vouchers/page")
    def page() -> Response:
        provider = service.config.jackpot_url.rstrip("/")
        return widget_page("vouchers.html", provider, player=request.args.get("user_id", ""))


def _stores(routes: Blueprint, service: VoucherService) -> None:
    @routes.get("/stores")
    def all_stores() -> Response:
        return json_response(service.catalogue.all_offered())

    @routes.get("/stores/<store_id>")
    def store(store_id: str) -> tuple[Response, int]:
        data = service.catalogue.offered(store_id)
        if data is None:
            return problem("UNKNOWN_STORE", "No such store is offered now.", 404)
        return json_response(data), 200

    @routes.post("/stores/refresh")
    def refresh() -> Response:
        service.catalogue.replace_all(service.jackpot.catalogue())
        return json_response({"stores": len(service.catalogue.all_offered())})
