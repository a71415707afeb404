"""The routes of the shop: products, tokens, the product page, checkouts; and the provider's decisions.

As the rest of the site, it has no login, because it exists to be driven by tests: bind it to loopback only.
"""

import logging

from flask import Blueprint, Response, request

from client_under_test.responses import json_response, problem, widget_page
from client_under_test.shop.checkout_api import CheckoutFailed
from client_under_test.shop.decisions import BODY_LIMIT, BadSignature
from client_under_test.shop.orders import UnknownCheckout
from client_under_test.shop.products import UnknownProduct
from client_under_test.shop.service import CheckoutService
from client_under_test.values.refusals import Refused

log = logging.getLogger(__name__)


def blueprint(service: CheckoutService) -> Blueprint:
    """Return the routes of checkouts."""
    routes = Blueprint("checkout", __name__, url_prefix="/checkout")
    _shop(routes, service)
    _checkouts(routes, service)

    @routes.errorhandler(UnknownProduct)
    def no_product(_error: UnknownProduct) -> tuple[Response, int]:
        return problem("UNKNOWN_PRODUCT", "Nothing is sold under that variant. Choose another.", 404)

    @routes.errorhandler(UnknownCheckout)
    def no_checkout(_error: UnknownCheckout) -> tuple[Response, int]:
        return problem("UNKNOWN_CHECKOUT", "There is no checkout of that merchantReference.", 404)

    @routes.errorhandler(CheckoutFailed)
    def failed(error: CheckoutFailed) -> tuple[Response, int]:
        log.warning("no checkout was created: %s", error)
        if error.refused:
            return problem("CHECKOUT_REFUSED", "The checkout cannot be opened. Load the page again.", 502)
        return problem("CHECKOUT_UNAVAILABLE", "The checkout is not available. Try again.", 502)

    return routes


def _shop(routes: Blueprint, service: CheckoutService) -> None:
    @routes.get("/products")
    def products() -> Response:
        return json_response(service.products())

    @routes.get("/token")
    def token() -> Response:
        return json_response(service.answer(service.order(_variant())))

    @routes.get("/page")
    def page() -> Response:
        product = service.catalogue.find(_variant())
        earlier = request.args.get("order", "")
        if earlier:
            earlier = service.came_back(_plain(earlier), request.args.get("from", ""))
        order = service.order(product.reference)
        return widget_page(
            "checkout.html",
            service.api.base,
            product=service.shown(product),
            merchant=service.config.merchant_id,
            reference=order.reference,
            earlier=earlier,
            token=service.token(order),
        )


def _checkouts(routes: Blueprint, service: CheckoutService) -> None:
    @routes.get("/orders/<reference>")
    def order(reference: str) -> Response:
        return json_response(service.status(_plain(reference)))

    @routes.post("/orders/<reference>/start")
    def start(reference: str) -> tuple[Response, int]:
        try:
            return json_response(service.start(_plain(reference))), 200
        except Refused as refusal:
            return problem(refusal.code, "This checkout has its decision. Load the page again.", 409)

    @routes.post("/decisions")
    def decision() -> tuple[Response, int]:
        request.max_content_length = BODY_LIMIT
        body = request.get_data(cache=False)
        try:
            return json_response({"status": service.decided(request.content_type, body)}), 200
        except Refused as refusal:
            return problem(refusal.code, "This is no decision that we understand.", 400)
        except BadSignature:
            return problem("BAD_SIGNATURE", "The decision is not signed as agreed.", 401)


def _variant() -> str:
    return request.args.get("variant", "")


def _plain(reference: str) -> str:
    # No database takes it, and none of our references has it.
    if "\0" in reference:
        raise UnknownCheckout(reference)
    return reference
