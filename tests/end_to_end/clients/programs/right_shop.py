"""A right CLIENT of Jackpot and the checkout that is built otherwise than the reference; standard library, in memory.

A webhook only tells it which voucher to look at: it is acknowledged at once, and a worker asks Jackpot for its state,
and settles that. With AT_ONCE=1 it settles before it answers, and answers 503 where Jackpot cannot be asked. Nothing
is held for a session; a voucher's price (with AT_ONCE=1 all that the session may spend, and the rest comes back with
READY) is taken when it is reserved, and a reservation that the balance does not cover is left to run out. Of the wallet
there is what a balance is read by: bets and results. JACKPOT and CHECKOUT are the addresses of the two APIs, the other
variables what was agreed on with them.
"""

import base64
import hashlib
import hmac
import json
import os
import queue
import re
import threading
import time
import urllib.error
import urllib.request
import uuid
from decimal import Decimal
from http.client import HTTPException
from typing import Any
from urllib.parse import parse_qs, quote, unquote, urlsplit

import starting

JACKPOT, CHECKOUT = os.environ["JACKPOT"], os.environ["CHECKOUT"]
API_KEY, API_SIGNATURE = os.environ["API_KEY"], os.environ["API_SIGNATURE"]
CLIENT_SECRET = os.environ["CLIENT_SECRET"]
MERCHANT, CHECKOUT_KEY = os.environ["MERCHANT"], os.environ["CHECKOUT_KEY"]
AT_ONCE = os.environ.get("AT_ONCE") == "1"
PRICES = {"mug": ("10.00", "12.00"), "scarf": ("25.00", "30.00")}
CREATE = (
    "mutation($m: ID!, $p: String!) { createMerchantCheckout(merchantId: $m, payload: $p) "
    "{ checkout { token } errors { code } } }"
)
# Seconds before the worker looks again at what it could not settle, and how often it does.
PAUSE, LOOKS = 0.3, 60


class Wrong(Exception):
    """The request is refused; nothing moved."""


class Later(Exception):
    """Jackpot could not be asked."""


def cents(value: object) -> int:
    amount = Decimal(str(value)) * 100
    if isinstance(value, bool) or not amount.is_finite() or amount < 0 or amount != int(amount):
        raise Wrong("amount")
    return int(amount)


# ---- tokens


def encoded(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode()


def decoded(text: str) -> bytes:
    raw = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    if encoded(raw) != text:
        raise Wrong("base64")
    return raw


def signature(key: str, signed: str) -> bytes:
    return hmac.new(key.encode(), signed.encode(), hashlib.sha256).digest()


def signed(claims: dict[str, Any], key: str) -> str:
    head = encoded(b'{"alg":"HS256","typ":"JWT"}') + "." + encoded(json.dumps(claims).encode())
    return f"{head}.{encoded(signature(key, head))}"


def strict(raw: bytes) -> Any:
    def once(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
        if len(dict(pairs)) != len(pairs):
            raise Wrong("a key twice")
        return dict(pairs)

    return json.loads(raw.decode(), object_pairs_hook=once)


def verified(token: str, key: str) -> dict[str, Any]:
    head, payload, mark = token.split(".")
    header = strict(decoded(head))
    if header.get("alg") != "HS256" or "crit" in header:
        raise Wrong("header")
    if not hmac.compare_digest(signature(key, f"{head}.{payload}"), decoded(mark)):
        raise Wrong("signature")
    claims: dict[str, Any] = strict(decoded(payload))
    return claims


# ---- the provider's APIs


def called(
    method: str, url: str, body: object = None, headers: dict[str, str] | None = None
) -> tuple[int, Any]:
    """Status and JSON of an answer; status 0 where there is none."""
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(
        url, data, {"Content-Type": "application/json", **(headers or {})}, method=method
    )
    try:
        with urllib.request.urlopen(request, timeout=4) as answer:
            return answer.status, json.loads(answer.read() or b"null")
    except urllib.error.HTTPError as error:
        return error.code, None
    except (OSError, ValueError, HTTPException):
        return 0, None


class Jackpot:
    """Jackpot's API under a server token, which is renewed once it is refused."""

    def __init__(self) -> None:
        self.token: str | None = None

    def ask(self, method: str, voucher: str, act: str = "") -> tuple[int, Any]:
        status, answer = 0, None
        for _ in range(2):
            if self.token is None:
                grant = {
                    "grant_type": "client_credentials",
                    "client_id": API_KEY,
                    "client_secret": CLIENT_SECRET,
                }
                status, answer = called("POST", f"{JACKPOT}/v2/token", grant)
                if status != 200:
                    raise Later
                self.token = answer["access_token"]
            url = f"{JACKPOT}/v2/vouchers/{quote(voucher, safe='')}{act}"
            status, answer = called(method, url, headers={"Authorization": f"Bearer {self.token}"})
            if status != 401:
                break
            self.token = None
        return status, answer

    def voucher(self, voucher: str) -> dict[str, Any] | None:
        """The voucher as it stands, None where Jackpot knows none. Raises Later."""
        status, answer = self.ask("GET", voucher)
        if status in (400, 403, 404):
            return None
        if status != 200:
            raise Later
        found: dict[str, Any] = answer
        return found


# ---- the shop


class Shop:
    def __init__(self, started: starting.Start) -> None:
        self.secret = started.secret
        self.balances = {player: cents(balance) for player, (balance, _) in started.players.items()}
        self.answers: dict[str, dict[str, Any]] = {}
        self.sessions: dict[str, dict[str, Any]] = {}
        self.stores: dict[str, tuple[str, dict[str, Any] | None]] = {}
        self.orders: dict[str, dict[str, Any]] = {}
        self.jackpot, self.lock = Jackpot(), threading.RLock()
        self.work: queue.Queue[tuple[str, int]] = queue.Queue()
        for _ in range(4):
            threading.Thread(target=self.settle_for_ever, daemon=True).start()

    def wager(self, asked: starting.Asked) -> dict[str, Any]:
        mark = hmac.new(self.secret, asked.body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(mark, asked.header("X-Security-Hash") or ""):
            return {"error": "INVALID_HASH"}
        wager = json.loads(asked.body, parse_float=Decimal)
        with self.lock:
            answer = self.answers.get(wager["transaction_id"])
            if answer is None:
                player, amount = wager["user_id"], cents(wager["amount"])
                if player not in self.balances:
                    return {"error": "INVALID_USER"}
                answer = {"error": None, "transaction_id": str(uuid.uuid4())}
                if wager["action"] == "result":
                    self.balances[player] += amount
                elif amount > self.balances[player]:
                    answer = {"error": "INSUFFICIENT_FUNDS"}
                else:
                    self.balances[player] -= amount
                self.answers[wager["transaction_id"]] = answer
            return answer

    def session(self, player: str, amount: str) -> dict[str, Any]:
        most = cents(amount)
        with self.lock:
            if not 0 < most <= self.balances.get(player, 0):
                raise Wrong("amount")
            key = uuid.uuid4().hex
            self.sessions[key] = {
                "player": player,
                "most": most,
                "state": "OPEN",
                "voucher": None,
                "taken": 0,
                "settling": threading.Lock(),
            }
        claims = {"amount": most / 100, "userId": player, "iat": int(time.time()), "notificationKey": key}
        return {"token": signed(claims, API_SIGNATURE), "key": key}

    def notified(self, raw: bytes) -> None:
        event = json.loads(raw)
        name, message = event["event"], event["message"]
        if not all(isinstance(said, str) and said for said in (name, event["id"], event["createdAt"])):
            raise Wrong("event")
        if name.startswith("coupon/"):
            if not isinstance(message["id"], str) or cents(message.get("price", 0)) < 0:
                raise Wrong("coupon")
            if AT_ONCE:
                self.settle(message["id"])
            else:
                self.work.put((message["id"], 0))
        elif name in ("store/enabled", "store/disabled", "store/update"):
            store, said = message["storeId"], None if name == "store/disabled" else dict(message["data"])
            with self.lock:
                known = self.stores.get(store)
                # Of what came late, nothing is kept; a store that was withdrawn comes back by store/enabled alone.
                if known is None or event["createdAt"] > known[0]:
                    gone = name == "store/update" and known is not None and known[1] is None
                    self.stores[store] = (event["createdAt"], None if gone else said)

    def settle_for_ever(self) -> None:
        while True:
            voucher, looks = self.work.get()
            try:
                self.settle(voucher)
            except Later:
                if looks < LOOKS:
                    threading.Timer(PAUSE, self.work.put, [(voucher, looks + 1)]).start()

    def settle(self, voucher: str) -> None:
        """Bring money and state in line with what Jackpot says of ``voucher``. Raises Later."""
        found = self.jackpot.voucher(voucher)
        session = self.sessions.get((found or {}).get("notificationKey") or "")
        if session is not None:
            with session["settling"]:
                self.settle_in(session, self.jackpot.voucher(voucher), voucher)

    def settle_in(self, session: dict[str, Any], found: dict[str, Any] | None, voucher: str) -> None:
        if found is None or not self.reserved(session, found):
            return
        if found["state"] == "RESERVED":
            self.jackpot.ask("PUT", voucher, "/confirm")
            found = self.jackpot.voucher(voucher)
            if found is None or found["state"] == "RESERVED":
                raise Later
        with self.lock:
            if found["state"] in ("CANCELED", "REFUNDED"):
                self.balances[session["player"]] += session["taken"]
                session["taken"] = 0
            elif found["state"] not in ("RESERVED", "CONFIRMED"):
                rest = session["taken"] - session["price"]
                self.balances[session["player"]] += rest
                session["taken"] -= rest
            session["state"] = found["state"]

    def reserved(self, session: dict[str, Any], found: dict[str, Any]) -> bool:
        """Whether ``found`` is the session's voucher; its price, or all until READY, is taken when first seen."""
        with self.lock:
            if session["voucher"] is None:
                price = 0 if found["state"] in ("CANCELED", "REFUNDED") else cents(found["price"])
                taken = session["most"] if AT_ONCE and price else price
                if price > session["most"] or taken > self.balances[session["player"]]:
                    return False
                self.balances[session["player"]] -= taken
                session["voucher"], session["price"], session["taken"] = found["id"], price, taken
            return bool(session["voucher"] == found["id"])

    def purchase(self, key: str) -> dict[str, Any]:
        session = self.sessions[key]
        said = {"state": session["state"]}
        if session["state"] == "READY":
            status, answer = self.jackpot.ask("GET", session["voucher"], "/signedurl")
            said["url"] = answer["signedUrl"] if status == 200 else None
        return said

    def product(self, variant: str) -> dict[str, Any]:
        before, after = PRICES[variant]
        reference = str(uuid.uuid4())
        price = {"valueBeforeTax": float(before), "valueAfterTax": float(after), "taxPercentage": 20}
        data = {"merchantReference": reference, "currency": "EUR", "merchantPrice": price}
        data["variant"] = {"reference": variant}
        claims = {"iss": MERCHANT, "sub": "Merchant", "iat": int(time.time()), "data": data}
        token = signed(claims, CHECKOUT_KEY)
        with self.lock:
            self.orders[reference] = {"token": token, "checkout": None, "outcome": None}
        return {"token": token, "reference": reference}

    def start(self, reference: str) -> dict[str, Any]:
        order = self.orders[reference]
        variables = {"m": MERCHANT, "p": order["token"]}
        status, answer = called("POST", f"{CHECKOUT}/graphql", {"query": CREATE, "variables": variables})
        if status != 200:
            raise Later
        order["checkout"] = answer["data"]["createMerchantCheckout"]["checkout"]["token"]
        return {"checkout": order["checkout"]}

    def decided(self, raw: bytes) -> None:
        claims = verified(strict(raw)["payload"], CHECKOUT_KEY)
        data = claims["data"]
        if (claims["iss"], claims["sub"]) != (MERCHANT, "Merchant") or data["outcome"] not in (
            "success",
            "failure",
        ):
            raise Wrong("claims")
        with self.lock:
            order = self.orders.get(data["merchantReference"])
            # The widget creates checkouts, too, which the shop then learns of by the decision alone.
            if order and order["outcome"] is None and order["checkout"] in (None, data["reference"]):
                order["outcome"] = data["outcome"]

    def order(self, reference: str) -> dict[str, Any]:
        return {"granted": int(self.orders[reference]["outcome"] == "success")}

    def store(self, store: str) -> dict[str, Any]:
        _, data = self.stores.get(store, ("", None))
        if data is None:
            raise Wrong("store")
        return data


def serve(started: starting.Start) -> None:
    shop = Shop(started)

    def answered(asked: starting.Asked) -> object:
        address = urlsplit(asked.path)
        query = parse_qs(address.query)
        match [unquote(part) for part in address.path.strip("/").split("/")]:
            case ["transaction"]:
                return shop.wager(asked)
            case ["players", player, "balance"]:
                return {"balance": str(Decimal(shop.balances[player]) / 100)}
            case ["sessions"]:
                reported = json.loads(asked.body)
                return shop.session(reported["player"], reported["amount"])
            case ["sessions", key]:
                return shop.purchase(key)
            case ["jackpot"]:
                return shop.notified(asked.body)
            case ["stores", store]:
                return shop.store(store)
            case ["tokens"]:
                return shop.product(query["variant"][0])
            case ["orders", reference, "start"]:
                return shop.start(reference)
            case ["orders", reference]:
                return shop.order(reference)
            case ["decisions"]:
                return shop.decided(asked.body)
        raise Wrong("address")

    def said(asked: starting.Asked) -> starting.Said:
        try:
            status, document = 200, answered(asked)
        except (Wrong, ValueError, KeyError, TypeError, AttributeError, ArithmeticError) as error:
            status, document = 400, {"error": re.sub(r"[^a-z ]", "", type(error).__name__.lower())}
        except Later:
            status, document = 503, {"error": "later"}
        return status, "application/json", json.dumps(document).encode()

    starting.serve(started.port, said)


if __name__ == "__main__":
    serve(starting.start())
