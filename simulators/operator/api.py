"""The OPERATOR's server: ``/auth`` and ``/start-session`` (``sportsbook.txt``), and the player's page.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``.
"""

from typing import Final

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from werkzeug.exceptions import HTTPException

from simulators.history import Answer, Direction, Outcome, Request
from simulators.operator import page, wire
from simulators.operator.delivery import PROVIDER
from simulators.operator.twin import ApiError, Twin

# The longest request that is read, in bytes.
BODY_BYTES: Final = 1024 * 1024

_MESSAGES: Final = {
    404: "There is nothing at this address. The OPERATOR answers POST /auth and POST /start-session, with or "
    "without the API version in front. Check the address.",
    405: "This method is none of this address. The OPERATOR answers POST only. Send a POST.",
    413: f"The body is longer than {BODY_BYTES} bytes. Requests are small JSON objects. Send a shorter one.",
}


def create_app(twin: Twin) -> Flask:
    """Return the WSGI app of ``twin``: two routes of the API (with or without a version), and the page."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the documented order
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    app.before_request(lambda: _record(twin))
    app.before_request(lambda: _disturb(twin))
    app.after_request(lambda response: _complete(twin, response))
    for prefix in ("", "/<version>"):
        app.add_url_rule(
            f"{prefix}/auth", f"auth{prefix}", lambda version=None: _auth(twin, version), methods=["POST"]
        )
        app.add_url_rule(
            f"{prefix}/start-session",
            f"start-session{prefix}",
            lambda version=None: _start_session(twin, version),
            methods=["POST"],
        )
    app.register_blueprint(page.blueprint(twin))
    app.register_error_handler(ApiError, _api_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, lambda error: _crash(app, error))
    return app


def _auth(twin: Twin, version: str | None) -> ResponseReturnValue:
    _check(twin, version)
    return jsonify(twin.auth(request.get_data()).model_dump())


def _start_session(twin: Twin, version: str | None) -> ResponseReturnValue:
    _check(twin, version)
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    shown = token.strip() if scheme.lower() == "bearer" and token.strip() else None
    answer = twin.start_session(shown, request.get_data(), request.url_root)
    return jsonify(answer.model_dump())


def _check(twin: Twin, version: str | None) -> None:
    agreed = twin.agreement.version
    if version is not None and agreed is not None and version != agreed:
        raise ApiError(
            404,
            "UNKNOWN_VERSION",
            f"The API version is {version[:20]!r}. "
            f"Agreed is {agreed!r}; another may mean other things. Use the agreed one.",
        )
    if request.mimetype != wire.JSON_TYPE and not twin.forgiving:
        raise ApiError(
            400,
            "NOT_JSON",
            f"The Content-Type is {request.mimetype[:40]!r}. Parameters are read from JSON only. "
            f"Send Content-Type: {wire.JSON_TYPE}.",
        )


def _record(twin: Twin) -> None:
    """Write a request of the CLIENT into the history; those of the player's browser are none."""
    path = request.path.rstrip("/").rpartition("/")[2]
    kind = path if path in ("auth", "start-session") else "unknown request"
    if request.blueprint == page.NAME or (kind == "unknown request" and request.method in ("GET", "HEAD")):
        return
    try:
        body = request.get_data(cache=True)
    except HTTPException:
        body = b""  # too long to be read; the route answers so
    sent = Request(request.method, request.url, tuple(request.headers.items()), body)
    exchange = twin.history.invoke(sent, provider=PROVIDER, kind=kind, direction=Direction.FROM_CLIENT)
    g.exchange, g.kind = exchange.number, kind


def _disturb(twin: Twin) -> ResponseReturnValue | None:
    fault = twin.take_fault(g.get("kind", ""))
    if fault is None:
        return None
    g.faults = (str(fault),)
    twin.hold(fault.delay_seconds)
    if fault.answer is None:
        return None
    status, body, content_type = fault.answer
    return Response(body, status, content_type=content_type)


def _complete(twin: Twin, response: Response) -> Response:
    number = g.pop("exchange", None)
    if number is None:
        return response
    body = response.get_data()
    document = response.get_json(silent=True)
    error = document.get("error") if isinstance(document, dict) else None
    if response.status_code < 400:
        outcome = Outcome.OK
    else:
        outcome = Outcome.REFUSED if response.status_code < 500 else Outcome.UNKNOWN
    twin.history.complete(
        number,
        answer=Answer(response.status_code, tuple(response.headers.items()), body),
        outcome=outcome,
        error=error if isinstance(error, str) else None,
        faults=g.get("faults", ()),
    )
    return response


def _error(status: int, code: str, message: str) -> Response:
    response = jsonify({"error": code, "message": message})
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _api_error(error: ApiError) -> Response:
    return _error(error.status, error.code, error.message)


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if request.blueprint == page.NAME:
        return page.error_page(error)
    status = error.code or 500
    response = _error(
        status, error.name.upper().replace(" ", "_"), _MESSAGES.get(status, error.description or "")
    )
    allowed = error.get_response().headers.get("Allow")
    if allowed:
        response.headers["Allow"] = allowed
    return response


def _crash(app: Flask, error: Exception) -> Response:
    # The type alone: a message could hold what must not be logged.
    app.logger.error("%s while answering %s %s", type(error).__name__, request.method, request.path)
    return _error(
        500,
        "INTERNAL_ERROR",
        "The OPERATOR failed to answer. This is no fault of the request. Try again; its log names the error.",
    )
