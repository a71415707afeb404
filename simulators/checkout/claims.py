"""The claims of a merchant's token, one by one: what each is, what is expected of it, and what is wrong. Pure.

Implements ``product-widget.txt`` and the contract's CHK-01 to CHK-08. Decided where the documents are silent:
a token may be shown until an hour after its `iat` (CHK-03's minute is about minting), clocks may differ by a
minute; amounts may be finer than the currency's unit, as floats are (100/1.2), and add up to half a unit.
"""

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal, localcontext
from enum import Enum, StrEnum
from functools import lru_cache
from typing import Any, Final

from simulators.checkout.wire import SUBJECT, Agreement, Claims
from simulators.values import jws, money

# Seconds.
LIFE: Final = 3600
LEEWAY: Final = 60
# No amount is this long before the point, and none this fine; without bounds a few bytes fill the memory.
_DIGITS: Final = 15
# The unit of most currencies, for where the token's is not known.
_USUAL: Final = Decimal("0.01")
# Digits enough for any price, so that nothing is rounded on its way.
_PRECISION: Final = 100
_ONE: Final = Decimal(1)
# A whole address without a password; no letter in it could begin something else in a header or a policy.
ADDRESS: Final = r"^https?://([A-Za-z0-9._-]+|\[[0-9A-Fa-f:.]+\])(:[0-9]{1,5})?([/?#][!-~]*)?$"
# By so much of the currency's unit a sum may be off: half of one, and what binary floating point adds to it.
TOLERANCE: Final = Decimal("0.5001")
# How many codes of currencies are remembered: ISO 4217 has fewer.
_CURRENCIES: Final = 256
# Seconds reach this in the year 5138; before, it is milliseconds.
_MILLISECONDS: Final = 10**11


class Code(StrEnum):
    """What is wrong with a claim or with the token."""

    MALFORMED = "malformed"
    UNSIGNED = "unsigned"
    WRONG_ALGORITHM = "wrong_algorithm"
    BAD_SIGNATURE = "bad_signature"
    MISSING = "missing"
    WRONG_TYPE = "wrong_type"
    WRONG_VALUE = "wrong_value"
    EMPTY = "empty"
    MILLISECONDS = "milliseconds"
    FUTURE = "in_the_future"
    TOO_OLD = "too_old"
    LOWER_CASE = "lower_case"
    UNKNOWN_CURRENCY = "unknown_currency"
    NEGATIVE = "negative"
    TOO_LARGE = "too_large"
    NO_ADDRESS = "no_address"
    DOES_NOT_ADD_UP = "does_not_add_up"


# What came, and what to do about it; between them goes what the claim should be.
_WORDS: Final[dict[Code, tuple[str, str]]] = {
    Code.MALFORMED: ("is no JWT with a JSON object in it", "Send header.payload.signature."),
    Code.UNSIGNED: ('is "none", so anybody may have written the token', "Sign with the agreed key."),
    Code.WRONG_ALGORITHM: ("is not the algorithm agreed on", "Sign with the agreed one; take no other."),
    Code.BAD_SIGNATURE: ("is none under the agreed key", "Sign the very bytes that are sent, with that key."),
    Code.MISSING: ("is missing", "Send it."),
    Code.WRONG_TYPE: ("is of the wrong type", "Send it as that, without quotes where it is a number."),
    Code.WRONG_VALUE: ("has another value than agreed", "Send that one."),
    Code.EMPTY: ("is empty", "Fill it in."),
    Code.MILLISECONDS: ("is in milliseconds, or finer", "Divide it, and send an integer."),
    Code.FUTURE: ("is in the future", "Take UTC, in seconds, from a clock that is set."),
    Code.TOO_OLD: ("is too long ago", "Mint a token each time one is asked for."),
    Code.LOWER_CASE: ("has small letters", "Write it in capitals."),
    Code.UNKNOWN_CURRENCY: ("is no currency of ISO 4217", "Send its three letters, no symbol and no number."),
    Code.NEGATIVE: ("is below zero", "Send zero or more."),
    Code.NO_ADDRESS: ("is no http or https address", "Write it whole, with its scheme and host."),
    Code.TOO_LARGE: ("has too many digits", "Send an amount that money has."),
    Code.DOES_NOT_ADD_UP: (
        "does not add up with the other amounts",
        "Compute one from the others, and round it once.",
    ),
}


@dataclass(frozen=True, slots=True)
class ClaimProblem:
    """One thing wrong, at ``path`` ("data.currency"); ``message`` has three beats and no value of the token."""

    path: str
    code: Code
    message: str

    def __str__(self) -> str:
        return f"{self.path}: {self.code}"


class Need(Enum):
    """Whether a claim has to be there."""

    REQUIRED = "required"
    ADVISED = "advised"
    OPTIONAL = "optional"


@dataclass(frozen=True, slots=True)
class Asked:
    """Under what a token is checked: the agreement, the time (seconds), how old it may be."""

    agreement: Agreement
    now: float
    max_age: float


Check = Callable[[Any, Asked], Code | None]


@dataclass(frozen=True, slots=True)
class Claim:
    """One claim: what it is, what it should be, and what an amount should add up to (``sum``)."""

    path: str
    meaning: str
    expected: str
    check: Check
    need: Need = Need.REQUIRED
    sum: str = ""

    def fault(self, code: Code) -> ClaimProblem:
        """Return the fault ``code`` of this claim."""
        came, remedy = _WORDS[code]
        expected = self.sum if code is Code.DOES_NOT_ADD_UP else self.expected
        return ClaimProblem(self.path, code, f"{self.path} {came}. Expected is {expected}. {remedy}")


def _object(value: Any, _: Asked) -> Code | None:
    return None if isinstance(value, dict) else Code.WRONG_TYPE


def _text(value: Any, _: Asked) -> Code | None:
    if not isinstance(value, str):
        return Code.WRONG_TYPE
    return None if value.strip() else Code.EMPTY


def _exactly(word: Callable[[Asked], str]) -> Check:
    def check(value: Any, asked: Asked) -> Code | None:
        wrong = _text(value, asked)
        return wrong or (None if value == word(asked) else Code.WRONG_VALUE)

    return check


def _issued(value: Any, asked: Asked) -> Code | None:
    if not isinstance(value, Decimal) or not value.same_quantum(_ONE):
        return Code.WRONG_TYPE
    if value >= _MILLISECONDS:
        return Code.MILLISECONDS
    # A whole number is above another where it is above that one's whole part.
    if value > math.floor(asked.now + LEEWAY):
        return Code.FUTURE
    return Code.TOO_OLD if value < math.ceil(asked.now - asked.max_age) else None


def _currency(value: Any, asked: Asked) -> Code | None:
    wrong = _text(value, asked)
    if wrong is not None:
        return wrong
    if _unit(value) is not None:
        return None
    return Code.LOWER_CASE if _unit(value.upper()) is not None else Code.UNKNOWN_CURRENCY


def _unit(currency: Any) -> Decimal | None:
    if not (isinstance(currency, str) and len(currency) == 3 and currency.isascii() and currency.isupper()):
        return None
    return _unit_of(currency)


@lru_cache(_CURRENCIES)
def _unit_of(currency: str) -> Decimal | None:
    try:
        return money.unit(currency)
    except money.UnknownCurrency:
        return None


def _address(value: Any, asked: Asked) -> Code | None:
    wrong = _text(value, asked)
    if wrong is not None:
        return wrong
    return None if re.fullmatch(ADDRESS, value) else Code.NO_ADDRESS


def _number(value: Any, _: Asked) -> Code | None:
    if isinstance(value, jws.Unbounded):
        return Code.TOO_LARGE
    if not isinstance(value, Decimal):
        return Code.WRONG_TYPE
    exponent = value.as_tuple().exponent
    if value.adjusted() >= _DIGITS or not isinstance(exponent, int) or exponent < -10 * _DIGITS:
        return Code.TOO_LARGE
    return Code.NEGATIVE if value < 0 else None


_TOKEN: Final = Claim("token", "the token", "a JWT", _text)
_ALGORITHM: Final = Claim("header.alg", "the algorithm that signed it", "the one agreed on", _text)
_SIGNATURE: Final = Claim("signature", "proves who wrote the token", "one under the agreed key", _text)
_AMOUNT: Final = "a JSON number, zero or more"
_WEB: Final = "an http or https address"

# Every claim, each after what holds it.
CLAIMS: Final = (
    Claim(
        "iss", "who issued it", "the agreed merchant id", _exactly(lambda asked: asked.agreement.merchant_id)
    ),
    Claim("sub", "what it is about", f'"{SUBJECT}"', _exactly(lambda _: SUBJECT)),
    Claim("iat", "when it was minted", "an integer, seconds since the epoch, of just now", _issued),
    Claim("data", "what the checkout is about", "an object", _object),
    Claim(
        "data.merchantReference",
        "the merchant's own name for the checkout",
        "a non-empty text, another for each checkout",
        _text,
        Need.ADVISED,
    ),
    Claim("data.currency", "the currency of the price", "three capitals of ISO 4217", _currency),
    Claim(
        "data.callbackUrls",
        "where the merchant is notified, and its customer goes back to",
        "an object",
        _object,
        Need.OPTIONAL,
    ),
    Claim(
        "data.callbackUrls.successRedirect", "the way back after an approval", _WEB, _address, Need.OPTIONAL
    ),
    Claim("data.callbackUrls.failureRedirect", "the way back otherwise", _WEB, _address, Need.OPTIONAL),
    Claim("data.callbackUrls.serverToServer", "where the decision goes", _WEB, _address),
    Claim("data.merchantPrice", "the price", "an object", _object),
    Claim("data.merchantPrice.valueBeforeTax", "the price before tax", _AMOUNT, _number),
    Claim(
        "data.merchantPrice.valueAfterTax",
        "the price after tax",
        _AMOUNT,
        _number,
        sum="valueBeforeTax x (1 + taxPercentage/100), to half a unit of the currency",
    ),
    Claim(
        "data.merchantPrice.taxValue",
        "the tax",
        _AMOUNT,
        _number,
        Need.OPTIONAL,
        "valueAfterTax less valueBeforeTax, to half a unit of the currency",
    ),
    Claim(
        "data.merchantPrice.taxPercentage",
        "the tax in percent of the price before tax",
        _AMOUNT,
        _number,
    ),
    Claim("data.variant", "what is bought", "an object", _object),
    Claim("data.variant.reference", "the merchant's name for the chosen variant", "a non-empty text", _text),
)
# Each claim with the path of what holds it, its name there, and what its absence is.
_PLACES: Final[tuple[tuple[Claim, str, str, Code | None], ...]] = tuple(
    (claim, *claim.path.rpartition(".")[::2], None if claim.need is Need.OPTIONAL else Code.MISSING)
    for claim in CLAIMS
)
_PRICE: Final = "data.merchantPrice"
_BEFORE: Final = f"{_PRICE}.valueBeforeTax"
_AFTER: Final = f"{_PRICE}.valueAfterTax"
_PERCENTAGE: Final = f"{_PRICE}.taxPercentage"
_TAX: Final = f"{_PRICE}.taxValue"


@dataclass(frozen=True, slots=True)
class TokenReading:
    """What a token is worth: every fault, what is only advised, and what it says, whoever signed it.

    ``algorithm`` is what the header names; ``fields`` are the claims with exact numbers, None in no JWT.
    """

    algorithm: str | None
    fields: Mapping[str, Any] | None
    faults: tuple[ClaimProblem, ...]
    advice: tuple[ClaimProblem, ...] = ()

    @property
    def holds(self) -> bool:
        """Whether the token is accepted."""
        return not self.faults

    @property
    def claims(self) -> Claims:
        """The claims of a token that holds; raises ValueError for one that does not."""
        if self.fields is None or self.faults:
            raise ValueError("the token does not hold; its faults say why")
        return Claims.of(self.fields)


def look_up(fields: Mapping[str, Any], path: str) -> tuple[bool, Any]:
    """Whether there is a claim at ``path``, and its value; null is none."""
    value: Any = fields
    for name in path.split("."):
        if not isinstance(value, Mapping) or value.get(name) is None:
            return False, None
        value = value[name]
    return True, value


def verify(token: str, agreement: Agreement, now: float, max_age: float = LIFE) -> TokenReading:
    """Check ``token``; ``now`` is seconds since the epoch, ``max_age`` seconds. No fault hides another."""
    try:
        header, fields = jws.unverified(token)
    except jws.NoJwt:
        return TokenReading(None, None, (_TOKEN.fault(Code.MALFORMED),))
    algorithm = header.get("alg")
    named = algorithm if isinstance(algorithm, str) else None
    faults, advice = check(fields, agreement, now, max_age)
    proof = _proof(token, named, agreement)
    return TokenReading(named, fields, (*((proof,) if proof else ()), *faults), advice)


def _proof(token: str, algorithm: str | None, agreement: Agreement) -> ClaimProblem | None:
    # The agreed algorithm is compared before any key is touched: a public key must never serve as a secret.
    if algorithm != agreement.algorithm:
        unsigned = (algorithm or "none").lower() == "none"
        return _ALGORITHM.fault(Code.UNSIGNED if unsigned else Code.WRONG_ALGORITHM)
    try:
        jws.verify(token, agreement.key, agreement.algorithm)
    except jws.BadSignature:
        return _SIGNATURE.fault(Code.BAD_SIGNATURE)
    except jws.NoJwt:
        return _TOKEN.fault(Code.MALFORMED)
    return None


def check(
    fields: Mapping[str, Any], agreement: Agreement, now: float, max_age: float
) -> tuple[tuple[ClaimProblem, ...], tuple[ClaimProblem, ...]]:
    """Return the faults of the claims ``fields``, and what is only advised; the times are those of ``verify``."""
    currency = look_up(fields, "data.currency")[1]
    unit = _unit(currency.upper()) if isinstance(currency, str) else None
    asked = Asked(agreement, now, max_age)
    found: dict[str, Code] = {}
    holders: dict[str, Mapping[str, Any]] = {"": fields}
    for claim, holder, name, missing in _PLACES:
        if holder in found:
            found[claim.path] = found[holder]
            continue
        if holder not in holders:
            # What may be left out was: nothing is asked of what would be in it.
            continue
        value = holders[holder].get(name)
        code = missing if value is None else claim.check(value, asked)
        if code is not None:
            found[claim.path] = code
        elif isinstance(value, dict):
            holders[claim.path] = value
    if _PRICE not in found:
        _add_up(holders[_PRICE], found, unit or _USUAL)
    if not found:
        return (), ()
    faults = [
        (claim, claim.fault(found[claim.path]))
        for claim in CLAIMS
        # What is inside a thing that is wrong is not reported again.
        if claim.path in found and claim.path.rpartition(".")[0] not in found
    ]
    advised = [
        fault
        for claim, fault in faults
        if claim.need is Need.ADVISED and fault.code is Code.MISSING and not agreement.require_reference
    ]
    return tuple(fault for _, fault in faults if fault not in advised), tuple(advised)


def _add_up(price: Mapping[str, Any], found: dict[str, Code], unit: Decimal) -> None:
    if _BEFORE in found or _AFTER in found or _PERCENTAGE in found:
        return
    before, after, tax = price["valueBeforeTax"], price["valueAfterTax"], price.get("taxValue")
    most = unit * TOLERANCE
    if sum_off(before, after, price["taxPercentage"]) > most:
        found[_AFTER] = Code.DOES_NOT_ADD_UP
    if tax is not None and _TAX not in found and sum_off(before, after, tax=tax) > most:
        found[_TAX] = Code.DOES_NOT_ADD_UP


def sum_off(
    before: Decimal, after: Decimal, percentage: Decimal = Decimal(0), tax: Decimal = Decimal(0)
) -> Decimal:
    """How far ``after`` is from ``before`` with ``percentage`` of it, or ``tax``, on top: zero or more, exact."""
    with localcontext(prec=_PRECISION):
        return abs(before * (1 + percentage / 100) + tax - after)
