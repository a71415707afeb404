"""How the site answers: JSON with exact numbers, problems, and pages that embed a provider's widget."""

from typing import Any
from urllib.parse import urlsplit

from flask import Response, render_template

from client_under_test.values import decimal_json


def json_response(value: Any) -> Response:
    """Answer ``value`` as JSON that nobody may cache."""
    answer = Response(decimal_json.dumps(value) + "\n", content_type="application/json")
    answer.headers["Cache-Control"] = "no-store"
    return answer


def problem(code: str, message: str, status: int) -> tuple[Response, int]:
    """Answer a problem: ``code`` is for machines, ``message`` says what to do."""
    return json_response({"error": code, "message": message}), status


def widget_page(template: str, provider: str, **values: Any) -> Response:
    """Answer a page with the widget of ``provider``, an address: its code runs here, and nobody else's."""
    answer = Response(render_template(template, provider=provider, **values))
    parts = urlsplit(provider)
    theirs = f"{parts.scheme}://{parts.netloc}"
    answer.headers["Content-Security-Policy"] = (
        f"default-src 'self'; script-src 'self' {theirs}; connect-src 'self' {theirs}; "
        f"img-src 'self' data: {theirs}; style-src 'self' 'unsafe-inline' {theirs}; "
        f"font-src 'self' data: {theirs}; frame-src {theirs}; "
        "base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
    )
    answer.headers["Cache-Control"] = "no-store"
    return answer
