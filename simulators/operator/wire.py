"""The OPERATOR's messages as models: what the CLIENT asks and is answered, and what it is sent, for the API's document.

Implements ``sportsbook.txt``: *Auth*, *Start session*; *Transactions* and *Transaction-rollback*, which are written
by the dialect.
"""

from decimal import Decimal
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema


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


class Accepted(_Message):
    """What the CLIENT answers to a callback that it processed, and to every copy of it."""

    error: None
    transaction_id: str = Field(min_length=1, description="the CLIENT's own id of it; a copy gets the same")


class Refused(_Message):
    """What the CLIENT answers to a callback that it refuses; nothing has moved."""

    error: str = Field(min_length=1, description="why", examples=["INSUFFICIENT_FUNDS"])


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
