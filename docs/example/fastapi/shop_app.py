"""A team's own application in FastAPI: the wallet of its players, and what it is notified of vouchers and orders.

Everything is kept in memory and handled in one event loop, one request after the other, so that nothing races.
"""

import hashlib
import hmac
import json
import uuid
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import jwt
import requests
from fastapi import FastAPI, HTTPException, Request


@dataclass
class Settings:
    """What was agreed with each provider; "" where it is not used."""

    operator_url: str = ""
    username: str = ""
    password: str = ""
    security_hash: str = ""
    merchant_id: str = ""
    checkout_key: str = ""


@dataclass
class Shop:
    """Balances and amounts are whole cents, by player; ``seen`` are the transactions of the OPERATOR by their ids."""

    # It holds secrets, which a failed test would show.
    settings: Settings = field(repr=False)
    balances: dict[str, int]
    seen: dict[str, dict[str, Any]] = field(default_factory=dict)
    notices: set[str] = field(default_factory=set)
    withdrawn: set[str] = field(default_factory=set)
    orders: dict[str, str] = field(default_factory=dict)

    def transact(self, asked: dict[str, Any]) -> dict[str, Any]:
        """Handle a bet, a result or a rollback once; a copy gets the first answer again."""
        if asked["transaction_id"] in self.seen:
            return self.seen[asked["transaction_id"]]["answer"]
        player, cents = asked["user_id"], Decimal(str(asked["amount"])) * 100
        moved, error = 0, None
        if player not in self.balances or asked["currency"] != "EUR" or cents != int(cents):
            error = "INVALID_REQUEST"
        elif asked["action"] == "bet" and cents > self.balances[player]:
            error = "INSUFFICIENT_FUNDS"
        elif asked["action"] == "rollback":
            moved = self._undone(player, asked["rollback_transaction_id"])
        else:
            moved = -int(cents) if asked["action"] == "bet" else int(cents)
        if error is None:
            self.balances[player] += moved
        answer = {"error": error, "transaction_id": str(uuid.uuid4())}
        self.seen[asked["transaction_id"]] = {"player": player, "moved": moved, "answer": answer}
        return answer

    def _undone(self, player: str, undone: str) -> int:
        """What a rollback moves: the opposite of what it undoes, once."""
        # One that never arrived is kept, so that it moves nothing when it arrives after its rollback.
        unknown = {
            "player": player,
            "moved": 0,
            "answer": {"error": None, "transaction_id": str(uuid.uuid4())},
        }
        first = self.seen.setdefault(undone, unknown)
        if first["player"] != player:
            return 0
        moved, first["moved"] = first["moved"], 0
        return -moved

    def notice(self, webhook: dict[str, Any]) -> None:
        """Take note of a voucher's or store's event, once."""
        if webhook["id"] in self.notices:
            return
        self.notices.add(webhook["id"])
        if webhook["event"] == "store/disabled":
            self.withdrawn.add(webhook["message"]["storeId"])
        elif webhook["event"] == "store/enabled":
            self.withdrawn.discard(webhook["message"]["storeId"])

    def decide(self, payload: str) -> None:
        """Close the order that a signed decision is about; raises jwt.InvalidTokenError."""
        said = jwt.decode(payload, self.settings.checkout_key, ["HS256"], issuer=self.settings.merchant_id)[
            "data"
        ]
        if self.orders.get(said.get("merchantReference")) == "open":
            self.orders[said["merchantReference"]] = "paid" if said["outcome"] == "success" else "declined"

    def session(self, player: str) -> str:
        """The address of the OPERATOR's page for ``player``."""
        credentials = {"username": self.settings.username, "password": self.settings.password}
        token = self._asked("/auth", credentials)["token"]
        wanted = {"user_id": player, "currency": "EUR", "lang": "en"}
        return self._asked("/start-session", wanted, Authorization=f"Bearer {token}")["url"]

    def _asked(self, path: str, document: dict[str, Any], **headers: str) -> dict[str, Any]:
        url = self.settings.operator_url + path
        answer = requests.post(url, json=document, headers=headers, timeout=10)
        answer.raise_for_status()
        return answer.json()


def create_app(shop: Shop) -> FastAPI:
    """The application over ``shop``."""
    app = FastAPI()

    @app.post("/operator/transaction")
    @app.post("/operator/transaction-rollback")
    async def transact(request: Request) -> dict[str, Any]:
        body = await request.body()
        right = hmac.new(shop.settings.security_hash.encode(), body, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(request.headers.get("X-Security-Hash", "").encode(), right.encode()):
            return {"error": "INVALID_HASH", "transaction_id": ""}
        return shop.transact(json.loads(body, parse_float=Decimal))

    @app.post("/jackpot/notifications")
    async def notice(request: Request) -> dict[str, Any]:
        shop.notice(await request.json())
        return {}

    @app.post("/checkout/decisions")
    async def decide(request: Request) -> dict[str, Any]:
        try:
            shop.decide((await request.json())["payload"])
        except jwt.InvalidTokenError:
            raise HTTPException(401) from None
        return {}

    # Not async: it waits for the OPERATOR, who may call meanwhile.
    @app.get("/play/{player}")
    def play(player: str) -> dict[str, str]:
        return {"url": shop.session(player)}

    return app
