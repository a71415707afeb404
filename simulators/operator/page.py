"""The player's page behind the iframe URL: odds, bet slips, settlement, and what was sent and answered."""

import hmac
import secrets
from decimal import Decimal
from typing import Final

from flask import Blueprint, Response, abort, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators import export, money
from simulators.history import Direction, Exchange
from simulators.operator import lifecycle, world
from simulators.operator.delivery import PROVIDER
from simulators.operator.twin import Session, Twin

NAME: Final = "play"
# How many exchanges the page shows, the newest first.
EXCHANGES_SHOWN: Final = 20
# What a player's page offers; the other events are answers of the CLIENT.
_OFFERED: Final = tuple(
    event
    for event in lifecycle.Event
    if event not in (lifecycle.Event.ACCEPT, lifecycle.Event.REFUSE, lifecycle.Event.NO_ANSWER)
)


def blueprint(twin: Twin) -> Blueprint:
    """Return the page of ``twin``, under ``/play``."""
    play = Blueprint(NAME, __name__, url_prefix="/play", template_folder="templates")
    play.add_app_template_filter(_show, "money")
    play.add_url_rule("/<key>", "show", lambda key: _page(twin, _session(twin, key)))
    play.add_url_rule("/<key>/bets", "place", lambda key: _place(twin, key), methods=["POST"])
    play.add_url_rule(
        "/<key>/bets/<slip_id>", "happen", lambda key, slip_id: _happen(twin, key, slip_id), methods=["POST"]
    )
    return play


def error_page(error: HTTPException) -> ResponseReturnValue:
    """Return ``error`` as a page for people."""
    return _guarded("error.html", error.code or 500, error=error)


def _session(twin: Twin, key: str) -> Session:
    session = twin.session(key)
    if session is None:
        abort(404, "This session is unknown or over. Go back to the website and open the sportsbook again.")
    return session


def _checked(twin: Twin, key: str) -> Session:
    session = _session(twin, key)
    given = request.form.get("form_token", "").encode("utf-8", "surrogatepass")
    if not hmac.compare_digest(given, session.form_token.encode()):
        abort(
            403, "This form did not come from your own page. Nothing was done. Reload the page and try again."
        )
    return session


def _place(twin: Twin, key: str) -> ResponseReturnValue:
    session = _checked(twin, key)
    try:
        stake = money.parse(request.form.get("stake", "").strip())
        twin.place(session, stake, request.form.getlist("selection"))
    except ValueError as error:
        return _page(twin, session, str(error), 422)
    return redirect(url_for(".show", key=key), 303)


def _happen(twin: Twin, key: str, slip_id: str) -> ResponseReturnValue:
    session = _checked(twin, key)
    if slip_id not in {slip.id for slip in twin.slips(session.user_id)}:
        abort(404, "There is no such bet slip of yours. Reload the page to see those there are.")
    try:
        event = lifecycle.Event(request.form.get("event", ""))
        if event not in _OFFERED:
            raise world.Unacceptable(f'"{event}" is the CLIENT\'s to say. Choose another button.')
        void_legs = frozenset(request.form.getlist("void_leg"))
        twin.happen(slip_id, world.Happening(event, void_legs=void_legs))
    except ValueError as error:
        return _page(twin, session, str(error), 422)
    return redirect(url_for(".show", key=key), 303)


def _page(twin: Twin, session: Session, problem: str | None = None, status: int = 200) -> Response:
    slips = [
        (slip, [event for event in lifecycle.TRANSITIONS[slip.state] if event in _OFFERED])
        for slip in twin.slips(session.user_id)
    ]
    shown = [exchange for exchange in twin.history if _concerns(exchange, session)][-EXCHANGES_SHOWN:]
    return _guarded(
        "session.html",
        status,
        session=session,
        sports=list(twin.catalogue.by_sport),
        slips=slips,
        exchanges=[export.as_json(exchange, twin.redactor) for exchange in reversed(shown)],
        waiting=len(twin.courier.pending),
        given_up=len(twin.courier.given_up),
        problem=problem,
    )


def _concerns(exchange: Exchange, session: Session) -> bool:
    return (
        exchange.provider == PROVIDER
        and exchange.direction is Direction.TO_CLIENT
        and getattr(exchange.message, "user_id", None) == session.user_id
    )


def _show(amount: Decimal, currency: str) -> str:
    try:
        return money.show(amount, currency)
    except money.UnknownCurrency:
        return f"{money.plain(amount)} {currency}"


def _guarded(template: str, status: int, **context: object) -> Response:
    """A page that runs no script and loads nothing; it may stand in any iframe, as it is meant to."""
    nonce = secrets.token_urlsafe(16)
    response = Response(render_template(template, nonce=nonce, **context), status)
    response.headers["Content-Security-Policy"] = (
        f"default-src 'none'; style-src 'nonce-{nonce}'; form-action 'self'; base-uri 'none'"
    )
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = "no-store"
    return response
