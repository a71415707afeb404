"""A correct CLIENT in memory, small, whose methods are the places where tests put one fault each.

``with served(Wallet()) as url:`` serves it; ``target_of(url, wallet)`` is its target file. A method raises
Refused to say no, and anything else to crash; what is raised before ``record`` leaves no trace.
"""

import hashlib
import hmac
import json
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from urllib.parse import unquote

from scenarios.target.loading import Target
from simulators.server.wsgi_server import Server
from simulators.values import money

SECRET = "the secret of the tests"
_POSTS = "import urllib.request as request; request.urlopen"
ACTIONS = {"/transaction": ("bet", "result"), "/transaction-rollback": ("rollback",)}


class Refused(Exception):
    """The answer is this error."""


@dataclass
class Entry:
    """A transaction that was handled: what it moved, how it was answered, whether it was undone."""

    message: dict
    effect: Decimal
    error: str | None
    client_id: str
    undone: bool = False


class Wallet:
    """Handles each callback once, one after the other."""

    def __init__(self, players=("p-1", "p-2"), balance="50.00", others=None):
        self.others = others or {}
        self.abroad = {
            name: code
            for code, names in self.others.items()
            for name in ([names] if isinstance(names, str) else names)
        }
        self.currencies = dict.fromkeys(players, "EUR") | self.abroad
        self.balances = {name: Decimal(balance) for name in players} | dict.fromkeys(self.abroad, Decimal(0))
        self.entries: dict[object, Entry] = {}
        self.voids: set[tuple[str, str]] = set()
        self.banned: set[str] = set()
        self.lock = threading.Lock()

    # From bytes to a message.

    def __call__(self, environ, start_response):
        path = environ["PATH_INFO"]
        body = environ["wsgi.input"].read(int(environ.get("CONTENT_LENGTH") or 0))
        with self.lock:
            try:
                document = (
                    self.drive(path) if path.startswith("/players/") else self.answer(environ, path, body)
                )
            except Refused as no:
                document = {"error": str(no)}
            except Exception:
                start_response("500 Internal Server Error", [("Content-Type", "text/html")])
                return [b"<h1>Internal Server Error</h1>"]
        start_response("200 OK", [("Content-Type", "application/json")])
        return [json.dumps(document).encode()]

    def answer(self, environ, path, body):
        if environ["REQUEST_METHOD"] != "POST" or path not in ACTIONS:
            raise Refused("NOT_FOUND")
        if not self.authentic(body, environ.get("HTTP_X_SECURITY_HASH", "")):
            raise Refused("INVALID_HASH")
        if environ.get("CONTENT_TYPE", "").partition(";")[0] != "application/json" or len(body) > 65536:
            raise Refused("INVALID_REQUEST")
        return self.handle(self.read(path, body))

    def authentic(self, body, given):
        expected = hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return hmac.compare_digest(expected.encode(), given.encode())

    def read(self, path, body):
        try:
            message = json.loads(body, parse_float=Decimal, parse_int=Decimal)
        except (ValueError, RecursionError):
            raise Refused("INVALID_JSON") from None
        names = ["transaction_id", "user_id", "currency", "action"]
        names += ["rollback_transaction_id"] if path == "/transaction-rollback" else []
        if not isinstance(message, dict) or not all(
            isinstance(message.get(n), str) and message[n] for n in names
        ):
            raise Refused("INVALID_FIELDS")
        if message["action"] not in ACTIONS[path]:
            raise Refused("INVALID_ACTION")
        message["amount"], message["raw"] = self.amount(message), body
        return message

    def amount(self, message):
        try:
            given = message.get("amount")
            amount = money.parse(given) if isinstance(given, str) else given
            if not isinstance(amount, Decimal) or not 0 <= amount < 10**15:
                raise ValueError
            money.to_minor(amount, message["currency"])
        except (ValueError, ArithmeticError):
            raise Refused("INVALID_AMOUNT") from None
        return amount

    # From a message to an answer.

    def handle(self, message):
        if message["user_id"] not in self.balances:
            return self.stranger(message)
        known = self.entries.get(self.key(message))
        if known is not None:
            return self.again(known, message)
        if message["currency"] != self.currencies[message["user_id"]]:
            return self.foreign(message)
        return self.fresh(message)

    def fresh(self, message):
        try:
            effect, error = getattr(self, message["action"])(message), None
        except Refused as no:
            effect, error = Decimal(0), str(no)
        return self.said(self.record(message, effect, error))

    def record(self, message, effect, error):
        entry = Entry(message, effect, error, self.new_id())
        self.entries[self.key(message)] = entry
        self.move(message["user_id"], effect)
        return entry

    def move(self, player, effect):
        self.balances[player] += effect

    def new_id(self):
        return str(uuid.uuid4())

    def said(self, entry):
        if entry.error is not None:
            return {"error": entry.error}
        return {"error": None, "transaction_id": entry.client_id}

    def key(self, message):
        return message["transaction_id"]

    def again(self, known, message):
        first = known.message
        if (first["action"], first["user_id"]) != (message["action"], message["user_id"]):
            raise Refused("ID_TAKEN")
        return self.said(known)

    def stranger(self, message):
        raise Refused("UNKNOWN_PLAYER")

    def foreign(self, message):
        raise Refused("INVALID_CURRENCY")

    # What each action moves.

    def bet(self, message):
        if self.void(message):
            raise Refused("ROLLED_BACK")
        if message["user_id"] in self.banned:
            raise Refused("PLAYER_BANNED")
        if not self.affordable(message):
            raise Refused("INSUFFICIENT_FUNDS")
        return -message["amount"]

    def affordable(self, message):
        return message["amount"] <= max(Decimal(0), self.balances[message["user_id"]])

    def result(self, message):
        return message["amount"]

    def rollback(self, message):
        original = self.original(message)
        if original is None:
            return self.orphan(message)
        if original.undone:
            return self.undone(original, message)
        return self.undo(original, message)

    def original(self, message):
        return next(
            (
                entry
                for entry in self.called(message["rollback_transaction_id"])
                if entry.message["user_id"] == message["user_id"] and entry.message["action"] != "rollback"
            ),
            None,
        )

    def called(self, provider_id):
        """All that was handled under ``provider_id``, whatever it is remembered by."""
        return [entry for entry in self.entries.values() if entry.message["transaction_id"] == provider_id]

    def undo(self, original, message):
        original.undone = True
        return -original.effect

    def undone(self, original, message):
        return Decimal(0)

    def orphan(self, message):
        self.voids.add((message["user_id"], message["rollback_transaction_id"]))
        return Decimal(0)

    def void(self, message):
        return (message["user_id"], message["transaction_id"]) in self.voids

    # For the driver: /players/<id>/balance, ban, unban.

    def drive(self, path):
        *_, player, verb = unquote(path).split("/")
        if verb == "ban":
            self.banned.add(player)
        elif verb == "unban":
            self.banned.discard(player)
        return {"balance": str(self.balances[player])}


def together(*clients):
    """A row for each CLIENT of several faults: a class that has them all, and the rules that these break.

    ``clients`` gives each by its faults, with what each breaks: rules, or several columns of rules.
    """
    return [_row(faults) for faults in clients]


def _row(faults):
    columns = [rules if isinstance(rules, tuple) else (rules,) for rules in faults.values()]
    first, *others = faults
    name = "And".join(fault.__name__ for fault in faults)
    client = type(name, tuple(faults), {"__module__": first.__module__}) if others else first
    return client, *(" ".join(filter(None, column)) for column in zip(*columns, strict=True))


@contextmanager
def served(wallet) -> Iterator[str]:
    """Serve ``wallet`` from threads of this process; yield its callback URL."""
    with Server(wallet) as server:
        yield server.url


def target_of(url, wallet, driver=(), opening=None):
    """The target file of ``wallet``; ``driver`` names the entries it has: balance, ban, unban, restart.

    ``opening`` is what players own, as the file says.
    """
    entries = {
        "balance": {"get": f"{url}/players/{{player}}/balance", "read": "balance"},
        "ban": {"post": f"{url}/players/{{player}}/ban"},
        "unban": {"post": f"{url}/players/{{player}}/unban"},
        "restart": {"run": f"{sys.executable} -c \"{_POSTS}('{url}/restart', b'')\""},
    }
    players = [name for name in wallet.balances if name not in wallet.abroad]
    return Target.model_validate(
        {
            "operator": {"callback_url": url, "security_hash": SECRET},
            "players": {"ids": players, "currency": "EUR", "others": wallet.others, "opening": opening or {}},
            "driver": {name: entries[name] for name in driver},
        }
    )
