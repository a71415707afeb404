"""A CLIENT with half a lock on the door: it compares eight characters of the hash, on one endpoint none."""

# BREAKS SIG-02: only the first eight characters are compared, so that a cut or a lengthened hash is accepted
# BREAKS SIG-08: /transaction-rollback does not look at the hash
# BREAKS MSG-03: success has no `error` member at all
# BREAKS MSG-06: JSON that is not an object crashes the worker: the connection closes without an answer
# WARNS MSG-02: answers have Content-Type text/html
# MAY SIG-03: on /transaction a missing header is refused, on /transaction-rollback not (SIG-08)
# MAY SIG-04: on /transaction it is the raw bytes that are hashed; /transaction-rollback takes all (SIG-08)
# MAY SIG-05: a forgery with the right first eight characters is done, the genuine request a copy (SIG-02)
# MAY SIG-06: what is accepted is not refused with 200 (SIG-02, SIG-08)
# MAY MSG-01: the crash leaves a signed request without any answer (MSG-06)
# MAY MSG-04: the crash leaves a failure without `error` (MSG-06)
# MAY MSG-13: a forged rollback is done (SIG-08)
# MAY IDM-01: success has no `error: null` (MSG-03)
# MAY IDM-02: success has no `error: null` (MSG-03)
# BREAKS MSG-07: Decimal reads blanks around a number, and the digits of other scripts

import hashlib
import hmac
import json
import threading
import uuid
from decimal import Decimal

import starting

started = starting.start()
lock = threading.Lock()
cents = {player: int(Decimal(balance) * 100) for player, (balance, _) in started.players.items()}
done: dict[str, dict] = {}
orphans: set[tuple[str, str]] = set()


class Refused(Exception):
    pass


def in_cents(value: object) -> int:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        raise Refused("BAD_AMOUNT")
    try:
        scaled = Decimal(value) * 100
    except ArithmeticError:
        raise Refused("BAD_AMOUNT") from None
    if not scaled.is_finite() or not 0 <= scaled < 10**17 or scaled != int(scaled):
        raise Refused("BAD_AMOUNT")
    return int(scaled)


def book(body: dict, moved: int) -> dict:
    answer = {"transaction_id": uuid.uuid4().hex}
    done[body["transaction_id"]] = {**body, "moved": moved, "answer": answer}
    cents[body["user_id"]] += moved
    return answer


def transaction(body: dict, amount: int) -> dict:
    late = (body["user_id"], body["transaction_id"]) in orphans
    if body["action"] == "result":
        return book(body, 0 if late else amount)
    if late:
        return book(body, 0)
    if amount > cents[body["user_id"]]:
        answer = {"error": "INSUFFICIENT_FUNDS"}
        done[body["transaction_id"]] = {**body, "moved": 0, "answer": answer}
        return answer
    return book(body, -amount)


def rollback(body: dict) -> dict:
    original = done.get(body["rollback_transaction_id"])
    if original is None:
        orphans.add((body["user_id"], body["rollback_transaction_id"]))
    if original is None or original["user_id"] != body["user_id"] or original["action"] == "rollback":
        return book(body, 0)
    moved, original["moved"] = -original["moved"], 0
    return book(body, moved)


def checked(asked: starting.Asked) -> dict:
    if asked.method != "POST" or asked.path not in ("/transaction", "/transaction-rollback"):
        raise Refused("NOT_FOUND")
    if asked.path == "/transaction":
        expected = hmac.new(started.secret, asked.body, hashlib.sha256).hexdigest()
        # The fault: a hash is not compared in full.
        if (asked.header("X-Security-Hash") or "")[:8] != expected[:8]:
            raise Refused("BAD_HASH")
    if (asked.header("Content-Type") or "").partition(";")[0] != "application/json":
        raise Refused("BAD_CONTENT_TYPE")
    try:
        body = json.loads(asked.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        raise Refused("BAD_JSON") from None
    # The fault: what is no object has no .get, and nothing catches that.
    allowed = ("bet", "result") if asked.path == "/transaction" else ("rollback",)
    if body.get("action") not in allowed:
        raise Refused("BAD_ACTION")
    needed = ["transaction_id", "user_id", "currency"] + ["rollback_transaction_id"] * (
        allowed == ("rollback",)
    )
    if not all(isinstance(body.get(name), str) and body[name] for name in needed):
        raise Refused("BAD_FIELD")
    return body


def answer_to(asked: starting.Asked) -> dict:
    try:
        body = checked(asked)
        amount = in_cents(body.get("amount"))
        with lock:
            if body["transaction_id"] in done:
                return done[body["transaction_id"]]["answer"]
            if body["user_id"] not in cents or started.players[body["user_id"]][1] != body["currency"]:
                raise Refused("BAD_PLAYER_OR_CURRENCY")
            return rollback(body) if body["action"] == "rollback" else transaction(body, amount)
    except Refused as refusal:
        return {"error": str(refusal)}


def handle(asked: starting.Asked) -> starting.Said:
    return 200, "text/html", json.dumps(answer_to(asked)).encode()


if __name__ == "__main__":
    starting.serve(started.port, handle)
