"""A CLIENT that believes whatever is signed: any player, currency, sign, whatever amount a rollback names."""

# BREAKS MSG-04: `error` is a number, not a string
# BREAKS MSG-05: a rollback is answered with the CLIENT id of what it rolled back
# BREAKS MSG-06: a request without currency is accepted
# BREAKS MSG-08: negative amounts are accepted and move money the other way
# BREAKS BET-06: an unknown player gets an account
# BREAKS RBK-10: a rollback pays the player that it names, whoever made the bet
# WARNS BET-03: the refusal is the number 402, not INSUFFICIENT_FUNDS
# WARNS BET-05: a refused bet is not remembered, so that the same one is accepted after a top-up
# WARNS BET-07: the currency is not looked at
# WARNS RBK-09: a rollback returns the amount that it names, not the bet's
# WARNS RBK-15: the currency is not looked at
# MAY IDM-01: the copy of a refused bet is a new bet (BET-05)
# MAY INV-01: a rollback that names more than the bet makes money (RBK-09)
# MAY INV-02: a bet never overdraws, but a negative result does (MSG-08)
# MAY INV-03: a rollback pays the player that it names (RBK-10)
# MAY INV-04: the wallet model returns a bet's own amount, to its own player (RBK-09, RBK-10)
# MAY INV-05: the wallet model returns a bet's own amount, to its own player (RBK-09, RBK-10)
# MAY MSG-13: hostile player ids get accounts of their own (BET-06)
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
balances = {player: Decimal(balance) for player, (balance, _) in started.players.items()}
booked: dict[str, dict] = {}
rolled_back: set[str] = set()
FINEST = Decimal("0.0001")
LARGEST = Decimal(10) ** 15


def read_amount(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    if not amount.is_finite() or abs(amount) > LARGEST or amount != amount.quantize(FINEST):
        return None
    return amount


def book(body: dict, moved: Decimal, client_id: str | None = None) -> dict:
    answer = {"error": None, "transaction_id": client_id or str(uuid.uuid4())}
    booked[body["transaction_id"]] = {"action": body["action"], "answer": answer}
    balances[body["user_id"]] += moved
    return answer


def bet(body: dict, amount: Decimal) -> dict:
    if body["transaction_id"] in rolled_back:
        return book(body, Decimal(0))
    if balances[body["user_id"]] < amount:
        return {"error": 402}
    return book(body, -amount)


def result(body: dict, amount: Decimal) -> dict:
    return book(body, Decimal(0) if body["transaction_id"] in rolled_back else amount)


def rollback(body: dict, amount: Decimal) -> dict:
    target = body["rollback_transaction_id"]
    original = booked.get(target)
    if original is None:
        rolled_back.add(target)
        return book(body, Decimal(0))
    if target in rolled_back or original["action"] == "rollback":
        return book(body, Decimal(0), original["answer"]["transaction_id"])
    rolled_back.add(target)
    moved = amount if original["action"] == "bet" else -amount
    return book(body, moved, original["answer"]["transaction_id"])


ACTIONS = {
    "/transaction": {"bet": bet, "result": result},
    "/transaction-rollback": {"rollback": rollback},
}


def answer_to(asked: starting.Asked) -> dict:
    actions = ACTIONS.get(asked.path)
    if asked.method != "POST" or actions is None:
        return {"error": 405}
    expected = hmac.new(started.secret, asked.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), (asked.header("X-Security-Hash") or "").encode()):
        return {"error": 401}
    if (asked.header("Content-Type") or "").partition(";")[0] != "application/json":
        return {"error": 415}
    try:
        body = json.loads(asked.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return {"error": 400}
    names = ["transaction_id", "action", "user_id"] + ["rollback_transaction_id"] * ("rollback" in actions)
    if not isinstance(body, dict) or not all(
        isinstance(body.get(name), str) and body[name] for name in names
    ):
        return {"error": 422}
    act, amount = actions.get(body["action"]), read_amount(body.get("amount"))
    if act is None or amount is None:
        return {"error": 422}
    with lock:
        if known := booked.get(body["transaction_id"]):
            return known["answer"]
        balances.setdefault(body["user_id"], Decimal(0))
        return act(body, amount)


def handle(asked: starting.Asked) -> starting.Said:
    return 200, "application/json", json.dumps(answer_to(asked)).encode()


if __name__ == "__main__":
    starting.serve(started.port, handle)
