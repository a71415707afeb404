"""What the CLIENT sells by the checkout: products with exact prices. ``product-widget.txt``, *Merchant price type*."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Final

from client_under_test.values import money


class UnknownProduct(LookupError):
    """Nothing is sold under that variant reference."""


@dataclass(frozen=True, slots=True)
class Product:
    """A variant on sale: ``before_tax`` in units of ``currency``, ``tax_percentage`` as in "20" for 20 %."""

    reference: str
    title: str
    currency: str
    before_tax: Decimal
    tax_percentage: Decimal


@dataclass(frozen=True, slots=True)
class Price:
    """What a product costs: minor units of ``currency``; ``percentage`` exact, never rounded."""

    currency: str
    before: int
    tax: int
    percentage: Decimal

    @property
    def after(self) -> int:
        """With the tax."""
        return self.before + self.tax


# Rates with and without decimals, none at all, taxes that must be rounded (up, down, from the very half),
# and currencies with two decimals, none and three.
PRODUCTS: Final = (
    Product("mug-blue", "Blue mug", "GBP", Decimal("12.50"), Decimal("20")),
    Product("scarf-red", "Red scarf", "GBP", Decimal("16.66"), Decimal("20")),
    Product("rulebook", "The rules of the game", "GBP", Decimal("9.99"), Decimal("0")),
    Product("heater-s", "Small heater", "GBP", Decimal("84.10"), Decimal("5")),
    Product("lamp-desk", "Desk lamp", "EUR", Decimal("33.35"), Decimal("19")),
    Product("chair-oak", "Oak chair", "EUR", Decimal("79.90"), Decimal("5.5")),
    Product("fan-paper", "Paper fan", "JPY", Decimal("1995"), Decimal("10")),
    Product("pearl-box", "Box of pearls", "KWD", Decimal("7.125"), Decimal("5")),
)


class ProductCatalogue:
    """The products on sale and what they cost."""

    def __init__(self, products: Iterable[Product] = PRODUCTS) -> None:
        self.products = {product.reference: product for product in products}

    def find(self, reference: str) -> Product:
        """Return the product of that variant reference, compared exactly; raises UnknownProduct."""
        try:
            return self.products[reference]
        except KeyError:
            raise UnknownProduct(reference) from None

    def price(self, product: Product) -> Price:
        """Return what ``product`` costs: its tax rounded once, half up, to the currency's unit."""
        before = money.to_minor(product.before_tax, product.currency)
        tax = self.rounded(Decimal(before) * product.tax_percentage / 100)
        return Price(product.currency, before, tax, product.tax_percentage)

    def rounded(self, minor: Decimal) -> int:
        """Round minor units to whole ones."""
        return int(minor.quantize(Decimal(1), ROUND_HALF_UP))
