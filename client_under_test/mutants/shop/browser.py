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


def _priced(asked: Callable[[], str | None]) -> type[CheckoutService]:
    """Takes the price before tax that ``asked`` finds in the request."""

    class Priced(CheckoutService):
        @override
        def price(self, product: Product) -> Price:
            price, said = super().price(product), _number(asked())
            if said is None:
                return price
            before = int(said.scaleb(money.decimals(product.currency)))
            tax = self.catalogue.rounded(Decimal(before) * product.tax_percentage / 100)
            return Price(product.currency, before, tax, product.tax_percentage)

    return Priced


def _inner_price() -> str | None:
    body = request.get_json(silent=True)
    price = body.get("merchantPrice") if isinstance(body, dict) else None
    return str(price["valueBeforeTax"]) if isinstance(price, dict) and "valueBeforeTax" in price else None


def _cart_price() -> str | None:
    try:
        cart = json.loads(unquote(request.cookies.get("cart", "")))
    except ValueError:
        return None
    return str(cart["price"]) if isinstance(cart, dict) and "price" in cart else None


class _FirstPrice(CheckoutService):
    """Looks the price up by the first variant of the request, and sells the last."""

    @override
    def order(self, variant: str) -> Order:
        product = self.catalogue.find(variant)
        last = (request.args.getlist("variant") or [variant])[-1]
        return self.orders.open(self.catalogue.find(last).reference, self.price(product))


class _FreeOfCharge(CheckoutService):
    """Sells for nothing what it has no price of."""

    @override
    def order(self, variant: str) -> Order:
        if variant in self.catalogue.products:
            return super().order(variant)
        return self.orders.open(variant, Price("GBP", 0, 0, Decimal(20)))


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


class _LanguageCurrency(CheckoutService):
    """Takes the currency of the country in Accept-Language, and the number as it is."""

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        american = request.headers.get("Accept-Language", "").startswith("en-US")
        return Price("USD" if american else price.currency, price.before, price.tax, price.percentage)


class _BrowserTax(CheckoutService):
    """Takes the tax of the country that the browser says."""

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        asked = _number(_said("taxPercentage", "tax"))
        if asked is None or asked > 100:
            return price
        return Price(price.currency, price.before, self.catalogue.rounded(price.before * asked / 100), asked)


class _CookieProduct(CheckoutService):
    """Prices what the cookie says that the player looked at last, and sells what is asked for."""

    @override
    def price(self, product: Product) -> Price:
        seen = self.catalogue.products.get(request.cookies.get("product", ""), product)
        return super().price(seen)


def _passed_on(
    names: tuple[str, ...], put: Callable[[dict[str, Any], str], dict[str, Any]]
) -> type[CheckoutTokenMinter]:
    """Has ``put`` pass on what the page's script says of ``names``, in the query or the body, as a claim."""

    class PassedOn(CheckoutTokenMinter):
        @override
        def claims(self, order: Order, iat: int) -> dict[str, Any]:
            claims, said = super().claims(order, iat), _said(*names)
            return claims if said is None else put(claims, said)

    return PassedOn


def _posted(service: type[CheckoutService]) -> Callable[[Config], Flask]:
    """A shop whose tokens are asked for by POST, too."""

    def build(config: Config) -> Flask:
        app = create_app(config, Parts(checkout_service=service))
        mint = app.view_functions["checkout.token"]
        app.add_url_rule("/checkout/token", "posted_token", mint, methods=["POST"])
        return app

    return build


MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant(
        "chk-browser-price",
        ("CHK-09",),
        "Takes the price before tax that the product page shows.",
        checkout_service=_priced(lambda: _said("valueBeforeTax", "price", "amount", "valueAfterTax")),
    ),
    checkout_mutant(
        "chk-cookie-price",
        ("CHK-09",),
        "Keeps the price that the player was shown in a cookie.",
        checkout_service=_priced(lambda: request.cookies.get("price")),
    ),
    checkout_mutant(
        "chk-header-price",
        ("CHK-09",),
        "Takes the price that its own gateway is to put into a header, from anybody.",
        checkout_service=_priced(lambda: request.headers.get("X-Price")),
    ),
    checkout_mutant("chk-first-price", ("CHK-09",), checkout_service=_FirstPrice, needs=("products",)),
    checkout_mutant("chk-free-of-charge", ("CHK-09",), checkout_service=_FreeOfCharge, needs=("products",)),
    checkout_mutant("chk-browser-currency", ("CHK-09",), checkout_service=_BrowserCurrency),
    checkout_mutant("chk-language-currency", ("CHK-09",), checkout_service=_LanguageCurrency),
    checkout_mutant("chk-browser-tax", ("CHK-09",), checkout_service=_BrowserTax),
    Mutant(
        "chk-form-price",
        ("CHK-09",),
        "A form names the price.",
        _posted(_priced(lambda: request.form.get("price"))),
        provider="checkout",
    ),
    Mutant(
        "chk-inner-price",
        ("CHK-09",),
        "A JSON document names the price, inside of merchantPrice.",
        _posted(_priced(_inner_price)),
        provider="checkout",
    ),
    checkout_mutant(
        "chk-cart-price",
        ("CHK-09",),
        "Keeps the cart in a cookie, prices and all.",
        checkout_service=_priced(_cart_price),
    ),
    checkout_mutant("chk-cookie-product", ("CHK-09",), checkout_service=_CookieProduct, needs=("products",)),
    checkout_mutant(
        "chk-browser-merchant",
        ("CHK-02",),
        "The browser names the merchant.",
        checkout_tokens=_passed_on(("merchantId", "iss"), lambda claims, said: {**claims, "iss": said}),
    ),
    checkout_mutant(
        "chk-browser-time",
        ("CHK-03",),
        "The browser names iat.",
        checkout_tokens=_passed_on(
            ("iat", "timestamp"), lambda claims, said: claims | ({"iat": int(said)} if said.isdigit() else {})
        ),
    ),
    checkout_mutant(
        "chk-browser-reference",
        ("CHK-08",),
        "The browser names the checkout, another one's also.",
        checkout_tokens=_passed_on(
            ("merchantReference", "orderId"),
            lambda claims, said: {**claims, "data": {**claims["data"], "merchantReference": said}},
        ),
        needs=("products",),
    ),
)
