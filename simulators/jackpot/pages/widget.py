"""The widget: the script that a CLIENT's page loads, its styles, and the price of a value while it is typed.

Implements ``voucher-widget.txt``, *Display offers*. The other requests of the script are the API's own.
"""

import json
from pathlib import Path
from typing import Final

from flask import Blueprint, Response, request

from simulators.jackpot import wire
from simulators.jackpot.credentials.grants import Kind
from simulators.jackpot.field_types import bounded
from simulators.jackpot.service import WIDGET_CLIENT_ID
from simulators.jackpot.simulator import JackpotSimulator
from simulators.server.access.tokens import bearer
from simulators.server.pages import static
from simulators.server.responses import ApiError
from simulators.values import decimal_json

NAME: Final = "widget"
SCRIPT: Final = "/widget.js"
_STATIC: Final = Path(__file__).with_name("static")


def blueprint(simulator: JackpotSimulator) -> Blueprint:
    """Return the widget of ``simulator``: ``/widget.js``, ``/widget.css``, and prices under ``/widget``."""
    widget = Blueprint(NAME, __name__)
    widget.add_url_rule(SCRIPT, "script", lambda: _script(simulator))
    widget.add_url_rule(
        "/widget.css", "styles", lambda: static(_STATIC / "widget.css", "text/css", anywhere=True)
    )
    widget.add_url_rule(
        "/widget/stores/<store_id>/price", "price", lambda store_id: _price(simulator, store_id)
    )
    return widget


def _script(simulator: JackpotSimulator) -> Response:
    # The grant asks for the client_id, which is no secret; a page gives the script its JWT alone.
    known = json.dumps(simulator.agreement.client_id or WIDGET_CLIENT_ID).replace("<", "\\u003c")
    return static(
        _STATIC / "widget.js", "text/javascript", f"window.JckptClientId = {known};\n", anywhere=True
    )


def _price(simulator: JackpotSimulator, store_id: str) -> Response:
    """Answer what ``value`` (EUR) costs at a store: a session's question before it reserves."""
    session = simulator.service.authenticate((Kind.SESSION,), None, bearer())
    try:
        value = bounded(request.args.get("value"))
    except ValueError as error:
        raise ApiError(
            400, "MALFORMED", f"The parameter value {error}. It is worth so many EUR. Send value=25.50."
        ) from None
    price = simulator.service.price(store_id, value)
    if session is not None and price > session.claims.amount:
        raise ApiError(
            422,
            "AMOUNT_EXCEEDED",
            f"The voucher costs {price} EUR. The session may reserve {session.claims.amount} EUR at most. "
            "Choose a smaller value.",
        )
    return Response(decimal_json.dumps({"value": value, "price": price}), content_type=wire.JSON_TYPE)
