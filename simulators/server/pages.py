"""Pages: headers that keep out what a CLIENT's bytes or another website could do, files, and pages of a few lines."""

import secrets
from pathlib import Path
from typing import Any

from flask import Response, render_template


def guarded(response: Response, policy: str, *, cache: str = "no-store") -> Response:
    """``response`` under the Content-Security-Policy ``policy``, told to nobody, and nothing but what it says it is."""
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


def plain_page(template: str, status: int = 200, **values: Any) -> Response:
    """A page of a few lines, without any script. Apps find its template through the routes of ``api_docs``."""
    nonce = secrets.token_urlsafe(16)
    return guarded(
        Response(render_template(template, nonce=nonce, **values), status),
        f"default-src 'none'; style-src 'nonce-{nonce}'; img-src data:; form-action 'self'; base-uri 'none'; "
        "frame-ancestors 'none'",
    )
