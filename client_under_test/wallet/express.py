"""The express way for callbacks: WSGI in front of Flask, because a callback needs none of what Flask does.

Measured: Flask's contexts, routing and response objects cost more than the hash, the reading and the ledger
together. Whatever is not plainly a callback goes on to Flask, whose answers to callbacks are the same.
"""

import json
import logging
from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from client_under_test.wallet.callbacks import Desk
from client_under_test.wallet.messages import BODY_LIMIT, Endpoint
from client_under_test.wallet.refusals import Refused

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIApplication, WSGIEnvironment

log = logging.getLogger(__name__)

_SECURITY_HASH: Final = "HTTP_X_SECURITY_HASH"
_JSON: Final = ("Content-Type", "application/json")


class Express:
    """Answers the two callbacks below ``prefix`` as ``desk`` would, and hands everything else to ``app``."""

    def __init__(self, app: "WSGIApplication", prefix: str, desk: Desk) -> None:
        self._app = app
        self._desk = desk
        self._endpoints = {prefix.rstrip("/") + endpoint.value: endpoint for endpoint in Endpoint}

    def __call__(self, environ: "WSGIEnvironment", start_response: "StartResponse") -> Iterable[bytes]:
        """Answer one request, as PEP 3333 has it."""
        endpoint = self._endpoints.get(environ["PATH_INFO"])
        length = _length(environ)
        if endpoint is None or length is None:
            return self._app(environ, start_response)
        answer = json.dumps(self._answer(endpoint, environ, length), separators=(",", ":")).encode() + b"\n"
        start_response("200 OK", [_JSON, ("Content-Length", str(len(answer)))])
        return [answer]

    def _answer(self, endpoint: Endpoint, environ: "WSGIEnvironment", length: int) -> dict[str, str | None]:
        try:
            body = environ["wsgi.input"].read(length)
            if len(body) < length:
                raise Refused("INCOMPLETE_BODY")
            given = environ.get(_SECURITY_HASH)
            client_id = self._desk.settle(endpoint, environ.get("CONTENT_TYPE"), body, given)
        except Refused as refusal:
            return {"error": refusal.code}
        except Exception:
            # As at the desk: the OPERATOR learns that it failed, the log why.
            log.exception("a callback to %s failed", endpoint)
            return {"error": "INTERNAL_ERROR"}
        return {"error": None, "transaction_id": client_id}


def _length(environ: "WSGIEnvironment") -> int | None:
    """The length of a body as callbacks have one; None for any other request, which is Flask's to answer."""
    announced = environ.get("CONTENT_LENGTH", "")
    if environ["REQUEST_METHOD"] != "POST" or "HTTP_TRANSFER_ENCODING" in environ:
        return None
    if not (announced.isascii() and announced.isdigit()) or len(announced) > len(str(BODY_LIMIT)):
        return None
    length = int(announced)
    return length if length <= BODY_LIMIT else None
