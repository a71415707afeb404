"""Exact money: decimals, ISO 4217 units and the one way an amount is written. Never binary floating point."""

import re
from decimal import Context, Decimal, InvalidOperation
from functools import cache

import iso4217

# Wide enough that no amount anybody writes is rounded on its way.
_EXACT = Context(prec=10_000)


# How many digits an amount may have before the point, and after it: more than any currency or database column has.
DIGITS = 40
DECIMALS = 100


class UnknownCurrency(ValueError):
    """The code is not one of ISO 4217's."""


@cache
def decimals(currency: str) -> int:
    """How many decimals ISO 4217 gives ``currency`` ("EUR" 2, "JPY" 0, "KWD" 3).

    Raises UnknownCurrency where the code is none of ISO 4217's or has no minor unit.
    """
    try:
        exponent = iso4217.Currency(currency).exponent
    except ValueError:
        raise UnknownCurrency(f"{currency!r} is no ISO 4217 currency code") from None
    if exponent is None:
        raise UnknownCurrency(f"{currency!r} has no minor unit in ISO 4217")
    return int(exponent)


_NUMBER = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", re.ASCII)


def unit(currency: str) -> Decimal:
    """Return the smallest amount of ``currency`` ("EUR": 0.01)."""
    return Decimal(1).scaleb(-decimals(currency))


def to_minor(amount: Decimal, currency: str) -> int:
    """Return ``amount`` in minor units; raises ValueError where it is finer than the currency's unit."""
    scaled = amount.scaleb(decimals(currency), _EXACT)
    if scaled != scaled.to_integral_value(context=_EXACT):
        raise ValueError(f"{amount} is finer than the smallest unit of {currency}")
    return int(scaled)


def from_minor(minor: int, currency: str) -> Decimal:
    """Return ``minor`` units of ``currency`` as a decimal amount, written in full ("EUR": 1050 is 10.50)."""
    return Decimal(minor).scaleb(-decimals(currency), _EXACT)


def plain(amount: Decimal) -> str:
    """Write ``amount`` as the shortest plain decimal: "10.5", "10", never "10.50" or "1E+1"."""
    text = format(amount, "f")
    if "." in text:
        text = text.rstrip("0").rstrip(".")
    return "0" if text in ("-0", "") else text


def figure(amount: Decimal, currency: str) -> str:
    """Write ``amount`` with all decimals of ``currency`` ("10.50"), or more where it has more."""
    rounded = amount.quantize(unit(currency), context=_EXACT)
    return format(rounded if amount == rounded else amount, "f")


def show(amount: Decimal, currency: str) -> str:
    """Write ``amount`` for people: all decimals of the currency and its code ("10.50 EUR")."""
    return f"{figure(amount, currency)} {currency}"


def parse(text: str) -> Decimal:
    """Read a finite decimal; raises ValueError for anything else ("abc", "NaN", "1,000", "1_000", blanks around), and
    for what has more than DIGITS digits before the point or DECIMALS after it, which no reckoning could hold.
    """
    # Decimal itself reads underscores, blanks and the digits of other scripts, too.
    if not _NUMBER.fullmatch(text):
        raise ValueError(f"{text!r} is not a decimal number")
    try:
        amount = Decimal(text)
    except InvalidOperation:
        raise ValueError(f"{text!r} is not a decimal number") from None
    if not amount.is_finite():
        raise ValueError(f"{text!r} is not a finite number")
    exponent = amount.as_tuple().exponent
    if amount.adjusted() >= DIGITS or not isinstance(exponent, int) or exponent < -DECIMALS:
        shown = text if len(text) <= DIGITS else f"{text[:DIGITS]}.."
        raise ValueError(
            f"{shown!r} is no amount of money: it has more than {DIGITS} digits before the point, or more than "
            f"{DECIMALS} after it"
        )
    return amount
