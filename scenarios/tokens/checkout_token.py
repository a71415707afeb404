"""What a checkout token says, claim by claim, and which rule each fault of it breaks. Pure.

Implements ``product-widget.txt`` as the contract's CHK-01 to CHK-08 read it. A token is read whether or not its
signature holds, and its sums are judged whether or not its figures are JSON numbers, so that no fault hides another.
"""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final, NamedTuple

from scenarios.tokens.session_token import CLOCKS, OTHER_BASE64
from simulators.checkout import claims as claim_checks
from simulators.checkout.claims import CLAIMS, TOLERANCE, Code, sum_off
from simulators.checkout.wire import Agreement
from simulators.values import jws, money

_PRICE: Final = "data.merchantPrice"
_TAX: Final = f"{_PRICE}.taxValue"
_FIGURES: Final = ("valueBeforeTax", "valueAfterTax", "taxPercentage", "taxValue")
# What a price is made of.
PRICE_CLAIMS: Final = ("data.currency", *(f"{_PRICE}.{name}" for name in _FIGURES))
# The rule that each claim belongs to; without `data` all that it holds is missing.
_RULES: Final[dict[str, tuple[str, ...]]] = {
    "iss": ("CHK-02",),
    "sub": ("CHK-02",),
    "iat": ("CHK-03",),
    "data": ("CHK-04", "CHK-05", "CHK-07", "CHK-08"),
    "data.merchantReference": ("CHK-08",),
    "data.currency": ("CHK-04",),
    # No rule speaks of the addresses: where they are none, the provider makes no checkout.
    "data.callbackUrls": (),
    "data.callbackUrls.successRedirect": (),
    "data.callbackUrls.failureRedirect": (),
    "data.callbackUrls.serverToServer": (),
    _PRICE: ("CHK-05",),
    f"{_PRICE}.valueBeforeTax": ("CHK-05",),
    f"{_PRICE}.valueAfterTax": ("CHK-05",),
    _TAX: ("CHK-05",),
    f"{_PRICE}.taxPercentage": ("CHK-05",),
    "data.variant": ("CHK-07",),
    "data.variant.reference": ("CHK-07",),
}
_EXPECTED: Final = {claim.path: claim.expected for claim in CLAIMS}
# What is beyond a fortune is no price.
_FORTUNE: Final = Decimal(10) ** 15
_LONG: Final = 60


class _Absent:
    def __repr__(self) -> str:
        return "nothing"


ABSENT: Final = _Absent()


class ClaimFault(NamedTuple):
    """One thing wrong with a token: the rule it breaks, the claim's path, and the money at stake, if any."""

    rule: str
    path: str
    expected: str
    seen: str
    off: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CheckoutToken:
    """A token taken apart. ``claims`` is None where the text is no JWT; numbers in it are exact."""

    text: str
    header: dict[str, Any] | None
    claims: dict[str, Any] | None

    def claim(self, path: str) -> Any:
        """The claim at ``path`` ("data.variant.reference"), or ABSENT."""
        found: Any = self.claims
        for name in path.split("."):
            if not isinstance(found, dict) or name not in found:
                return ABSENT
            found = found[name]
        return found

    @property
    def reference(self) -> Any:
        """``data.merchantReference``, or ABSENT."""
        return self.claim("data.merchantReference")

    @property
    def variant(self) -> Any:
        """``data.variant.reference``, or ABSENT."""
        return self.claim("data.variant.reference")

    @property
    def price(self) -> tuple[Any, Any]:
        """What the player is to pay: currency and price as they are in the token."""
        return self.claim("data.currency"), self.claim(_PRICE)

    @property
    def minted(self) -> Decimal | None:
        """``iat`` as a number, however it is written; None where it is none."""
        return _number(self.claim("iat"))


def taken_apart(text: str) -> CheckoutToken:
    """Read ``text`` without verifying it."""
    try:
        header, claims = jws.unverified(text)
    except jws.NoJwt:
        return CheckoutToken(text, None, None)
    return CheckoutToken(text, header, claims)


def signature_fault(token: CheckoutToken, agreement: Agreement) -> ClaimFault | None:
    """CHK-01: what is wrong with the signature of ``token``, None where it holds."""
    expected = f"a JWT signed with {agreement.algorithm} and the agreed key"
    if token.claims is None or token.header is None or token.text.count(".") != 2:
        return ClaimFault("CHK-01", "token", expected, "a text that is no JWT of three parts")
    said = token.header.get("alg", ABSENT)
    # Compared before any key is touched: a public key must never serve as a secret.
    if said != agreement.algorithm:
        return ClaimFault("CHK-01", "alg", expected, f"algorithm {_shown(said)}")
    if not jws.compact(token.text):
        return ClaimFault("CHK-01", "token", expected, OTHER_BASE64)
    try:
        jws.verify(token.text, agreement.key, agreement.algorithm)
    except (jws.BadSignature, jws.NoJwt):
        return ClaimFault("CHK-01", "signature", expected, "a signature that does not hold")
    return None


def claim_faults(token: CheckoutToken, agreement: Agreement, now: float) -> list[ClaimFault]:
    """What is wrong with the claims of ``token``, by CHK-02 to CHK-08; ``now`` is seconds since the epoch.

    What takes several tokens to see (fresh references, the product asked for) is not judged here.
    """
    faults, advice = claim_checks.check(token.claims or {}, agreement, now, CLOCKS)
    expected = _EXPECTED | {"iss": _shown(agreement.merchant_id)}
    found = [
        ClaimFault(rule, fault.path, expected[fault.path], _shown(token.claim(fault.path)))
        for fault in (*faults, *advice)
        if fault.code is not Code.DOES_NOT_ADD_UP
        for rule in _RULES[fault.path]
    ]
    return [*found, *_sum_faults(token)]


def _sum_faults(token: CheckoutToken) -> Iterator[ClaimFault]:
    """CHK-06, by the figures, also where they are written as text: that is another rule's matter."""
    before, after, percentage, tax = (_number(token.claim(f"{_PRICE}.{name}")) for name in _FIGURES)
    if before is None or after is None:
        return
    half = _unit(token, before, after) * TOLERANCE
    if percentage is not None and (off := sum_off(before, after, percentage)) > half:
        expected = f"{_shown(before)} with {_shown(percentage)} % on top, to half a unit"
        yield ClaimFault("CHK-06", f"{_PRICE}.valueAfterTax", expected, _shown(after), off)
    if tax is not None and (off := sum_off(before, after, tax=tax)) > half:
        yield ClaimFault("CHK-06", _TAX, f"{_shown(after)} less {_shown(before)}", _shown(tax), off)


def _number(value: Any) -> Decimal | None:
    if isinstance(value, str):
        try:
            value = money.parse(value)
        except ValueError:
            return None
    # Written out, a number of few bytes may fill the memory.
    sane = isinstance(value, Decimal) and abs(value) <= _FORTUNE and int(value.as_tuple().exponent) >= -_LONG
    return value if sane else None


def _unit(token: CheckoutToken, *amounts: Decimal) -> Decimal:
    """The smallest unit of the token's currency; where it names none, the finest that ``amounts`` are written in."""
    code = token.claim("data.currency")
    try:
        if isinstance(code, str):
            return money.unit(code.strip().upper())
    except money.UnknownCurrency:
        pass
    return Decimal(1).scaleb(-max(len(money.plain(amount).partition(".")[2]) for amount in amounts))


def _shown(value: Any) -> str:
    """A claim in a few characters, as JSON has it."""
    match value:
        case Decimal():
            text = str(value) if abs(value.adjusted()) > _LONG else money.plain(value)
        case bool() | None | str():
            text = json.dumps(value, ensure_ascii=False)
        case _Absent():
            text = repr(value)
        case dict():
            text = "an object"
        case _:
            text = "a list"
    return text if len(text) <= _LONG else f"{text[:_LONG]}.."
