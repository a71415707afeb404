"""Faults in how the tokens of checkouts are signed (CHK-01)."""

from collections.abc import Callable
from typing import Any

import jwt
from typing_extensions import override

from client_under_test.config import Config
from client_under_test.mutants.changes import with_padding
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


class _Padded(CheckoutTokenMinter):
    """Writes the token by hand, in base64 with its padding."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        return with_padding(super().sign(claims), self.config.checkout_key)


def _signing(key: Callable[[Config], str], algorithm: str = "HS256") -> type[CheckoutTokenMinter]:
    """A minter that signs with another key."""

    class Signing(CheckoutTokenMinter):
        @override
        def sign(self, claims: dict[str, Any]) -> str:
            payload = jwt.utils.base64url_decode(super().sign(claims).split(".")[1])
            return jwt.PyJWS().encode(payload, key(self.config), algorithm, {"typ": "JWT"})

    return Signing


# Long enough for no warning; still not what was agreed.
_sha_512 = _signing(lambda config: config.checkout_key.ljust(64, "="), "HS512")
_merchant_id = _signing(lambda config: config.merchant_id.ljust(32, "="))
# As a key is that was read from a file.
_key_with_newline = _signing(lambda config: f"{config.checkout_key}\n")

MUTANTS: tuple[Mutant, ...] = (
    checkout_mutant("chk-none", ("CHK-01",), "The token is not signed at all.", checkout_tokens=_Unsigned),
    checkout_mutant("chk-unproven", ("CHK-01",), checkout_tokens=_Unproven),
    checkout_mutant("chk-padded", ("CHK-01",), checkout_tokens=_Padded),
    checkout_mutant("chk-hs512", ("CHK-01",), "The token is signed with HS512.", checkout_tokens=_sha_512),
    checkout_mutant(
        "chk-id-key", ("CHK-01",), "The merchant id signs the token.", checkout_tokens=_merchant_id
    ),
    checkout_mutant(
        "chk-key-newline", ("CHK-01",), "The key ends with a line's end.", checkout_tokens=_key_with_newline
    ),
)
