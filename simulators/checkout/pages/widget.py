"""The product page's widget: the script that a merchant's page loads, and the price that it shows.

Its properties are from the provider's public documentation (contract, part C); prices are texts such as "£9.50".
"""

from decimal import Decimal
from pathlib import Path
from typing import Final

from flask import Blueprint

from simulators.checkout import world
from simulators.checkout.requests import BegunAnswer, PriceAnswer
from simulators.checkout.simulator import CheckoutSimulator
from simulators.checkout.world import Checkout
from simulators.server.pages import static
from simulators.server.responses import ApiError
from simulators.values import money

NAME: Final = "widget"
SCRIPT: Final = "/widget.js"
_STATIC: Final = Path(__file__).with_name("static")
_SYMBOLS: Final = {"EUR": "€", "GBP": "£", "USD": "$", "JPY": "¥"}


def blueprint() -> Blueprint:
    """Return the widget's files: ``/widget.js`` and ``/widget.css``."""
    files = Blueprint(NAME, __name__)
    files.add_url_rule(
        SCRIPT, "script", lambda: static(_STATIC / "widget.js", "text/javascript", anywhere=True)
    )
    files.add_url_rule(
        "/widget.css", "styles", lambda: static(_STATIC / "widget.css", "text/css", anywhere=True)
    )
    return files


def price(simulator: CheckoutSimulator, merchant_id: str, token: str) -> PriceAnswer:
    """Return what the widget shows for a merchant's token; raises ApiError (422) for one that does not hold."""
    verdict = simulator.verify(token)
    if merchant_id != simulator.agreement.merchant_id or not verdict.holds:
        faults = [str(fault) for fault in verdict.faults]
        if merchant_id != simulator.agreement.merchant_id:
            faults.insert(0, "merchantId: unknown")
        raise ApiError(
            422,
            "CHECKOUT_UNAVAILABLE",
            f"There is no checkout for this token ({'; '.join(faults)}). A price is shown for a token that "
            "holds. Mint one that does.",
        )
    parts = world.price(verdict.claims)
    return PriceAnswer(
        initialAmount=shown(parts.initial, parts.currency),
        recurringAmount=shown(parts.recurring, parts.currency),
        payments=world.PARTS - 1,
    )


def begin(simulator: CheckoutSimulator, merchant_id: str, token: str) -> BegunAnswer:
    """Make the checkout that the widget leads to; the merchant's token alone opens it, as a browser has no other."""
    if merchant_id != simulator.agreement.merchant_id:
        return BegunAnswer(token=None)
    made = simulator.create(token)
    return BegunAnswer(token=made.token if isinstance(made, Checkout) else None)


def shown(amount: Decimal, currency: str) -> str:
    """Write ``amount`` with the currency's sign, or its code, before it: "£9.50", "£9", "CHF 9.50"."""
    sign = _SYMBOLS.get(currency, f"{currency} ")
    if amount == amount.to_integral_value():
        return f"{sign}{amount:.0f}"
    return f"{sign}{amount:.{money.decimals(currency)}f}"
