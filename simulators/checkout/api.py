"""The checkout's server: GraphQL, the product page's widget, the hosted page, and the document of it all.

Answers that are errors have one shape (contract, part D): ``{"error": "CODE", "message": "what to do"}``;
those of GraphQL carry its `errors` as well.
"""

from typing import Final

from flask import Flask, Response, request
from pydantic import BaseModel, ValidationError

from simulators.checkout import openapi
from simulators.checkout.graphql import Graph
from simulators.checkout.pages import hosted_page, widget
from simulators.checkout.requests import WidgetRequest
from simulators.checkout.simulator import CREATE, PRICE, CheckoutSimulator
from simulators.checkout.wire import PROVIDER
from simulators.server import api_docs, provider_app, responses
from simulators.server.access.tokens import bearer
from simulators.server.provider_app import HomeEntry, json_body
from simulators.server.responses import ApiError
from simulators.values import decimal_json
from simulators.webhooks.endpoint import JSON_TYPE

GRAPHQL: Final = "/graphql"
_PRICE: Final = "/widget/price"
_BEGIN: Final = "/widget/checkout"
# What a recorded request is called.
_KINDS: Final = {GRAPHQL: CREATE, _BEGIN: CREATE, _PRICE: PRICE}

_PLACES: Final = (
    HomeEntry(f"POST {GRAPHQL}", "makes a checkout, and gives the address of its page, /checkout/.."),
    HomeEntry(widget.SCRIPT, "the product widget, for a page of the CLIENT's", linked=True),
    HomeEntry(api_docs.PAGE, "the API, to read and to try", linked=True),
)
_MESSAGES: Final = {
    404: f"There is nothing at this address. POST {GRAPHQL} makes checkouts, and {api_docs.PAGE} describes it. "
    "Check the address.",
    405: f"This method is none of this address. Requests here are POST, as to {GRAPHQL}. Check the method.",
    413: provider_app.TOO_LONG,
}


def create_app(simulator: CheckoutSimulator) -> Flask:
    """Return the WSGI app of ``simulator``: ``/graphql``, its document, the widget, the pages under ``/checkout``."""
    app = provider_app.create(
        "checkout",
        simulator.history,
        simulator.disturbances,
        lambda: _record(simulator),
        messages=_MESSAGES,
        places=_PLACES,
        error_page=lambda error: hosted_page.error_page(error) if hosted_page.serves(request.path) else None,
        shared=provider_app.Shared(_KINDS.__contains__, "Content-Type"),
    )
    graph = Graph(simulator)
    app.add_url_rule(GRAPHQL, "graphql", lambda: _graphql(graph), methods=["POST"])
    app.add_url_rule(_PRICE, "price", lambda: _price(simulator), methods=["POST"])
    app.add_url_rule(_BEGIN, "begin", lambda: _begin(simulator), methods=["POST"])
    app.register_blueprint(api_docs.blueprint(openapi.document))
    app.register_blueprint(widget.blueprint())
    app.register_blueprint(hosted_page.blueprint(simulator))
    return app


def _graphql(graph: Graph) -> Response:
    status, answer = graph.answer(json_body(), bearer())
    return Response(decimal_json.dumps(answer), status, content_type=JSON_TYPE)


def _price(simulator: CheckoutSimulator) -> Response:
    asked = _asked()
    return _json(widget.price(simulator, asked.merchantId, asked.JWTToken))


def _begin(simulator: CheckoutSimulator) -> Response:
    asked = _asked()
    return _json(widget.begin(simulator, asked.merchantId, asked.JWTToken))


def _json(answer: BaseModel) -> Response:
    return Response(decimal_json.dumps(answer.model_dump()), content_type=JSON_TYPE)


def _asked() -> WidgetRequest:
    try:
        return WidgetRequest.model_validate(json_body())
    except ValidationError:
        raise ApiError(
            400,
            "MALFORMED",
            "merchantId or JWTToken is missing. The widget is that of a merchant's token. Send both, as texts.",
        ) from None


def _record(simulator: CheckoutSimulator) -> None:
    """Write a request to the API into the history; those of browsers for pages and files are none."""
    kind = _KINDS.get(request.path)
    if kind is not None and request.method != "OPTIONS":
        responses.record(simulator.history, PROVIDER, kind)
