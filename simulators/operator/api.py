"""The OPERATOR's server: ``/auth`` and ``/start-session`` (``sportsbook.txt``), their document, the player's page.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``.
"""

from typing import Final

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue

from simulators.operator import openapi
from simulators.operator.delivery import PROVIDER
from simulators.operator.pages import player_page
from simulators.operator.simulator import OperatorSimulator
from simulators.server import api_docs, provider_app, responses
from simulators.server.access.tokens import bearer
from simulators.server.provider_app import HomeEntry, check_json
from simulators.server.responses import ApiError

_PLACES: Final = (
    HomeEntry("POST /auth", "gives the CLIENT a token, with or without the API version in front"),
    HomeEntry(
        "POST /start-session",
        "gives the address of a player's page, /play/.., which stands in the CLIENT's iframe",
    ),
    HomeEntry(api_docs.PAGE, "both, to read and to try", linked=True),
)
_MESSAGES: Final = {
    404: "There is nothing at this address. The OPERATOR answers POST /auth and POST /start-session, with or "
    f"without the API version in front; {api_docs.PAGE} lists them. Check the address.",
    405: "This method is none of this address. Requests to the OPERATOR are POST. Send a POST.",
    413: provider_app.TOO_LONG,
}


def create_app(simulator: OperatorSimulator) -> Flask:
    """Return the WSGI app of ``simulator``: the API with or without a version, its document, the page."""
    app = provider_app.create(
        "OPERATOR",
        simulator.history,
        simulator.disturbances,
        lambda: _record(simulator),
        messages=_MESSAGES,
        places=_PLACES,
        error_page=lambda error: (
            player_page.error_page(simulator, error) if request.blueprint == player_page.NAME else None
        ),
    )
    for prefix in ("", "/<version>"):
        app.add_url_rule(
            f"{prefix}/auth",
            f"auth{prefix}",
            lambda version=None: _auth(simulator, version),
            methods=["POST"],
        )
        app.add_url_rule(
            f"{prefix}/start-session",
            f"start-session{prefix}",
            lambda version=None: _start_session(simulator, version),
            methods=["POST"],
        )
    app.register_blueprint(api_docs.blueprint(openapi.document))
    app.register_blueprint(player_page.blueprint(simulator))
    return app


def _auth(simulator: OperatorSimulator, version: str | None) -> ResponseReturnValue:
    _check(simulator, version)
    return jsonify(simulator.auth(request.get_data()).model_dump())


def _start_session(simulator: OperatorSimulator, version: str | None) -> ResponseReturnValue:
    _check(simulator, version)
    answer = simulator.start_session(bearer(), request.get_data(), request.url_root)
    return jsonify(answer.model_dump())


def _check_address(simulator: OperatorSimulator) -> None:
    caller = request.remote_addr or ""
    simulator.callers.add(caller)
    if not simulator.forgiving and not simulator.agreement.calls_from(caller):
        raise ApiError(
            403,
            "ADDRESS_NOT_ALLOWED",
            f"This came from {caller}, which is none of the CLIENT's server IP addresses. Anybody else could use its "
            "credentials. Call from an agreed address, or name this one in the form (server_ip).",
        )


def _check(simulator: OperatorSimulator, version: str | None) -> None:
    _check_address(simulator)
    agreed = simulator.agreement.version
    if agreed is not None and version != agreed and not simulator.forgiving:
        came = (
            "No API version is in the address" if version is None else f"The API version is {version[:20]!r}"
        )
        raise ApiError(
            404,
            "UNKNOWN_VERSION",
            f"{came}. Agreed is {agreed!r}; another may mean other things. Call /{agreed}/auth and "
            f"/{agreed}/start-session.",
        )
    if not simulator.forgiving:
        check_json()


def _record(simulator: OperatorSimulator) -> None:
    """Write a request of the CLIENT into the history; those of the player's browser are none."""
    path = request.path.rstrip("/").rpartition("/")[2]
    kind = path if path in ("auth", "start-session") else "unknown request"
    if request.blueprint in (player_page.NAME, api_docs.NAME) or (
        kind == "unknown request" and request.method in ("GET", "HEAD")
    ):
        return
    responses.record(simulator.history, PROVIDER, kind, (PROVIDER,))
