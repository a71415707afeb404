"""BlueOcean GameHub's words: GET, a salted SHA1 of the query string in it, the balance in each answer.

Source: BlueOcean Gaming, GameHub seamless integration (https://blueoceangaming.atlassian.net/wiki/spaces/iGPPD):
*Seamless wallet calls*, *8) debit*, *9) credit*, *3.4 rollback*, *20) Seamless interface F.A.Q.*
"""

import hashlib
import hmac
from collections.abc import Mapping
from typing import Any, ClassVar
from urllib.parse import parse_qsl

from flask import Request, Response, jsonify
from typing_extensions import override

from client_under_test.values import money
from client_under_test.values.fields import text
from client_under_test.values.refusals import Refused
from client_under_test.wallet.accounts import Account, Accounts
from client_under_test.wallet.adapters.provider import Adapter, Document
from client_under_test.wallet.messages import ID_LIMIT, Action, Transaction

_ACTIONS = {"debit": Action.BET, "credit": Action.RESULT, "rollback": Action.ROLLBACK}
_OK = "200"
# All else is refused with 403; 500 has GameHub try again.
_STATUS = {"UNKNOWN_TRANSACTION": "404", "INTERNAL_ERROR": "500"}


class BlueOcean(Adapter):
    """Reads and answers GameHub's requests; ``secret`` is the salt."""

    paths: ClassVar[Mapping[str, Action | None]] = {"/": None}
    method: ClassVar[str] = "GET"

    @override
    def __init__(self, secret: str) -> None:
        self._salt = secret.encode()

    @override
    def document(self, asked: Request, body: bytes) -> Document:
        """The key is over the query string as it was received, without the key itself."""
        parts = asked.query_string.split(b"&")
        given = [part for part in parts if part.startswith(b"key=")]
        signed = b"&".join(part for part in parts if not part.startswith(b"key="))
        right = hashlib.sha1(self._salt + signed, usedforsecurity=False).hexdigest().encode()
        if len(given) != 1 or not hmac.compare_digest(given[0], b"key=" + right):
            raise Refused("INVALID_HASH")
        try:
            pairs = parse_qsl(signed.decode(), keep_blank_values=True, errors="strict")
        except ValueError:
            raise Refused("INVALID_QUERY") from None
        if len(dict(pairs)) < len(pairs):
            raise Refused("INVALID_QUERY")
        return dict(pairs)

    @override
    def transaction(self, action: Action | None, document: Document, accounts: Accounts) -> Transaction:
        """An id is a player's own; a rollback has none, so that all of one transaction are one."""
        fields = dict(document)
        action = _ACTIONS.get(fields.get("action", ""))
        if action is None:
            raise Refused("INVALID_ACTION")
        player, given = text(fields, "remote_id", ID_LIMIT), text(fields, "transaction_id", ID_LIMIT)
        # Told apart by the length; the id stands last, as it came.
        currency, own = text(fields, "currency"), f"{len(player)} {player} {given}"
        if action is Action.ROLLBACK:
            # The amount that counts is that of the transaction; what it names must be there.
            undo = f"rollback {own}"
            return Transaction(undo, action, player, currency, 0, target=own, target_known=True)
        return Transaction(own, action, player, currency, money.to_minor(_amount(fields), currency))

    @override
    def asks(self, path: str, document: Document) -> str | None:
        balance = document.get("action") == "balance"
        return text(dict(document), "remote_id", ID_LIMIT) if balance else None

    @override
    def balance_answer(self, document: Document, account: Account) -> Response:
        return _answer(_OK, account)

    @override
    def success(self, document: Document, client_id: str, account: Account) -> Response:
        """There is no id of ours in an answer."""
        return _answer(_OK, account)

    @override
    def failure(self, document: Document, code: str, account: Account | None) -> Response:
        return _answer(_STATUS.get(code, "403"), account, msg=code)


def _amount(document: dict[str, Any]) -> Any:
    return money.spelled(text(document, "amount"))


def _answer(status: str, account: Account | None, **more: str) -> Response:
    """Whatever it says, the HTTP status is 200."""
    if account is not None:
        more["balance"] = money.written(account.balance, account.currency)
    return jsonify({"status": status, **more})
