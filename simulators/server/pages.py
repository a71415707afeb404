"""Headers of pages, which keep out what a CLIENT's bytes or another website could do."""

from flask import Response


def guarded(response: Response, policy: str, *, cache: str = "no-store") -> Response:
    """``response`` under the Content-Security-Policy ``policy``, told to nobody, and nothing but what it says it is."""
    response.headers["Content-Security-Policy"] = policy
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Cache-Control"] = cache
    return response
