"""CLIENTs with one fault each in how they check hashes, read messages and answer.

Each class is the wallet of ``tests.wallets`` with a method put wrong; ``FAULTS`` says which rules then break.
"""

import contextlib
import hashlib
import hmac
import json
import threading
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from tests.wallets import SECRET, Entry, Refused, Wallet


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


# SIG


class StrictType(Wallet):
    def answer(self, environ, path, body):
        if environ.get("CONTENT_TYPE") != "application/json":
            raise Refused("INVALID_REQUEST")
        return super().answer(environ, path, body)


class RollbacksUnderAnotherSecret(Wallet):
    def authentic(self, body, given):
        return super().authentic(body + b"\n" if b'"rollback"' in body else body, given)


class PrefixCompared(Wallet):
    def authentic(self, body, given):
        return len(given) >= 8 and right(body).startswith(given)


class SuffixIgnored(Wallet):
    def authentic(self, body, given):
        return given.startswith(right(body))


class EmptyAccepted(Wallet):
    def answer(self, environ, path, body):
        if environ.get("HTTP_X_SECURITY_HASH") == "":
            environ["HTTP_X_SECURITY_HASH"] = right(body)
        return super().answer(environ, path, body)


class PlainShaAccepted(Wallet):
    def authentic(self, body, given):
        return super().authentic(body, given) or given == hashlib.sha256(body).hexdigest()


class SecretAccepted(Wallet):
    def authentic(self, body, given):
        return super().authentic(body, given) or given == SECRET


class AmountNotHashed(Wallet):
    def authentic(self, body, given):
        # Any last digit of the amount passes under the hash of another.
        at = max((index for index, byte in enumerate(body) if chr(byte).isdigit()), default=0)
        others = [body[:at] + bytes([digit]) + body[at + 1 :] for digit in b"0123456789"]
        return super().authentic(body, given) or any(right(other) == given for other in others)


class AnyHeaderAccepted(Wallet):
    def authentic(self, body, given):
        return bool(given)


class MissingAccepted(Wallet):
    def answer(self, environ, path, body):
        environ.setdefault("HTTP_X_SECURITY_HASH", right(body))
        return super().answer(environ, path, body)


class Reserialised(Wallet):
    def authentic(self, body, given):
        with contextlib.suppress(ValueError):
            body = json.dumps(json.loads(body), separators=(",", ":"), ensure_ascii=False).encode()
        return super().authentic(body, given)


class ForgeriesBurnIds(Wallet):
    def authentic(self, body, given):
        if super().authentic(body, given):
            return True
        message = json.loads(body)
        self.entries.setdefault(
            message["transaction_id"], Entry(message, Decimal(0), None, f"burnt-{len(self.entries)}")
        )
        return False


class Forbidding(Dressed):
    def dress(self, environ, document):
        if document.get("error") == "INVALID_HASH":
            return "401 Unauthorized", "text/html", b"<h1>401</h1>"
        return super().dress(environ, document)


class ForbiddingAndReserialised(Forbidding, Reserialised):
    pass


class RollbacksUnchecked(Wallet):
    def authentic(self, body, given):
        return b'"rollback"' in body or super().authentic(body, given)


class TransactionsUnchecked(Wallet):
    def authentic(self, body, given):
        return b'"rollback"' not in body or super().authentic(body, given)


# MSG


class RefusalsByStatus(Dressed):
    def dress(self, environ, document):
        status = "402 Payment Required" if document.get("error") == "INSUFFICIENT_FUNDS" else "200 OK"
        return status, "application/json", document


class BadInputByPage(Dressed):
    def dress(self, environ, document):
        if document.get("error") == "INVALID_JSON":
            return "400 Bad Request", "text/html", b"<h1>400</h1>"
        return super().dress(environ, document)


class CopiesAnsweredOk(Dressed):
    copy = False

    def again(self, known, message):
        self.copy = message["action"] == "rollback"
        return super().again(known, message)

    def dress(self, environ, document):
        copy, self.copy = self.copy, False
        return "200 OK", "application/json", b'"OK"' if copy else document


class SaysHtml(Dressed):
    def dress(self, environ, document):
        return "200 OK", "text/html", document


class NoErrorOnSuccess(Wallet):
    def said(self, entry):
        said = super().said(entry)
        return said if said["error"] else {"transaction_id": said["transaction_id"]}


class NoIdOnRollback(Wallet):
    def said(self, entry):
        said = super().said(entry)
        return said | {"transaction_id": ""} if entry.message["action"] == "rollback" else said


class NumberIds(Wallet):
    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        entry.client_id = len(self.entries)
        return entry


class ErrorCodes(Dressed):
    def dress(self, environ, document):
        error = document.get("error")
        return "200 OK", "application/json", document if error is None else {"error": len(error)}


class EmptyErrors(Dressed):
    def dress(self, environ, document):
        error = document.get("error")
        return "200 OK", "application/json", document if error != "INSUFFICIENT_FUNDS" else {"error": ""}


class StrangersCharged(Wallet):
    def stranger(self, message):
        self.move("p-1", -message["amount"] if message["user_id"].startswith("nobody-") else 0)
        return super().stranger(message)


class RollbackTellsTheBetsId(Wallet):
    def undo(self, original, message):
        self.shared = original.client_id
        return super().undo(original, message)

    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        entry.client_id = self.__dict__.pop("shared", entry.client_id)
        return entry


class CountsPerPlayer(Wallet):
    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        entry.client_id = str(sum(e.message["user_id"] == message["user_id"] for e in self.entries.values()))
        return entry


class Lenient(Wallet):
    """Fills in what is missing before the message is read."""

    def read(self, path, body):
        try:
            message = json.loads(body)
        except ValueError:
            raise Refused("INVALID_JSON") from None
        if isinstance(message, dict):
            body = json.dumps(self.fill(path, message)).encode()
        return super().read(path, body)

    def fill(self, path, message):
        return message


class CurrencyOptional(Lenient):
    def fill(self, path, message):
        return {"currency": "EUR"} | message


class NumericIdsAccepted(Lenient):
    def fill(self, path, message):
        if type(message.get("transaction_id")) is int:
            message["transaction_id"] = f"number {message['transaction_id']}"
        return message


class NullAmountIsZero(Lenient):
    def fill(self, path, message):
        return message | {"amount": message.get("amount", 0) if message.get("amount") is not None else 0}


class AnyType(Wallet):
    def answer(self, environ, path, body):
        environ["CONTENT_TYPE"] = "application/json"
        return super().answer(environ, path, body)


class CrashesOnLists(Dressed):
    def dress(self, environ, document):
        if environ.get("crash"):
            return "500 Internal Server Error", "text/html", b"<h1>500</h1>"
        return super().dress(environ, document)

    def answer(self, environ, path, body):
        environ["crash"] = body == b"[]"
        return super().answer(environ, path, body)


class TrueIsOne(Lenient):
    def fill(self, path, message):
        return message | {"amount": 1} if message.get("amount") is True else message


class NotANumberAccepted(Wallet):
    """Once such an amount is in, no bet can be compared with the balance any more."""

    def amount(self, message):
        if message.get("amount") == "NaN":
            return Decimal("NaN")
        return super().amount(message)

    def affordable(self, message):
        known = message["amount"].is_finite() and self.balances[message["user_id"]].is_finite()
        return known and super().affordable(message)


class Negative(Wallet):
    def amount(self, message):
        given = message.get("amount")
        return given if isinstance(given, Decimal) and -(10**6) < given < 0 else super().amount(message)


class DepositMeansResult(Lenient):
    def fill(self, path, message):
        return message | {"action": "result"} if message.get("action") == "deposit" else message


class RollbackAnywhere(Wallet):
    def read(self, path, body):
        return super().read("/transaction-rollback" if b'"rollback"' in body else path, body)


class ExtraFieldsRefused(Wallet):
    def read(self, path, body):
        message = super().read(path, body)
        if len(json.loads(body)) > 6:
            raise Refused("UNKNOWN_FIELD")
        return message


class ExponentsIgnored(Lenient):
    def fill(self, path, message):
        return message | {"amount": "1"} if message.get("amount") == "1e1" else message


class StringsAreCents(Wallet):
    def amount(self, message):
        amount = super().amount(message)
        return amount / 100 if isinstance(message["amount"], str) else amount


class LeaksSql(Wallet):
    def handle(self, message):
        if any("'" in value for value in message.values() if isinstance(value, str)):
            raise Refused('sqlite3.OperationalError: near "OR": syntax error in INSERT INTO bets')
        return super().handle(message)


class CrashesOnNul(Dressed):
    def handle(self, message):
        if "\0" in "".join(value for value in message.values() if isinstance(value, str)):
            raise Refused("NUL")
        return super().handle(message)

    def dress(self, environ, document):
        status = "500 Internal Server Error" if document.get("error") == "NUL" else "200 OK"
        return status, "application/json", document


class CutsUserIds(Wallet):
    def handle(self, message):
        message["user_id"] = message["user_id"].partition("\0")[0]
        return super().handle(message)


class AnySize(Wallet):
    def answer(self, environ, path, body):
        if not self.authentic(body, environ.get("HTTP_X_SECURITY_HASH", "")) or len(body) < 65536:
            return super().answer(environ, path, body)
        return self.handle(self.read(path, body))


class AnyMethod(Wallet):
    def answer(self, environ, path, body):
        return super().answer(environ | {"REQUEST_METHOD": "POST"}, path, body)


class Careless(ForbiddingAndReserialised, LeaksSql, Negative, NoIdOnRollback):
    """Several faults at once, each in another place."""


# The fault, the rules of which a MUST is then broken, and those of which only a SHOULD is.
FAULTS = (
    (StrictType, {"SIG-01"}, set()),
    (RollbacksUnderAnotherSecret, {"SIG-01"}, set()),
    (PrefixCompared, {"SIG-02"}, set()),
    (SuffixIgnored, {"SIG-02"}, set()),
    (EmptyAccepted, {"SIG-02"}, set()),
    (PlainShaAccepted, {"SIG-02"}, set()),
    (SecretAccepted, {"SIG-02"}, set()),
    (AmountNotHashed, {"SIG-02"}, set()),
    (AnyHeaderAccepted, {"SIG-02", "SIG-08"}, set()),
    (MissingAccepted, {"SIG-03"}, set()),
    (Reserialised, {"SIG-04"}, set()),
    (ForgeriesBurnIds, {"SIG-05"}, set()),
    (Forbidding, set(), {"SIG-06"}),
    (ForbiddingAndReserialised, {"SIG-04"}, {"SIG-06"}),
    (RollbacksUnchecked, {"SIG-08"}, set()),
    (TransactionsUnchecked, {"SIG-02", "SIG-03", "SIG-08"}, set()),
    (RefusalsByStatus, {"MSG-01"}, set()),
    # One page with a status is no 200, no JSON object.
    (BadInputByPage, {"MSG-01", "MSG-02"}, set()),
    (CopiesAnsweredOk, {"MSG-02"}, set()),
    (SaysHtml, set(), {"MSG-02"}),
    (NoErrorOnSuccess, {"MSG-03"}, set()),
    (NoIdOnRollback, {"MSG-03"}, set()),
    (NumberIds, set(), {"MSG-03"}),
    (ErrorCodes, {"MSG-04"}, set()),
    (EmptyErrors, {"MSG-04"}, set()),
    # Another account pays for an unknown player, whose id may be hostile.
    (StrangersCharged, {"MSG-04", "MSG-13"}, set()),
    (RollbackTellsTheBetsId, {"MSG-05"}, set()),
    (CountsPerPlayer, {"MSG-05"}, set()),
    (CurrencyOptional, {"MSG-06"}, set()),
    (NumericIdsAccepted, {"MSG-06"}, set()),
    (NullAmountIsZero, {"MSG-06"}, set()),
    (AnyType, {"MSG-06"}, set()),
    # A crash is no refusal, no 200 and no JSON object.
    (CrashesOnLists, {"MSG-01", "MSG-02", "MSG-06"}, set()),
    (TrueIsOne, {"MSG-07"}, set()),
    (NotANumberAccepted, {"MSG-07"}, set()),
    (Negative, {"MSG-08"}, set()),
    (DepositMeansResult, {"MSG-09"}, set()),
    (RollbackAnywhere, {"MSG-10"}, set()),
    (ExtraFieldsRefused, set(), {"MSG-11"}),
    (ExponentsIgnored, {"MSG-12"}, set()),
    (StringsAreCents, {"MSG-12"}, set()),
    (LeaksSql, {"MSG-13"}, set()),
    # A crash is no 200 either.
    (CrashesOnNul, {"MSG-01", "MSG-13"}, set()),
    (CutsUserIds, {"MSG-13"}, set()),
    (AnySize, set(), {"MSG-14"}),
    (AnyMethod, {"MSG-15"}, set()),
    (Careless, {"SIG-04", "MSG-03", "MSG-08", "MSG-13"}, {"SIG-06"}),
)


class Unanswering(Wallet):
    """Leaves bets of unknown players unanswered until ``released``."""

    def __init__(self):
        super().__init__()
        self.released = threading.Event()

    def __call__(self, environ, start_response):
        answer = super().__call__(environ, start_response)
        if b"UNKNOWN_PLAYER" in answer[0]:
            self.released.wait()
        return answer


class HeaderCaseMinded:
    """Serves a wallet over HTTP, but looks headers up in a plain dictionary."""

    def __init__(self, wallet):
        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def answer(self):
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
                body = b"".join(wallet(environ, lambda *_: None))
                self.send_response(200)
                self.send_header("Content-Type", "application/json")
                self.send_header("Content-Length", str(len(body)))
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET = do_PUT = do_DELETE = answer

            def log_message(self, *_):
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.thread = threading.Thread(target=self.server.serve_forever, daemon=True)

    def __enter__(self):
        self.thread.start()
        return f"http://127.0.0.1:{self.server.server_address[1]}"

    def __exit__(self, *_):
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()
