"""The examples of ``sportsbook.txt``."""

import json
from decimal import Decimal
from typing import Any, Final

from flask import Flask

from client_under_test.config import Config
from client_under_test.sportsbook.operator_api import OperatorApi, Token
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.messages import Action, Endpoint, Parser
from client_under_test.wallet.messages import Transaction as Callback
from simulators.exchanges.history import Answer, Status
from simulators.operator import wire
from simulators.operator.dialect import SPORTSBOOK, Sportsbook
from simulators.wallet.transactions import Kind, Transaction
from tests.documents.golden.example import Example

IDS: Final = "<TRANSACTION_ID>", "<USER_ID>"
AMOUNT: Final = Decimal("12.3")
CONFIG: Final = Config(username="<CLIENT_USERNAME>", password="<CLIENT_PASSWORD>")


class Asking(OperatorApi):
    """The CLIENT's side of the API, which keeps what it would send and is answered ``answer``."""

    def __init__(self, **answer: Any) -> None:
        super().__init__(CONFIG, clock=lambda: 0.0)
        self.answer = answer
        self.sent: list[tuple[str, dict[str, Any], dict[str, str]]] = []

    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        self.sent.append((path, document, headers))
        return 200, self.answer


def asked_for_a_token() -> bytes:
    api = Asking(token="<CLIENT_TOKEN>", expires_in=3600)
    api.auth()
    ((path, document, headers),) = api.sent
    assert (path, headers) == ("/auth", {})
    return json.dumps(document).encode()


def asked_for_a_session(lang: str | None) -> bytes:
    api = Asking(url="https://games.example/<IFRAME_URL>")
    api.start_session("<CLIENT_TOKEN>", "<USER_ID>", "EUR", lang)
    ((path, document, headers),) = api.sent
    assert (path, headers) == ("/start-session", {"Authorization": "Bearer <CLIENT_TOKEN>"})
    return json.dumps(document).encode()


def answered(client_id: str | None, code: str = "") -> bytes:
    """What the CLIENT answers to a callback."""
    with Flask("answers").app_context():
        answer = Answers().failure(code) if client_id is None else Answers().success(client_id)
        return answer.get_data()


def understood(body: bytes) -> tuple[Status, str | None, object]:
    """What the simulator takes the CLIENT's answer for."""
    read = SPORTSBOOK.read(Answer(200, (), body))
    return read.status, read.error, read.client_id


def callback(endpoint: Endpoint, body: bytes) -> Callback:
    return Parser().read(endpoint, "application/json", body)


def transaction(action: str, amount: object) -> Example:
    sent = Transaction(Kind(action), *IDS, "EUR", AMOUNT)
    return Example(
        f"a {action}, its amount a {'text' if isinstance(amount, str) else 'number'}",
        {
            "transaction_id": "<TRANSACTION_ID>",
            "action": action,
            "user_id": "<USER_ID>",
            "currency": "EUR",
            "amount": amount,
        },
        {"simulator": lambda: _dialect(amount).encode(sent)},
        {
            "CLIENT": (
                lambda body: callback(Endpoint.TRANSACTION, body),
                Callback("<TRANSACTION_ID>", Action(action), "<USER_ID>", "EUR", 1230),
            )
        },
    )


def rollback(amount: object) -> Example:
    sent = Transaction(Kind.ROLLBACK, *IDS, "EUR", AMOUNT, of="<ROLLBACK_TRANSACTION_ID>")
    return Example(
        f"a rollback, its amount a {'text' if isinstance(amount, str) else 'number'}",
        {
            "transaction_id": "<TRANSACTION_ID>",
            "rollback_transaction_id": "<ROLLBACK_TRANSACTION_ID>",
            "action": "rollback",
            "user_id": "<USER_ID>",
            "currency": "EUR",
            "amount": amount,
        },
        {"simulator": lambda: _dialect(amount).encode(sent)},
        {
            "CLIENT": (
                lambda body: callback(Endpoint.ROLLBACK, body),
                Callback(
                    "<TRANSACTION_ID>",
                    Action.ROLLBACK,
                    "<USER_ID>",
                    "EUR",
                    1230,
                    "<ROLLBACK_TRANSACTION_ID>",
                ),
            )
        },
    )


def refusal(code: str) -> Example:
    return Example(
        f"an answer with {code}",
        {"error": code},
        {"CLIENT": lambda: answered(None, code)},
        {"simulator": (understood, (Status.REFUSED, code, None))},
    )


def _dialect(amount: object) -> Sportsbook:
    return Sportsbook("string" if isinstance(amount, str) else "number")


def _start_session(lang: str | None) -> Example:
    fields = {"user_id": "<USER_ID>", "currency": "EUR", **({"lang": lang} if lang else {})}
    return Example(
        "a request for a session" if lang else "a request for a session, lang left out",
        fields,
        {"CLIENT": lambda: asked_for_a_session(lang)},
        {
            "simulator": (
                wire.StartSessionRequest.model_validate_json,
                wire.StartSessionRequest(user_id="<USER_ID>", currency="EUR", lang=lang),
            )
        },
    )


EXAMPLES: Final = (
    Example(
        "a request for a token",
        {"username": "<CLIENT_USERNAME>", "password": "<CLIENT_PASSWORD>"},
        {"CLIENT": asked_for_a_token},
        {
            "simulator": (
                wire.AuthRequest.model_validate_json,
                wire.AuthRequest(username="<CLIENT_USERNAME>", password="<CLIENT_PASSWORD>"),
            )
        },
    ),
    Example(
        "a token, expires_in an integer",
        {"token": "<CLIENT_TOKEN>", "expires_in": 3600},
        {
            "simulator": lambda: (
                wire.AuthAnswer(token="<CLIENT_TOKEN>", expires_in=3600).model_dump_json().encode()
            )
        },
        {"CLIENT": (lambda body: Asking(**json.loads(body)).auth(), Token("<CLIENT_TOKEN>", 3570.0))},
    ),
    _start_session("en"),
    _start_session(None),
    Example(
        "a session",
        {"url": "https://games.example/<IFRAME_URL>"},
        {
            "simulator": lambda: (
                wire.StartSessionAnswer(url="https://games.example/<IFRAME_URL>").model_dump_json().encode()
            )
        },
        {
            "CLIENT": (
                lambda body: Asking().iframe_url(json.loads(body)),
                "https://games.example/<IFRAME_URL>",
            )
        },
    ),
    transaction("bet", AMOUNT),
    transaction("bet", "12.3"),
    transaction("result", AMOUNT),
    transaction("result", "12.3"),
    rollback(AMOUNT),
    rollback("12.3"),
    Example(
        "an answer with success",
        {"error": None, "transaction_id": "<TRANSACTION_ID>"},
        {"CLIENT": lambda: answered("<TRANSACTION_ID>")},
        {"simulator": (understood, (Status.OK, None, "<TRANSACTION_ID>"))},
    ),
    refusal("INTERNAL_ERROR"),
    refusal("INSUFFICIENT_FUNDS"),
)
