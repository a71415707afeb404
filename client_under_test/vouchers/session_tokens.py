"""The session JWT that opens one conversion at Jackpot. ``voucher-widget.txt``, *Build your token*."""

from decimal import Decimal
from typing import Any, Final

import jwt
from jwt.algorithms import HMACAlgorithm

from client_under_test.config import Config
from client_under_test.values import decimal_json, money

ALGORITHM: Final = "HS256"


class _Hmac(HMACAlgorithm):
    """HS256 under the key that was agreed: Jackpot chose its length, and no warning changes it."""

    def check_key_length(self, key: bytes) -> str | None:  # noqa: ARG002
        """Accept every length."""
        return None


class SessionTokenMinter:
    """Mints session JWTs under the apiSignature, which never leaves the server."""

    def __init__(self, config: Config) -> None:
        self.config = config
        self._signer = jwt.PyJWS(algorithms=[])
        self._signer.register_algorithm(ALGORITHM, _Hmac(HMACAlgorithm.SHA256))

    def mint(self, player: str, amount: int, currency: str, key: str, iat: int) -> str:
        """Return the JWT for ``amount`` minor units; ``key`` is the notificationKey, ``iat`` seconds."""
        return self.sign(self.claims(player, amount, currency, key, iat))

    def claims(self, player: str, amount: int, currency: str, key: str, iat: int) -> dict[str, Any]:
        """Return what the JWT says; the amount is an exact number, in its plainest form."""
        number = Decimal(amount).scaleb(-money.decimals(currency))
        plain = int(number) if number == number.to_integral_value() else number.normalize()
        return {"amount": plain, "userId": player, "iat": iat, "notificationKey": key}

    def sign(self, claims: dict[str, Any]) -> str:
        """Sign ``claims``."""
        key = self.config.jackpot_api_signature.encode()
        return self._signer.encode(decimal_json.dumps(claims).encode(), key, ALGORITHM)
