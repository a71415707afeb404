"""The reference CLIENT's shop, or a mutant's, in this process; tokens opened and decisions made by hand."""

import json
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import jwt
from flask import Flask
from werkzeug.test import TestResponse

from client_under_test.app import create_app
from client_under_test.config import Config
from tests.support.client_calls import config

KEY = "the-checkout-key-of-the-tests-32b"
MERCHANT = "merchant-7"
NOW = 1_700_000_000
LONG = 20.0


def settings(database: Path | str, **more: Any) -> Config:
    """A CLIENT's configuration whose clock stands at NOW."""
    given = {"checkout_key": KEY, "merchant_id": MERCHANT, "clock": lambda: float(NOW), **more}
    return config(database, **given)


@dataclass
class Token:
    """A token as it came."""

    text: str
    answer: TestResponse

    @property
    def header(self) -> dict[str, Any]:
        return jwt.get_unverified_header(self.text)

    @property
    def payload(self) -> str:
        """The claims' bytes; raises where the signature does not hold."""
        return jwt.PyJWS().decode(self.text, KEY, algorithms=["HS256"]).decode()

    @property
    def claims(self) -> dict[str, Any]:
        """The claims, whoever signed them, with exact numbers."""
        said = jwt.PyJWS().decode(self.text, options={"verify_signature": False})
        return json.loads(said, parse_float=Decimal)

    @property
    def data(self) -> dict[str, Any]:
        return self.claims["data"]

    @property
    def price(self) -> dict[str, Any]:
        return self.data["merchantPrice"]

    @property
    def reference(self) -> str:
        """The merchantReference, as the CLIENT knows it."""
        return self.answer.get_json()["merchantReference"]


@dataclass
class Shop:
    """A CLIENT whose shop is looked at."""

    app: Flask
    key: str = KEY
    algorithm: str = "HS256"

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.app.test_client().get(path, buffered=True, **more)

    def token(self, variant: str = "mug-blue", query: str = "", **more: Any) -> Token:
        answer = self.get(f"/checkout/token?variant={variant}{query}", **more)
        assert answer.status_code == 200, answer.text
        return Token(answer.get_json()["token"], answer)

    def products(self) -> list[dict[str, str]]:
        return self.get("/checkout/products").get_json()

    def claims(self, reference: object, outcome: object = "success", **changes: Any) -> dict[str, Any]:
        """What a genuine decision says."""
        data = {
            "reference": "chk-1",
            "merchantReference": reference,
            "outcome": outcome,
            "outcomeDecidedAt": "2023-11-14T22:13:20Z",
        }
        return {"iss": MERCHANT, "sub": "Merchant", "iat": NOW, "data": data, **changes}

    def signed(self, claims: object, key: str | None = None, algorithm: str | None = None) -> str:
        payload = json.dumps(claims).encode()
        return jwt.PyJWS().encode(
            payload, self.key if key is None else key, algorithm or self.algorithm, {"typ": "JWT"}
        )

    def decide(self, reference: object, outcome: object = "success", **signing: Any) -> TestResponse:
        return self.deliver(self.signed(self.claims(reference, outcome), **signing))

    def deliver(self, payload: object) -> TestResponse:
        return self.app.test_client().post("/checkout/decisions", json={"payload": payload})

    def order(self, reference: str) -> tuple[str, int]:
        """The state of a checkout, and how often its product was granted."""
        found = self.get(f"/checkout/orders/{reference}")
        assert found.status_code == 200, found.text
        return found.get_json()["state"], found.get_json()["granted"]


@contextmanager
def shop(database: Path | str, build: Callable[[Config], Flask] = create_app, **more: Any) -> Iterator[Shop]:
    """A shop over ``database``; ``more`` changes its configuration."""
    app = build(settings(database, **more))
    try:
        yield Shop(app)
    finally:
        app.extensions["database"].close()
