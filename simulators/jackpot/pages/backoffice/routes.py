"""The back-office: settings, vouchers, stores and deliveries, as pages of plain forms.

Implements what ``voucher-webhook.txt`` tells of it: the notification URL, and for a chosen store a test webhook
of each store event. Confirming, refunds, changes of stores and "send again" are the staging's levers.
"""

from datetime import UTC, datetime
from typing import Final

from flask import Blueprint, Response, make_response, redirect, request, url_for
from werkzeug.exceptions import HTTPException

from simulators.jackpot.catalogue import pricing
from simulators.jackpot.pages.backoffice.deliveries import DeliveryPages
from simulators.jackpot.pages.backoffice.page import Backoffice, render
from simulators.jackpot.pages.backoffice.settings import SettingsPages
from simulators.jackpot.pages.backoffice.stores import StorePages
from simulators.jackpot.pages.backoffice.vouchers import VoucherPages
from simulators.jackpot.pages.backoffice.words import language
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.access import csrf
from simulators.server.access.gate import NotAdmitted, login_page

NAME: Final = "backoffice"
PREFIX: Final = "/back-office"
_LOGIN: Final = "log_in"
_WHAT: Final = "Jackpot's back-office"


def blueprint(simulator: JackpotSimulator) -> Blueprint:
    """Return the back-office of ``simulator``, under PREFIX."""
    backoffice = Backoffice(simulator)
    settings, vouchers = SettingsPages(backoffice), VoucherPages(backoffice)
    stores, deliveries = StorePages(backoffice), DeliveryPages(backoffice)
    pages = Blueprint(NAME, __name__, url_prefix=PREFIX, template_folder="../templates")
    pages.before_request(lambda: _admit(simulator))
    pages.register_error_handler(NotAdmitted, lambda wrong: login_page(_WHAT, _login_address(), wrong))
    pages.add_url_rule("/login", _LOGIN, lambda: _log_in(simulator), methods=["POST"])
    pages.add_app_template_filter(lambda amount: language().money(amount, pricing.CURRENCY), "euros")
    pages.add_app_template_filter(_moment, "moment")
    for path, endpoint, show in (
        ("", "settings", settings.settings),
        ("/webhook", "webhook", stores.webhook),
        ("/vouchers", "vouchers", vouchers.vouchers),
        ("/stores", "stores", stores.stores),
        ("/stores/new", "new_store", stores.new),
        ("/stores/<store_id>", "store", stores.store),
        ("/deliveries", "deliveries", deliveries.deliveries),
        ("/deliveries/<int:delivery_id>", "delivery", deliveries.delivery),
        ("/widget", "widget", settings.widget),
    ):
        pages.add_url_rule(path, endpoint, show, methods=["GET"])
    for path, endpoint, act, page in (
        ("/settings", "save_settings", settings.save, settings.settings),
        ("/signature", "show_signature", settings.signature, settings.settings),
        ("/vouchers/<voucher_id>", "happen", vouchers.happen, vouchers.vouchers),
        ("/vouchers/<voucher_id>/expire-url", "expire_url", vouchers.expire_url, vouchers.vouchers),
        ("/stores/new", "add_store", stores.add, stores.new),
        ("/webhook", "test_webhook", stores.test_webhook, stores.webhook),
        ("/stores/<store_id>/offered", "offer", stores.offer, stores.store),
        ("/stores/<store_id>/change", "change", stores.change, stores.store),
        ("/deliveries/<int:delivery_id>/again", "again", deliveries.again, deliveries.delivery),
    ):
        pages.add_url_rule(path, endpoint, backoffice.acting(act, page), methods=["POST"])
    return pages


def _admit(simulator: JackpotSimulator) -> Response | None:
    csrf.check_host([simulator.account.public_url])
    csrf.check_site()
    if simulator.gate is None or request.endpoint == f"{NAME}.{_LOGIN}":
        return None
    return simulator.gate.admit(_WHAT, _login_address())


def _login_address() -> str:
    """Where the login page's form leads; it comes back to the page that was asked for."""
    if request.method != "GET":
        return url_for(f".{_LOGIN}")
    query = f"?{request.query_string.decode()}" if request.query_string else ""
    return url_for(f".{_LOGIN}", to=request.path + query)


def _log_in(simulator: JackpotSimulator) -> Response:
    asked = request.args.get("to", "")
    # It may be anybody's text: only an address of the back-office is led to.
    back = request.script_root + asked if serves(asked.partition("?")[0]) else url_for(".settings")
    if simulator.gate is None:
        return make_response(redirect(back, 303))
    secure = simulator.account.public_url.startswith("https:")
    return simulator.gate.log_in(_WHAT, back, secure=secure, action=url_for(f".{_LOGIN}", to=asked))


def serves(path: str) -> bool:
    """Whether ``path`` is one of the back-office, so that its errors are pages."""
    return path == PREFIX or path.startswith(f"{PREFIX}/")


def error_page(error: HTTPException) -> Response:
    """Return ``error`` as a page for people."""
    return render("backoffice/error.html", error.code or 500, error=error)


def _moment(seconds: float | datetime) -> str:
    instant = seconds if isinstance(seconds, datetime) else datetime.fromtimestamp(seconds, UTC)
    return language().instant(instant)
