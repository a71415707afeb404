"""The sportsbook's words for transactions: the first dialect.

Implements ``sportsbook.txt``: *Transactions* and *Transaction-rollback*.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import ClassVar, Final, Literal

from simulators.exchanges.history import Answer, Headers, Outcome
from simulators.transport.http_client import Meaning
from simulators.values import money
from simulators.values.decimal_json import quoted
from simulators.wallet import codec, signers
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Dialect, Otherwise
from simulators.wallet.transactions import Kind, Transaction

HASH_HEADER: Final = "X-Security-Hash"
JSON_TYPE: Final = "application/json"
TRANSACTION_PATH: Final = "/transaction"
ROLLBACK_PATH: Final = "/transaction-rollback"

AmountFormat = Literal["number", "string"]

_BACKWARDS: Final = ("amount", "currency", "user_id", "action", "rollback_transaction_id", "transaction_id")


@dataclass(frozen=True, slots=True)
class Sportsbook(Dialect):
    """JSON, signed in a header; ``amounts`` are numbers or texts, as agreed with the CLIENT."""

    amounts: AmountFormat = "number"

    name: ClassVar[str] = "sportsbook"
    insufficient_funds: ClassVar[str] = "INSUFFICIENT_FUNDS"
    other_bytes: ClassVar[Mapping[str, Style]] = {
        "fields in another order": Style(order=_BACKWARDS),
        "spaces and newlines": Style(spaces=True),
        "another order, spaces and newlines": Style(order=_BACKWARDS, spaces=True),
    }

    def path(self, transaction: Transaction) -> str:
        """Rollbacks have a path of their own."""
        return ROLLBACK_PATH if transaction.kind is Kind.ROLLBACK else TRANSACTION_PATH

    def encode(self, transaction: Transaction, style: Style = PLAIN) -> bytes:
        """Write JSON in the documents' own order of fields."""
        # The documents' own order of fields, which ordinary traffic keeps.
        texts = {"transaction_id": quoted(transaction.id)}
        if transaction.of is not None:
            texts["rollback_transaction_id"] = quoted(transaction.of)
        texts["action"] = f'"{transaction.kind}"'
        texts["user_id"] = quoted(transaction.player)
        texts["currency"] = quoted(transaction.currency)
        amount = money.plain(transaction.amount)
        texts["amount"] = amount if self.amounts == "number" else f'"{amount}"'
        return codec.json_object(texts, style)

    def sign(self, body: bytes, secret: str) -> str:
        """Lower-case hex HMAC-SHA256 of the raw ``body`` under SECURITY_HASH."""
        return signers.hmac_sha256(body, secret)

    def seal(self, body: bytes, secret: str) -> tuple[Headers, bytes]:
        """Sign in the header."""
        return (("Content-Type", JSON_TYPE), (HASH_HEADER, self.sign(body, secret))), body

    def read(self, answer: Answer) -> Meaning:
        """Say what the CLIENT's ``answer`` to a callback means, leniently: form is judged by rules, not here.

        Any non-null ``error`` is a refusal, and so is a 4xx without one; a 5xx or an answer that is no JSON
        object leaves open what was done.
        """
        document = codec.object_of(answer.body)
        if document is None:
            return Meaning(Outcome.REFUSED if 400 <= answer.status < 500 else Outcome.UNKNOWN)
        error = document.get("error")
        if error is not None:
            return Meaning(Outcome.REFUSED, error=str(error))
        client_id = document.get("transaction_id")
        kept = client_id if isinstance(client_id, str | int) and not isinstance(client_id, bool) else None
        if answer.status >= 400:
            outcome = Outcome.REFUSED if answer.status < 500 else Outcome.UNKNOWN
            return Meaning(outcome, client_id=kept)
        return Meaning(Outcome.OK, client_id=kept)

    def otherwise(self) -> Sequence[Otherwise]:
        """Amounts in the other form."""
        other: AmountFormat = "string" if self.amounts == "number" else "number"
        return [Otherwise(f"the amount as a {other}", f'amount_format = "{other}"', Sportsbook(other))]


SPORTSBOOK: Final = Sportsbook()
