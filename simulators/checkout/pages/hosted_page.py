"""The hosted page, on which a person approves or declines a checkout: plain forms, no script."""

from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators.checkout import world
from simulators.checkout.lifecycle import LIFECYCLE, CheckoutState, IllegalTransition
from simulators.checkout.pages import widget
from simulators.checkout.simulator import CheckoutSimulator
from simulators.checkout.wire import CallbackUrls
from simulators.checkout.world import Checkout
from simulators.server.pages import page
from simulators.values import money
from simulators.values.jws import BadKey
from simulators.values.secret import same

NAME: Final = "checkout"
PREFIX: Final = "/checkout"
_CHOICES: Final = {"approve": True, "decline": False}


def blueprint(simulator: CheckoutSimulator) -> Blueprint:
    """Return the hosted pages of ``simulator``, under PREFIX."""
    pages = Blueprint(NAME, __name__, url_prefix=PREFIX, template_folder="templates")
    pages.add_app_template_filter(money.show, "money")
    pages.add_app_template_filter(money.plain, "plain")
    pages.add_url_rule("/<token>", "show", lambda token: _page(simulator, _checkout(simulator, token)))
    pages.add_url_rule("/<token>", "decide", lambda token: _decide(simulator, token), methods=["POST"])
    return pages


def serves(path: str) -> bool:
    """Whether ``path`` is a page's, so that its errors are pages."""
    return path.startswith(f"{PREFIX}/")


def error_page(error: HTTPException) -> Response:
    """Return ``error`` as a page for people."""
    return page("checkout/error.html", error.code or 500, error=error)


def _checkout(simulator: CheckoutSimulator, token: str) -> Checkout:
    try:
        return simulator.checkout(token)
    except KeyError:
        abort(404, "There is no such checkout. Go back to the shop and begin again.")


def _decide(simulator: CheckoutSimulator, token: str) -> ResponseReturnValue:
    checkout = _checkout(simulator, token)
    if not same(request.form.get("form_token", ""), simulator.form_token(token)):
        abort(
            403,
            "This form did not come from the checkout's own page. Nothing was decided. Reload the page first.",
        )
    choice = request.form.get("decision", "")
    if choice not in _CHOICES:
        return _page(
            simulator,
            checkout,
            "There is no such decision. Nothing was decided. Press one of the buttons.",
            422,
        )
    approved = _CHOICES[choice]
    try:
        simulator.decide(token, approved)
    except IllegalTransition:
        problem = "This checkout was decided before. Money moves once, so nothing was changed. See below what it is."
        return _page(simulator, simulator.checkout(token), problem, 409)
    except BadKey:
        problem = (
            "The checkout has no key to sign decisions with. Nothing was decided. Set decision_key first."
        )
        return _page(simulator, checkout, problem, 409)
    urls = checkout.claims.callback_urls
    back = None if urls is None else urls.way_back(approved=approved)
    return redirect(back or url_for(".show", token=token), 303)


def _page(
    simulator: CheckoutSimulator, checkout: Checkout, problem: str | None = None, status: int = 200
) -> Response:
    parts = world.price(checkout.claims)
    urls = checkout.claims.callback_urls or CallbackUrls("")
    backs = [urls.way_back(approved=approved) for approved in (True, False)]
    # A form's answer may lead to the shop only where the page says so ahead.
    forms = " ".join(("'self'", *(_origin(back) for back in backs if back)))
    return page(
        "checkout/page.html",
        status,
        {"form-action": forms},
        back=urls.way_back(approved=checkout.state is CheckoutState.APPROVED),
        checkout=checkout,
        claims=checkout.claims,
        open=bool(LIFECYCLE.transitions[checkout.state]),
        initial=widget.shown(parts.initial, parts.currency),
        recurring=widget.shown(parts.recurring, parts.currency),
        payments=world.PARTS - 1,
        form_token=simulator.form_token(checkout.token),
        problem=problem,
    )


def _origin(address: str) -> str:
    """The origin of ``address``, as a policy names it."""
    host = urlsplit(address)
    return f"{host.scheme}://{host.netloc}"
