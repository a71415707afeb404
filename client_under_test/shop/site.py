"""The shop on the site: products, tokens, the product page, checkouts; and the provider's decisions.

As the rest of the site, it has no login, because it exists to be driven by tests: bind it to loopback only.
"""

import logging
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, render_template, request

from client_under_test.config import Config
from client_under_test.shop.checkout_api import CheckoutApi, CheckoutFailed
from client_under_test.shop.decisions import BODY_LIMIT, BadSignature, DecisionReader
from client_under_test.shop.orders import OPEN, Order, Orders, UnknownCheckout
from client_under_test.shop.products import Price, Product, Shelf, UnknownProduct
from client_under_test.shop.tokens import CheckoutMinter, plainest
from client_under_test.wallet import decimal_json, money
from client_under_test.wallet.refusals import Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckoutDesk:
    """Everything that checkouts need, and what each route does with it."""

    config: Config
    shelf: Shelf
    minter: CheckoutMinter
    orders: Orders
    reader: DecisionReader
    api: CheckoutApi

    def products(self) -> list[dict[str, Any]]:
        """Return what is on sale, prices as text."""
        return [self.shown(product) for product in self.shelf.products.values()]

    def shown(self, product: Product) -> dict[str, Any]:
        """Return a product and its price."""
        price = self.shelf.price(product)
        return {
            "reference": product.reference,
            "title": product.title,
            "currency": price.currency,
            "valueBeforeTax": money.written(price.before, price.currency),
            "valueAfterTax": money.written(price.after, price.currency),
            "taxValue": money.written(price.tax, price.currency),
            "taxPercentage": str(plainest(price.percentage)),
        }

    def order(self, variant: str) -> Order:
        """Record a new checkout of ``variant`` at its price in the catalogue; raises UnknownProduct."""
        product = self.shelf.find(variant)
        return self.orders.open(product.reference, self.price(product))

    def price(self, product: Product) -> Price:
        """Return what the player is to pay: nothing that the browser says has a part in it."""
        return self.shelf.price(product)

    def token(self, order: Order) -> str:
        """Return a new JWT for ``order``."""
        return self.minter.mint(order)

    def answer(self, order: Order) -> dict[str, Any]:
        """Return what a request for a token is answered."""
        return {"token": self.token(order), "merchantReference": order.reference}

    def status(self, reference: str) -> dict[str, Any]:
        """Return how a checkout stands; raises UnknownCheckout."""
        order = self.orders.find(reference)
        return {
            "merchantReference": order.reference,
            "variant": order.variant,
            "state": order.state,
            "granted": self.orders.granted(order),
        }

    def start(self, reference: str) -> dict[str, str]:
        """Create a recorded checkout at the provider; return where the player pays.

        Raises UnknownCheckout, CheckoutFailed, and Refused where it is decided already.
        """
        order = self.orders.find(reference)
        if order.state != OPEN:
            raise Refused("ALREADY_DECIDED")
        token = order.provider_token
        if token is None:
            token = self.orders.created(order, self.api.create(self.token(order)))
        return {"merchantReference": order.reference, "url": self.api.hosted_page(token)}

    def decided(self, content_type: str | None, body: bytes) -> str:
        """Apply a decision; return what became of it. Raises Refused, BadSignature, UnknownCheckout."""
        decision = self.reader.read(content_type, body)
        reference = decision.reference or self.orders.named(decision.provider_token)
        outcome = self.orders.decide(reference, decision.state)
        if outcome == "conflict":
            log.warning("a decision contradicts an earlier one and is ignored")
        return outcome


def blueprint(desk: CheckoutDesk) -> Blueprint:
    """Return the routes of checkouts."""
    routes = Blueprint("checkout", __name__, url_prefix="/checkout")
    _shop(routes, desk)
    _checkouts(routes, desk)

    @routes.errorhandler(UnknownProduct)
    def no_product(_error: UnknownProduct) -> tuple[Response, int]:
        return _problem("UNKNOWN_PRODUCT", "Nothing is sold under that variant. Choose another.", 404)

    @routes.errorhandler(UnknownCheckout)
    def no_checkout(_error: UnknownCheckout) -> tuple[Response, int]:
        return _problem("UNKNOWN_CHECKOUT", "There is no checkout of that merchantReference.", 404)

    @routes.errorhandler(CheckoutFailed)
    def failed(error: CheckoutFailed) -> tuple[Response, int]:
        log.warning("no checkout was created: %s", error)
        if error.refused:
            return _problem("CHECKOUT_REFUSED", "The checkout cannot be opened. Load the page again.", 502)
        return _problem("CHECKOUT_UNAVAILABLE", "The checkout is not available. Try again.", 502)

    return routes


def _shop(routes: Blueprint, desk: CheckoutDesk) -> None:
    @routes.get("/products")
    def products() -> Response:
        return _json(desk.products())

    @routes.get("/token")
    def token() -> Response:
        return _json(desk.answer(desk.order(_variant())))

    @routes.get("/page")
    def page() -> Response:
        product = desk.shelf.find(_variant())
        order = desk.order(product.reference)
        answer = Response(
            render_template(
                "checkout.html",
                product=desk.shown(product),
                provider=desk.api.base,
                merchant=desk.config.merchant_id,
                reference=order.reference,
                token=desk.token(order),
            )
        )
        address = urlsplit(desk.api.base)
        theirs = f"{address.scheme}://{address.netloc}"
        answer.headers["Content-Security-Policy"] = (
            f"default-src 'self'; script-src 'self' {theirs}; connect-src 'self' {theirs}; "
            f"img-src 'self' data: {theirs}; style-src 'self' 'unsafe-inline' {theirs}; "
            f"frame-src {theirs}; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
        )
        answer.headers["Cache-Control"] = "no-store"
        return answer


def _checkouts(routes: Blueprint, desk: CheckoutDesk) -> None:
    @routes.get("/orders/<reference>")
    def order(reference: str) -> Response:
        return _json(desk.status(_plain(reference)))

    @routes.post("/orders/<reference>/start")
    def start(reference: str) -> tuple[Response, int]:
        try:
            return _json(desk.start(_plain(reference))), 200
        except Refused as refusal:
            return _problem(refusal.code, "This checkout has its decision. Load the page again.", 409)

    @routes.post("/decisions")
    def decision() -> tuple[Response, int]:
        request.max_content_length = BODY_LIMIT
        body = request.get_data(cache=False)
        try:
            return _json({"status": desk.decided(request.content_type, body)}), 200
        except Refused as refusal:
            return _problem(refusal.code, "This is no decision that we understand.", 400)
        except BadSignature:
            return _problem("BAD_SIGNATURE", "The decision is not signed as agreed.", 401)


def _variant() -> str:
    return request.args.get("variant", "")


def _plain(reference: str) -> str:
    # No database takes it, and none of our references has it.
    if "\0" in reference:
        raise UnknownCheckout(reference)
    return reference


def _problem(code: str, message: str, status: int) -> tuple[Response, int]:
    return _json({"error": code, "message": message}), status


def _json(value: Any) -> Response:
    answer = Response(decimal_json.dumps(value) + "\n", content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer
