"""What the tests of the reference CLIENT share: signed callbacks, in process or over HTTP."""

import hashlib
import hmac
import itertools
import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests
from flask import Flask

from client_under_test.app import create_app
from client_under_test.config import Config

SECRET = "a-secret-of-the-tests"
_IDS = itertools.count(1)


def config(database: Path | str, **settings: Any) -> Config:
    """A configuration for tests: SQLite in folder ``database``, or the URL that it is."""
    address = str(database / "client.sqlite") if isinstance(database, Path) else database
    return Config(database=address, security_hash=SECRET, password="a-password-of-the-tests", **settings)


def new_id() -> str:
    """An id that no test used before."""
    return f"t-{next(_IDS)}"


def message(action: str, amount: Any, player: str = "p-1", **fields: Any) -> dict[str, Any]:
    """One callback as a document."""
    return {
        "transaction_id": new_id(),
        "action": action,
        "user_id": player,
        "currency": "EUR",
        "amount": amount,
        **fields,
    }


def rollback(target: str, amount: Any, player: str = "p-1", **fields: Any) -> dict[str, Any]:
    """One rollback as a document."""
    return message("rollback", amount, player, rollback_transaction_id=target, **fields)


def signed(body: bytes) -> dict[str, str]:
    """The headers that go with ``body``."""
    return {
        "X-Security-Hash": hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest(),
        "Content-Type": "application/json",
    }


def plain(document: dict[str, Any]) -> bytes:
    """``document`` as a provider writes it: compact."""
    return json.dumps(document, separators=(",", ":")).encode()


def path(document: dict[str, Any]) -> str:
    """Where ``document`` is sent."""
    return "/operator/transaction-rollback" if document["action"] == "rollback" else "/operator/transaction"


@dataclass
class Here:
    """A CLIENT in this process."""

    app: Flask

    @classmethod
    def over(cls, database: Path | str, **settings: Any) -> "Here":
        return cls(create_app(config(database, **settings)))

    def raw(self, body: bytes, to: str = "/operator/transaction", **headers: str) -> dict[str, Any]:
        answer = self.app.test_client().post(to, data=body, headers={**signed(body), **headers})
        assert answer.status_code == 200
        assert answer.is_json
        return answer.get_json()

    def send(self, document: dict[str, Any]) -> dict[str, Any]:
        return self.raw(plain(document), path(document))

    def balance(self, player: str = "p-1") -> str:
        return self.app.test_client().get(f"/players/{player}/balance").get_json()["balance"]

    def sound(self) -> bool:
        return self.app.extensions["accounts"].recompute() == []

    def close(self) -> None:
        self.app.extensions["database"].close()


def post(address: str, document: dict[str, Any], session: Any = requests) -> dict[str, Any]:
    """Send ``document`` to the CLIENT at ``address`` over HTTP."""
    body = plain(document)
    answer = session.post(address + path(document), data=body, headers=signed(body), timeout=20)
    assert answer.status_code == 200, answer.text
    return answer.json()
