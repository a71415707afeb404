"""A CLIENT, wrong in several ways at once: it hashes JSON of its own, counts in floats, pays orphans."""

# BREAKS SIG-04: the hash is taken over the body parsed and written again: spaces, \u escapes, 10.50 fail
# BREAKS MSG-07: float(true) is 1.0, so the amount true moves money
# BREAKS MSG-13: SQL is put together from ids, and the text of its errors and statements is the answer
# BREAKS BET-10: balances are binary floats: 0.10 ten times is less than 1
# BREAKS RBK-02: every rollback adds: rolling back a result pays it a second time
# BREAKS RBK-04: an orphan rollback is paid
# BREAKS RBK-08: a refused bet is not remembered, so that its rollback is an orphan, and paid
# BREAKS RBK-10: the original is looked for among the player's own, so another player's is an orphan, and paid
# MAY INV-01: orphans and rolled back results make money
# WARNS BET-03: the code INSUFFICIENT_FUNDS is not known, a bet over the balance is answered DECLINED
# WARNS BET-05: a refused bet is not remembered, so that the same one is accepted after a top-up
# WARNS RBK-06: a bet is taken after its orphan rollback was paid
# MAY BET-01: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY BET-02: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY RES-01: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY RES-05: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY RBK-01: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY RBK-07: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY RBK-13: what earlier wagers left of a cent in the float shows in a later balance (BET-10)
# MAY BET-11: 0.001 is kept, as well as a float can keep it
# MAY IDM-09: a copy with white space in it is refused for its hash (SIG-04), without a second effect
# MAY RBK-03: rolling back a spent result succeeds, but adds (RBK-02)
# MAY RES-06: the balance cannot be brought below zero by rolling back a result (RBK-02)
# MAY IDM-01: the copy of a refused bet is a new bet (BET-05)
# MAY RBK-12: whatever order bet and rollback arrive in, both move money, in sum nothing
# MAY INV-04: the wallet model has no paid orphans (RBK-04)
# MAY INV-05: the wallet model has no paid orphans (RBK-04)
# MAY BET-12: what is worn off beside a large float depends on what came before, so that it need not come back
# MAY IDM-02: copies of a rollback of a result are paid like the first (RBK-02)
# MAY IDM-03: a rollback of a result whose answer was lost is paid (RBK-02)
# MAY IDM-11: a rollback of a result that is sent again is paid (RBK-02)
# MAY IDM-08: SQL is put together from ids, so that a doubled quote is one (MSG-13)
# MAY IDM-04: an id with a doubled quote is not found again (MSG-13), where the sweep at the end draws it

import hashlib
import hmac
import json
import math
import sqlite3
import threading
import uuid

import starting
from flask import Flask, Response, jsonify, request
from werkzeug.exceptions import HTTPException
from werkzeug.serving import WSGIRequestHandler, make_server

app = Flask(__name__)
started = starting.start()
lock = threading.Lock()
database = sqlite3.connect(":memory:", check_same_thread=False, isolation_level=None)
database.execute("CREATE TABLE players (id TEXT PRIMARY KEY, balance REAL, currency TEXT)")
database.execute(
    "CREATE TABLE transactions "
    "(id TEXT PRIMARY KEY, action TEXT, player TEXT, amount REAL, answer TEXT, undone INTEGER)"
)
for name, (balance, currency) in started.players.items():
    database.execute("INSERT INTO players VALUES (?, ?, ?)", (name, float(balance), currency))

REQUIRED = ("transaction_id", "action", "user_id", "currency")


def one(sql: str, *values: object) -> tuple | None:
    return database.execute(sql, values).fetchone()


def checked(*more: str) -> dict:
    if not request.is_json:
        raise ValueError("BAD_CONTENT_TYPE")
    body = request.get_json()
    if not isinstance(body, dict):
        raise ValueError("BAD_REQUEST")  # noqa: TRY004
    # The fault: what is hashed is not what came.
    compact = json.dumps(body, separators=(",", ":"), ensure_ascii=False).encode()
    expected = hmac.new(started.secret, compact, hashlib.sha256).hexdigest()
    if not hmac.compare_digest(expected.encode(), request.headers.get("X-Security-Hash", "").encode()):
        raise ValueError("BAD_HASH")
    for field in (*REQUIRED, *more):
        if not isinstance(body.get(field), str) or not body[field]:
            raise ValueError("BAD_FIELD " + field)
    amount = float(body["amount"])
    if not math.isfinite(amount) or amount < 0:
        raise ValueError("BAD_AMOUNT")
    body["amount"] = amount
    return body


def book(body: dict, moved: float) -> dict:
    answer = {"error": None, "transaction_id": str(uuid.uuid4())}
    sql = (
        f"INSERT INTO transactions VALUES "  # the fault: ids become SQL
        f"('{body['transaction_id']}', '{body['action']}', '{body['user_id']}', "
        f"{body['amount']!r}, '{answer['transaction_id']}', 0)"
    )
    try:
        database.execute(sql)
    except sqlite3.Error as error:
        raise ValueError(f"sqlite3.{type(error).__name__}: {error} in {sql}") from error
    database.execute("UPDATE players SET balance = balance + ? WHERE id = ?", (moved, body["user_id"]))
    return answer


def handled(body: dict) -> dict | None:
    row = one("SELECT answer FROM transactions WHERE id = ?", body["transaction_id"])
    return {"error": None, "transaction_id": row[0]} if row else None


def player_of(body: dict) -> tuple:
    player = one("SELECT balance, currency FROM players WHERE id = ?", body["user_id"])
    if player is None:
        raise ValueError("NO_SUCH_USER")
    if player[1] != body["currency"]:
        raise ValueError("BAD_CURRENCY")
    return player


@app.post("/transaction")
def transaction() -> Response:
    with lock:
        body = checked()
        if body["action"] not in ("bet", "result"):
            raise ValueError("BAD_ACTION")
        if known := handled(body):
            return jsonify(known)
        balance, _ = player_of(body)
        if body["action"] == "result":
            return jsonify(book(body, body["amount"]))
        if balance < body["amount"]:
            raise ValueError("DECLINED")
        return jsonify(book(body, -body["amount"]))


@app.post("/transaction-rollback")
def rollback() -> Response:
    with lock:
        body = checked("rollback_transaction_id")
        if body["action"] != "rollback":
            raise ValueError("BAD_ACTION")
        if known := handled(body):
            return jsonify(known)
        player_of(body)
        original = one(
            "SELECT action, amount, undone FROM transactions WHERE id = ? AND player = ?",
            body["rollback_transaction_id"],
            body["user_id"],
        )
        if original is None:
            return jsonify(book(body, body["amount"]))
        action, amount, undone = original
        answer = book(body, 0.0 if undone or action == "rollback" else amount)
        database.execute(
            "UPDATE transactions SET undone = 1 WHERE id = ?", (body["rollback_transaction_id"],)
        )
        return jsonify(answer)


@app.errorhandler(Exception)
def refused(error: Exception) -> Response:
    return jsonify(
        error=error.name if isinstance(error, HTTPException) else str(error) or type(error).__name__
    )


class Handler(WSGIRequestHandler):
    def log_request(self, *_: object) -> None:
        pass


if __name__ == "__main__":
    server = make_server("127.0.0.1", started.port, app, threaded=True, request_handler=Handler)
    starting.announce(server.server_port)
    server.serve_forever()
