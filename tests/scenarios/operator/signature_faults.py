"""CLIENTs with one fault each in how they check hashes.

Each class is the wallet of ``tests.support.in_memory.wallets`` with a method put wrong;
``test_scenarios_messages`` says which rules break.
"""

import hashlib
import hmac
import json

from tests.support.in_memory.wallets import SECRET, Refused, Wallet
from tests.support.servers.small_server import Handler, listening


def right(body):
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


class Dressed(Wallet):
    """A wallet whose answers can be given another status, type or form."""

    def __call__(self, environ, start_response):
        answer = b"".join(super().__call__(environ, lambda *_: None))
        status, kind, body = self.dress(environ, json.loads(answer))
        start_response(status, [("Content-Type", kind)])
        return [body if isinstance(body, bytes) else json.dumps(body).encode()]

    def dress(self, environ, document):
        return "200 OK", "application/json", document


class StrictType(Wallet):
    def answer(self, environ, path, body):
        if environ.get("CONTENT_TYPE") != "application/json":
            raise Refused("INVALID_REQUEST")
        return super().answer(environ, path, body)


class KnownCopiesUnchecked(Wallet):
    """Answers what it knows from its cache, before it looks at the hash."""

    def authentic(self, body, given):
        return super().authentic(body, given) or self.knows(body)

    def knows(self, body):
        try:
            message = json.loads(body)
            return message["transaction_id"] in self.entries
        except (ValueError, TypeError, KeyError, RecursionError):
            return False


class AmountNotHashed(Wallet):
    def authentic(self, body, given):
        # Any last digit of the amount passes under the hash of another.
        at = max((index for index, byte in enumerate(body) if chr(byte).isdigit()), default=0)
        others = [body[:at] + bytes([digit]) + body[at + 1 :] for digit in b"0123456789"]
        return super().authentic(body, given) or any(right(other) == given for other in others)


def header_case_minded(wallet):
    """Serve a wallet over HTTP, but look headers up in a plain dictionary."""

    class Minded(Handler):
        # One packet for each answer, so that nobody waits for an acknowledgement of its half.
        wbufsize = -1

        def do_POST(self):
            headers = dict(self.headers.items())
            environ = {
                "REQUEST_METHOD": self.command,
                "PATH_INFO": self.path,
                "CONTENT_LENGTH": self.headers.get("Content-Length", "0"),
                "CONTENT_TYPE": self.headers.get("Content-Type", ""),
                "wsgi.input": self.rfile,
            }
            if "X-Security-Hash" in headers:
                environ["HTTP_X_SECURITY_HASH"] = headers["X-Security-Hash"]
            self.answer(b"".join(wallet(environ, lambda *_: None)))

        do_GET = do_PUT = do_DELETE = do_POST

    return listening(Minded)
