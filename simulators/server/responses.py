"""What the providers' servers share: the shape of errors, recording the CLIENT's requests, disturbed answers.

Errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``.
"""

from collections.abc import Collection, Iterator, Mapping
from typing import Any

from flask import Flask, Response, g, jsonify, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, ValidationError
from werkzeug.exceptions import HTTPException

from simulators.exchanges.history import (
    Answer,
    Direction,
    Failure,
    FailureKind,
    FaultNote,
    History,
    Purpose,
    Request,
    Status,
)
from simulators.server.response_faults import Disturbances
from simulators.values import decimal_json

_LOST = Failure(FailureKind.PLANNED_LOSS, "the answer was lost, as planned")


class ApiError(Exception):
    """A request that a provider does not fulfil: HTTP ``status``, a ``code``, and what to do."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


def parsed(body: bytes) -> Any:
    """The JSON of ``body``, numbers exact; raises ApiError where it is none."""
    try:
        return decimal_json.loads(body)
    except ValueError:
        raise ApiError(
            400,
            "NOT_JSON",
            "The body is no JSON. Parameters are read from a JSON object. Send one, as UTF-8.",
        ) from None


def malformed(wrong: ValidationError, *models: type[BaseModel]) -> ApiError:
    """The problem of parameters that are none of ``models``."""
    # Places and reasons only: values may be secret.
    found = "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the body'}: {problem['msg']}"
        for problem in wrong.errors(include_url=False, include_context=False, include_input=False)
    )
    fields = " or ".join(
        ", ".join(
            f"{name}{'' if info.is_required() else ' (optional)'}"
            for name, info in model.model_fields.items()
        )
        for model in models
    )
    return ApiError(
        400,
        "MALFORMED",
        f"The parameters are malformed ({found}). Expected is an object with {fields}. Send these.",
    )


def error(status: int, code: str, message: str) -> Response:
    """Return the answer that says so."""
    response = jsonify({"error": code, "message": message})
    response.status_code = status
    if status == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def api_error(problem: ApiError) -> Response:
    """Return the answer for ``problem``."""
    return error(problem.status, problem.code, problem.message)


def http_error(problem: HTTPException, messages: Mapping[int, str]) -> Response:
    """Return the answer for what Flask itself refuses; ``messages`` say what to do, by status."""
    status = problem.code or 500
    message = messages.get(status, problem.description or "")
    response = error(status, problem.name.upper().replace(" ", "_"), message)
    allowed = problem.get_response().headers.get("Allow")
    if allowed:
        response.headers["Allow"] = allowed
    return response


def crash(app: Flask, provider: str, problem: Exception) -> Response:
    """Return the answer where the server itself failed; the log names the type, never a value."""
    # The type alone: a message could hold what must not be logged.
    app.logger.error("%s while answering %s %s", type(problem).__name__, request.method, request.path)
    return error(
        500,
        "INTERNAL_ERROR",
        f"The {provider} failed to answer. This is no fault of the request. "
        "Try again; its log names the error.",
    )


def record(history: History, provider: str, kind: str, about: Collection[str] = ()) -> None:
    """Write the request that is being answered into ``history``, as one of the CLIENT's, ``about`` these names."""
    try:
        body = request.get_data(cache=True)
    except HTTPException:
        body = b""  # too long to be read; the route answers so
    sent = Request(request.method, request.url, tuple(request.headers.items()), body)
    with history.about(about):
        exchange = history.invoke(
            sent, provider=provider, label=kind, purpose=Purpose.CLIENT, direction=Direction.FROM_CLIENT
        )
    g.exchange, g.kind, g.about = exchange.number, kind, about


def disturb(disturbances: Disturbances) -> ResponseReturnValue | None:
    """Give the disturbed answer, where the recorded request is to get one before it is carried out."""
    fault = disturbances.take(g.get("kind", ""), g.get("about", ()))
    if fault is None:
        return None
    g.faults = (FaultNote("disturbance", str(fault)),)
    if fault.handled or fault.lost:
        g.fault = fault
        return None
    disturbances.hold(fault)
    if fault.answer is None:
        return None
    status, body, content_type = fault.answer
    return Response(body, status, content_type=content_type)


def complete(history: History, disturbances: Disturbances, response: Response) -> Response:
    """Write the answer of the recorded request into ``history``; disturb it where it is to be."""
    number = g.pop("exchange", None)
    if number is None:
        return response
    fault = g.pop("fault", None)
    if fault is not None:
        disturbances.hold(fault)
        if fault.lost:
            history.complete(number, answer=None, failure=_LOST, faults=g.get("faults", ()))
            return _cut(response)
        if fault.answer is not None:
            status, body, content_type = fault.answer
            response = Response(body, status, content_type=content_type)
    document = response.get_json(silent=True)
    code = document.get("error") if isinstance(document, dict) else None
    if response.status_code < 400:
        status = Status.OK
    else:
        status = Status.REFUSED if response.status_code < 500 else Status.UNCLEAR
    history.complete(
        number,
        answer=Answer(response.status_code, tuple(response.headers.items()), response.get_data()),
        status=status,
        error=code if isinstance(code, str) else None,
        faults=g.get("faults", ()),
    )
    return response


def _cut(response: Response) -> Response:
    """``response`` with its length announced and none of it sent: the server then ends the connection."""
    length = len(response.get_data())

    def nothing() -> Iterator[bytes]:
        yield b""

    cut = Response(nothing(), response.status_code, content_type=response.content_type)
    cut.headers["Content-Length"] = str(max(length, 1))
    return cut
