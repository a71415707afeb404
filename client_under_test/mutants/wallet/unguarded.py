"""A desk without the last safety net: what goes wrong inside shows outside."""

from flask import Response, request
from typing_extensions import override

from client_under_test.wallet.callbacks import Desk
from client_under_test.wallet.messages import Endpoint
from client_under_test.wallet.refusals import Refused
from client_under_test.wallet.signature import HASH_HEADER


class Bare(Desk):
    """Refuses as the reference does, and answers everything unforeseen with HTTP 500."""

    @override
    def handle(self, endpoint: Endpoint) -> Response:
        try:
            return self.answers.success(self.process(endpoint, self.body(), request.headers.get(HASH_HEADER)))
        except Refused as refusal:
            return self.answers.failure(refusal.code)
