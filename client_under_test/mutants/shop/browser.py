"""Faults of shops that believe the player's browser: prices, currencies, products, and other claims of the token."""

import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any
from urllib.parse import unquote

from flask import Flask, request
from typing_extensions import override

from client_under_test.app import Parts, create_app
from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop.shop_mutant import checkout_mutant
from client_under_test.shop.orders import Order
from client_under_test.shop.products import Price, Product
from client_under_test.shop.service import CheckoutService
from client_under_test.shop.tokens import CheckoutTokenMinter
from client_under_test.values import money
from client_under_test.values.refusals import Refused


def _said(*names: str) -> str | None:
    """What the browser says under one of ``names``, in the query or the body."""
    body = request.get_json(silent=True)
    for given in (request.args, body if isinstance(body, dict) else {}):
        for name in names:
            if given.get(name) not in (None, ""):
                return str(given[name])
    return None


def _number(text: str | None) -> Decimal | None:
    try:
        number = Decimal(text) if text else None
    except InvalidOperation:
        return None
    return number if number is not None and number.is_finite() and 0 <= number < 10**9 else None


class _BrowserPrice(CheckoutService):
    """Takes the price before tax that the product page shows."""

    def asked(self) -> str | None:
        return _said("valueBeforeTax", "price", "amount", "valueAfterTax")

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        asked = _number(self.asked())
        if asked is None:
            return price
        before = int(asked.scaleb(money.decimals(product.currency)))
        tax = self.catalogue.rounded(Decimal(before) * product.tax_percentage / 100)
        return Price(product.currency, before, tax, product.tax_percentage)


class _CookiePrice(_BrowserPrice):
    """Keeps the price that the player was shown in a cookie."""

    @override
    def asked(self) -> str | None:
        return request.cookies.get("price")


class _HeaderPrice(_BrowserPrice):
    """Takes the price that its own gateway is to put into a header, from anybody."""

    @override
    def asked(self) -> str | None:
        return request.headers.get("X-Price")


class _FirstPrice(CheckoutService):
    """Looks the price up by the first variant of the request, and sells the last."""

    @override
    def order(self, variant: str) -> Order:
        product = self.catalogue.find(variant)
        last = (request.args.getlist("variant") or [variant])[-1]
        return self.orders.open(self.catalogue.find(last).reference, self.price(product))


class _BrowserCurrency(CheckoutService):
    """Takes the currency that the player chose, and the number as it is."""

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        asked = _said("currency")
        try:
            money.decimals(asked or "")
        except Refused:
            return price
        return Price(str(asked), price.before, price.tax, price.percentage)


class _BrowserTax(CheckoutService):
    """Takes the tax of the country that the browser says."""

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        asked = _number(_said("taxPercentage", "tax"))
        if asked is None or asked > 100:
            return price
        return Price(price.currency, price.before, self.catalogue.rounded(price.before * asked / 100), asked)


class _FormPrice(_BrowserPrice):
    """Takes the price of the form with which the player adds a product to the cart."""

    @override
    def asked(self) -> str | None:
        return request.form.get("price")


class _InnerPrice(_BrowserPrice):
    """Reads the price where the token has it, in the document of the page's script."""

    @override
    def asked(self) -> str | None:
        body = request.get_json(silent=True)
        price = body.get("merchantPrice") if isinstance(body, dict) else None
        return str(price["valueBeforeTax"]) if isinstance(price, dict) and "valueBeforeTax" in price else None


class _CartPrice(_BrowserPrice):
    """Keeps the cart in a cookie, prices and all."""

    @override
    def asked(self) -> str | None:
        try:
            cart = json.loads(unquote(request.cookies.get("cart", "")))
        except ValueError:
            return None
        return str(cart["price"]) if isinstance(cart, dict) and "price" in cart else None


class _CookieProduct(CheckoutService):
    """Prices what the cookie says that the player looked at last, and sells what is asked for."""

    @override
    def price(self, product: Product) -> Price:
        seen = self.catalogue.products.get(request.cookies.get("product", ""), product)
        return super().price(seen)


class _BrowserClaims(CheckoutTokenMinter):
    """Passes on what the page's script says of ``said`` in the query or the body, in place of its own."""

    said: tuple[str, ...] = ()

    @override
    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        claims, said = super().claims(order, iat), _said(*self.said)
        return claims if said is None else self.put(claims, said)

    def put(self, claims: dict[str, Any], said: str) -> dict[str, Any]:
        raise NotImplementedError


class _BrowserMerchant(_BrowserClaims):
    """The browser names the merchant."""

    said = ("merchantId", "iss")

    @override
    def put(self, claims: dict[str, Any], said: str) -> dict[str, Any]:
        return {**claims, "iss": said}


class _BrowserTime(_BrowserClaims):
    said = ("iat", "timestamp")

    @override
    def put(self, claims: dict[str, Any], said: str) -> dict[str, Any]:
        return {**claims, "iat": int(said) if said.isdigit() else claims["iat"]}


class _BrowserReference(_BrowserClaims):
    """The browser names the checkout, another one's also."""

    said = ("merchantReference", "orderId")

    @override
    def put(self, claims: dict[str, Any], said: str) -> dict[str, Any]:
        return {**claims, "data": {**claims["data"], "merchantReference": said}}


def _posted(service: type[CheckoutService]) -> Callable[[Config], Flask]:
    """A shop whose tokens are asked for by POST, too."""

    def build(config: Config) -> Flask:
        app = create_app(config, Parts(checkout_service=service))
        mint = app.view_functions["checkout.token"]
        app.add_url_rule("/checkout/token", "posted_token", mint, methods=["POST"])
        return app

    return build


MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant("chk-browser-price", ("CHK-09",), checkout_service=_BrowserPrice),
    checkout_mutant("chk-cookie-price", ("CHK-09",), checkout_service=_CookiePrice),
    checkout_mutant("chk-header-price", ("CHK-09",), checkout_service=_HeaderPrice),
    checkout_mutant("chk-first-price", ("CHK-09",), checkout_service=_FirstPrice, needs=("products",)),
    checkout_mutant("chk-browser-currency", ("CHK-09",), checkout_service=_BrowserCurrency),
    checkout_mutant("chk-browser-tax", ("CHK-09",), checkout_service=_BrowserTax),
    Mutant(
        "chk-form-price",
        ("CHK-09",),
        "A form names the price.",
        _posted(_FormPrice),
        provider="checkout",
    ),
    Mutant(
        "chk-inner-price",
        ("CHK-09",),
        "A JSON document names the price, inside of merchantPrice.",
        _posted(_InnerPrice),
        provider="checkout",
    ),
    checkout_mutant("chk-cart-price", ("CHK-09",), checkout_service=_CartPrice),
    checkout_mutant("chk-cookie-product", ("CHK-09",), checkout_service=_CookieProduct, needs=("products",)),
    checkout_mutant("chk-browser-merchant", ("CHK-02",), checkout_tokens=_BrowserMerchant),
    checkout_mutant("chk-browser-time", ("CHK-03",), "The browser names iat.", checkout_tokens=_BrowserTime),
    checkout_mutant(
        "chk-browser-reference", ("CHK-08",), checkout_tokens=_BrowserReference, needs=("products",)
    ),
)
