"""Jackpot's server: the operations of the table, signed PDFs, pictures, and the document of it all.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``.
"""

from collections.abc import Callable
from typing import Any, Final

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from pydantic import TypeAdapter, ValidationError

from simulators.jackpot import openapi, requests, wire
from simulators.jackpot.catalogue.stores import IMAGES
from simulators.jackpot.credentials.signed_urls import FILES
from simulators.jackpot.field_types import bounded
from simulators.jackpot.operations import OPERATIONS, Ask, Operation
from simulators.jackpot.pages import pictures, widget
from simulators.jackpot.pages.backoffice import routes as backoffice
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import PROVIDER
from simulators.server import api_docs, provider_app, responses
from simulators.server.access.tokens import bearer
from simulators.server.provider_app import HomeEntry, json_body
from simulators.server.responses import ApiError
from simulators.values import decimal_json

# Below these, a player's browser calls from a CLIENT's page.
_SHARED: Final = ("/v2/", "/widget/")

_PLACES: Final = (
    HomeEntry("/v2", "the API: sessions, stores, vouchers"),
    HomeEntry(backoffice.PREFIX, "the platform's configuration, stores, vouchers and webhooks", linked=True),
    HomeEntry(widget.SCRIPT, "the voucher widget, for a page of the CLIENT's", linked=True),
    HomeEntry(api_docs.PAGE, "every operation of the API, to read and to try", linked=True),
)
_MESSAGES: Final = {
    404: f"There is nothing at this address. {api_docs.PAGE} lists every operation. Check the address.",
    405: f"This method is none of this address. {api_docs.PAGE} lists every operation. Check the method.",
    413: provider_app.TOO_LONG,
}


def create_app(simulator: JackpotSimulator) -> Flask:
    """Return the WSGI app of ``simulator``: API, document and page, PDFs, pictures, the widget, the back-office."""
    kinds: dict[str, str] = {}
    app = provider_app.create(
        "Jackpot",
        simulator.history,
        simulator.disturbances,
        lambda: _record(simulator, kinds),
        messages=_MESSAGES,
        places=_PLACES,
        error_page=lambda error: backoffice.error_page(error) if backoffice.serves(request.path) else None,
        shared=provider_app.Shared(
            lambda path: path.startswith(_SHARED), "Authorization, Content-Type, apikey"
        ),
    )
    for number, operation in enumerate(OPERATIONS):
        for form, path in enumerate(operation.paths):
            endpoint = f"{operation.id}-{number}-{form}"
            if operation.recorded:
                kinds[endpoint] = operation.id
            rule = path.replace("{", "<").replace("}", ">")
            app.add_url_rule(rule, endpoint, _view(simulator, operation), methods=[operation.method])
    app.register_blueprint(api_docs.blueprint(openapi.document))
    _add_files(app, simulator)
    app.add_url_rule(
        f"{IMAGES}/<path:_>",
        "image",
        lambda _: Response(
            pictures.picture(*simulator.service.pictured(request.path)), content_type="image/svg+xml"
        ),
    )
    app.register_blueprint(widget.blueprint(simulator))
    app.register_blueprint(backoffice.blueprint(simulator))
    return app


def create_files_app(simulator: JackpotSimulator) -> Flask:
    """Return the WSGI app of another host than the API's: the PDFs behind signed URLs, and nothing else."""
    app = provider_app.create(
        "Jackpot",
        simulator.history,
        simulator.disturbances,
        lambda: None,
        messages=_MESSAGES,
        error_page=lambda _error: None,
    )
    _add_files(app, simulator)
    return app


def _add_files(app: Flask, simulator: JackpotSimulator) -> None:
    app.add_url_rule(f"{FILES}/<voucher_id>.pdf", "file", lambda voucher_id: _file(simulator, voucher_id))


def _view(simulator: JackpotSimulator, operation: Operation) -> Callable[..., ResponseReturnValue]:
    parse = _parser(operation)

    def view(**path: str) -> ResponseReturnValue:
        session = None
        if operation.credentials:
            session = simulator.service.authenticate(
                operation.credentials, request.headers.get("apikey"), bearer()
            )
        ask = Ask(path, _amount() if operation.amount else None, parse(), session)
        answer = operation.call(simulator.service, ask)
        shown = [each.model_dump() for each in answer] if operation.many else answer.model_dump()
        return Response(decimal_json.dumps(shown), content_type=wire.JSON_TYPE)

    return view


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
            raise responses.malformed(error, *operation.body) from None

    return parse


def _document(operation: Operation) -> Any:
    if operation.form and request.mimetype == openapi.FORM_TYPE:
        return request.form.to_dict()
    return json_body(*[openapi.FORM_TYPE] if operation.form else ())


def _file(simulator: JackpotSimulator, voucher_id: str) -> Response:
    parts = (request.args.get(name, "") for name in ("GoogleAccessId", "Expires", "Signature"))
    return Response(
        pictures.pdf(simulator.service.voucher_at(voucher_id, *parts)), content_type="application/pdf"
    )


def _record(simulator: JackpotSimulator, kinds: dict[str, str]) -> None:
    """Write a request to the API into the history; those of browsers for pages and files are none."""
    kind = kinds.get(request.endpoint or "")
    if kind is None and (request.endpoint is not None or not request.path.startswith("/v2/")):
        return
    if request.method != "OPTIONS":
        voucher_id = (request.view_args or {}).get("id")
        responses.record(
            simulator.history, PROVIDER, kind or "unknown request", simulator.names_of(voucher_id, bearer())
        )
