"""Checkouts that the CLIENT's server creates: what it shows the provider is what the player was given.

Story: the judge plays the player's browser, gets a token and starts its checkout (driver ``checkout_start``), whose
token the CLIENT's server then shows to the fake checkout's GraphQL. Invariant: it is a right token, for the same
product, at the same price. Limits: a CLIENT that names another merchantReference there cannot be followed.
"""

import re
import time
from decimal import ROUND_HALF_UP, DecimalException
from typing import Any

import pytest

from scenarios.browsers.checkout_browser import Minted, Minting
from scenarios.hosting.checkout import JudgedCheckout, agreed_on
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.tokens.checkout_token import (
    CheckoutToken,
    claim_faults,
    signature_fault,
    taken_apart,
)
from simulators.checkout.simulator import CREATE
from simulators.exchanges.history import Exchange
from simulators.values import money

_RULES = ("CHK-01", "CHK-02", "CHK-03", "CHK-04", "CHK-05", "CHK-06", "CHK-07", "CHK-10")
# What is sold, and what it costs the player; how its parts are rounded is CHK-06's.
_SOLD = ("data.variant.reference", "data.currency", "data.merchantPrice.valueAfterTax")
_JWT = re.compile(rb"ey[\w-]+=*\.[\w-]+=*\.[\w-]*=*")


@pytest.mark.rules("CHK-01", "CHK-02", "CHK-03", "CHK-04", "CHK-05", "CHK-06", "CHK-07", "CHK-10")
@pytest.mark.needs("checkout_start")
def test_the_server_shows_what_the_player_was_given(
    run: Run, minting: Minting, checkout: JudgedCheckout, judge: Judge
) -> None:
    """A checkout that the CLIENT's server creates is opened by a right token, for the product that the player chose."""
    agreement = agreed_on(run.settings.target.need_checkout())
    for minted in minting.each():
        found = _shown(run, checkout, minted)
        if found is None:
            judge.note(
                "CHK-10", f"the server showed no token under the merchantReference of {minted.variant!r}"
            )
            continue
        token, exchange = found
        sent = (*minted.exchanges, exchange)
        # What is wrong with the player's token anyhow is another scenario's finding.
        known = {(each.rule, each.path) for each in claim_faults(minted.token, agreement, minted.at)}
        forged = None if signature_fault(minted.token, agreement) else signature_fault(token, agreement)
        wrong = [each for each in (forged, *claim_faults(token, agreement, time.time())) if each is not None]
        for fault in wrong:
            if fault.rule in _RULES and (fault.rule, fault.path) not in known:
                judge.holds(
                    fault.rule,
                    False,
                    expected=f"{fault.path}: {fault.expected}",
                    seen=f"{fault.seen}, in what the CLIENT's server shows the provider",
                    exchanges=sent,
                    case=minted.case,
                    off=fault.off,
                )
        # A price may change by itself.
        same = _sold(token) in (_sold(minted.token), _sold(minting.mint(minted.variant).token))
        judge.holds(
            "CHK-10",
            same or bool(wrong),
            expected=f"the token of {minted.variant}, as the player was given it",
            seen="another product or price, in what the CLIENT's server shows the provider",
            exchanges=sent,
            case=minted.case,
            claims=_SOLD,
        )
    for rule in _RULES:
        judge.holds(rule, True, expected="", seen="")


def _sold(token: CheckoutToken) -> tuple[Any, ...]:
    variant, currency, price = map(token.claim, _SOLD)
    try:
        # Figures may be finer than the currency's unit.
        return variant, currency, price.quantize(money.unit(currency), ROUND_HALF_UP)
    except (AttributeError, TypeError, DecimalException, money.UnknownCurrency):
        return variant, currency, price


def _shown(run: Run, checkout: JudgedCheckout, minted: Minted) -> tuple[CheckoutToken, Exchange] | None:
    """The token that the CLIENT's server shows for the checkout of ``minted``, once that is started."""
    before = len(checkout.requests(CREATE))
    run.driver.raw("checkout_start", merchant_reference=str(minted.token.reference))
    for exchange in reversed(checkout.requests(CREATE)[before:]):
        for text in _JWT.findall(exchange.request.body):
            token = taken_apart(text.decode())
            if token.claims is not None and token.reference == minted.token.reference:
                return token, exchange
    return None
