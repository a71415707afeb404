"""The OPERATOR's callbacks read strictly. ``sportsbook.txt``, *Transactions* and *Transaction-rollback*."""

from dataclasses import dataclass
from decimal import Decimal
from enum import StrEnum
from typing import Any

from client_under_test.values import money
from client_under_test.values.fields import json_object, require_json, text
from client_under_test.values.refusals import Refused

# A real callback is well under 1 kB; an id longer than this is nobody's.
BODY_LIMIT = 64 * 1024
ID_LIMIT = 16 * 1024


class Action(StrEnum):
    """What a callback asks for."""

    BET = "bet"
    RESULT = "result"
    ROLLBACK = "rollback"


class Endpoint(StrEnum):
    """Where a callback arrives: the path behind the callback URL."""

    TRANSACTION = "/transaction"
    ROLLBACK = "/transaction-rollback"


ACTIONS: dict[Endpoint, frozenset[Action]] = {
    Endpoint.TRANSACTION: frozenset({Action.BET, Action.RESULT}),
    Endpoint.ROLLBACK: frozenset({Action.ROLLBACK}),
}


@dataclass(frozen=True, slots=True)
class Transaction:
    """One callback: ``amount`` in minor units of ``currency``; ``target`` is what a rollback undoes.

    ``bet`` is the bet that a result names, where a provider's results do. ``target_known`` has a rollback refused that
    undoes what never came.
    """

    id: str
    action: Action
    player: str
    currency: str
    amount: int
    target: str | None = None
    bet: str | None = None
    target_known: bool = False


class Parser:
    """Reads callbacks; whatever is not plainly a callback is refused and leaves no trace."""

    def read(self, endpoint: Endpoint, content_type: str | None, body: bytes) -> Transaction:
        """Read ``body`` as it came to ``endpoint``; raises Refused."""
        self.media_type(content_type)
        document = self.document(body)
        action = self.action(endpoint, document)
        currency = self.currency(document)
        return Transaction(
            id=self.identifier(document, "transaction_id"),
            action=action,
            player=self.identifier(document, "user_id"),
            currency=currency,
            amount=self.amount(document.get("amount"), currency),
            target=self.identifier(document, "rollback_transaction_id")
            if action is Action.ROLLBACK
            else None,
        )

    def media_type(self, content_type: str | None) -> None:
        """Refuse everything that is not declared to be JSON."""
        require_json(content_type)

    def document(self, body: bytes) -> dict[str, Any]:
        """Read the JSON object; numbers become decimals, exactly as written."""
        return json_object(body, parse_int=Decimal)

    def action(self, endpoint: Endpoint, document: dict[str, Any]) -> Action:
        """Read ``action``, which must be one that ``endpoint`` serves."""
        given = document.get("action")
        if not isinstance(given, str) or given not in ACTIONS[endpoint]:
            raise Refused("INVALID_ACTION")
        return Action(given)

    def identifier(self, document: dict[str, Any], name: str) -> str:
        """Read an id: a string, not empty, of characters that a database can keep, compared exactly."""
        return text(document, name, ID_LIMIT)

    def currency(self, document: dict[str, Any]) -> str:
        """Read ``currency``; whether it is the player's is the ledger's to say."""
        given = document.get("currency")
        if not isinstance(given, str):
            raise Refused("INVALID_CURRENCY")
        return given

    def amount(self, given: object, currency: str) -> int:
        """Read an amount, a JSON number or a string, in minor units of ``currency``."""
        return money.to_minor(money.exact(given), currency)
