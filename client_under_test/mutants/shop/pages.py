"""Faults round the tokens of checkouts: secrets, kept tokens (CHK-09, CHK-10); a way back that is believed (CHK-11)."""

import base64
import json
from collections.abc import Callable
from typing import Any

import jwt
from flask import Flask, Response, request
from typing_extensions import override

from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant, answering
from client_under_test.mutants.shop.shop_mutant import checkout_mutant
from client_under_test.shop.orders import APPROVED, Order
from client_under_test.shop.products import PRODUCTS
from client_under_test.shop.service import CheckoutService
from client_under_test.shop.tokens import CheckoutTokenMinter


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
    """Names the key by itself, in the token's header."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        payload = jwt.utils.base64url_decode(super().sign(claims).split(".")[1])
        headers = {"typ": "JWT", "kid": self.config.checkout_key}
        return self.signer.encode(payload, self.key, self.config.checkout_algorithm, headers)


class _KeyClaim(CheckoutTokenMinter):
    @override
    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        return {**super().claims(order, iat), "key": self.config.checkout_key}


def _on_page(write: Callable[[Config, str], str]) -> Callable[[Config], Flask]:
    """Shows what ``write`` makes of each right page."""

    def show(config: Config, response: Response) -> None:
        if response.mimetype == "text/html":
            response.set_data(write(config, response.get_data(as_text=True)))

    return answering(show)


def _telling_header(config: Config, response: Response) -> None:
    if request.path == "/checkout/token":
        response.headers["X-Debug"] = f"{config.merchant_id}:{config.checkout_key}"


def _encoded(config: Config, page: str) -> str:
    state = json.dumps({"merchant": config.merchant_id, "key": config.checkout_key})
    return f"{page}<i data-state='{base64.b64encode(state.encode()).decode()}'></i>"


def _telling_style(config: Config) -> Flask:
    """Serves a file beside the page that was made with the whole configuration."""
    app = _on_page(lambda _, page: f'<link rel="stylesheet" href="/shop.css">{page}')(config)

    @app.get("/shop.css")
    def style() -> Response:
        return Response(f"/* {config.checkout_key.encode().hex(':')} */", content_type="text/css")

    return app


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


class _StartsNeighbour(CheckoutService):
    """Has the provider make the checkout of the neighbour in the catalogue."""

    @override
    def answer(self, order: Order) -> dict[str, Any]:
        return {**super().answer(order), "token": super().token(order)}

    @override
    def token(self, order: Order) -> str:
        return _NextProduct(self.tokens.config).mint(order)


MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant("chk-telling", ("CHK-09",), checkout_service=_Telling),
    checkout_mutant("chk-key-id", ("CHK-09",), checkout_tokens=_KeyId),
    checkout_mutant("chk-key-claim", ("CHK-09",), "The claims have the key.", checkout_tokens=_KeyClaim),
    Mutant(
        "chk-telling-page",
        ("CHK-09",),
        "The product page has the key.",
        _on_page(lambda config, page: f"{page}<script>var signingKey = {config.checkout_key!r};</script>"),
        needs=("page",),
        provider="checkout",
    ),
    Mutant(
        "chk-encoded-page",
        ("CHK-09",),
        "The page's state has the key, in base64.",
        _on_page(_encoded),
        needs=("page",),
        provider="checkout",
    ),
    Mutant(
        "chk-telling-style",
        ("CHK-09",),
        "A file that the page loads has the key, in hex.",
        _telling_style,
        needs=("page",),
        provider="checkout",
    ),
    Mutant(
        "chk-telling-header",
        ("CHK-09",),
        "A header for debugging has the key.",
        answering(_telling_header),
        provider="checkout",
    ),
    checkout_mutant(
        "chk-believes-way-back", ("CHK-11",), needs=("decisions",), checkout_service=_BelievesTheWayBack
    ),
    checkout_mutant(
        "chk-kept",
        ("CHK-10", "CHK-08", "CHK-03"),
        "Tokens are kept by product.",
        checkout_service=_kept(lambda order: order.variant),
    ),
    checkout_mutant(
        "chk-kept-for-all",
        ("CHK-10", "CHK-08", "CHK-07"),
        "One token is kept for everything.",
        checkout_service=_kept(lambda _: ""),
    ),
    checkout_mutant(
        "chk-kept-by-currency",
        ("CHK-10", "CHK-08", "CHK-07"),
        "Tokens are kept by currency.",
        checkout_service=_kept(lambda order: order.price.currency),
    ),
    checkout_mutant("chk-old-iat", ("CHK-10", "CHK-03"), checkout_tokens=_OldIat),
    checkout_mutant("chk-next-product", ("CHK-10", "CHK-07"), checkout_tokens=_NextProduct),
    checkout_mutant("chk-starts-neighbour", ("CHK-10",), checkout_service=_StartsNeighbour),
)
