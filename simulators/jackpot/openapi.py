"""The OpenAPI 3.1 document of API and webhooks, from the table and the models that parse and answer."""

import re
from collections.abc import Iterable
from typing import Any, Final

from pydantic import BaseModel
from pydantic.json_schema import models_json_schema

from simulators.jackpot import forms, wire
from simulators.jackpot.credentials import Kind
from simulators.jackpot.operations import OPERATIONS, Operation

_REF: Final = "#/components/schemas/{model}"
FORM_TYPE: Final = "application/x-www-form-urlencoded"

_REASONS: Final = {
    400: "Malformed",
    401: "No credential, a bad one, or an expired one",
    403: "A credential of the wrong kind",
    404: "Unknown",
    409: "Used before, or a transition that the voucher's state does not allow",
    413: "Too long",
    422: "Well-formed but unacceptable",
}
_SCHEMES: Final = {
    Kind.API_KEY: {
        "type": "apiKey",
        "in": "header",
        "name": "apikey",
        "description": "the CLIENT's key, for reading the catalogue",
    },
    Kind.SESSION: {
        "type": "http",
        "scheme": "bearer",
        "description": "a player's session: an hour, or until it reserved a voucher",
    },
    Kind.SERVER: {"type": "http", "scheme": "bearer", "description": "a server's token, for an hour"},
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
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "Jackpot (pitboss)",
            "version": "2",
            "description": "A fake Jackpot: vouchers, catalogue and webhooks. Amounts are in EUR.",
        },
        "paths": paths,
        "webhooks": {name: _webhook(name) for name in wire.EVENTS},
        "components": {
            "schemas": _schemas(),
            "securitySchemes": {str(kind): scheme for kind, scheme in _SCHEMES.items()},
        },
    }


def _schemas() -> dict[str, Any]:
    asked = [model for operation in OPERATIONS for model in operation.body]
    answered = [operation.answer for operation in OPERATIONS] + [forms.Problem, *_EVENT_MODELS.values()]
    read = models_json_schema([(model, "validation") for model in _once(asked)], ref_template=_REF)[1]
    written = models_json_schema([(model, "serialization") for model in _once(answered)], ref_template=_REF)[
        1
    ]
    return {**read["$defs"], **written["$defs"]}


def _once(models: Iterable[type[BaseModel]]) -> list[type[BaseModel]]:
    return list(dict.fromkeys(models))


def _ref(model: type[BaseModel]) -> dict[str, Any]:
    return {"$ref": _REF.format(model=model.__name__)}


def _operation(operation: Operation, path: str, number: int) -> dict[str, Any]:
    schema = _ref(operation.answer)
    if operation.many:
        schema = {"type": "array", "items": schema}
    written: dict[str, Any] = {
        "operationId": re.sub(r"[^A-Za-z0-9]+", "_", f"{operation.method.lower()}{path}").strip("_"),
        "summary": operation.summary,
        "tags": [operation.id],
        "security": [] if operation.credential is None else [{str(operation.credential): []}],
        "responses": {
            "200": {"description": "Done", "content": {wire.JSON_TYPE: {"schema": schema}}},
            **{str(status): _problem(status) for status in operation.statuses},
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


def _problem(status: int) -> dict[str, Any]:
    return {
        "description": _REASONS[status],
        "content": {wire.JSON_TYPE: {"schema": _ref(forms.Problem)}},
    }


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
    schemas = [_ref(model) for model in operation.body]
    schema = schemas[0] if len(schemas) == 1 else {"oneOf": schemas}
    types = [wire.JSON_TYPE, FORM_TYPE] if operation.form else [wire.JSON_TYPE]
    return {"required": True, "content": {content_type: {"schema": schema} for content_type in types}}


def _webhook(name: str) -> dict[str, Any]:
    model = _EVENT_MODELS[name]
    schema = _ref(model)
    if model is wire.CouponEvent:
        state = str(wire.STATE_OF[name])  # type: ignore[index]  # its keys are the names of coupon events
        pinned = {"event": {"const": name}, "message": {"properties": {"state": {"const": state}}}}
        schema = {"allOf": [schema, {"properties": pinned}]}
    return {
        "post": {
            "operationId": name.replace("/", "_"),
            "summary": f"{name}, posted to the CLIENT's notification URL",
            "security": [],
            "requestBody": {"required": True, "content": {wire.JSON_TYPE: {"schema": schema}}},
            "responses": {
                str(wire.ACKNOWLEDGED): {"description": "Acknowledged"},
                "default": {
                    "description": "Not acknowledged: sent again, with growing pauses, for 5 minutes"
                },
            },
        }
    }
