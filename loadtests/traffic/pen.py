"""Writes and signs the OPERATOR's callbacks at the pace of a load test: templates in place of models.

The bytes are those of ``simulators.operator.wire`` in its plain style, which tests hold it to.
"""

import hashlib
import hmac
import json
import secrets
from collections.abc import Callable
from typing import Final

from simulators.operator import dialect
from simulators.operator.dialect import AmountFormat
from simulators.values import money

# The counter of provider ids runs through 48 bits in steps that look random and never meet: the step is odd.
_ID_MASK: Final = (1 << 48) - 1
_ID_STEP: Final = 0x9E3779B97F4B


def id_maker() -> Callable[[], str]:
    """Return a maker of provider ids: random-looking UUIDs, none of them twice, in this run or another.

    74 random bits tell processes and runs apart and a counter does so inside one; that costs a tenth of a
    random UUID. Ids are never made of the run's seed: a CLIENT remembers them for good.
    """
    own = secrets.randbits(74)
    tail = f"-4{own >> 62:03x}-{(own >> 60 & 3) + 8:x}{own >> 48 & 0xFFF:03x}-{own & _ID_MASK:012x}"
    count = secrets.randbits(48)

    def new_id() -> str:
        nonlocal count
        count = (count + _ID_STEP) & _ID_MASK
        text = f"{count:012x}"
        return f"{text[:8]}-{text[8:]}{tail}"

    return new_id


class Pen:
    """Writes callbacks in one currency and signs them; amounts are integers in its minor units.

    Raises money.UnknownCurrency.
    """

    def __init__(self, security_hash: str, currency: str, amount_format: AmountFormat = "number") -> None:
        self._key = security_hash.encode()
        self.currency = currency
        self.decimals = money.decimals(currency)
        self._scale: int = 10**self.decimals
        self._quote = "" if amount_format == "number" else '"'
        self._currency = f',"currency":{json.dumps(currency)},"amount":{self._quote}'
        self.new_id = id_maker()

    def amount(self, minor: int) -> str:
        """Write ``minor`` units as the shortest decimal: "10.5", "10"."""
        whole, rest = divmod(minor, self._scale)
        if not rest:
            return str(whole)
        return f"{whole}." + f"{rest:0{self.decimals}d}".rstrip("0")

    def of(self, player: str) -> str:
        """Return the part of every message that names ``player``, to be made once and given to the others."""
        raw = any("\ud800" <= char <= "\udfff" for char in player)
        return f',"user_id":{json.dumps(player, ensure_ascii=raw)}{self._currency}'

    def transaction(self, provider_id: str, action: str, player: str, minor: int) -> bytes:
        """Write a bet or a result; ``player`` is what ``of`` returned."""
        return (
            f'{{"transaction_id":"{provider_id}","action":"{action}"'
            f"{player}{self.amount(minor)}{self._quote}}}"
        ).encode()

    def rollback(self, provider_id: str, of: str, player: str, minor: int) -> bytes:
        """Write the rollback of the provider id ``of``; ``player`` is what the method of that name returned."""
        return (
            f'{{"transaction_id":"{provider_id}","rollback_transaction_id":"{of}","action":"rollback"'
            f"{player}{self.amount(minor)}{self._quote}}}"
        ).encode()

    def sign(self, body: bytes) -> dict[str, str]:
        """Return the headers of ``body``: its type and its hash under SECURITY_HASH."""
        return {
            "Content-Type": dialect.JSON_TYPE,
            dialect.HASH_HEADER: hmac.digest(self._key, body, "sha256").hex(),
        }

    def forge(self, body: bytes) -> dict[str, str]:
        """Return headers with a hash that is not the body's: unkeyed, as somebody without the secret makes."""
        return {"Content-Type": dialect.JSON_TYPE, dialect.HASH_HEADER: hashlib.sha256(body).hexdigest()}
