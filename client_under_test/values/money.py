"""Money as the CLIENT keeps it: integer minor units of an ISO 4217 currency."""

import re
from decimal import Decimal, localcontext

import iso4217

from client_under_test.values.refusals import Refused

# Larger amounts are refused: 10^16 minor units leave a 64-bit balance room for hundreds of them.
LARGEST = 10**16
# A decimal as JSON writes numbers: no blanks, no "1_000", no digits of other scripts.
_SPELLING = re.compile(r"-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?", re.ASCII)
_LONGEST = 40


def decimals(currency: str) -> int:
    """How many decimals ``currency`` has (EUR 2, JPY 0, KWD 3); raises Refused where ISO 4217 has none."""
    try:
        exponent = iso4217.Currency(currency).exponent
    except ValueError:
        exponent = None
    if exponent is None:
        raise Refused("INVALID_CURRENCY")
    return int(exponent)


def spelled(text: str) -> Decimal:
    """Read an amount written as a string; raises Refused where it is not plainly a decimal number."""
    if len(text) > _LONGEST or not _SPELLING.fullmatch(text):
        raise Refused("INVALID_AMOUNT")
    return Decimal(text)


def exact(given: object) -> Decimal:
    """Read an amount as JSON has it, a number or a string; raises Refused for anything else."""
    if isinstance(given, str):
        return spelled(given)
    if isinstance(given, bool) or not isinstance(given, int | Decimal):
        raise Refused("INVALID_AMOUNT")
    return Decimal(given)


def to_minor(amount: Decimal, currency: str) -> int:
    """Return ``amount`` in minor units of ``currency``.

    Raises Refused where it is negative, not finite, finer than the currency's unit, or absurdly large.
    """
    if not amount.is_finite() or amount < 0:
        raise Refused("INVALID_AMOUNT")
    places = decimals(currency)
    if amount == 0:
        return 0
    # Bounded first, so that neither "1e999999" nor 400 digits cost anything to look at.
    if amount.adjusted() > 20 or amount.adjusted() < -20 or len(amount.as_tuple().digits) > _LONGEST:
        raise Refused("INVALID_AMOUNT")
    with localcontext(prec=100):
        minor = amount.scaleb(places)
        if minor != minor.to_integral_value() or minor > LARGEST:
            raise Refused("INVALID_AMOUNT")
        return int(minor)


def written(minor: int, currency: str) -> str:
    """Write ``minor`` units with all decimals of ``currency`` ("EUR": 1050 is "10.50")."""
    return f"{Decimal(minor).scaleb(-decimals(currency)):f}"
