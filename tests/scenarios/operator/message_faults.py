"""CLIENTs with one fault each in how they read messages and answer.

Each class is the wallet of ``tests.support.in_memory.wallets`` with a method put wrong;
``test_scenarios_messages`` says which rules break.
"""

import json
import re
import threading
from decimal import Decimal

from tests.scenarios.operator.signature_faults import Dressed
from tests.support.in_memory.wallets import Refused, Wallet


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


class Utf32WithoutMark(Dressed):
    def dress(self, environ, document):
        return "200 OK", "application/json", json.dumps(document).encode("utf-32-le")


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


class NotANumberAccepted(Wallet):
    """Once such an amount is in, no bet can be compared with the balance any more."""

    def amount(self, message):
        if message.get("amount") == "NaN":
            return Decimal("NaN")
        return super().amount(message)

    def affordable(self, message):
        known = message["amount"].is_finite() and self.balances[message["user_id"]].is_finite()
        return known and super().affordable(message)


class StringsAreCents(Wallet):
    def amount(self, message):
        amount = super().amount(message)
        return amount / 100 if isinstance(message["amount"], str) else amount


class CrashesOnNul(Dressed):
    def handle(self, message):
        if "\0" in "".join(value for value in message.values() if isinstance(value, str)):
            raise Refused("NUL")
        return super().handle(message)

    def dress(self, environ, document):
        status = "500 Internal Server Error" if document.get("error") == "NUL" else "200 OK"
        return status, "application/json", document


class CutsIds(Wallet):
    """Keeps 36 characters of an id, also of one that is to be rolled back: that is IDM-08's."""

    def read(self, path, body):
        message = super().read(path, body)
        ids = [name for name in ("transaction_id", "rollback_transaction_id") if name in message]
        return message | {name: message[name][:36] for name in ids}


class CutsUserIds(Wallet):
    def handle(self, message):
        message["user_id"] = message["user_id"].partition("\0")[0]
        return super().handle(message)


class ReadsPlayersLoosely(Wallet):
    """Takes of a player's id what looks like one, and never sees what stands behind that."""

    def handle(self, message):
        message["user_id"] = re.match(r"[\w-]*", message["user_id"])[0]
        return super().handle(message)


class Unanswering(Wallet):
    """Leaves so many requests of unknown players unanswered until ``released``; None: all."""

    def __init__(self, times=None):
        super().__init__()
        self.times, self.released = times, threading.Event()

    def __call__(self, environ, start_response):
        answer = super().__call__(environ, start_response)
        if b"UNKNOWN_PLAYER" in answer[0] and self.times != 0:
            self.times = None if self.times is None else self.times - 1
            self.released.wait()
        return answer
