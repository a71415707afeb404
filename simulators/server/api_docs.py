"""What shows a provider's OpenAPI document: ``/openapi.json``, and ``/documentation``, a page to try it on.

The page asks no other host, runs no script but its own and sends no cookies. Credentials typed into it stay in it.

Why it is no packaged Swagger UI: that one rounds the numbers of an answer to binary floating point, wants styles that a
strict Content-Security-Policy forbids, and puts credentials into the commands that it offers to copy.
"""

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from flask import Blueprint, Response, render_template

from simulators.server.openapi import JSON_TYPE
from simulators.server.pages import guarded

NAME: Final = "documentation"
PAGE: Final = "/documentation"
_STATIC: Final = Path(__file__).with_name("static")
_FILES: Final = {"documentation.css": "text/css", "documentation.js": "text/javascript"}
_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; "
    "form-action 'none'; base-uri 'none'; frame-ancestors 'none'"
)

Document = Callable[[], dict[str, Any]]


def blueprint(document: Document) -> Blueprint:
    """Return the routes that show ``document``."""
    routes = Blueprint(NAME, __name__, template_folder="templates")
    routes.add_url_rule("/openapi.json", "json", lambda: _json(document()))
    routes.add_url_rule(PAGE, "page", lambda: _page(document()))
    for name in _FILES:
        routes.add_url_rule(f"/{name}", name.replace(".", "-"), lambda name=name: _file(name))
    return routes


def text(value: Any) -> str:
    """Write a document, or a part of one, as it is kept in files."""
    return json.dumps(value, indent=2, ensure_ascii=False) + "\n"


def _json(document: dict[str, Any]) -> Response:
    return Response(text(document), content_type=JSON_TYPE)


def _file(name: str) -> Response:
    return _guarded(Response((_STATIC / name).read_bytes(), content_type=f"{_FILES[name]}; charset=utf-8"))


def _page(document: dict[str, Any]) -> Response:
    page = render_template(
        "documentation.html",
        document=document,
        example=lambda schema: example(schema, document),
        written=lambda value: text(value).rstrip(),
    )
    return _guarded(Response(page))


def _guarded(response: Response) -> Response:
    return guarded(response, _POLICY, cache="no-cache")


# What stands for a value of a type that has no example of its own.
_PLAIN: Final[dict[str, Any]] = {"string": "", "number": 0, "integer": 0, "boolean": False, "null": None}


def example(schema: Mapping[str, Any], document: Mapping[str, Any]) -> Any:
    """A value to begin with for ``schema``: its examples where it has any, required fields, and those shown."""
    if "$ref" in schema:
        return example(document["components"]["schemas"][schema["$ref"].rpartition("/")[2]], document)
    if "examples" in schema:
        return schema["examples"][0]
    if "const" in schema:
        return schema["const"]
    if "enum" in schema:
        return schema["enum"][0]
    for several in ("oneOf", "anyOf", "allOf"):
        if several in schema:
            return example(schema[several][0], document)
    if schema.get("type") == "object":
        required = schema.get("required", ())
        return {
            name: example(each, document)
            for name, each in schema.get("properties", {}).items()
            if name in required or "examples" in each
        }
    if schema.get("type") == "array":
        return [example(schema["items"], document)]
    return _PLAIN.get(schema.get("type", "null"))
