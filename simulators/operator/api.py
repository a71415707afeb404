"""The OPERATOR's server: ``/auth`` and ``/start-session`` (``sportsbook.txt``), their document, the player's page.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``.
"""

from typing import Final

from flask import Flask, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators.operator import openapi
from simulators.operator.delivery import PROVIDER
from simulators.operator.dialect import JSON_TYPE
from simulators.operator.pages import player_page
from simulators.operator.simulator import OperatorSimulator
from simulators.server import api_docs, responses
from simulators.server.responses import ApiError

# The longest request that is read, in bytes.
BODY_BYTES: Final = 1024 * 1024

_MESSAGES: Final = {
    404: "There is nothing at this address. The OPERATOR answers POST /auth and POST /start-session, with or "
    f"without the API version in front; {api_docs.PAGE} tells of them. Check the address.",
    405: "This method is none of this address. Requests to the OPERATOR are POST. Send a POST.",
    413: f"The body is longer than {BODY_BYTES} bytes. Requests are small JSON objects. Send a shorter one.",
}


def create_app(simulator: OperatorSimulator) -> Flask:
    """Return the WSGI app of ``simulator``: the API with or without a version, its document, the page."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the documented order
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.before_request(lambda: _record(simulator))
    app.before_request(lambda: responses.disturb(simulator.disturbances))
    app.after_request(
        lambda response: responses.complete(simulator.history, simulator.disturbances, response)
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
    app.register_error_handler(ApiError, responses.api_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, lambda error: responses.crash(app, "OPERATOR", error))
    return app


def _auth(simulator: OperatorSimulator, version: str | None) -> ResponseReturnValue:
    _check(simulator, version)
    return jsonify(simulator.auth(request.get_data()).model_dump())


def _start_session(simulator: OperatorSimulator, version: str | None) -> ResponseReturnValue:
    _check(simulator, version)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    shown = token.strip() if scheme.lower() == "bearer" and token.strip() else None
    answer = simulator.start_session(shown, request.get_data(), request.url_root)
    return jsonify(answer.model_dump())


def _check(simulator: OperatorSimulator, version: str | None) -> None:
    agreed = simulator.agreement.version
    if version is not None and agreed is not None and version != agreed and not simulator.forgiving:
        raise ApiError(
            404,
            "UNKNOWN_VERSION",
            f"The API version is {version[:20]!r}. "
            f"Agreed is {agreed!r}; another may mean other things. Use the agreed one.",
        )
    if request.mimetype != JSON_TYPE and not simulator.forgiving:
        raise ApiError(
            400,
            "NOT_JSON",
            f"The Content-Type is {request.mimetype[:40]!r}. Parameters are read from JSON only. "
            f"Send Content-Type: {JSON_TYPE}.",
        )


def _record(simulator: OperatorSimulator) -> None:
    """Write a request of the CLIENT into the history; those of the player's browser are none."""
    path = request.path.rstrip("/").rpartition("/")[2]
    kind = path if path in ("auth", "start-session") else "unknown request"
    if request.blueprint in (player_page.NAME, api_docs.NAME) or (
        kind == "unknown request" and request.method in ("GET", "HEAD")
    ):
        return
    responses.record(simulator.history, PROVIDER, kind)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    return (
        player_page.error_page(error)
        if request.blueprint == player_page.NAME
        else responses.http_error(error, _MESSAGES)
    )
