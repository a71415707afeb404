"""A CLIENT with a short memory: it knows a player's last transaction only; strict where it ought to bend."""

# BREAKS IDM-01: a copy moves nothing, but is answered with a new CLIENT id
# BREAKS IDM-02: copies at once are answered with different CLIENT ids
# BREAKS IDM-04: a copy that comes after another transaction of the player is done again
# BREAKS RBK-05: an orphan rollback sent again gets a new CLIENT id
# MAY INV-01: copies of anything but the last transaction move money
# WARNS SIG-07: the header is found under X-Security-Hash only, letter by letter
# WARNS MSG-11: a request with a field it does not know is refused
# WARNS BET-05: a refused bet sent again after a top-up is accepted
# WARNS BET-11: amounts are rounded to cents, half up
# WARNS IDM-07: ids are compared among one player's only
# MAY IDM-03: the copy moves nothing if nothing came between (IDM-04); its CLIENT id is new (IDM-01)
# MAY IDM-05: the copy moves nothing if nothing came between (IDM-04)
# MAY IDM-06: the copy moves nothing if nothing came between (IDM-04)
# MAY IDM-09: the copy moves nothing if nothing came between (IDM-04); its CLIENT id is new (IDM-01)
# MAY IDM-11: the copies move nothing if nothing comes between (IDM-04); their CLIENT ids are new (IDM-01)
# MAY RBK-06: the late bet moves nothing
# MAY RBK-12: a copy of the bet that comes after the rollback is a new bet (IDM-04)
# MAY RBK-14: every answer has a CLIENT id of its own (IDM-02)
# MAY INV-04: copies of anything but the last transaction move money (IDM-04)
# MAY INV-05: copies of anything but the last transaction move money (IDM-04)
# MAY MSG-12: other spellings are understood, rounded like all amounts (BET-11)
# BREAKS MSG-07: Decimal reads blanks around a number, and the digits of other scripts
# MAY INV-02: a bet that is forgotten is taken again

import hashlib
import hmac
import json
import threading
import uuid
from decimal import ROUND_HALF_UP, Decimal

import starting

started = starting.start()
lock = threading.Lock()
balances = {player: Decimal(balance) for player, (balance, _) in started.players.items()}
last: dict[str, tuple[str, str | None]] = {}  # player -> (provider id, error)
rows: dict[tuple[str, str], Decimal] = {}  # (player, provider id) -> what is still to be rolled back
orphans: set[tuple[str, str]] = set()
CENT = Decimal("0.01")
LARGEST = Decimal(10) ** 15

TRANSACTION_FIELDS = {"transaction_id", "action", "user_id", "currency", "amount"}
ENDPOINTS = {
    "/transaction": (TRANSACTION_FIELDS, ("bet", "result")),
    "/transaction-rollback": (TRANSACTION_FIELDS | {"rollback_transaction_id"}, ("rollback",)),
}


def rounded(value: object) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, str | int | Decimal):
        return None
    try:
        amount = Decimal(value)
    except ArithmeticError:
        return None
    if not amount.is_finite() or not 0 <= amount <= LARGEST:
        return None
    return amount.quantize(CENT, ROUND_HALF_UP)


def said(error: str | None) -> dict:
    return {"error": error} if error else {"error": None, "transaction_id": str(uuid.uuid4())}


def move(body: dict, amount: Decimal) -> tuple[Decimal, str | None]:
    player, provider_id = body["user_id"], body["transaction_id"]
    if body["action"] == "rollback":
        target = (player, body["rollback_transaction_id"])
        if target not in rows:
            orphans.add(target)
        return -rows.pop(target, Decimal(0)), None
    if (player, provider_id) in orphans:
        return Decimal(0), None
    if body["action"] == "bet" and amount > balances[player]:
        return Decimal(0), "INSUFFICIENT_FUNDS"
    moved = amount if body["action"] == "result" else -amount
    rows[player, provider_id] = moved
    return moved, None


def act(body: dict, amount: Decimal) -> dict:
    player, provider_id = body["user_id"], body["transaction_id"]
    if player not in balances or started.players[player][1] != body["currency"]:
        return said("UNKNOWN_PLAYER_OR_CURRENCY")
    if player in last and last[player][0] == provider_id:
        return said(last[player][1])
    moved, error = move(body, amount)
    balances[player] += moved
    last[player] = (provider_id, error)
    return said(error)


def answer_to(asked: starting.Asked) -> dict:
    endpoint = ENDPOINTS.get(asked.path)
    if asked.method != "POST" or endpoint is None:
        return said("NOT_FOUND")
    fields, actions = endpoint
    expected = hmac.new(started.secret, asked.body, hashlib.sha256).hexdigest()
    # The fault: header names are compared letter by letter.
    given = dict(asked.headers).get("X-Security-Hash", "")
    if not hmac.compare_digest(expected.encode(), given.encode()):
        return said("INVALID_HASH")
    if (asked.header("Content-Type") or "").partition(";")[0] != "application/json":
        return said("INVALID_CONTENT_TYPE")
    try:
        body = json.loads(asked.body, parse_float=Decimal)
    except (ValueError, RecursionError):
        return said("INVALID_JSON")
    if not isinstance(body, dict) or set(body) != fields:
        return said("INVALID_FIELDS")
    if not all(isinstance(body[name], str) and body[name] for name in fields - {"amount"}):
        return said("INVALID_FIELDS")
    amount = rounded(body["amount"])
    if body["action"] not in actions or amount is None:
        return said("INVALID_ACTION_OR_AMOUNT")
    with lock:
        return act(body, amount)


def handle(asked: starting.Asked) -> starting.Said:
    return 200, "application/json", json.dumps(answer_to(asked)).encode()


if __name__ == "__main__":
    starting.serve(started.port, handle)
