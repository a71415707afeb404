"""The checkout's server: GraphQL, the product page's widget, the hosted page, and the document of it all.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``;
those of GraphQL carry its `errors` as well.
"""

from typing import Any, Final

from flask import Flask, Response, request
from flask.typing import ResponseReturnValue
from pydantic import ValidationError
from werkzeug.exceptions import HTTPException

from simulators.checkout import openapi
from simulators.checkout.graphql import Graph
from simulators.checkout.pages import hosted_page, widget
from simulators.checkout.requests import PriceRequest
from simulators.checkout.simulator import CREATE, PRICE, CheckoutSimulator
from simulators.checkout.wire import PROVIDER
from simulators.server import api_docs, responses
from simulators.server.responses import ApiError
from simulators.values import decimal_json
from simulators.webhooks.endpoint import JSON_TYPE

# The longest request that is read, in bytes.
BODY_BYTES: Final = 1024 * 1024
GRAPHQL: Final = "/graphql"
_ALLOWED: Final = ("Access-Control-Allow-Origin", "*")
_PRICE: Final = "/widget/price"
# What a recorded request is called.
_KINDS: Final = {GRAPHQL: CREATE, _PRICE: PRICE}

_MESSAGES: Final = {
    404: f"There is nothing at this address. POST {GRAPHQL} makes checkouts, and {api_docs.PAGE} tells of it. "
    "Check the address.",
    405: f"This method is none of this address. Requests here are POST, as to {GRAPHQL}. Check the method.",
    413: f"The body is longer than {BODY_BYTES} bytes. Requests are small JSON objects. Send a shorter one.",
}


def create_app(simulator: CheckoutSimulator) -> Flask:
    """Return the WSGI app of ``simulator``: ``/graphql``, its document, the widget, the pages under ``/checkout``."""
    app = Flask(__name__)
    app.config["MAX_CONTENT_LENGTH"] = BODY_BYTES
    graph = Graph(simulator)
    app.add_url_rule(GRAPHQL, "graphql", lambda: _graphql(graph), methods=["POST"])
    app.add_url_rule(_PRICE, "price", lambda: _price(simulator), methods=["POST"])
    app.register_blueprint(api_docs.blueprint(openapi.document))
    app.register_blueprint(widget.blueprint())
    app.register_blueprint(hosted_page.blueprint(simulator))
    app.before_request(lambda: _record(simulator))
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
    app.register_error_handler(Exception, lambda error: responses.crash(app, "checkout", error))
    return app


def _graphql(graph: Graph) -> Response:
    status, answer = graph.answer(_document())
    return Response(decimal_json.dumps(answer), status, content_type=JSON_TYPE)


def _price(simulator: CheckoutSimulator) -> Response:
    try:
        asked = PriceRequest.model_validate(_document())
    except ValidationError:
        raise ApiError(
            400,
            "MALFORMED",
            "merchantId or JWTToken is missing. The widget's price is that of a merchant's token. Send both, "
            "as texts.",
        ) from None
    shown = widget.price(simulator, asked.merchantId, asked.JWTToken)
    return Response(decimal_json.dumps(shown.model_dump()), content_type=JSON_TYPE)


def _document() -> Any:
    if request.mimetype != JSON_TYPE:
        raise ApiError(
            400,
            "NOT_JSON",
            f"The Content-Type is {request.mimetype[:40]!r}. Parameters are read from JSON only. "
            f"Send Content-Type: {JSON_TYPE}.",
        )
    try:
        return decimal_json.loads(request.get_data())
    except ValueError:
        raise ApiError(
            400,
            "NOT_JSON",
            "The body is no JSON. Parameters are read from a JSON object. Send one, as UTF-8.",
        ) from None


def _http_error(error: HTTPException) -> ResponseReturnValue:
    if hosted_page.serves(request.path):
        return hosted_page.error_page(error)
    return responses.http_error(error, _MESSAGES)


def _record(simulator: CheckoutSimulator) -> None:
    """Write a request to the API into the history; those of browsers for pages and files are none."""
    kind = _KINDS.get(request.path)
    if kind is not None and request.method != "OPTIONS":
        responses.record(simulator.history, PROVIDER, kind)


def _share(response: Response) -> Response:
    """Let the widget call from any merchant's page; it shows a token, never a cookie."""
    if request.path in _KINDS:
        response.headers[_ALLOWED[0]] = _ALLOWED[1]
        if request.method == "OPTIONS":
            response.headers["Access-Control-Allow-Headers"] = "Content-Type"
            response.headers["Access-Control-Allow-Methods"] = response.headers.get("Allow", "")
    return response
