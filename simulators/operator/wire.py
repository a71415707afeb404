"""The OPERATOR's messages to bytes and back, and their signature. Pure; the only place that knows field names.

Implements ``sportsbook.txt``: *Transactions*, *Transaction-rollback*, *Auth*, *Start session*.
"""

import hashlib
import hmac
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, WithJsonSchema

from simulators.exchanges.history import Answer, Outcome
from simulators.values import money

HASH_HEADER = "X-Security-Hash"
JSON_TYPE = "application/json"
TRANSACTION_PATH = "/transaction"
ROLLBACK_PATH = "/transaction-rollback"
INSUFFICIENT_FUNDS = "INSUFFICIENT_FUNDS"

AmountFormat = Literal["number", "string"]


class _Message(BaseModel):
    # A field with a default is always written, so it is documented as always there.
    model_config = ConfigDict(frozen=True, json_schema_serialization_defaults_required=True)


# An amount as it is sent: a number or a text, as OPERATOR and CLIENT agreed; exact, never negative.
_Amount = Annotated[
    Decimal,
    WithJsonSchema(
        {
            "anyOf": [{"type": "number", "minimum": 0}, {"type": "string", "pattern": r"^\d+(\.\d+)?$"}],
            "examples": [10.5],
            "description": "in the player's currency, an exact decimal; number or string as agreed",
        }
    ),
]


class _Callback(_Message):
    transaction_id: str = Field(description="the OPERATOR's own id of it; a copy has the same")
    user_id: str = Field(description="the player, as in start-session", examples=["p-1"])
    currency: str = Field(description="the player's, as in start-session (ISO 4217)", examples=["EUR"])
    amount: _Amount


class Transaction(_Callback):
    """A bet (withdraw ``amount``) or a result (deposit it). ``sportsbook.txt``, *Transactions*."""

    action: Literal["bet", "result"] = Field(description="bet: withdraw the amount; result: deposit it")


class Rollback(_Callback):
    """Undo the transaction ``rollback_transaction_id``. ``sportsbook.txt``, *Transaction-rollback*."""

    rollback_transaction_id: str = Field(description="the OPERATOR's id of the transaction to undo")
    action: Literal["rollback"] = "rollback"


Callback = Transaction | Rollback
_callback: TypeAdapter[Callback] = TypeAdapter(Annotated[Callback, Field(discriminator="action")])


class Accepted(_Message):
    """What the CLIENT answers to a callback that it processed, and to every copy of it."""

    error: None
    transaction_id: str = Field(min_length=1, description="the CLIENT's own id of it; a copy gets the same")


class Refused(_Message):
    """What the CLIENT answers to a callback that it refuses; nothing has moved."""

    error: str = Field(min_length=1, description="why", examples=[INSUFFICIENT_FUNDS])


class AuthRequest(_Message):
    """What the CLIENT posts to ``/auth``."""

    username: str = Field(description="CLIENT_USERNAME", examples=["client"])
    password: str = Field(description="CLIENT_PASSWORD")


class AuthAnswer(_Message):
    """The bearer token, and for how many seconds it is valid."""

    token: str = Field(description="the bearer token of later requests")
    expires_in: int = Field(description="for how long it is valid, in seconds")


class StartSessionRequest(_Message):
    """What the CLIENT posts to ``/start-session``; ``lang`` is optional."""

    model_config = ConfigDict(frozen=True, strict=True)
    user_id: str = Field(min_length=1, description="the CLIENT's own id of the player", examples=["p-1"])
    currency: str = Field(description="the player's, one of those agreed on (ISO 4217)", examples=["EUR"])
    lang: str | None = Field(None, description="one of those agreed on", examples=["en"])


class StartSessionAnswer(_Message):
    """The address to open in the player's iframe."""

    url: str = Field(description="of this one session, with a secret part")


# The documents' own order of fields, which ordinary traffic keeps.
_ORDER = ("transaction_id", "rollback_transaction_id", "action", "user_id", "currency", "amount")


@dataclass(frozen=True, slots=True)
class Style:
    """How a message is spelled. The default is the plainest form a provider could send.

    ``raw`` puts a JSON text in place of a field's own, or adds a field; ``drop`` leaves fields out; ``order`` is
    the order of field names (those not named keep theirs, behind); ``spaces`` writes JSON with blanks and newlines.
    """

    order: Sequence[str] = ()
    spaces: bool = False
    escape: bool = False
    raw: Mapping[str, str] = field(default_factory=dict)
    drop: frozenset[str] = frozenset()


PLAIN = Style()


def path(message: Callback) -> str:
    """The path that the OPERATOR appends to the callback URL for ``message``."""
    return ROLLBACK_PATH if isinstance(message, Rollback) else TRANSACTION_PATH


def fields(message: Callback, amount_format: AmountFormat = "number") -> dict[str, str]:
    """``message`` as field names with their JSON texts, in the documented order, the amount exact."""
    values = message.model_dump()
    texts = {name: _text(values[name]) for name in _ORDER if name in values and name != "amount"}
    amount = money.plain(message.amount)
    texts["amount"] = amount if amount_format == "number" else f'"{amount}"'
    return texts


def encode(message: Callback, style: Style = PLAIN, amount_format: AmountFormat = "number") -> bytes:
    """Write ``message`` as JSON bytes in ``style``; decimals are written exactly, never through a float."""
    texts = fields(message, amount_format)
    if style.escape:
        texts = {name: _escaped(text) for name, text in texts.items()}
    texts.update(style.raw)
    texts = {name: text for name, text in texts.items() if name not in style.drop}
    names = [name for name in style.order if name in texts]
    names += [name for name in texts if name not in names]
    if style.spaces:
        lines = ",\n".join(f"  {json.dumps(name)} : {texts[name]}" for name in names)
        return f"{{\n{lines}\n}}\n".encode()
    return ("{" + ",".join(f"{json.dumps(name)}:{texts[name]}" for name in names) + "}").encode()


def _text(value: str) -> str:
    # Lone surrogates cannot be written as UTF-8, so they alone are escaped.
    return json.dumps(value, ensure_ascii=any("\ud800" <= char <= "\udfff" for char in value))


def _escaped(text: str) -> str:
    return json.dumps(json.loads(text)) if text.startswith('"') else text


def parse(body: bytes) -> Callback:
    """Read a callback; raises ValueError (pydantic's ValidationError among them) where it is malformed."""
    return _callback.validate_python(json.loads(body, parse_float=Decimal, parse_int=Decimal))


def sign(body: bytes, security_hash: str) -> str:
    """Lower-case hex HMAC-SHA256 of the raw ``body`` under SECURITY_HASH."""
    return hmac.new(security_hash.encode(), body, hashlib.sha256).hexdigest()


def signed(body: bytes, given: str, security_hash: str) -> bool:
    """Whether ``given`` is the hash of ``body``, compared in constant time."""
    return hmac.compare_digest(sign(body, security_hash).encode(), given.encode())


@dataclass(frozen=True, slots=True)
class CallbackAnswer:
    """What an answer to a callback says: its outcome, the ``error``, the CLIENT's ``transaction_id``, the JSON."""

    outcome: Outcome
    error: str | None = None
    client_id: str | int | None = None
    json: Any = None


def read(answer: Answer) -> CallbackAnswer:
    """Say what the CLIENT's ``answer`` to a callback means, leniently: form is judged by rules, not here.

    Any non-null ``error`` is a refusal, and so is a 4xx without one; a 5xx or an answer that is no JSON object
    leaves open what was done.
    """
    try:
        document = json.loads(answer.body)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        refused = 400 <= answer.status < 500
        return CallbackAnswer(Outcome.REFUSED if refused else Outcome.UNKNOWN, json=document)
    error = document.get("error")
    if error is not None:
        return CallbackAnswer(Outcome.REFUSED, error=str(error), json=document)
    client_id = document.get("transaction_id")
    kept = client_id if isinstance(client_id, str | int) and not isinstance(client_id, bool) else None
    if answer.status >= 400:
        outcome = Outcome.REFUSED if answer.status < 500 else Outcome.UNKNOWN
        return CallbackAnswer(outcome, client_id=kept, json=document)
    return CallbackAnswer(Outcome.OK, client_id=kept, json=document)
