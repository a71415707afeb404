"""The player's page behind the iframe URL: odds, a bet slip, the player's bets, and a panel to settle each.

It stands in an iframe of any website, keeps no cookie, and works without its script, which only sums up the slip.
"""

import itertools
from decimal import Decimal
from pathlib import Path
from typing import Final
from urllib.parse import urlsplit

from flask import Blueprint, Response, abort, redirect, request, url_for
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Direction, Exchange
from simulators.operator import lifecycle, world
from simulators.operator.delivery import PROVIDER
from simulators.operator.pages.words import language
from simulators.operator.simulator import OperatorSimulator, Session
from simulators.server.pages import page, static
from simulators.values import money
from simulators.values.secret import same

NAME: Final = "play"
_SCRIPT: Final = Path(__file__).with_name("static") / "slip.js"
# How many exchanges the page shows, the newest first.
EXCHANGES_SHOWN: Final = 20
# What a player's page offers; the other events are answers of the CLIENT.
OFFERED: Final = tuple(
    event
    for event in lifecycle.SlipEvent
    if event not in (lifecycle.SlipEvent.ACCEPT, lifecycle.SlipEvent.REFUSE, lifecycle.SlipEvent.NO_ANSWER)
)


def blueprint(simulator: OperatorSimulator) -> Blueprint:
    """Return the page of ``simulator``, under ``/play``."""
    play = Blueprint(NAME, __name__, url_prefix="/play", template_folder="templates")
    play.add_url_rule("/slip.js", "script", lambda: static(_SCRIPT, "text/javascript"))
    play.add_url_rule("/<key>", "show", lambda key: _page(simulator, _session(simulator, key)))
    play.add_url_rule("/<key>/bets", "place", lambda key: _place(simulator, key), methods=["POST"])
    play.add_url_rule(
        "/<key>/bets/<slip_id>",
        "happen",
        lambda key, slip_id: _happen(simulator, key, slip_id),
        methods=["POST"],
    )
    play.add_url_rule(
        "/<key>/bets/<slip_id>/copies",
        "duplicate",
        lambda key, slip_id: _duplicate(simulator, key, slip_id),
        methods=["POST"],
    )
    return play


def error_page(simulator: OperatorSimulator, error: HTTPException) -> ResponseReturnValue:
    """Return ``error`` as a page for people."""
    return page("error.html", error.code or 500, _policy(simulator), language=language(None), error=error)


def _session(simulator: OperatorSimulator, key: str) -> Session:
    session = simulator.session(key)
    if session is None:
        abort(404, "This session is unknown or over. Go back to the website and open the sportsbook again.")
    return session


def _checked(simulator: OperatorSimulator, key: str) -> Session:
    session = _session(simulator, key)
    if not same(request.form.get("form_token", ""), session.form_token):
        abort(
            403, "This form did not come from your own page. Nothing was done. Reload the page and try again."
        )
    return session


def _place(simulator: OperatorSimulator, key: str) -> ResponseReturnValue:
    session = _checked(simulator, key)
    try:
        stake = language(session.lang).read(request.form.get("stake", ""))
        simulator.place(session, stake, request.form.getlist("selection"))
    except ValueError as error:
        return _page(simulator, session, str(error), 422)
    return redirect(f"{url_for('.show', key=key)}#bets", 303)


def _own(simulator: OperatorSimulator, session: Session, slip_id: str) -> None:
    if slip_id not in {slip.id for slip in simulator.slips(session.player)}:
        abort(404, "There is no such bet slip of yours. Reload the page to see those there are.")


def _happen(simulator: OperatorSimulator, key: str, slip_id: str) -> ResponseReturnValue:
    session = _checked(simulator, key)
    _own(simulator, session, slip_id)
    try:
        event = lifecycle.SlipEvent(request.form.get("event", ""))
        if event not in OFFERED:
            raise world.Unacceptable(f'"{event}" is the CLIENT\'s to say. Choose another button.')
        void_legs = frozenset(request.form.getlist("void_leg"))
        simulator.happen(slip_id, world.Happening(event, _share(session, event), void_legs))
    except ValueError as error:
        return _page(simulator, session, str(error), 422)
    return redirect(f"{url_for('.show', key=key)}#bet-{slip_id}", 303)


def _share(session: Session, event: lifecycle.SlipEvent) -> Decimal:
    """The part of the open stake that is cashed out, from the percentage in the form; half where none is given."""
    text = request.form.get("percent", "").strip()
    if event is not lifecycle.SlipEvent.CASH_OUT_PART or not text:
        return world.Happening(event).share
    return language(session.lang).read(text) / 100


def _duplicate(simulator: OperatorSimulator, key: str, slip_id: str) -> ResponseReturnValue:
    session = _checked(simulator, key)
    _own(simulator, session, slip_id)
    try:
        simulator.duplicate(slip_id, request.form.get("of", ""))
    except ValueError as error:
        return _page(simulator, session, str(error), 422)
    return redirect(f"{url_for('.show', key=key)}#bet-{slip_id}", 303)


def _page(
    simulator: OperatorSimulator, session: Session, problem: str | None = None, status: int = 200
) -> Response:
    slips = [
        (slip, [event for event in lifecycle.LIFECYCLE.transitions[slip.state] if event in OFFERED])
        for slip in simulator.slips(session.player)
    ]
    spoken = language(session.lang)
    concerning = (each for each in reversed(simulator.history.since(0)) if _concerns(each, session))
    shown = itertools.islice(concerning, EXCHANGES_SHOWN)
    return page(
        "session.html",
        status,
        _policy(simulator),
        language=spoken,
        _=spoken.word,
        session=session,
        sports=list(simulator.catalogue.by_sport),
        slips=slips,
        part=lifecycle.SlipEvent.CASH_OUT_PART,
        exchanges=[as_json(exchange, simulator.redactor) for exchange in shown],
        waiting=len(simulator.queue.pending),
        given_up=len(simulator.queue.given_up),
        decimals=_decimals(session.currency),
        problem=problem,
    )


def _decimals(currency: str) -> int:
    try:
        return money.decimals(currency)
    except money.UnknownCurrency:
        return 0


def _concerns(exchange: Exchange, session: Session) -> bool:
    return (
        exchange.provider == PROVIDER
        and exchange.direction is Direction.TO_CLIENT
        and getattr(exchange.message, "player", None) == session.player
    )


def _policy(simulator: OperatorSimulator) -> dict[str, str]:
    """The page runs its own script; as for frames, only the CLIENT's website may have it (*Terms and concepts*)."""
    website = simulator.agreement.website
    framers = [urlsplit(url) for url in (website, *simulator.framers)] if website is not None else []
    frames = " ".join(f"{url.scheme}://{url.netloc}" for url in framers)
    return {"script-src": "'nonce-{nonce}'", "frame-ancestors": frames or "*"}
