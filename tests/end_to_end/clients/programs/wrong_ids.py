"""A CLIENT that is careless with ids: it folds them, remembers those of bets only, pays every rollback."""

# BREAKS IDM-01: results and rollbacks are not remembered, so that a copy moves money again
# BREAKS IDM-02: copies of a result or a rollback at once are all paid
# BREAKS IDM-03: a copy of a result or a rollback whose answer was lost is paid again
# BREAKS IDM-04: a copy of a result or a rollback is paid again, however late
# BREAKS IDM-05: a result or rollback with a known id and another amount moves money
# BREAKS IDM-06: a bet under the id of a result, and a result's or rollback's id used again, moves money
# BREAKS IDM-09: a result or rollback in other bytes is paid again
# BREAKS IDM-11: every retry of a result or rollback that was done is paid
# BREAKS RBK-02: a result is not remembered, so that its rollback is an orphan and takes nothing back
# BREAKS RBK-05: an orphan rollback sent again gets a new CLIENT id
# BREAKS RBK-07: a second rollback of the same bet is paid
# BREAKS RBK-12: each copy of the rollback pays the bet back again
# BREAKS RBK-14: each of several rollbacks pays
# MAY INV-01: copies and second rollbacks make money
# WARNS IDM-07: a result under an id known from another player's result is paid
# WARNS IDM-08: ids are trimmed and put in lower case before they are compared
# WARNS RBK-06: orphan rollbacks are not remembered, so that the late bet is taken
# MAY INV-04: copies of results make money, in whatever order (IDM-01)
# MAY INV-05: the provider's retries make money (IDM-03)
# MAY RBK-03: rolling back a spent result succeeds, but takes nothing back (RBK-02)
# MAY RES-06: the balance cannot be brought below zero by rolling back a result (RBK-02)
# BREAKS MSG-07: Decimal reads blanks around a number, and the digits of other scripts

import hashlib
import hmac
import itertools
import json
import threading
from decimal import Decimal

import starting

started = starting.start()
lock = threading.Lock()
balances = {player: Decimal(balance) for player, (balance, _) in started.players.items()}
bets: dict[str, dict] = {}
numbers = itertools.count(1)
LARGEST = Decimal(10) ** 15


def folded(provider_id: str) -> str:
    return provider_id.strip().lower()


def success() -> dict:
    return {"error": None, "transaction_id": f"c-{next(numbers)}"}


def error(code: str) -> dict:
    return {"error": code}


def amount_of(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    fits = amount.is_finite() and 0 <= amount <= LARGEST and amount == amount.quantize(Decimal("0.01"))
    return amount if fits else None


def transaction(body: dict, amount: Decimal) -> dict:
    known = bets.get(folded(body["transaction_id"]))
    if known:
        return known["answer"]
    player = body["user_id"]
    if body["action"] == "result":
        balances[player] += amount
        return success()
    enough = balances[player] >= amount
    answer = success() if enough else error("INSUFFICIENT_FUNDS")
    taken = amount if enough else Decimal(0)
    bets[folded(body["transaction_id"])] = {"player": player, "amount": taken, "answer": answer}
    balances[player] -= taken
    return answer


def rollback(body: dict) -> dict:
    if known := bets.get(folded(body["transaction_id"])):
        return known["answer"]
    bet = bets.get(folded(body["rollback_transaction_id"]))
    if bet and bet["player"] == body["user_id"]:
        balances[bet["player"]] += bet["amount"]
    return success()


def answer_to(asked: starting.Asked) -> dict:
    if asked.method != "POST" or asked.path not in ("/transaction", "/transaction-rollback"):
        return error("NOT_FOUND")
    expected = hmac.new(started.secret, asked.body, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), (asked.header("X-Security-Hash") or "").encode()):
        return error("WRONG_HASH")
    if (asked.header("Content-Type") or "").partition(";")[0] != "application/json":
        return error("WRONG_CONTENT_TYPE")
    try:
        body = json.loads(asked.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return error("WRONG_JSON")
    rolls_back = asked.path == "/transaction-rollback"
    names = ["transaction_id", "action", "user_id", "currency"] + ["rollback_transaction_id"] * rolls_back
    if not isinstance(body, dict) or not all(
        isinstance(body.get(name), str) and body[name] for name in names
    ):
        return error("WRONG_FIELDS")
    if body["action"] not in (("rollback",) if rolls_back else ("bet", "result")):
        return error("WRONG_ACTION")
    amount = amount_of(body.get("amount"))
    if amount is None:
        return error("WRONG_AMOUNT")
    with lock:
        if body["user_id"] not in balances:
            return error("UNKNOWN_USER")
        if started.players[body["user_id"]][1] != body["currency"]:
            return error("WRONG_CURRENCY")
        return rollback(body) if rolls_back else transaction(body, amount)


def handle(asked: starting.Asked) -> starting.Said:
    return 200, "application/json", json.dumps(answer_to(asked)).encode()


if __name__ == "__main__":
    starting.serve(started.port, handle)
