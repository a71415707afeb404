"""The example of ``product-widget.txt``; callbackUrls and the decision of the provider's public documentation."""

import json
from dataclasses import replace
from decimal import Decimal
from typing import Any, Final

from client_under_test.config import Config
from client_under_test.shop.decisions import Decision as Understood
from client_under_test.shop.decisions import DecisionReader
from client_under_test.shop.orders import APPROVED, DECLINED, OPEN, Order
from client_under_test.shop.products import Price
from client_under_test.shop.tokens import CheckoutTokenMinter
from simulators.checkout import wire
from simulators.checkout.claims import verify
from simulators.values import decimal_json, jws
from tests.documents.golden.example import Example
from tests.documents.golden.vouchers import said

KEY: Final = "the shared secret of the golden examples"
IAT: Final = 1_700_000_000
CONFIG: Final = Config(merchant_id="<MERCHANT_ID>", checkout_key=KEY, clock=lambda: IAT)
AGREEMENT: Final = wire.Agreement("<MERCHANT_ID>", KEY)
CLAIMS: Final = wire.Claims(
    merchant_id="<MERCHANT_ID>",
    iat=IAT,
    currency="GBP",
    value_before_tax=Decimal("16.66"),
    value_after_tax=Decimal("19.99"),
    tax_value=Decimal("3.33"),
    tax_percentage=Decimal(20),
    variant="<ITEM_N/VARIANT/REFERENCE>",
)
ORDER: Final = Order(
    1,
    "<MERCHANT_REFERENCE>",
    "<ITEM_N/VARIANT/REFERENCE>",
    Price("GBP", 1666, 333, Decimal(20)),
    OPEN,
    None,
)


def product_token(reference: dict[str, str]) -> dict[str, Any]:
    return {
        "iss": "<MERCHANT_ID>",
        "sub": "Merchant",
        "iat": IAT,
        "data": {
            **reference,
            "currency": "GBP",
            "merchantPrice": {
                "valueBeforeTax": Decimal("16.66"),
                "valueAfterTax": Decimal("19.99"),
                "taxValue": Decimal("3.33"),
                "taxPercentage": 20,
            },
            "variant": {"reference": "<ITEM_N/VARIANT/REFERENCE>"},
        },
    }


def taken_for(body: bytes) -> wire.Claims:
    """What the simulator takes a token that says ``body`` for; raises ValueError where it does not hold."""
    return verify(jws.sign(decimal_json.loads(body), KEY, "HS256"), AGREEMENT, IAT).claims


def understood(body: bytes) -> Understood:
    """What the CLIENT takes a decision that says ``body`` for."""
    payload = jws.sign(decimal_json.loads(body), KEY, "HS256")
    return DecisionReader(CONFIG).read("application/json", json.dumps({"payload": payload}).encode())


def decision(outcome: str, state: str) -> Example:
    decided = wire.Decision(
        "<MERCHANT_ID>", "<RAYLO_REFERENCE>", "<MERCHANT_REFERENCE>", outcome == "success", IAT, IAT
    )
    return Example(
        f"what a decision says: {outcome}",
        {
            "iss": "<MERCHANT_ID>",
            "sub": "Merchant",
            "iat": IAT,
            "data": {
                "reference": "<RAYLO_REFERENCE>",
                "merchantReference": "<MERCHANT_REFERENCE>",
                "outcome": outcome,
                "outcomeDecidedAt": "2023-11-14T22:13:20Z",
            },
        },
        {"simulator": lambda: said(wire.sign(decided, AGREEMENT).payload)},
        {"CLIENT": (understood, Understood("<MERCHANT_REFERENCE>", "<RAYLO_REFERENCE>", state))},
    )


SITE: Final = "https://shop.example"
BACK: Final = (
    f"{SITE}/checkout/page?variant=%3CITEM_N%2FVARIANT%2FREFERENCE%3E&order=%3CMERCHANT_REFERENCE%3E"
)
URLS: Final = {
    "successRedirect": f"{BACK}&from=success",
    "failureRedirect": f"{BACK}&from=failure",
    "serverToServer": f"{SITE}/checkout/decisions",
}


def with_addresses() -> Example:
    fields = product_token({"merchantReference": "<MERCHANT_REFERENCE>"})
    data = fields["data"]
    price, variant = data.pop("merchantPrice"), data.pop("variant")
    fields["data"] = {**data, "callbackUrls": URLS, "merchantPrice": price, "variant": variant}
    claims = replace(NAMED, callback_urls=wire.CallbackUrls.of(URLS))
    reachable = replace(CONFIG, public_url=f"{SITE}/")
    return Example(
        "what a product token says, with callbackUrls",
        fields,
        {
            "CLIENT": lambda: said(CheckoutTokenMinter(reachable).mint(ORDER)),
            "simulator": lambda: said(wire.mint(claims, KEY)),
        },
        {"simulator": (taken_for, claims)},
    )


NAMED: Final = replace(CLAIMS, merchant_reference="<MERCHANT_REFERENCE>")
EXAMPLES: Final = (
    Example(
        "what a product token says, as in the example",
        product_token({}),
        {"simulator": lambda: said(wire.mint(CLAIMS, KEY))},
        {"simulator": (taken_for, CLAIMS)},
    ),
    Example(
        "what a product token says, with the table's merchantReference",
        product_token({"merchantReference": "<MERCHANT_REFERENCE>"}),
        {
            "CLIENT": lambda: said(CheckoutTokenMinter(CONFIG).mint(ORDER)),
            "simulator": lambda: said(wire.mint(NAMED, KEY)),
        },
        {"simulator": (taken_for, NAMED)},
    ),
    with_addresses(),
    decision("success", APPROVED),
    decision("failure", DECLINED),
)
