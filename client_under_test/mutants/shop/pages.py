"""Faults round the tokens of checkouts: secrets, prices of the browser, kept tokens (CHK-09, CHK-10);
and a way back that is believed (CHK-11).
"""

import base64
import json
from collections.abc import Callable
from decimal import Decimal, InvalidOperation
from typing import Any

import jwt
from flask import Flask, Response, request
from typing_extensions import override

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop.shop_mutant import checkout_mutant
from client_under_test.shop.orders import APPROVED, Order
from client_under_test.shop.products import PRODUCTS, Price, Product
from client_under_test.shop.service import CheckoutService
from client_under_test.shop.tokens import CheckoutTokenMinter
from client_under_test.values import money
from client_under_test.values.refusals import Refused


class _Telling(CheckoutService):
    """Lets the browser sign, and so hands it the key."""

    @override
    def answer(self, order: Order) -> dict[str, Any]:
        return {**super().answer(order), "signingKey": self.config.checkout_key}


class _BelievesTheWayBack(CheckoutService):
    """Grants what the player's browser says was paid, as the decision is often later than the player."""

    @override
    def came_back(self, reference: str, said: str) -> str:
        found = super().came_back(reference, said)
        if found and said == "success":
            self.orders.decide(found, APPROVED)
        return found


class _KeyId(CheckoutTokenMinter):
    """Names the key by itself."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        payload = jwt.utils.base64url_decode(super().sign(claims).split(".")[1])
        headers = {"typ": "JWT", "kid": self.config.checkout_key}
        return self.signer.encode(payload, self.key, self.config.checkout_algorithm, headers)


class _KeyClaim(CheckoutTokenMinter):
    @override
    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        return {**super().claims(order, iat), "key": self.config.checkout_key}


def _telling_page(config: Config) -> Flask:
    app = create_app(config)

    @app.after_request
    def tell(response: Response) -> Response:
        if response.mimetype == "text/html":
            page = response.get_data(as_text=True)
            response.set_data(f"{page}<script>var signingKey = {config.checkout_key!r};</script>")
        return response

    return app


def _telling_header(config: Config) -> Flask:
    app = create_app(config)

    @app.after_request
    def tell(response: Response) -> Response:
        if request.path == "/checkout/token":
            response.headers["X-Debug"] = f"{config.merchant_id}:{config.checkout_key}"
        return response

    return app


def _encoded_page(config: Config) -> Flask:
    app = create_app(config)

    @app.after_request
    def tell(response: Response) -> Response:
        if response.mimetype == "text/html":
            state = json.dumps({"merchant": config.merchant_id, "key": config.checkout_key})
            page = response.get_data(as_text=True)
            response.set_data(f"{page}<i data-state='{base64.b64encode(state.encode()).decode()}'></i>")
        return response

    return app


def _telling_style(config: Config) -> Flask:
    """Serves a file beside the page that was made with the whole configuration."""
    app = create_app(config)

    @app.get("/shop.css")
    def style() -> Response:
        return Response(f"/* {config.checkout_key.encode().hex(':')} */", content_type="text/css")

    @app.after_request
    def load(response: Response) -> Response:
        if response.mimetype == "text/html":
            page = response.get_data(as_text=True)
            response.set_data(f'<link rel="stylesheet" href="/shop.css">{page}')
        return response

    return app


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


def _kept(name: Callable[[Order], str]) -> type[CheckoutService]:
    """Keeps tokens under what ``name`` says of an order, to save the signing."""

    class Kept(CheckoutService):
        @override
        def token(self, order: Order) -> str:
            kept: dict[str, str] = self.__dict__.setdefault("kept", {})
            return kept.setdefault(name(order), super().token(order))

    return Kept


class _OldIat(CheckoutTokenMinter):
    """Takes the time from when the process started, here an hour ago."""

    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self.began = int(config.clock()) - 3600

    @override
    def now(self) -> int:
        return self.began


class _NextProduct(CheckoutTokenMinter):
    """Names the neighbour in the catalogue."""

    @override
    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        claims = super().claims(order, iat)
        rows = [product.reference for product in PRODUCTS]
        other = rows[(rows.index(order.variant) + 1) % len(rows)]
        return {**claims, "data": {**claims["data"], "variant": {"reference": other}}}


MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant("chk-telling", "The token comes with the key.", ("CHK-09",), checkout_service=_Telling),
    checkout_mutant("chk-key-id", "The token's header has the key.", ("CHK-09",), checkout_tokens=_KeyId),
    checkout_mutant("chk-key-claim", "The claims have the key.", ("CHK-09",), checkout_tokens=_KeyClaim),
    Mutant(
        "chk-telling-page",
        "The product page has the key.",
        ("CHK-09",),
        _telling_page,
        needs=("page",),
        provider="checkout",
    ),
    Mutant(
        "chk-encoded-page",
        "The page's state has the key, in base64.",
        ("CHK-09",),
        _encoded_page,
        needs=("page",),
        provider="checkout",
    ),
    Mutant(
        "chk-telling-style",
        "A file that the page loads has the key, in hex.",
        ("CHK-09",),
        _telling_style,
        needs=("page",),
        provider="checkout",
    ),
    Mutant(
        "chk-telling-header",
        "A header for debugging has the key.",
        ("CHK-09",),
        _telling_header,
        provider="checkout",
    ),
    checkout_mutant(
        "chk-believes-way-back",
        "Who comes back by successRedirect has paid.",
        ("CHK-11",),
        needs=("decisions",),
        checkout_service=_BelievesTheWayBack,
    ),
    checkout_mutant(
        "chk-browser-price", "The browser names the price.", ("CHK-09",), checkout_service=_BrowserPrice
    ),
    checkout_mutant(
        "chk-cookie-price", "A cookie names the price.", ("CHK-09",), checkout_service=_CookiePrice
    ),
    checkout_mutant(
        "chk-header-price", "A header names the price.", ("CHK-09",), checkout_service=_HeaderPrice
    ),
    checkout_mutant(
        "chk-first-price",
        "Of two variants the first is priced, the last sold.",
        ("CHK-09",),
        checkout_service=_FirstPrice,
        needs=("products",),
    ),
    checkout_mutant(
        "chk-browser-currency",
        "The browser names the currency.",
        ("CHK-09",),
        checkout_service=_BrowserCurrency,
    ),
    checkout_mutant(
        "chk-browser-tax", "The browser names the tax.", ("CHK-09",), checkout_service=_BrowserTax
    ),
    checkout_mutant(
        "chk-kept",
        "Tokens are kept by product.",
        ("CHK-10", "CHK-08", "CHK-03"),
        checkout_service=_kept(lambda order: order.variant),
    ),
    checkout_mutant(
        "chk-kept-for-all",
        "One token is kept for everything.",
        ("CHK-10", "CHK-08", "CHK-07"),
        checkout_service=_kept(lambda _: ""),
    ),
    checkout_mutant(
        "chk-kept-by-currency",
        "Tokens are kept by currency.",
        ("CHK-10", "CHK-08", "CHK-07"),
        checkout_service=_kept(lambda order: order.price.currency),
    ),
    checkout_mutant(
        "chk-old-iat", "iat is when the process began.", ("CHK-10", "CHK-03"), checkout_tokens=_OldIat
    ),
    checkout_mutant(
        "chk-next-product",
        "The token names another product.",
        ("CHK-10", "CHK-07"),
        checkout_tokens=_NextProduct,
    ),
)
