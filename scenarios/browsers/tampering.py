"""What a browser writes into a request, changed: its query, its form or JSON, its cookies and headers. Pure."""

import json
from collections.abc import Mapping
from dataclasses import replace
from enum import StrEnum
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

from simulators.exchanges.history import Request


class Where(StrEnum):
    """The part of a request that a browser writes."""

    PARAMETERS = "parameters"
    FORM = "form"
    JSON = "JSON"
    COOKIES = "cookies"
    HEADERS = "headers"


def changed(request: Request, changes: Mapping[str, Any], where: Where) -> Request:
    """``request`` with ``changes`` in that part of it; what was there under the same names gives way.

    A GET that is given a form or JSON becomes a POST. Values are texts, in JSON any.
    """
    match where:
        case Where.HEADERS:
            return replace(request, headers=(*request.headers, *changes.items()))
        case Where.COOKIES:
            cookies = "; ".join(f"{name}={value}" for name, value in changes.items())
            return replace(request, headers=(*request.headers, ("Cookie", cookies)))
        case Where.FORM:
            fields = {name: value for name, value in _own(request).items() if isinstance(value, str)}
            return _with_body(request, "application/x-www-form-urlencoded", urlencode(fields | dict(changes)))
        case Where.JSON:
            return _with_body(request, "application/json", json.dumps(_own(request) | dict(changes)))
    parts = urlsplit(request.url)
    kept = [pair for pair in parse_qsl(parts.query, keep_blank_values=True) if pair[0] not in changes]
    return replace(request, url=parts._replace(query=urlencode([*kept, *changes.items()])).geturl())


def _own(request: Request) -> dict[str, Any]:
    """What the request says in JSON already."""
    own = json.loads(request.body) if request.body else {}
    return own if isinstance(own, dict) else {}


def _with_body(request: Request, content_type: str, body: str) -> Request:
    kept = [pair for pair in request.headers if pair[0].lower() != "content-type"]
    method = "POST" if request.method == "GET" else request.method
    headers = (*kept, ("Content-Type", content_type))
    return replace(request, method=method, headers=headers, body=body.encode())
