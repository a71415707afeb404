"""Faults in what the tokens of checkouts say (CHK-02 to CHK-08)."""

from decimal import ROUND_DOWN, Decimal
from typing import Any

from typing_extensions import override

from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop.shop_mutant import ChangedClaims, checkout_mutant, without
from client_under_test.schema import ONE_PER_MERCHANT_REFERENCE
from client_under_test.shop.orders import Order, Orders
from client_under_test.shop.products import PRODUCTS, Price, Product, ProductCatalogue


class _NoIss(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return without(claims, "iss")


class _IssAddress(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iss": f"https://{claims['iss']}.example"}


class _NoSub(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return without(claims, "sub")


class _SubMerchantId(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "sub": claims["iss"]}


class _SubLower(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "sub": "merchant"}


class _IatText(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": str(claims["iat"])}


class _IatMilliseconds(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": claims["iat"] * 1000}


class _IatFraction(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": Decimal(claims["iat"]) + Decimal("0.25")}


class _IatLocal(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": claims["iat"] + 2 * 3600}


class _NoIat(ChangedClaims):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return without(claims, "iat")


class _CurrencyLower(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "currency": data["currency"].lower()}


class _CurrencySymbol(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        symbols = {"GBP": "£", "EUR": "€", "JPY": "¥"}
        return {**data, "currency": symbols.get(data["currency"], "$")}


class _NoCurrency(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return without(data, "currency")


class _PriceText(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {name: str(value) for name, value in price.items()}


class _PercentageText(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "taxPercentage": f"{price['taxPercentage']}%"}


class _NoPercentage(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return without(price, "taxPercentage")


class _NegativeTax(ChangedClaims):
    """Takes the tax for a reduction."""

    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        before, tax, percentage = price["valueBeforeTax"], price["taxValue"], price["taxPercentage"]
        lower = {"valueAfterTax": before - tax, "taxValue": -tax, "taxPercentage": -percentage}
        return {**price, **lower}


class _Fraction(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "taxPercentage": Decimal(price["taxPercentage"]) / 100}


class _TaxForgotten(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "valueAfterTax": price["valueBeforeTax"]}


class _TaxTwice(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "valueAfterTax": price["valueAfterTax"] + price["taxValue"]}


class _TaxIncluded(ChangedClaims):
    """Says what the tax is worth of the price after it."""

    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "valueBeforeTax": price["valueAfterTax"]}


class _TaxOfAfter(ChangedClaims):
    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "taxValue": price["valueAfterTax"]}


class _WholePercentage(ChangedClaims):
    """Keeps the percentage as an integer."""

    @override
    def price(self, price: dict[str, Any]) -> dict[str, Any]:
        return {**price, "taxPercentage": int(price["taxPercentage"])}


class _RoundedDown(ProductCatalogue):
    @override
    def rounded(self, minor: Decimal) -> int:
        return int(minor.quantize(Decimal(1), ROUND_DOWN))


class _WholeUnits(ProductCatalogue):
    """Rounds the tax to whole pounds, euros or dinars."""

    @override
    def price(self, product: Product) -> Price:
        price = super().price(product)
        return Price(price.currency, price.before, -(-price.tax // 100) * 100, price.percentage)


class _EmptyVariant(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "variant": {"reference": ""}}


class _NumberVariant(ChangedClaims):
    """Names the row of the catalogue."""

    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        rows = [product.reference for product in PRODUCTS]
        return {**data, "variant": {"reference": rows.index(data["variant"]["reference"]) + 1}}


class _TitleVariant(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        titles = {product.reference: product.title for product in PRODUCTS}
        return {**data, "variant": {"reference": titles[data["variant"]["reference"]]}}


class _FamilyVariant(ChangedClaims):
    """Names the product and not its variant: "mug" for "mug-blue"."""

    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "variant": {"reference": data["variant"]["reference"][:4]}}


class _NoVariant(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return without(data, "variant")


class _NoReference(ChangedClaims):
    """Follows the example, which has none."""

    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return without(data, "merchantReference")


class _EmptyReference(ChangedClaims):
    @override
    def data(self, data: dict[str, Any]) -> dict[str, Any]:
        return {**data, "merchantReference": ""}


class _ReusedReference(Orders):
    """One merchantReference for each product."""

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        with database.write() as connection:
            ONE_PER_MERCHANT_REFERENCE.drop(connection, checkfirst=True)

    @override
    def new_reference(self, variant: str) -> str:
        return f"order-{variant}"


class _SecondsReference(ChangedClaims):
    """Two checkouts of one second are one."""

    @override
    def claims(self, order: Order, iat: int) -> dict[str, Any]:
        claims = super().claims(order, iat)
        return {**claims, "data": {**claims["data"], "merchantReference": f"order-{iat // 10}"}}


MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant("chk-no-iss", "iss is left out.", ("CHK-02",), checkout_tokens=_NoIss),
    checkout_mutant(
        "chk-iss-address", "iss is the shop's address.", ("CHK-02",), checkout_tokens=_IssAddress
    ),
    checkout_mutant("chk-no-sub", "sub is left out.", ("CHK-02",), checkout_tokens=_NoSub),
    checkout_mutant("chk-sub-id", "sub is the merchant id.", ("CHK-02",), checkout_tokens=_SubMerchantId),
    checkout_mutant("chk-sub-lower", "sub is written small.", ("CHK-02",), checkout_tokens=_SubLower),
    checkout_mutant("chk-iat-text", "iat is a text, as quoted.", ("CHK-03",), checkout_tokens=_IatText),
    checkout_mutant(
        "chk-milliseconds", "iat is in milliseconds.", ("CHK-03",), checkout_tokens=_IatMilliseconds
    ),
    checkout_mutant("chk-iat-fraction", "iat is no integer.", ("CHK-03",), checkout_tokens=_IatFraction),
    checkout_mutant("chk-local-time", "iat is local time.", ("CHK-03",), checkout_tokens=_IatLocal),
    checkout_mutant("chk-no-iat", "iat is left out.", ("CHK-03",), checkout_tokens=_NoIat),
    checkout_mutant(
        "chk-currency-lower", "The currency is written small.", ("CHK-04",), checkout_tokens=_CurrencyLower
    ),
    checkout_mutant(
        "chk-currency-symbol", "The currency is a symbol.", ("CHK-04",), checkout_tokens=_CurrencySymbol
    ),
    checkout_mutant("chk-no-currency", "The currency is left out.", ("CHK-04",), checkout_tokens=_NoCurrency),
    checkout_mutant("chk-price-text", "The amounts are texts.", ("CHK-05",), checkout_tokens=_PriceText),
    checkout_mutant(
        "chk-percentage-text", "The percentage is a text.", ("CHK-05",), checkout_tokens=_PercentageText
    ),
    checkout_mutant(
        "chk-no-percentage", "taxPercentage is left out.", ("CHK-05",), checkout_tokens=_NoPercentage
    ),
    checkout_mutant("chk-negative-tax", "The tax is negative.", ("CHK-05",), checkout_tokens=_NegativeTax),
    checkout_mutant("chk-fraction", "The percentage is 0.2 for 20.", ("CHK-06",), checkout_tokens=_Fraction),
    checkout_mutant(
        "chk-tax-forgotten", "valueAfterTax has no tax.", ("CHK-06",), checkout_tokens=_TaxForgotten
    ),
    checkout_mutant("chk-tax-twice", "The tax is added twice.", ("CHK-06",), checkout_tokens=_TaxTwice),
    checkout_mutant(
        "chk-tax-included", "valueBeforeTax has the tax.", ("CHK-06",), checkout_tokens=_TaxIncluded
    ),
    checkout_mutant(
        "chk-tax-of-after", "taxValue is the whole price.", ("CHK-06",), checkout_tokens=_TaxOfAfter
    ),
    checkout_mutant(
        "chk-whole-percentage",
        "Percentages lose their decimals.",
        ("CHK-06",),
        needs=("products",),
        checkout_tokens=_WholePercentage,
    ),
    checkout_mutant(
        "chk-tax-down",
        "Tax is cut, not rounded.",
        ("CHK-06",),
        needs=("products",),
        product_catalogue=_RoundedDown,
    ),
    checkout_mutant(
        "chk-tax-whole",
        "Tax is rounded up to whole units.",
        ("CHK-06",),
        needs=("products",),
        product_catalogue=_WholeUnits,
    ),
    checkout_mutant(
        "chk-empty-variant", "The variant's reference is empty.", ("CHK-07",), checkout_tokens=_EmptyVariant
    ),
    checkout_mutant(
        "chk-number-variant",
        "The variant's reference is a number.",
        ("CHK-07",),
        checkout_tokens=_NumberVariant,
    ),
    checkout_mutant(
        "chk-title-variant",
        "The variant's reference is its title.",
        ("CHK-07",),
        checkout_tokens=_TitleVariant,
    ),
    checkout_mutant(
        "chk-family-variant",
        "The variant's reference is cut short.",
        ("CHK-07",),
        checkout_tokens=_FamilyVariant,
    ),
    checkout_mutant("chk-no-variant", "The variant is left out.", ("CHK-07",), checkout_tokens=_NoVariant),
    checkout_mutant(
        "chk-no-reference", "merchantReference is left out.", ("CHK-08",), checkout_tokens=_NoReference
    ),
    checkout_mutant(
        "chk-empty-reference", "merchantReference is empty.", ("CHK-08",), checkout_tokens=_EmptyReference
    ),
    checkout_mutant(
        "chk-reused-reference", "merchantReference is the product's.", ("CHK-08",), orders=_ReusedReference
    ),
    checkout_mutant(
        "chk-clock-reference",
        "merchantReference is the time.",
        ("CHK-08",),
        checkout_tokens=_SecondsReference,
    ),
)
