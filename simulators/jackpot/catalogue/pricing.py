"""Price from value and value from price, exact to the cent.

Decided where the documents are silent: an amount is in EUR. The price of a value is the value less its
discount, rounded half up to a whole cent. The discount is that of the first range holding the value; a
value in none costs itself. Below zero, a discount makes a value cost more than itself, as the documented voucher
of 110 does at 150. A price buys the largest value that costs exactly it; within one range whose discount is not
below zero every cent between the prices of its ends is such a price, since a cent of value is at most a cent of price.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from math import ceil, floor
from typing import Final
from uuid import UUID, uuid5

from simulators.jackpot.wire import Discount, Store
from simulators.values import money

CURRENCY: Final = "EUR"
_HALF: Final = Fraction(1, 2)


class Unacceptable(ValueError):
    """A value or price that the store does not sell; ``code`` names the reason."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


@dataclass(frozen=True, slots=True)
class Offer:
    """What a store sells under one discount; ``discount`` is None where values cost themselves."""

    id: str
    discount: Discount | None

    @property
    def rate(self) -> Decimal:
        """The discount in percent."""
        return Decimal(0) if self.discount is None else self.discount.discount_rate

    def holds(self, value: Decimal) -> bool:
        """Whether ``value`` lies in the offer's range."""
        return self.discount is None or (
            self.discount.voucher_value_min <= value <= self.discount.voucher_value_max
        )


def offers(store: Store) -> list[Offer]:
    """The offers of ``store``: one for each of its discounts, the first that holds a value governs it."""
    found = [_offer(store, discount) for discount in store.discounts]
    return [*found, _offer(store, None)]


def _offer(store: Store, discount: Discount | None) -> Offer:
    span = "full price" if discount is None else f"{discount.voucher_value_min}-{discount.voucher_value_max}"
    return Offer(str(uuid5(UUID(store.id), span)), discount)


def span(store: Store, offer: Offer) -> tuple[Decimal, Decimal]:
    """The least and the greatest value of ``store`` that may be under ``offer``."""
    low, high = store.voucher_value_min, store.voucher_value_max
    if offer.discount is None:
        return low, high
    return max(low, offer.discount.voucher_value_min), min(high, offer.discount.voucher_value_max)


def offer_of(store: Store, value: Decimal) -> Offer:
    """The offer that governs ``value``."""
    return next(offer for offer in offers(store) if offer.holds(value))


def price_of(store: Store, value: Decimal) -> Decimal:
    """What ``value`` costs at ``store``; raises Unacceptable where the store does not sell it."""
    check_value(store, value)
    return money.from_minor(_price(_cents(value), offer_of(store, value).rate), CURRENCY)


def value_of(store: Store, price: Decimal) -> Decimal:
    """The largest value of ``store`` that costs exactly ``price``; raises Unacceptable without one."""
    wanted = _fine(price, "price")
    found = [value for value in _candidates(store, wanted) if _costs(store, value) == wanted]
    if not found:
        low, high = (money.show(price_of(store, value), CURRENCY) for value in _ends(store))
        raise Unacceptable(
            "PRICE_UNAVAILABLE",
            f"No voucher of {store.name} costs exactly {money.show(price, CURRENCY)}; a price is charged to "
            f"the cent or not at all. Its vouchers cost from {low} to {high}. Ask proposed-vouchers, or "
            "reserve by value.",
        )
    return money.from_minor(max(found), CURRENCY)


def check_value(store: Store, value: Decimal) -> None:
    """Raise Unacceptable where ``store`` does not sell ``value``."""
    _fine(value, "value")
    possible = store.voucher_possible_discrete_values
    if possible is not None and value not in possible:
        listed = ", ".join(money.show(each, CURRENCY) for each in possible)
        raise Unacceptable(
            "VALUE_UNAVAILABLE",
            f"The value is {money.show(value, CURRENCY)}. {store.name} sells single values only. "
            f"Choose one of: {listed}.",
        )
    if not store.voucher_value_min <= value <= store.voucher_value_max:
        low, high = store.voucher_value_min, store.voucher_value_max
        raise Unacceptable(
            "VALUE_OUT_OF_RANGE",
            f"The value is {money.show(value, CURRENCY)}. {store.name} sells from "
            f"{money.show(low, CURRENCY)} to {money.show(high, CURRENCY)}. Choose a value in this range.",
        )


def _fine(amount: Decimal, name: str) -> int:
    try:
        cents = _cents(amount)
    except ValueError:
        cents = 0
    if cents <= 0:
        raise Unacceptable(
            f"{name.upper()}_UNACCEPTABLE",
            f"The {name} is {money.plain(amount)}. A voucher is bought in whole cents, more than none. "
            f"Give a {name} over 0 with at most two decimals.",
        )
    return cents


def _cents(amount: Decimal) -> int:
    return money.to_minor(amount, CURRENCY)


def _factor(rate: Decimal) -> Fraction:
    return (100 - Fraction(rate)) / 100


def _price(value: int, rate: Decimal) -> int:
    return floor(value * _factor(rate) + _HALF)


def _costs(store: Store, value: int) -> int:
    return _price(value, offer_of(store, money.from_minor(value, CURRENCY)).rate)


def _ends(store: Store) -> tuple[Decimal, Decimal]:
    possible = store.voucher_possible_discrete_values
    low, high = store.voucher_value_min, store.voucher_value_max
    return (low, high) if not possible else (min(possible), max(possible))


def _candidates(store: Store, price: int) -> Iterator[int]:
    """Values in cents, among them the largest that costs ``price`` in each range."""
    if store.voucher_possible_discrete_values is not None:
        yield from (_cents(value) for value in store.voucher_possible_discrete_values)
        return
    for low, high, rate in _spans(store):
        # The largest v with v * factor < price + 1/2, which is what rounds to the price.
        largest = ceil((price + _HALF) / _factor(rate)) - 1
        yield min(max(largest, low), high)


def _spans(store: Store) -> Iterator[tuple[int, int, Decimal]]:
    """The store's values cut into spans (first and last cent) that one offer governs."""
    low, high = _cents(store.voucher_value_min), _cents(store.voucher_value_max)
    starts = {low}
    for discount in store.discounts:
        starts |= {ceil(discount.voucher_value_min * 100), floor(discount.voucher_value_max * 100) + 1}
    cuts = [*sorted(start for start in starts if low <= start <= high), high + 1]
    for first, following in pairwise(cuts):
        yield first, following - 1, offer_of(store, money.from_minor(first, CURRENCY)).rate
