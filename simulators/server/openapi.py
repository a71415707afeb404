"""What the providers' OpenAPI 3.1 documents share: schemas of pydantic models, and the one shape of errors. Pure.

Each provider's own module makes its document of the very models that parse its requests and write its messages.
"""

from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import BaseModel, ConfigDict
from pydantic.json_schema import JsonSchemaMode, models_json_schema

VERSION: Final = "3.1.0"
JSON_TYPE: Final = "application/json"
BEARER: Final = {"type": "http", "scheme": "bearer"}
_REF: Final = "#/components/schemas/{model}"
_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"

_REASONS: Final = {
    400: "Malformed",
    401: "No credential, a bad one, or an expired one",
    403: "A credential of the wrong kind, or an address that it is not agreed for",
    404: "Unknown",
    409: "Used before, or a transition that the state does not allow",
    413: "Too long",
    422: "Well-formed but unacceptable",
}


class Problem(BaseModel):
    """Every error: a code, and what came, what was expected and what to do."""

    model_config = ConfigDict(json_schema_extra={"additionalProperties": False})
    error: str
    message: str


def document(
    *,
    title: str,
    version: str,
    description: str,
    paths: Mapping[str, Any],
    webhooks: Mapping[str, Any],
    schemas: Mapping[str, Any],
    security_schemes: Mapping[str, Any],
) -> dict[str, Any]:
    """Return a whole document as JSON values; its parts are JSON values, too."""
    return {
        "openapi": VERSION,
        "info": {
            "title": f"{title} (pitboss)",
            "version": version,
            "description": description,
            "license": {"name": "MIT", "identifier": "MIT"},
        },
        "jsonSchemaDialect": _DIALECT,
        "servers": [{"url": ".", "description": "where this document is served"}],
        "paths": dict(paths),
        "webhooks": dict(webhooks),
        "components": {"schemas": dict(schemas), "securitySchemes": dict(security_schemes)},
    }


def schemas(
    *,
    asked: Iterable[type[BaseModel]] = (),
    answered: Iterable[type[BaseModel]] = (),
    sent: Iterable[type[BaseModel]] = (),
) -> dict[str, Any]:
    """The component schemas of models, by name.

    ``asked`` are read from requests. ``answered`` are written by the provider and hold nothing but what is
    documented. ``sent`` are messages of one side to the other, to which fields may be added in time.
    """
    closed = {name: _closed(schema) for name, schema in _of(answered, "serialization").items()}
    return {**_of(asked, "validation"), **_of(sent, "serialization"), **closed}


def _of(models: Iterable[type[BaseModel]], mode: JsonSchemaMode) -> dict[str, Any]:
    wanted = [(model, mode) for model in dict.fromkeys(models)]
    return dict(models_json_schema(wanted, ref_template=_REF)[1].get("$defs", {}))


def _closed(schema: dict[str, Any]) -> dict[str, Any]:
    if schema.get("type") != "object" or "additionalProperties" in schema:
        return schema
    return {**schema, "additionalProperties": False}


def ref(model: type[BaseModel] | str) -> dict[str, Any]:
    """A reference to the component schema of ``model``."""
    return {"$ref": _REF.format(model=model if isinstance(model, str) else model.__name__)}


def content(schema: Mapping[str, Any], *types: str) -> dict[str, Any]:
    """``schema`` as the content of a body, under each of the media ``types`` (none: JSON)."""
    return {"content": {media: {"schema": dict(schema)} for media in types or (JSON_TYPE,)}}


def body(schema: Mapping[str, Any], *types: str) -> dict[str, Any]:
    """A request's body, which has to be there."""
    return {"required": True, **content(schema, *types)}


def done(schema: Mapping[str, Any]) -> dict[str, Any]:
    """The answer of a request that was fulfilled."""
    return {"description": "Done", **content(schema)}


def problems(statuses: Iterable[int]) -> dict[str, Any]:
    """The answers of requests that are not fulfilled, by status."""
    return {
        str(status): {"description": _REASONS[status], **content(ref(Problem))} for status in sorted(statuses)
    }
