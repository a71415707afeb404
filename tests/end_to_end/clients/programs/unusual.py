"""A right CLIENT with unusual habits that the contract allows: ``CLIENT=name python unusual.py PORT PLAYER=..``.

``HABITS`` names each with the rules that the contract lets a judge warn of, or that cannot be decided here; those of
one CLIENT have nothing to do with each other.
Standard library only.
"""

import hashlib
import hmac
import json
import os
import threading
import time
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import starting

# By CLIENT what it does, and the rules that may warn of it or be undecided for it.
HABITS: dict[str, dict[str, tuple[str, ...]]] = {
    "slow": {
        "answers take 30 ms": (),
        "answers hold more fields": (),
        "a late result is refused": (),
        "fine amounts are kept": (),
    },
    "one by one": {
        "one request at a time": (),
        "its ids are integers": ("MSG-03",),
        "a late result is accepted and not paid": (),
        "a late bet is refused": (),
    },
    "chunked": {
        "answers are chunked": (),
        "a spent result cannot be rolled back": ("RBK-03",),
        "a wrong hash is answered 401": ("SIG-06",),
        "no bet above 1,000,000.00": ("BET-12",),
    },
    "HTTP/1.0": {
        "a connection for each request": (),
        "a bet of zero is refused": (),
        "a rollback counts by its own amount, if that is less": (),
        "no bet above 1,000.00": ("BET-12",),
    },
}

OWN = HABITS[os.environ["CLIENT"]]
LARGEST = Decimal(10) ** 13
LIMITS = {"no bet above 1,000,000.00": Decimal(1_000_000), "no bet above 1,000.00": Decimal(1_000)}
LIMIT = min((LIMITS[habit] for habit in OWN if habit in LIMITS), default=LARGEST)


class Refused(Exception):
    """The wager is refused; the text is the code."""


class Wallet:
    """Balances and every transaction with its answer, in memory."""

    def __init__(self, players: dict[str, tuple[str, str]]) -> None:
        self.lock = threading.Lock()
        self.balances = {player: Decimal(balance) for player, (balance, _) in players.items()}
        self.currencies = {player: currency for player, (_, currency) in players.items()}
        self.known: dict[str, dict] = {}
        self.undone: dict[str, str] = {}

    def handle(self, wager: dict) -> dict:
        with self.lock:
            if wager["user_id"] not in self.balances:
                raise Refused("UNKNOWN_PLAYER")
            if self.currencies[wager["user_id"]] != wager["currency"]:
                raise Refused("WRONG_CURRENCY")
            known = self.known.get(wager["transaction_id"])
            if known is None:
                known = {"player": wager["user_id"], "action": wager["action"], "moved": Decimal(0)}
                try:
                    known["moved"] = self.moved(wager)
                    known["answer"] = self.success(len(self.known) + 1)
                except Refused as refused:
                    known["answer"] = {"error": str(refused)}
                self.balances[wager["user_id"]] += known["moved"]
                self.known[wager["transaction_id"]] = known
            return known["answer"]

    def success(self, number: int) -> dict:
        answer = {
            "error": None,
            "transaction_id": number if "its ids are integers" in OWN else f"u{number}",
        }
        if "answers hold more fields" in OWN:
            answer |= {"status": "done", "balance": "hidden", "server": {"node": 7}, "warnings": []}
        return answer

    def moved(self, wager: dict) -> Decimal:
        """What the wager does to the balance, once. Raises Refused."""
        player, amount = wager["user_id"], wager["amount"]
        if wager["action"] == "rollback":
            return self.rolled_back(wager)
        late = wager["transaction_id"] in self.undone
        if wager["action"] == "result":
            if late and "a late result is refused" in OWN:
                raise Refused("ROLLED_BACK")
            unpaid = late and "a late result is accepted and not paid" in OWN
            return Decimal(0) if unpaid else amount
        if late:
            if "a late bet is refused" in OWN:
                raise Refused("ROLLED_BACK")
            return Decimal(0)
        if amount == 0 and "a bet of zero is refused" in OWN:
            raise Refused("NO_STAKE")
        if amount > LIMIT:
            raise Refused("STAKE_LIMIT")
        if self.balances[player] < amount:
            raise Refused("INSUFFICIENT_FUNDS")
        return -amount

    def rolled_back(self, wager: dict) -> Decimal:
        of = wager["rollback_transaction_id"]
        original = self.known.get(of)
        first = of not in self.undone
        if original is None or original["player"] != wager["user_id"] or original["action"] == "rollback":
            if original is None:
                self.undone.setdefault(of, wager["transaction_id"])
            return Decimal(0)
        back = -original["moved"]
        spent = back < 0 and self.balances[wager["user_id"]] + back < 0
        if first and spent and "a spent result cannot be rolled back" in OWN:
            raise Refused("SPENT")
        self.undone.setdefault(of, wager["transaction_id"])
        if "a rollback counts by its own amount, if that is less" in OWN:
            least = min(abs(back), wager["amount"])
            back = least if back > 0 else -least
        return back if first else Decimal(0)


def read(raw: bytes, path: str, content_type: str) -> dict:
    """The wager that a signed body asks for. Raises Refused."""
    if content_type.partition(";")[0].strip() != "application/json":
        raise Refused("CONTENT_TYPE")
    try:
        wager = json.loads(raw.decode(), parse_float=Decimal, parse_int=Decimal)
    except (ValueError, RecursionError, ArithmeticError):
        raise Refused("NO_JSON") from None
    rolls_back = path.endswith("-rollback")
    names = ["transaction_id", "action", "user_id", "currency"] + ["rollback_transaction_id"] * rolls_back
    if not isinstance(wager, dict):
        raise Refused("NO_OBJECT")
    for name in names:
        if not isinstance(wager.get(name), str) or not wager[name] or "\0" in wager[name]:
            raise Refused(f"BAD_{name}")
    if wager["action"] not in (("rollback",) if rolls_back else ("bet", "result")):
        raise Refused("BAD_ACTION")
    return {**wager, "amount": amount_of(wager.get("amount"))}


def amount_of(value: object) -> Decimal:
    digits = str(value)
    if isinstance(value, str) and not (digits.isascii() and digits.replace(".", "", 1).isdigit()):
        raise Refused("BAD_AMOUNT")
    if not isinstance(value, str | Decimal) or len(digits) > 40:
        raise Refused("BAD_AMOUNT")
    amount = Decimal(value)
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        raise Refused("BAD_AMOUNT")
    step = Decimal("0.000001") if "fine amounts are kept" in OWN else Decimal("0.01")
    if amount != amount.quantize(step):
        raise Refused("TOO_FINE")
    return amount


class Handler(BaseHTTPRequestHandler):
    """One connection. ``wallet`` and ``secret`` are set before the server starts."""

    protocol_version = "HTTP/1.0" if "a connection for each request" in OWN else "HTTP/1.1"
    disable_nagle_algorithm = True
    wbufsize = -1
    wallet: Wallet
    secret: bytes
    one_at_a_time = threading.Lock()

    def answer(self) -> None:
        raw = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if "answers take 30 ms" in OWN:
            time.sleep(0.03)
        if "one request at a time" in OWN:
            with self.one_at_a_time:
                time.sleep(0.003)
                status, document = self.judged(raw)
        else:
            status, document = self.judged(raw)
        self.say(status, json.dumps(document).encode(), "application/json")

    def judged(self, raw: bytes) -> tuple[int, dict]:
        right = hmac.new(self.secret, raw, hashlib.sha256).hexdigest()
        given = self.headers.get("X-Security-Hash") or ""
        if not hmac.compare_digest(right.encode(), given.encode("utf-8", "replace")):
            return (401 if "a wrong hash is answered 401" in OWN else 200), {"error": "BAD_HASH"}
        if self.command != "POST" or self.path not in ("/transaction", "/transaction-rollback"):
            return 200, {"error": "NOT_SERVED"}
        try:
            return 200, self.wallet.handle(read(raw, self.path, self.headers.get("Content-Type") or ""))
        except Refused as refused:
            return 200, {"error": str(refused)}

    def say(self, status: int, body: bytes, kind: str) -> None:
        self.send_response(status)
        self.send_header("Content-Type", kind)
        if "answers are chunked" in OWN:
            self.send_header("Transfer-Encoding", "chunked")
            self.end_headers()
            for start in range(0, len(body), 7):
                piece = body[start : start + 7]
                self.wfile.write(f"{len(piece):x}\r\n".encode() + piece + b"\r\n")
            self.wfile.write(b"0\r\n\r\n")
        else:
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

    do_GET = do_POST = do_PUT = do_DELETE = answer

    def log_message(self, *_: object) -> None:
        """Keep standard error for crashes."""


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 1024

    def handle_error(self, request: object, client_address: object) -> None:
        """Connections that are cut need no word."""


def serve(started: starting.Start) -> None:
    Handler.wallet, Handler.secret = Wallet(started.players), started.secret
    with Server(("127.0.0.1", started.port), Handler) as server:
        starting.announce(server.server_address[1])
        server.serve_forever()


if __name__ == "__main__":
    serve(starting.start())
