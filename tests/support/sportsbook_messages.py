"""The sportsbook's callbacks read back, by the models of its API's document, for the tests of what is written."""

import json
from decimal import Decimal
from typing import Annotated

from pydantic import Field, TypeAdapter

from simulators.operator import wire
from simulators.operator.dialect import SPORTSBOOK
from simulators.values.secret import same
from simulators.wallet.transactions import Kind, Transaction

_MODELS: TypeAdapter[wire.Transaction | wire.Rollback] = TypeAdapter(
    Annotated[wire.Transaction | wire.Rollback, Field(discriminator="action")]
)


def parse(body: bytes) -> Transaction:
    """Read a callback; raises ValueError where it is malformed."""
    read = _MODELS.validate_python(json.loads(body, parse_float=Decimal, parse_int=Decimal))
    of = read.rollback_transaction_id if isinstance(read, wire.Rollback) else None
    return Transaction(Kind(read.action), read.transaction_id, read.user_id, read.currency, read.amount, of)


def signed(body: bytes, given: str, secret: str) -> bool:
    """Whether ``given`` is the hash of ``body``."""
    return same(SPORTSBOOK.sign(body, secret), given)
