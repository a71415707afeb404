"""Faults in how the tokens of checkouts are signed (CHK-01)."""

from typing import Any

import jwt
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.shop.shop_mutant import checkout_mutant
from client_under_test.shop.tokens import CheckoutTokenMinter


class _Unsigned(CheckoutTokenMinter):
    @override
    def sign(self, claims: dict[str, Any]) -> str:
        _, payload, _ = super().sign(claims).split(".")
        return f"{jwt.PyJWS().encode(b'', '', 'none').split('.')[0]}.{payload}."


class _Unproven(CheckoutTokenMinter):
    """Names the algorithm and leaves the signature away."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        return super().sign(claims).rpartition(".")[0] + "."


class _OtherKey(CheckoutTokenMinter):
    """Signs with ``other``, made of the key."""

    algorithm = "HS256"

    def other(self, key: str) -> str:
        return key

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        key = self.other(self.config.checkout_key)
        signed = CheckoutTokenMinter.sign(self, claims).split(".")[1]
        payload = jwt.utils.base64url_decode(signed)
        return jwt.PyJWS().encode(payload, key, self.algorithm, {"typ": "JWT"})


class _Sha512(_OtherKey):
    algorithm = "HS512"

    @override
    def other(self, key: str) -> str:
        # Long enough for no warning; still not what was agreed.
        return key.ljust(64, "=")


class _MerchantIdKey(_OtherKey):
    @override
    def other(self, key: str) -> str:
        return self.config.merchant_id.ljust(32, "=")


class _KeyWithNewline(_OtherKey):
    """Reads the key from a file, with the line's end."""

    @override
    def other(self, key: str) -> str:
        return f"{key}\n"


MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant("chk-none", "The token is not signed at all.", ("CHK-01",), checkout_tokens=_Unsigned),
    checkout_mutant("chk-unproven", "The signature is left away.", ("CHK-01",), checkout_tokens=_Unproven),
    checkout_mutant("chk-hs512", "The token is signed with HS512.", ("CHK-01",), checkout_tokens=_Sha512),
    checkout_mutant(
        "chk-id-key", "The merchant id signs the token.", ("CHK-01",), checkout_tokens=_MerchantIdKey
    ),
    checkout_mutant(
        "chk-key-newline", "The key ends with a line's end.", ("CHK-01",), checkout_tokens=_KeyWithNewline
    ),
)
