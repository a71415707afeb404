"""What a browser may put into a request for a token, by which a price must not change. Contract CHK-09."""

from collections.abc import Mapping

from scenarios.browsers.checkout_browser import Where
from scenarios.generated.families.family import Family, family

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


def prices(where: Where) -> Family[Mapping[str, str]]:
    """Names with values, to be put into that part of a request."""
    names = [*_PRICES, *_REDUCTIONS]
    if where is Where.HEADERS:
        names = [f"X-{name[0].upper()}{name[1:]}" for name in names if name.isalnum()]
    if where is Where.COOKIES:
        names = [name for name in names if name.isalnum()]
    together = dict.fromkeys(names[:8], _CHEAP)
    single = [(name, {name: _CHEAP}) for name in names]
    currencies = [(f"currency {code}", {"currency": code}) for code in _CURRENCIES]
    if where is Where.PARAMETERS:
        return family(
            [*single[: len(_PRICES)], ("all at once", together), *currencies], single[len(_PRICES) :]
        )
    # Whoever reads one of them is found by all at once; one by one, all of them are named.
    return family([("all at once", together)], [*single, *currencies])
