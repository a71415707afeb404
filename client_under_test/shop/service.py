"""What the shop does for the site: products, tokens, checkouts; and what the provider's decisions do."""

import logging
from dataclasses import dataclass
from typing import Any

from client_under_test.config import Config
from client_under_test.shop.checkout_api import CheckoutApi
from client_under_test.shop.decisions import DecisionReader
from client_under_test.shop.orders import OPEN, Order, Orders, UnknownCheckout
from client_under_test.shop.products import Price, Product, ProductCatalogue
from client_under_test.shop.tokens import CheckoutTokenMinter, plainest
from client_under_test.values import money
from client_under_test.values.refusals import Refused

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class CheckoutService:
    """The parts behind the routes of the shop, and what each route does with them."""

    config: Config
    catalogue: ProductCatalogue
    tokens: CheckoutTokenMinter
    orders: Orders
    decisions: DecisionReader
    api: CheckoutApi

    def products(self) -> list[dict[str, Any]]:
        """Return what is on sale, prices as text."""
        return [self.shown(product) for product in self.catalogue.products.values()]

    def shown(self, product: Product) -> dict[str, Any]:
        """Return a product and its price."""
        price = self.catalogue.price(product)
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
        product = self.catalogue.find(variant)
        return self.orders.open(product.reference, self.price(product))

    def price(self, product: Product) -> Price:
        """Return what the player is to pay: nothing that the browser says has a part in it."""
        return self.catalogue.price(product)

    def token(self, order: Order) -> str:
        """Return a new JWT for ``order``."""
        return self.tokens.mint(order)

    def answer(self, order: Order) -> dict[str, Any]:
        """Return what a request for a token is answered."""
        return {"token": self.token(order), "merchantReference": order.reference}

    def came_back(self, reference: str, said: str) -> str:  # noqa: ARG002 - nothing is believed of an address
        """Return the checkout that the player says to come back from, "" where there is none. Decides nothing."""
        try:
            return self.orders.find(reference).reference
        except UnknownCheckout:
            return ""

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
        decision = self.decisions.read(content_type, body)
        reference = decision.reference or self.orders.named(decision.provider_token)
        outcome = self.orders.decide(reference, decision.state)
        if outcome == "conflict":
            log.warning("a decision contradicts an earlier one and is ignored")
        return outcome
