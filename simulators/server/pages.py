"""Pages: headers that keep out what a CLIENT's bytes or another website could do, files, and pages of a few lines."""

import secrets
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from flask import Response, render_template

# What a page may do unless it says otherwise.
_POLICY: Final = {
    "default-src": "'none'",
    "style-src": "'nonce-{nonce}'",
    "img-src": "data:",
    "form-action": "'self'",
    "base-uri": "'none'",
    "frame-ancestors": "'none'",
}


def guarded(response: Response, policy: str, *, cache: str = "no-store") -> Response:
    """``response`` under the Content-Security-Policy ``policy``, given to nobody, and only but what it says it is."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = cache
    return response


def static(file: Path, content_type: str, before: str = "", *, anywhere: bool = False) -> Response:
    """A file of a page, behind the text ``before``; ``anywhere``: pages of every website may load it."""
    text = before + file.read_text(encoding="utf-8")
    response = Response(text, content_type=f"{content_type}; charset=utf-8")
    response.headers["Cache-Control"] = "no-cache"
    response.headers["X-Content-Type-Options"] = "nosniff"
    if anywhere:
        response.headers["Access-Control-Allow-Origin"] = "*"
    return response


def page(
    template: str, status: int = 200, policy: Mapping[str, str] = MappingProxyType({}), /, **values: Any
) -> Response:
    """A page without any script, which loads nothing, leads to itself and stands in no frame, but for what ``policy``
    says by the directives of a Content-Security-Policy; ``{nonce}`` stands for the page's own.

    Apps find the templates of this folder through the routes of ``api_docs``.
    """
    nonce = secrets.token_urlsafe(16)
    allowed = {**_POLICY, **policy}
    frames = allowed.pop("frame-ancestors")
    directives = [f"{name} {those.replace('{nonce}', nonce).strip()}" for name, those in allowed.items()]
    response = Response(render_template(template, nonce=nonce, **values), status)
    return guarded(response, "; ".join([*directives, f"frame-ancestors {frames}"]))
