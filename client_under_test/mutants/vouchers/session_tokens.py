"""Faults in the session tokens that the CLIENT mints (VTK)."""

import secrets
from typing import Any

import jwt
from flask import Flask, Response
from typing_extensions import override

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import jackpot_mutant
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.service import VoucherService
from client_under_test.vouchers.session_tokens import SessionTokenMinter


class _Unsigned(SessionTokenMinter):
    @override
    def sign(self, claims: dict[str, Any]) -> str:
        _, payload, _ = super().sign(claims).split(".")
        return f"{jwt.PyJWS().encode(b'', '', 'none').split('.')[0]}.{payload}."


class _Sha512(SessionTokenMinter):
    @override
    def sign(self, claims: dict[str, Any]) -> str:
        # Long enough for no warning; still not what was agreed.
        key = self.config.jackpot_api_signature.ljust(64, "=")
        return jwt.encode({**claims, "amount": float(claims["amount"])}, key, "HS512")


class _OtherKey(SessionTokenMinter):
    @override
    def sign(self, claims: dict[str, Any]) -> str:
        other = Config(jackpot_api_signature=self.config.jackpot_client_secret)
        return SessionTokenMinter(other).sign(claims)


class _Changed(SessionTokenMinter):
    """Signs other claims."""

    @override
    def claims(self, player: str, amount: int, currency: str, key: str, iat: int) -> dict[str, Any]:
        return self.changed(super().claims(player, amount, currency, key, iat))

    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return claims


class _Cents(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "amount": int(claims["amount"] * 100)}


class _AmountText(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "amount": str(claims["amount"])}


class _WholeUnits(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "amount": int(claims["amount"]) or 1}


class _Bonus(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "amount": claims["amount"] * 2}


class _Milliseconds(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": claims["iat"] * 1000}


class _LocalTime(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": claims["iat"] + 2 * 3600}


class _IatText(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": str(claims["iat"])}


class _NoIat(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in claims.items() if name != "iat"}


class _OldIat(_Changed):
    """Takes the time from when the process started, here an hour ago."""

    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "iat": claims["iat"] - 3000}


class _PlayerKey(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "notificationKey": claims["userId"]}


class _NoKey(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {name: value for name, value in claims.items() if name != "notificationKey"}


class _EmptyKey(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "notificationKey": ""}


class _NumberKey(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "notificationKey": secrets.randbelow(10**9)}


class _UserNumber(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "userId": sum(map(ord, claims["userId"]))}


class _UserEachTime(_Changed):
    @override
    def changed(self, claims: dict[str, Any]) -> dict[str, Any]:
        return {**claims, "userId": f"{claims['userId']}-{secrets.token_hex(4)}"}


class _Cached(VoucherService):
    """Keeps the token of a player and an amount, to save the signing."""

    @override
    def token(self, row: Conversion) -> str:
        kept: dict[tuple[str, int], str] = self.__dict__.setdefault("kept", {})
        return kept.setdefault((row.player, row.amount), super().token(row))


class _CachedByPlayer(VoucherService):
    @override
    def token(self, row: Conversion) -> str:
        kept: dict[str, str] = self.__dict__.setdefault("kept", {})
        return kept.setdefault(row.player, super().token(row))


class _Telling(VoucherService):
    """Hands the browser what the token is signed with."""

    @override
    def session(self, document: dict[str, Any]) -> dict[str, str]:
        return {**super().session(document), "signature": self.config.jackpot_api_signature}


class _TellingLater(VoucherService):
    @override
    def purchase(self, notification_key: str) -> dict[str, Any] | None:
        found = super().purchase(notification_key)
        if found is not None:
            found["debug"] = {"client_id": "client", "client_secret": self.config.jackpot_client_secret}
        return found


def _telling_page(config: Config) -> Flask:
    app = create_app(config)

    @app.after_request
    def tell(response: Response) -> Response:
        if response.mimetype == "text/html":
            response.set_data(
                f"{response.get_data(as_text=True)}<!-- apikey={config.jackpot_api_key} "
                f"apiSignature={config.jackpot_api_signature} -->"
            )
        elif response.mimetype == "application/json" and response.status_code == 422:
            response.headers["X-Debug"] = config.jackpot_api_signature
        return response

    return app


class _NoCheck(Conversions):
    @override
    def affordable(self, amount: int, balance: int) -> bool:
        return True


class _Rounded(Conversions):
    """Compares whole units."""

    @override
    def affordable(self, amount: int, balance: int) -> bool:
        return amount // 100 <= balance // 100


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant("vtk-none", "The token is not signed at all.", ("VTK-01",), session_tokens=_Unsigned),
    jackpot_mutant("vtk-hs512", "The token is signed with HS512.", ("VTK-01",), session_tokens=_Sha512),
    jackpot_mutant(
        "vtk-client-secret", "The client secret signs the token.", ("VTK-01",), session_tokens=_OtherKey
    ),
    jackpot_mutant("vtk-cents", "The amount is in cents.", ("VTK-02",), session_tokens=_Cents),
    jackpot_mutant("vtk-amount-text", "The amount is a text.", ("VTK-02",), session_tokens=_AmountText),
    jackpot_mutant(
        "vtk-whole-units", "The amount is cut to whole units.", ("VTK-02",), session_tokens=_WholeUnits
    ),
    jackpot_mutant("vtk-double", "The amount is doubled as a bonus.", ("VTK-02",), session_tokens=_Bonus),
    jackpot_mutant("vtk-milliseconds", "iat is in milliseconds.", ("VTK-03",), session_tokens=_Milliseconds),
    jackpot_mutant("vtk-local-time", "iat is local time.", ("VTK-03",), session_tokens=_LocalTime),
    jackpot_mutant("vtk-iat-text", "iat is a text.", ("VTK-03",), session_tokens=_IatText),
    jackpot_mutant("vtk-no-iat", "iat is left out.", ("VTK-03",), session_tokens=_NoIat),
    jackpot_mutant("vtk-old-iat", "iat is when the process began.", ("VTK-03",), session_tokens=_OldIat),
    jackpot_mutant(
        "vtk-key-player", "notificationKey is the player's id.", ("VTK-04",), session_tokens=_PlayerKey
    ),
    jackpot_mutant("vtk-no-key", "notificationKey is left out.", ("VTK-04",), session_tokens=_NoKey),
    jackpot_mutant("vtk-empty-key", "notificationKey is empty.", ("VTK-04",), session_tokens=_EmptyKey),
    jackpot_mutant("vtk-number-key", "notificationKey is a number.", ("VTK-04",), session_tokens=_NumberKey),
    jackpot_mutant("vtk-user-number", "userId is a number.", ("VTK-05",), session_tokens=_UserNumber),
    jackpot_mutant(
        "vtk-user-each-time", "userId differs by session.", ("VTK-05",), session_tokens=_UserEachTime
    ),
    jackpot_mutant(
        "vtk-cached", "Tokens are kept by player and amount.", ("VTK-06", "VTK-04"), voucher_service=_Cached
    ),
    jackpot_mutant(
        "vtk-cached-player",
        "Tokens are kept by player.",
        ("VTK-06", "VTK-04", "VTK-02"),
        voucher_service=_CachedByPlayer,
    ),
    jackpot_mutant(
        "vtk-telling", "The session tells the apiSignature.", ("VTK-07",), voucher_service=_Telling
    ),
    jackpot_mutant(
        "vtk-telling-later",
        "The purchase tells the client secret.",
        ("VTK-07",),
        voucher_service=_TellingLater,
    ),
    Mutant(
        "vtk-telling-page",
        "Pages and errors tell the keys.",
        ("VTK-07",),
        _telling_page,
        provider="jackpot",
    ),
    jackpot_mutant("vtk-no-check", "The balance is not looked at.", ("VTK-08",), conversions=_NoCheck),
    jackpot_mutant("vtk-rounded", "Whole units are compared.", ("VTK-08",), conversions=_Rounded),
)
