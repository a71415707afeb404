"""The sportsbook's words for transactions: the first dialect.

Implements ``sportsbook.txt``: *Transactions* and *Transaction-rollback*.
"""

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import isfinite
from typing import Any, ClassVar, Final, Literal

from simulators.exchanges.history import Answer, Headers, Status
from simulators.transport.delivery import Flaw, Meaning
from simulators.values import money
from simulators.values.decimal_json import quoted
from simulators.wallet import codec
from simulators.wallet.codec import PLAIN, Style
from simulators.wallet.dialect import Dialect, Otherwise
from simulators.wallet.signers import Signer
from simulators.wallet.transactions import Kind, Transaction

HASH_HEADER: Final = "X-Security-Hash"
JSON_TYPE: Final = "application/json"
TRANSACTION_PATH: Final = "/transaction"
ROLLBACK_PATH: Final = "/transaction-rollback"

AmountFormat = Literal["number", "string"]

_SIGNER: Final = Signer()
_ID: Final = "transaction_id"
_ID_FIELD: Final = re.compile(rb'("transaction_id"\s*:\s*)"(?:[^"\\]|\\.)*"')
_NO_JSON: Final = Flaw("the answer is no JSON object; every answer must be one", "MSG-02")
_BAD_ERROR: Final = Flaw("a refusal whose error is no text", "MSG-04")

_BACKWARDS: Final = ("amount", "currency", "user_id", "action", "rollback_transaction_id", "transaction_id")


@dataclass(frozen=True, slots=True)
class Sportsbook(Dialect):
    """JSON, signed in a header; ``amounts`` are numbers or texts, as agreed with the CLIENT."""

    amounts: AmountFormat = "number"

    name: ClassVar[str] = "igpx"
    success: ClassVar[str] = "error null"
    insufficient_funds: ClassVar[str] = "INSUFFICIENT_FUNDS"
    signing: ClassVar[str] = f"{HASH_HEADER} is the lower-case hex HMAC-SHA256 of the raw body under it"
    hmac_header: ClassVar[str | None] = HASH_HEADER
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
        return _SIGNER.sign(body, secret)

    def seal(self, body: bytes, secret: str) -> tuple[Headers, bytes]:
        """Sign in the header."""
        return (("Content-Type", JSON_TYPE), (HASH_HEADER, self.sign(body, secret))), body

    def read(self, answer: Answer) -> Meaning:
        """Say what the CLIENT's ``answer`` to a callback means, leniently: form is judged by rules, not here.

        An ``error`` that says something is a refusal, and so is a 4xx without one. A 5xx, an answer that is no
        JSON object, and one whose ``error`` is missing or empty (``""``, ``false``, ``0``) leave open what was done.
        """
        document = codec.object_of(answer.body)
        if document is None:
            return Meaning(_by_status(answer.status), problem=_status(answer.status) or _NO_JSON)
        error, given = document.get("error"), document.get(_ID)
        client_id = given if isinstance(given, str | int) and not isinstance(given, bool) else None
        if isinstance(given, float) and isfinite(given):
            client_id = str(given)
        if error:
            sound = isinstance(error, str)
            problem = _status(answer.status) or (None if sound else _BAD_ERROR)
            text = error if sound else json.dumps(error, ensure_ascii=False)
            return Meaning(Status.REFUSED, error=text, problem=problem)
        if answer.status >= 400:
            return Meaning(_by_status(answer.status), client_id=client_id, problem=_status(answer.status))
        if "error" not in document or error is not None:
            return Meaning(Status.UNCLEAR, client_id=client_id, problem=_unclear(document))
        problem = _status(answer.status) or (_no_id(document) if client_id in (None, "") else None)
        return Meaning(Status.OK, client_id=client_id, problem=problem)

    def named(self, body: bytes) -> Sequence[Any]:
        """Every value of ``user_id``, in any letter case and at any depth, also of one that is there twice."""
        return codec.values_of(body, "user_id")

    def renewed(self, body: bytes, id: str) -> bytes | None:  # noqa: A002
        """Another ``transaction_id`` in the same bytes."""
        changed, count = _ID_FIELD.subn(lambda hit: hit[1] + quoted(id).encode(), body, count=1)
        return changed if count else None

    def otherwise(self) -> Sequence[Otherwise]:
        """Amounts in the other form."""
        other: AmountFormat = "string" if self.amounts == "number" else "number"
        return [Otherwise(f"the amount as a {other}", f'amount_format = "{other}"', Sportsbook(other))]


def _by_status(status: int) -> Status:
    return Status.REFUSED if 400 <= status < 500 else Status.UNCLEAR


def _status(status: int) -> Flaw | None:
    return None if status == 200 else Flaw(f"HTTP {status}; the status of every answer must be 200", "MSG-01")


def _no_id(document: dict[str, Any]) -> Flaw:
    """Say what stands in place of the CLIENT's id."""
    given = f"is {json.dumps(document[_ID])}" if _ID in document else "is missing"
    return Flaw(f"success whose field {_ID} {given}, no id of the CLIENT", "MSG-03")


def _unclear(document: dict[str, Any]) -> Flaw:
    """Say which field keeps an answer from being success or refusal."""
    if "error" in document:
        given = json.dumps(document["error"])
        return Flaw(f"the field error is {given}, neither null nor a reason", "MSG-03")
    inside = next(
        (name for name, part in document.items() if isinstance(part, dict) and "error" in part), None
    )
    if inside is not None:
        return Flaw(f"the field error is missing; it stands inside {inside!r}", "MSG-03")
    return Flaw("the field error is missing, which is null where a transaction was processed", "MSG-03")


SPORTSBOOK: Final = Sportsbook()
