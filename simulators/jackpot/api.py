"""Jackpot's server: the operations of the table, signed PDFs, pictures, and the document of it all.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from pydantic import BaseModel, TypeAdapter, ValidationError
from werkzeug.exceptions import HTTPException

from simulators.jackpot import openapi, requests, wire
from simulators.jackpot.catalogue.stores import IMAGES
from simulators.jackpot.credentials.signed_urls import FILES
from simulators.jackpot.field_types import bounded
from simulators.jackpot.operations import OPERATIONS, Ask, Operation
from simulators.jackpot.pages import backoffice, widget
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import PROVIDER
from simulators.server import api_docs, responses
from simulators.server.responses import ApiError
from simulators.values import decimal_json

# The longest request that is read, in bytes.
BODY_BYTES: Final = 1024 * 1024
# Below these, a player's browser calls from a CLIENT's page.
_SHARED: Final = ("/v2/", "/widget/")
_ALLOWED: Final = ("Access-Control-Allow-Origin", "*")

_MESSAGES: Final = {
    404: f"There is nothing at this address. {api_docs.PAGE} lists every operation. Check the address.",
    405: f"This method is none of this address. {api_docs.PAGE} lists every operation. Check the method.",
    413: f"The body is longer than {BODY_BYTES} bytes. Requests are small JSON objects. Send a shorter one.",
}


def create_app(simulator: JackpotSimulator) -> Flask:
    """Return the WSGI app of ``simulator``: API, document and page, PDFs, pictures, the widget, the back-office."""
    app = Flask(__name__)
    app.json.sort_keys = False  # type: ignore[attr-defined]  # the documented order
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    kinds: dict[str, str] = {}
    for number, operation in enumerate(OPERATIONS):
        for form, path in enumerate(operation.paths):
            endpoint = f"{operation.id}-{number}-{form}"
            if operation.recorded:
                kinds[endpoint] = operation.id
            rule = path.replace("{", "<").replace("}", ">")
            app.add_url_rule(rule, endpoint, _view(simulator, operation), methods=[operation.method])
    app.register_blueprint(api_docs.blueprint(openapi.document))
    app.add_url_rule(f"{FILES}/<voucher_id>.pdf", "file", lambda voucher_id: _file(simulator, voucher_id))
    app.add_url_rule(f"{IMAGES}/<slug>/<name>.svg", "image", lambda slug, name: _image(simulator, slug, name))
    app.register_blueprint(widget.blueprint(simulator))
    app.register_blueprint(backoffice.blueprint(simulator))
    app.before_request(lambda: _record(simulator, kinds))
    app.before_request(lambda: responses.disturb(simulator.disturbances))
    # Flask runs these from the last to the first: what is recorded is what leaves, and a disturbed answer is
    # shared like any other.
    app.after_request(_share)
    app.after_request(
        lambda response: responses.complete(simulator.history, simulator.disturbances, response)
    )
    app.after_request(_share)
    app.register_error_handler(ApiError, responses.api_error)
    app.register_error_handler(HTTPException, _http_error)
    app.register_error_handler(Exception, lambda error: responses.crash(app, "Jackpot", error))
    return app


def _view(simulator: JackpotSimulator, operation: Operation) -> Callable[..., ResponseReturnValue]:
    parse = _parser(operation)

    def view(**path: str) -> ResponseReturnValue:
        session = None
        if operation.credential is not None:
            session = simulator.service.authenticate(
                operation.credential, request.headers.get("apikey"), _bearer()
            )
        ask = Ask(path, _amount() if operation.amount else None, parse(), session)
        answer = operation.call(simulator.service, ask)
        shown = [each.model_dump() for each in answer] if operation.many else answer.model_dump()
        return Response(decimal_json.dumps(shown), content_type=wire.JSON_TYPE)

    return view


def _bearer() -> str | None:
    scheme, _, token = request.headers.get("Authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" and token.strip() else None


def _amount() -> Any:
    text = request.args.get("amount")
    if text is None:
        return None
    try:
        return bounded(text)
    except ValueError as error:
        raise ApiError(
            400,
            "MALFORMED",
            f"The parameter amount {error}. Vouchers are proposed for an amount in EUR. Send one, or none.",
        ) from None


def _parser(operation: Operation) -> Callable[[], Any]:
    if not operation.body:
        return lambda: None
    adapter: TypeAdapter[Any] = TypeAdapter(requests.Grant if operation.form else operation.body[0])

    def parse() -> Any:
        try:
            return adapter.validate_python(_document(operation))
        except ValidationError as error:
            raise ApiError(400, "MALFORMED", _malformed(error, operation.body)) from None

    return parse


def _document(operation: Operation) -> Any:
    if operation.form and request.mimetype == openapi.FORM_TYPE:
        return request.form.to_dict()
    expected = wire.JSON_TYPE + (f" or {openapi.FORM_TYPE}" if operation.form else "")
    if request.mimetype != wire.JSON_TYPE:
        raise ApiError(
            400,
            "NOT_JSON",
            f"The Content-Type is {request.mimetype[:40]!r}. Parameters are read from one form only, or they "
            f"would be guessed at. Send Content-Type: {expected}.",
        )
    try:
        return decimal_json.loads(request.get_data())
    except ValueError:
        raise ApiError(
            400,
            "NOT_JSON",
            "The body is no JSON. Parameters are read from a JSON object. Send one, as UTF-8.",
        ) from None


def _malformed(error: ValidationError, models: tuple[type[BaseModel], ...]) -> str:
    # Places and reasons only: values may be secret.
    wrong = "; ".join(
        f"{'.'.join(map(str, problem['loc'])) or 'the body'}: {problem['msg']}"
        for problem in error.errors(include_url=False, include_context=False, include_input=False)
    )
    fields = " or ".join(
        ", ".join(
            f"{name}{'' if info.is_required() else ' (optional)'}"
            for name, info in model.model_fields.items()
        )
        for model in models
    )
    return f"The parameters are malformed ({wrong}). Expected is an object with {fields}. Send these."


def _file(simulator: JackpotSimulator, voucher_id: str) -> Response:
    parts = (request.args.get(name, "") for name in ("Key", "Expires", "Signature"))
    return Response(simulator.service.pdf(voucher_id, *parts), content_type="application/pdf")


def _image(simulator: JackpotSimulator, slug: str, name: str) -> Response:
    return Response(simulator.service.picture(slug, name), content_type="image/svg+xml")


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if backoffice.serves(request.path):
        return backoffice.error_page(error)
    return responses.http_error(error, _MESSAGES)


def _record(simulator: JackpotSimulator, kinds: dict[str, str]) -> None:
    """Write a request to the API into the history; those of browsers for pages and files are none."""
    kind = kinds.get(request.endpoint or "")
    if kind is None and (request.endpoint is not None or not request.path.startswith("/v2/")):
        return
    if request.method != "OPTIONS":
        responses.record(simulator.history, PROVIDER, kind or "unknown request")


def _share(response: Response) -> Response:
    """Let the widget call from any CLIENT's page; it shows a token, never a cookie."""
    if request.path.startswith(_SHARED):
        response.headers[_ALLOWED[0]] = _ALLOWED[1]
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type, apikey"
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
    return response
