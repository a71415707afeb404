"""What a browser may put into a request for a token that contradicts the token. Contract CHK-02, 03, 08, 09.

What is put in all at once finds whoever reads one of the names; one by one, all of them are named.
"""

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from scenarios.browsers.tampering import Where
from scenarios.generated.families.family import Family, family

Fields = Mapping[str, Any]

_CHEAP = "0.01"
# Names under which a careless CLIENT may take a price from the browser.
_PRICES = (
    "price",
    "amount",
    "value",
    "total",
    "valueBeforeTax",
    "valueAfterTax",
    "taxPercentage",
    "taxValue",
    "merchantPrice[valueAfterTax]",
    "merchantPrice.valueAfterTax",
)
_REDUCTIONS = ("discount", "coupon", "quantity", "unitPrice", "shipping", "vat")
_CURRENCIES = ("USD", "EUR", "JPY")
# Of countries with other currencies, one of which is another than the shop's.
_LANGUAGES = ("en-US", "de-DE")
_PRODUCTS = ("product", "reference", "sku", "item", "variantReference", "variant.reference")
_MERCHANTS = ("merchantId", "merchant_id", "merchant", "iss", "sub")
_TIMES = ("iat", "timestamp", "time", "now")
_REFERENCES = ("merchantReference", "merchant_reference", "orderId", "order", "checkoutId")
_ANOTHER = "another-merchant"
# Seconds since the epoch, in 2023.
_LONG_AGO = "1700000000"
# Part of a token's claims, as a page's script may have them.
_PRICE = {"valueBeforeTax": 0.01, "valueAfterTax": 0.01, "taxValue": 0, "taxPercentage": 0}


def prices(where: Where) -> Family[Fields]:
    """Names with values, to be put into that part of a request, by which a price must not change."""
    names = _named([*_PRICES, *_REDUCTIONS], where)
    together: Fields = dict.fromkeys(names[:8], 0.01 if where is Where.JSON else _CHEAP)
    single: list[tuple[str, Fields]] = [(name, {name: _CHEAP}) for name in names]
    currencies: list[tuple[str, Fields]] = [(f"currency {code}", {"currency": code}) for code in _CURRENCIES]
    all_at_once = ("all at once", together)
    match where:
        case Where.PARAMETERS:
            return family([*single[: len(_PRICES)], all_at_once, *currencies], single[len(_PRICES) :])
        case Where.JSON:
            deeper: list[tuple[str, Fields]] = [
                ("data.merchantPrice", {"data": {"merchantPrice": _PRICE}}),
                ("product.price", {"product": {"price": 0.01, "merchantPrice": _PRICE}}),
                ("items", {"items": [{"price": 0.01, "quantity": 1}]}),
            ]
            inside: Fields = {"merchantPrice": _PRICE}
            return family([all_at_once, ("merchantPrice", inside)], [*deeper, *single, *currencies])
        case Where.COOKIES:
            cart = {"cart": quote(f'{{"price":"{_CHEAP}","valueBeforeTax":"{_CHEAP}","total":"{_CHEAP}"}}')}
            return family([all_at_once, ("a cart", cart)], [*single, *currencies])
    more = [*single, *currencies]
    if where is Where.HEADERS:
        more += [(f"the language {one}", {"Accept-Language": one}) for one in _LANGUAGES]
    return family([all_at_once], more)


def products(where: Where, other: str) -> Family[Fields]:
    """Names with the variant ``other``, beside the one that is asked for: what is sold is sold at its own price."""
    names = _named([*_PRODUCTS], where)
    single: list[tuple[str, Fields]] = [(name, {name: other}) for name in names]
    if where is Where.JSON:
        single.append(("variant", {"variant": {"reference": other}}))
    elif where is not Where.PARAMETERS:
        single.append(("variant", {"variant": other}))
    return family([("all at once", dict.fromkeys(names, other))], single)


def claims(where: Where, reference: str) -> Family[Fields]:
    """Names of other claims: another merchant, another time, and the ``reference`` of a checkout that there is."""
    groups = ((_MERCHANTS, _ANOTHER), (_TIMES, _LONG_AGO), (_REFERENCES, reference))
    values: dict[str, Any] = {name: value for names, value in groups for name in _named([*names], where)}
    single: list[tuple[str, Fields]] = [(name, {name: value}) for name, value in values.items()]
    if where is Where.JSON:
        single.append(("data.merchantReference", {"data": {"merchantReference": reference}}))
    return family([("all at once", values)], single)


def _named(names: list[str], where: Where) -> list[str]:
    """The ``names`` as that part of a request writes them; what it cannot write is left out."""
    if where is Where.HEADERS:
        return [f"X-{name[0].upper()}{name[1:]}" for name in names if name.isalnum()]
    if where is Where.COOKIES:
        return [name for name in names if name.isidentifier()]
    return names
