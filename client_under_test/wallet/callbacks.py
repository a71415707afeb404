"""The two endpoints that the OPERATOR calls: check who calls and the hash, read, apply, answer."""

import logging
from dataclasses import dataclass

from flask import Blueprint, Response, request
from werkzeug.exceptions import ClientDisconnected, RequestEntityTooLarge

from client_under_test.values.refusals import Refused
from client_under_test.wallet.allow_list import AllowList
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.ledger import Ledger
from client_under_test.wallet.messages import BODY_LIMIT, Endpoint, Parser
from client_under_test.wallet.signature import HASH_HEADER, SignatureCheck

log = logging.getLogger(__name__)

# A body over the limit is read up to here and thrown away, so that its sender hears the answer.
_DRAINED = 4 * 1024 * 1024


@dataclass(frozen=True)
class CallbackHandler:
    """What each callback passes, in this order."""

    allow_list: AllowList
    signature: SignatureCheck
    parser: Parser
    ledger: Ledger
    answers: Answers

    def handle(self, endpoint: Endpoint) -> Response:
        """Answer the current request; whatever goes wrong, the answer is one of the two documented shapes."""
        try:
            self.allow_list.check(request.remote_addr)
            return self.answers.success(self.process(endpoint, self.body(), request.headers.get(HASH_HEADER)))
        except Refused as refusal:
            return self.answers.failure(refusal.code)
        except Exception:
            # The OPERATOR learns that it failed, the log why; the database transaction is undone.
            log.exception("a callback to %s failed", endpoint)
            return self.answers.failure("INTERNAL_ERROR")

    def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
        """Return the CLIENT id of what was applied; raises Refused."""
        self.signature.check(body, given)
        return self.ledger.apply(self.parser.read(endpoint, request.content_type, body))

    def body(self) -> bytes:
        """Return the bytes received; raises Refused for too many, or fewer than were announced."""
        try:
            if (request.content_length or 0) <= BODY_LIMIT:
                request.max_content_length = BODY_LIMIT
                return request.get_data(cache=False)
        except RequestEntityTooLarge:
            pass
        except ClientDisconnected:
            raise Refused("INCOMPLETE_BODY") from None
        left = _DRAINED
        stream = request.environ["wsgi.input"]
        while left > 0 and (chunk := stream.read(min(left, 64 * 1024))):
            left -= len(chunk)
        raise Refused("BODY_TOO_LARGE")


def blueprint(prefix: str, handler: CallbackHandler) -> Blueprint:
    """Return the routes for the OPERATOR below ``prefix``, the path of the callback URL."""
    routes = Blueprint("operator", __name__, url_prefix=prefix.rstrip("/") or None)

    @routes.post(Endpoint.TRANSACTION.value)
    def transaction() -> Response:
        return handler.handle(Endpoint.TRANSACTION)

    @routes.post(Endpoint.ROLLBACK.value)
    def rollback() -> Response:
        return handler.handle(Endpoint.ROLLBACK)

    return routes
