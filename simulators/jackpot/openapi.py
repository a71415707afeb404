"""The OpenAPI 3.1 document of API and webhooks, from the table and the models that parse and answer."""

import re
from typing import Any, Final

from pydantic import BaseModel

from simulators.jackpot import wire
from simulators.jackpot.credentials.grants import Kind
from simulators.jackpot.operations import OPERATIONS, Operation
from simulators.server import openapi

FORM_TYPE: Final = "application/x-www-form-urlencoded"

_SCHEMES: Final = {
    Kind.API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "apikey",
        "description": "the CLIENT's key, for reading the catalogue",
    },
    Kind.SESSION: {
        **openapi.BEARER,
        "description": "a player's session: an hour, or until it reserved a voucher",
    },
    Kind.SERVER: {**openapi.BEARER, "description": "a server's token, for an hour"},
}
_EVENT_MODELS: Final[dict[str, type[BaseModel]]] = {
    "store/enabled": wire.StoreEnabledEvent,
    "store/disabled": wire.StoreDisabledEvent,
    "store/update": wire.StoreUpdateEvent,
    **dict.fromkeys(wire.STATE_OF, wire.CouponEvent),
}


def document() -> dict[str, Any]:
    """Return the document as JSON values."""
    paths: dict[str, dict[str, Any]] = {}
    for operation in OPERATIONS:
        for number, path in enumerate(operation.paths):
            paths.setdefault(path, {})[operation.method.lower()] = _operation(operation, path, number)
    return openapi.document(
        title="Jackpot",
        version="2",
        description="A fake Jackpot: vouchers, catalogue and webhooks. Amounts are in EUR. A session's assertion "
        "is made by hand with: pitboss token sign --amount 40.",
        paths=paths,
        webhooks={name: _webhook(name) for name in wire.EVENTS},
        schemas=openapi.schemas(
            asked=[model for operation in OPERATIONS for model in operation.body],
            answered=[*(operation.answer for operation in OPERATIONS), openapi.Problem],
            sent=_EVENT_MODELS.values(),
        ),
        security_schemes={str(kind): scheme for kind, scheme in _SCHEMES.items()},
    )


def _operation(operation: Operation, path: str, number: int) -> dict[str, Any]:
    schema = openapi.ref(operation.answer)
    if operation.many:
        schema = {"type": "array", "items": schema}
    written: dict[str, Any] = {
        "operationId": re.sub(r"[^A-Za-z0-9]+", "_", f"{operation.method.lower()}{path}").strip("_"),
        "summary": operation.summary,
        "tags": [operation.id],
        "security": [{str(kind): []} for kind in operation.credentials],
        "responses": {
            "200": openapi.done(schema),
            **openapi.problems(operation.statuses),
        },
    }
    if number:
        written["description"] = f"The same as {operation.method} {operation.paths[0]}."
        if "{offerId}" in path:
            written["description"] = "Within one offer: another's vouchers are refused."
    parameters = _parameters(operation, path)
    if parameters:
        written["parameters"] = parameters
    if operation.body:
        written["requestBody"] = _body(operation)
    return written


def _parameters(operation: Operation, path: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = [
        {"name": name, "in": "path", "required": True, "schema": {"type": "string"}}
        for name in re.findall(r"{(\w+)}", path)
    ]
    if operation.amount:
        found.append(
            {
                "name": "amount",
                "in": "query",
                "description": "only vouchers that cost at most this (EUR)",
                "schema": {"type": "number"},
            }
        )
    return found


def _body(operation: Operation) -> dict[str, Any]:
    schemas = [openapi.ref(model) for model in operation.body]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    types = [wire.JSON_TYPE, FORM_TYPE] if operation.form else [wire.JSON_TYPE]
    return openapi.body(schema, *types)


def _webhook(name: str) -> dict[str, Any]:
    model = _EVENT_MODELS[name]
    schema = openapi.ref(model)
    if model is wire.CouponEvent:
        state = str(wire.STATE_OF[name])  # type: ignore[index]  # its keys are the names of coupon events
        pinned = {"event": {"const": name}, "message": {"properties": {"state": {"const": state}}}}
        schema = {"allOf": [schema, {"properties": pinned}]}
    return {
        "post": {
            "operationId": name.replace("/", "_"),
            "summary": f"{name}, posted to the CLIENT's notification URL",
            "security": [],
            "description": f"Sent by hand with: pitboss trigger {name}.",
            "requestBody": openapi.body(schema),
            "responses": {
                str(wire.ACKNOWLEDGED): {"description": "Acknowledged"},
                "default": {
                    "description": "Not acknowledged: sent again, with growing pauses, for 5 minutes"
                },
            },
        }
    }
