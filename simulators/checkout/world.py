"""The checkouts: what happens to one, and what the merchant is notified of. Pure.

Decided where the documents are silent: a checkout that nobody decided expires after an hour, of which the
merchant is notified of nothing, as that is no decision; the price is paid in twelve parts, the first of which takes
what does not divide.
"""

from dataclasses import dataclass, replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Context, Decimal
from typing import Final

from simulators.checkout.lifecycle import LIFECYCLE, CheckoutEvent, CheckoutState
from simulators.checkout.wire import Claims, Decision
from simulators.values import money

# Seconds.
LIFE: Final = 3600
PARTS: Final = 12
_EXACT: Final = Context(prec=100)


@dataclass(frozen=True, slots=True)
class Checkout:
    """One checkout. ``created_at`` and ``decided_at`` are seconds since the epoch."""

    token: str
    claims: Claims
    created_at: float
    state: CheckoutState = LIFECYCLE.initial
    decided_at: float | None = None


def happen(checkout: Checkout, event: CheckoutEvent, now: float) -> tuple[Checkout, Decision | None]:
    """Return the checkout after ``event``, and what the merchant is notified of; raises IllegalTransition."""
    after = replace(checkout, state=LIFECYCLE.after(checkout.state, event), decided_at=now)
    if event is CheckoutEvent.EXPIRE:
        return after, None
    return after, decide(after, event is CheckoutEvent.APPROVE, now)


def decide(checkout: Checkout, approved: bool, now: float) -> Decision:
    """Return what a merchant is notified of, of ``checkout``, whatever its state."""
    return Decision(
        merchant_id=checkout.claims.merchant_id,
        reference=checkout.token,
        merchant_reference=checkout.claims.merchant_reference,
        approved=approved,
        decided_at=now,
        iat=int(now),
    )


def due(checkout: Checkout, now: float) -> bool:
    """Whether nobody decided the checkout in time."""
    return CheckoutEvent.EXPIRE in LIFECYCLE.transitions[checkout.state] and now >= checkout.created_at + LIFE


@dataclass(frozen=True, slots=True)
class Price:
    """How a price is paid: ``initial`` at once, then ``recurring`` eleven times; in ``currency``."""

    currency: str
    initial: Decimal
    recurring: Decimal


def price(claims: Claims) -> Price:
    """Return how the price after tax is paid, to the currency's unit; a finer price is rounded half up."""
    unit = money.unit(claims.currency)
    whole = claims.value_after_tax.quantize(unit, ROUND_HALF_UP, _EXACT)
    recurring = _EXACT.divide(whole, Decimal(PARTS)).quantize(unit, ROUND_DOWN, _EXACT)
    initial = _EXACT.subtract(whole, _EXACT.multiply(recurring, Decimal(PARTS - 1)))
    return Price(claims.currency, initial, recurring)
