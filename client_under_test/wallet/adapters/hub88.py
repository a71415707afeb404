"""Hub88's words: JSON, signed by RSA, amounts in 1/100000 of a unit, the balance in each answer.

Source: Hub88 developer docs, Operator API Reference, *Wallet API* and *Seamless Wallet response statuses*
(https://docs.hub88.io/developer-docs/operator-api-reference/wallet-api).
"""

import base64
import binascii
from collections.abc import Mapping
from decimal import Decimal
from typing import Any, ClassVar

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import load_pem_public_key
from flask import Request, Response, jsonify
from typing_extensions import override

from client_under_test.values import money
from client_under_test.values.fields import json_object, require_json, text
from client_under_test.values.misuse import Misuse
from client_under_test.values.refusals import Refused
from client_under_test.wallet.accounts import Account, Accounts
from client_under_test.wallet.adapters.provider import Adapter, Document
from client_under_test.wallet.messages import ID_LIMIT, Action, Transaction

SIGNATURE_HEADER = "X-Hub88-Signature"
# 1.00 is 100000.
_DIGITS = 5
_OK = "RS_OK"
_BALANCE = "/user/balance"
# How the refusals of the ledger are called; what is malformed has the wrong types, all else is unknown.
_STATUS = {
    "INVALID_HASH": "RS_ERROR_INVALID_SIGNATURE",
    "INVALID_JSON": "RS_ERROR_WRONG_SYNTAX",
    "INVALID_CURRENCY": "RS_ERROR_WRONG_CURRENCY",
    "INSUFFICIENT_FUNDS": "RS_ERROR_NOT_ENOUGH_MONEY",
    "PLAYER_BANNED": "RS_ERROR_USER_DISABLED",
    "TRANSACTION_ID_REUSED": "RS_ERROR_DUPLICATE_TRANSACTION",
    "UNKNOWN_BET": "RS_ERROR_TRANSACTION_DOES_NOT_EXIST",
}


class PublicKeyUnusable(Misuse):
    """What is to verify the provider's signatures is no public key of RSA."""


class Hub88(Adapter):
    """Reads and answers Hub88's callbacks; ``secret`` is its public key as PEM."""

    paths: ClassVar[Mapping[str, Action | None]] = {
        "/transaction/bet": Action.BET,
        "/transaction/win": Action.RESULT,
        "/transaction/rollback": Action.ROLLBACK,
        _BALANCE: None,
    }

    @override
    def __init__(self, secret: str) -> None:
        try:
            key = load_pem_public_key(secret.encode())
        except ValueError:
            key = None
        if not isinstance(key, RSAPublicKey):
            raise PublicKeyUnusable(
                "SECURITY_HASH is no public key of RSA",
                "Hub88's public key in PEM, because its requests are signed with the private half",
                "set SECURITY_HASH to the text of the key's file",
            )
        self._key = key

    @override
    def document(self, asked: Request, body: bytes) -> Document:
        """The signature is in the header, in base64, and over the bytes received."""
        try:
            given = base64.b64decode(asked.headers.get(SIGNATURE_HEADER, ""), validate=True)
            self._key.verify(given, body, PKCS1v15(), SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            raise Refused("INVALID_HASH") from None
        require_json(asked.content_type)
        return json_object(body, parse_int=Decimal)

    @override
    def transaction(self, action: Action | None, document: Document, accounts: Accounts) -> Transaction:
        """A win names its bet, a rollback what it undoes; a rollback says neither amount nor currency."""
        assert action is not None
        fields = dict(document)
        own, player = text(fields, "transaction_uuid", ID_LIMIT), text(fields, "user", ID_LIMIT)
        if action is Action.BET:
            return Transaction(own, action, player, *_money(fields))
        reference = text(fields, "reference_transaction_uuid", ID_LIMIT)
        if action is Action.RESULT:
            return Transaction(own, action, player, *_money(fields), bet=reference)
        return Transaction(own, action, player, accounts.get(player).currency, 0, target=reference)

    @override
    def asks(self, path: str, document: Document) -> str | None:
        return text(dict(document), "user", ID_LIMIT) if path == _BALANCE else None

    @override
    def balance_answer(self, document: Document, account: Account) -> Response:
        return _answer(_OK, document, account)

    @override
    def success(self, document: Document, client_id: str, account: Account) -> Response:
        """There is no id of ours in an answer."""
        return _answer(_OK, document, account)

    @override
    def failure(self, document: Document, code: str, account: Account | None) -> Response:
        malformed = "RS_ERROR_WRONG_TYPES" if code.startswith("INVALID_") else "RS_ERROR_UNKNOWN"
        return _answer(_STATUS.get(code, malformed), document, account)


def _money(document: dict[str, Any]) -> tuple[str, int]:
    """Currency and minor units."""
    currency, amount = document.get("currency"), document.get("amount")
    if not isinstance(currency, str):
        raise Refused("INVALID_CURRENCY")
    if not isinstance(amount, Decimal) or not amount.is_finite() or amount != amount.to_integral_value():
        raise Refused("INVALID_AMOUNT")
    return currency, money.to_minor(amount.scaleb(-_DIGITS), currency)


def _answer(status: str, document: Document, account: Account | None) -> Response:
    answer: dict[str, Any] = {"status": status, "request_uuid": document.get("request_uuid")}
    if account is not None:
        balance = Decimal(account.balance).scaleb(_DIGITS - money.decimals(account.currency))
        answer |= {"user": account.id, "currency": account.currency, "balance": int(balance)}
    return jsonify(answer)
