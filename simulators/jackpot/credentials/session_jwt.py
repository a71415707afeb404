"""The session JWT that a CLIENT mints for one reservation: minted and verified, each fault by name.

Implements ``voucher-widget.txt``, *Build your token*; ``forceManualConfirm`` is from the contract, part B.
Decided where the documents are silent: a JWT may be shown until an hour after its ``iat``, and clocks may
differ by a minute.
"""

from collections.abc import Mapping
from decimal import Decimal
from enum import Enum
from typing import Annotated, Any, Final

from pydantic import AfterValidator, BeforeValidator, ConfigDict, Field, StrictBool, ValidationError

from simulators.jackpot.field_types import Number, Shape, number
from simulators.values import decimal_json, jws, money

ALGORITHM: Final = "HS256"
# Seconds.
LIFE: Final = 3600
LEEWAY: Final = 60
CURRENCY: Final = "EUR"


class SessionProblem(Enum):
    """What is wrong with a JWT: a code and what to do. Every one is a credential that does not hold."""

    MALFORMED = (
        "JWT_MALFORMED",
        "The assertion is no JWT. A session opens for a signed token only. Send header.payload.signature.",
    )
    ALGORITHM = (
        "JWT_WRONG_ALGORITHM",
        f"The JWT is not signed with {ALGORITHM}. Another algorithm, none above all, proves nothing. "
        f"Name {ALGORITHM} when you sign.",
    )
    SIGNATURE = (
        "JWT_BAD_SIGNATURE",
        "The JWT's signature is not one under your apiSignature, so anybody may have written it. "
        "Sign with the apiSignature of the back-office.",
    )
    CLAIMS = (
        "JWT_BAD_CLAIMS",
        "A claim of the JWT is missing or of the wrong type. Expected are amount (a number over 0, in whole "
        "cents), iat (an integer, seconds), and optionally userId, notificationKey (non-empty texts) and "
        "forceManualConfirm (true or false). Send these.",
    )
    EXPIRED = (
        "JWT_EXPIRED",
        f"The JWT's iat is more than {LIFE} s ago. A token is minted for one conversion and soon used. "
        "Mint a new one.",
    )
    FUTURE = (
        "JWT_FROM_THE_FUTURE",
        f"The JWT's iat is more than {LEEWAY} s ahead. Milliseconds or local time make it so. "
        "Give iat in seconds since the epoch.",
    )

    @property
    def code(self) -> str:
        """The code of the error."""
        return self.value[0]

    @property
    def message(self) -> str:
        """What came, what was expected, what to do."""
        return self.value[1]


class BadJwt(ValueError):
    """The JWT does not hold; ``fault`` says why."""

    def __init__(self, fault: SessionProblem) -> None:
        super().__init__(fault.message)
        self.fault = fault


def _cents(amount: Decimal) -> Decimal:
    if amount <= 0:
        raise ValueError("must be over 0")
    money.to_minor(amount, CURRENCY)
    return amount


def _seconds(value: Any) -> int:
    read = number(value)
    if read != read.to_integral_value() or read.as_tuple().exponent != 0:
        raise ValueError("must be an integer")
    return int(read)


class Claims(Shape):
    """What a session may do: reserve one voucher of at most ``amount`` (EUR); ``iat`` is in seconds."""

    model_config = ConfigDict(extra="ignore")

    amount: Annotated[Number, AfterValidator(_cents)]
    user_id: str | None = Field(None, min_length=1)
    iat: Annotated[int, BeforeValidator(_seconds)]
    notification_key: str | None = Field(None, min_length=1)
    force_manual_confirm: StrictBool = False


def mint(claims: Claims, api_signature: str) -> str:
    """Return the JWT of ``claims`` as a CLIENT should mint it; claims without a value are left out."""
    written = {name: value for name, value in claims.model_dump().items() if value is not None}
    if not claims.force_manual_confirm:
        del written["forceManualConfirm"]
    return mint_raw(written, api_signature)


def mint_raw(claims: Mapping[str, Any], api_signature: str) -> str:
    """Return a signed JWT of any ``claims``, also wrong ones; numbers are Decimal or int."""
    return jws.sign(claims, api_signature, ALGORITHM)


def verify(token: str, api_signature: str, now: float) -> Claims:
    """Return the claims of ``token``; raises BadJwt. ``now`` is seconds since the epoch."""
    try:
        payload = jws.verify(token, api_signature, ALGORITHM)
    except jws.WrongAlgorithm:
        raise BadJwt(SessionProblem.ALGORITHM) from None
    except jws.BadSignature:
        raise BadJwt(SessionProblem.SIGNATURE) from None
    except jws.NoJwt:
        raise BadJwt(SessionProblem.MALFORMED) from None
    try:
        claims = Claims.model_validate(decimal_json.loads(payload))
    except (ValidationError, ValueError):
        raise BadJwt(SessionProblem.CLAIMS) from None
    if claims.iat > now + LEEWAY:
        raise BadJwt(SessionProblem.FUTURE)
    if now >= claims.iat + LIFE:
        raise BadJwt(SessionProblem.EXPIRED)
    return claims
