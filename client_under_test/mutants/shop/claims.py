"""Faults in what the tokens of checkouts say (CHK-02 to CHK-08)."""

import itertools
from decimal import ROUND_DOWN, Decimal

from typing_extensions import override

from client_under_test.database import Database
from client_under_test.mutants.changes import Change, Document, changing, setting, without
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop.shop_mutant import checkout_mutant, saying
from client_under_test.schema import ONE_PER_MERCHANT_REFERENCE
from client_under_test.shop.orders import Orders
from client_under_test.shop.products import PRODUCTS, Price, Product, ProductCatalogue

_SYMBOLS = {"GBP": "£", "EUR": "€", "JPY": "¥"}
_ROWS = [product.reference for product in PRODUCTS]
_TITLES = {product.reference: product.title for product in PRODUCTS}


def _claims(name: str, fault: str, rule: str, change: Change, *needs: str) -> Mutant:
    return checkout_mutant(name, (rule,), fault, needs=needs, checkout_tokens=saying(change))


def _data(name: str, fault: str, rule: str, change: Change) -> Mutant:
    return _claims(name, fault, rule, changing("data", change))


def _price(name: str, fault: str, rule: str, change: Change, *needs: str) -> Mutant:
    return _claims(name, fault, rule, changing("data", changing("merchantPrice", change)), *needs)


def _variant(name: str, fault: str, change: Change) -> Mutant:
    return _data(name, fault, "CHK-07", changing("variant", change))


def _tax_for_a_reduction(price: Document) -> Document:
    before, tax, percentage = price["valueBeforeTax"], price["taxValue"], price["taxPercentage"]
    return {**price, "valueAfterTax": before - tax, "taxValue": -tax, "taxPercentage": -percentage}


class _RoundedDown(ProductCatalogue):
    """Tax is cut, not rounded."""

    @override
    def rounded(self, minor: Decimal) -> int:
        return int(minor.quantize(Decimal(1), ROUND_DOWN))


class _WholeUnits(ProductCatalogue):
    """Rounds the tax to whole pounds, euros or dinars."""

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        return Price(price.currency, price.before, -(-price.tax // 100) * 100, price.percentage)


class _ReusedReference(Orders):
    """One merchantReference for each product."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        with database.write() as connection:
            ONE_PER_MERCHANT_REFERENCE.drop(connection, checkfirst=True)

    @override
    def new_reference(self, variant: str) -> str:
        return f"order-{variant}"


def _reference_of_ten_seconds(claims: Document) -> Document:
    """Two checkouts that come close together are one."""
    return changing("data", setting("merchantReference", f"order-{claims['iat'] // 10}"))(claims)


_CHECKOUTS = itertools.count()


def _reference_of_few(claims: Document) -> Document:
    """Begins again after a while, as a counter in a narrow column."""
    return changing("data", setting("merchantReference", f"order-{next(_CHECKOUTS) % 17}"))(claims)


MUTANTS: tuple[Mutant, ...] = (
    _claims("chk-no-iss", "iss is left out.", "CHK-02", without("iss")),
    _claims(
        "chk-iss-address",
        "iss is the shop's address.",
        "CHK-02",
        changing("iss", lambda iss: f"https://{iss}.example"),
    ),
    _claims("chk-no-sub", "sub is left out.", "CHK-02", without("sub")),
    _claims(
        "chk-sub-id", "sub is the merchant id.", "CHK-02", lambda claims: claims | {"sub": claims["iss"]}
    ),
    _claims("chk-sub-lower", "sub is written small.", "CHK-02", setting("sub", "merchant")),
    _claims("chk-iat-text", "iat is a text, as quoted.", "CHK-03", changing("iat", str)),
    _claims("chk-milliseconds", "iat is in milliseconds.", "CHK-03", changing("iat", lambda iat: iat * 1000)),
    _claims(
        "chk-iat-fraction",
        "iat is no integer.",
        "CHK-03",
        changing("iat", lambda iat: Decimal(iat) + Decimal("0.25")),
    ),
    _claims("chk-local-time", "iat is local time.", "CHK-03", changing("iat", lambda iat: iat + 2 * 3600)),
    _claims("chk-no-iat", "iat is left out.", "CHK-03", without("iat")),
    _data("chk-currency-lower", "The currency is written small.", "CHK-04", changing("currency", str.lower)),
    _data(
        "chk-currency-symbol",
        "The currency is a symbol.",
        "CHK-04",
        changing("currency", lambda code: _SYMBOLS.get(code, "$")),
    ),
    _data("chk-no-currency", "The currency is left out.", "CHK-04", without("currency")),
    _price(
        "chk-price-text",
        "The amounts are texts.",
        "CHK-05",
        lambda price: {name: str(value) for name, value in price.items()},
    ),
    _price(
        "chk-percentage-text",
        "The percentage is a text.",
        "CHK-05",
        changing("taxPercentage", lambda percentage: f"{percentage}%"),
    ),
    _price("chk-no-percentage", "taxPercentage is left out.", "CHK-05", without("taxPercentage")),
    _price("chk-negative-tax", "The tax is negative.", "CHK-05", _tax_for_a_reduction),
    _price(
        "chk-fraction",
        "The percentage is 0.2 for 20.",
        "CHK-06",
        changing("taxPercentage", lambda percentage: Decimal(percentage) / 100),
    ),
    _price(
        "chk-tax-forgotten",
        "valueAfterTax has no tax.",
        "CHK-06",
        lambda price: price | {"valueAfterTax": price["valueBeforeTax"]},
    ),
    _price(
        "chk-tax-twice",
        "The tax is added twice.",
        "CHK-06",
        lambda price: price | {"valueAfterTax": price["valueAfterTax"] + price["taxValue"]},
    ),
    _price(
        "chk-tax-included",
        "valueBeforeTax has the tax.",
        "CHK-06",
        lambda price: price | {"valueBeforeTax": price["valueAfterTax"]},
    ),
    _price(
        "chk-tax-of-after",
        "taxValue is the whole price.",
        "CHK-06",
        lambda price: price | {"taxValue": price["valueAfterTax"]},
    ),
    _price(
        "chk-whole-percentage",
        "Percentages lose their decimals.",
        "CHK-06",
        changing("taxPercentage", int),
        "products",
    ),
    checkout_mutant("chk-tax-down", ("CHK-06",), needs=("products",), product_catalogue=_RoundedDown),
    checkout_mutant("chk-tax-whole", ("CHK-06",), needs=("products",), product_catalogue=_WholeUnits),
    _variant("chk-empty-variant", "The variant's reference is empty.", setting("reference", "")),
    _variant(
        "chk-number-variant",
        "The variant's reference is a number.",
        changing("reference", lambda reference: _ROWS.index(reference) + 1),
    ),
    _variant(
        "chk-title-variant", "The variant's reference is its title.", changing("reference", _TITLES.get)
    ),
    # Names the product and not its variant: "mug-" for "mug-blue".
    _variant(
        "chk-family-variant",
        "The variant's reference is cut short.",
        changing("reference", lambda reference: reference[:4]),
    ),
    _data("chk-no-variant", "The variant is left out.", "CHK-07", without("variant")),
    # Follows the example, which has none.
    _data("chk-no-reference", "merchantReference is left out.", "CHK-08", without("merchantReference")),
    _data("chk-empty-reference", "merchantReference is empty.", "CHK-08", setting("merchantReference", "")),
    checkout_mutant("chk-reused-reference", ("CHK-08",), orders=_ReusedReference),
    _claims("chk-reference-of-few", "There are 17 merchantReferences.", "CHK-08", _reference_of_few),
    _claims("chk-clock-reference", "merchantReference is the time.", "CHK-08", _reference_of_ten_seconds),
)
