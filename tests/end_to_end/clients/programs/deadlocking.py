"""A CLIENT that is right as long as requests come one after another, and that 20 at once stop for good.

Its pool has five connections and every request takes two: one to see whether the id is known and, still
holding it, one to write. Five requests that each hold one wait for ever for a second; nothing gives up.
Up to four at once always leave one free.
"""

# BREAKS IDM-02: 20 copies at once hold all connections and wait for each other for ever
# MAY BET-04: any race of five or more stops it; the one that runs first is to blame
# MAY IDM-11: any race of five or more stops it; the one that runs first is to blame
# MAY RBK-12: any race of five or more stops it; the one that runs first is to blame
# MAY RBK-14: any race of five or more stops it; the one that runs first is to blame
# MAY INV-04: any race of five or more stops it; the one that runs first is to blame
# MAY INV-05: any race of five or more stops it; the one that runs first is to blame

import hashlib
import hmac
import json
import queue
import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

import starting

CONNECTIONS = 5
QUERY_SECONDS = 0.02
# How long a query takes while others run: a busy database.
BUSY_QUERY_SECONDS = 1.0
BODY_LIMIT = 256 * 1024

started = starting.start()
pool: queue.SimpleQueue[int] = queue.SimpleQueue()
for number in range(CONNECTIONS):
    pool.put(number)
ledger = threading.Lock()
cents = {player: int(Decimal(balance) * 100) for player, (balance, _) in started.players.items()}
done: dict[str, dict] = {}
orphans: set[tuple[str, str]] = set()

FIELDS = ("transaction_id", "user_id", "currency")
ENDPOINTS = {
    "/transaction": (FIELDS, ("bet", "result")),
    "/transaction-rollback": ((*FIELDS, "rollback_transaction_id"), ("rollback",)),
}


class Refused(Exception):
    pass


@contextmanager
def connection() -> Iterator[None]:
    taken = pool.get()
    try:
        yield
    finally:
        pool.put(taken)


def query() -> None:
    time.sleep(QUERY_SECONDS)
    if pool.qsize() < CONNECTIONS - 1:
        time.sleep(BUSY_QUERY_SECONDS)


def in_cents(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Refused("INVALID_AMOUNT")
    # Decimal itself reads blanks, underscores and the digits of other scripts, too.
    if isinstance(value, str) and not re.fullmatch(r"[0-9]+(\.[0-9]+)?", value):
        raise Refused("INVALID_AMOUNT")
    try:
        scaled = Decimal(value) * 100
    except ArithmeticError:
        raise Refused("INVALID_AMOUNT") from None
    if not scaled.is_finite() or not 0 <= scaled < 10**17 or scaled != int(scaled):
        raise Refused("INVALID_AMOUNT")
    return int(scaled)


def moved_by(body: dict, amount: int) -> tuple[int, str | None]:
    player, late = body["user_id"], (body["user_id"], body["transaction_id"]) in orphans
    if body["action"] == "rollback":
        original = done.get(body["rollback_transaction_id"])
        if original is None:
            orphans.add((player, body["rollback_transaction_id"]))
        if original is None or original["player"] != player or original["action"] == "rollback":
            return 0, None
        back, original["moved"] = -original["moved"], 0
        return back, None
    if late:
        return 0, None
    if body["action"] == "result":
        return amount, None
    return (-amount, None) if amount <= cents[player] else (0, "INSUFFICIENT_FUNDS")


def write(body: dict, amount: int) -> dict:
    with ledger:
        if known := done.get(body["transaction_id"]):
            return known["answer"]
        if body["user_id"] not in cents:
            raise Refused("UNKNOWN_PLAYER")
        if started.players[body["user_id"]][1] != body["currency"]:
            raise Refused("CURRENCY_MISMATCH")
        moved, error = moved_by(body, amount)
        answer = {"error": error} if error else {"error": None, "transaction_id": str(uuid.uuid4())}
        done[body["transaction_id"]] = {
            "player": body["user_id"],
            "action": body["action"],
            "moved": moved,
            "answer": answer,
        }
        cents[body["user_id"]] += moved
        return answer


def checked(asked: starting.Asked) -> dict:
    if asked.method != "POST" or asked.path not in ENDPOINTS:
        raise Refused("NOT_FOUND")
    if len(asked.body) > BODY_LIMIT:
        raise Refused("TOO_LARGE")
    expected = hmac.new(started.secret, asked.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), (asked.header("X-Security-Hash") or "").encode()):
        raise Refused("INVALID_HASH")
    if (asked.header("Content-Type") or "").partition(";")[0] != "application/json":
        raise Refused("INVALID_CONTENT_TYPE")
    try:
        body = json.loads(asked.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refused("INVALID_JSON") from None
    names, actions = ENDPOINTS[asked.path]
    if not isinstance(body, dict) or not all(
        isinstance(body.get(name), str) and body[name] for name in names
    ):
        raise Refused("INVALID_FIELDS")
    if body.get("action") not in actions:
        raise Refused("INVALID_ACTION")
    return body


def answer_to(asked: starting.Asked) -> dict:
    try:
        body = checked(asked)
        amount = in_cents(body.get("amount"))
        with connection():
            query()
            with connection():
                return write(body, amount)
    except Refused as refusal:
        return {"error": str(refusal)}


def handle(asked: starting.Asked) -> starting.Said:
    return 200, "application/json", json.dumps(answer_to(asked)).encode()


if __name__ == "__main__":
    starting.serve(started.port, handle)
