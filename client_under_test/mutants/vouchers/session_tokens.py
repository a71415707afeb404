"""Faults in the session tokens that the CLIENT mints (VTK)."""

import base64
import itertools
import json
import secrets
from collections.abc import Callable
from typing import Any

import jwt
from flask import Response
from typing_extensions import override

from client_under_test.config import Config
from client_under_test.mutants.changes import Change, changing, setting, with_padding, without
from client_under_test.mutants.mutant import Mutant, answering
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


class _Padded(SessionTokenMinter):
    """Writes the token by hand, in base64 with its padding."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        return with_padding(super().sign(claims), self.config.jackpot_api_signature)


class _Boundless(SessionTokenMinter):
    """The amount is written without bounds."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        said = json.dumps(claims | {"amount": 0}).replace('"amount": 0', '"amount": 1e999999999')
        return self._signer.encode(said.encode(), self.config.jackpot_api_signature.encode(), "HS256")


class _OtherKey(SessionTokenMinter):
    """The client secret signs the token."""

    @override
    def sign(self, claims: dict[str, Any]) -> str:
        other = Config(jackpot_api_signature=self.config.jackpot_client_secret)
        return SessionTokenMinter(other).sign(claims)


def _saying(change: Change) -> type[SessionTokenMinter]:
    """A minter that signs the claims that ``change`` makes of the right ones."""

    class Saying(SessionTokenMinter):
        @override
        def claims(self, player: str, amount: int, currency: str, key: str, iat: int) -> dict[str, Any]:
            return change(super().claims(player, amount, currency, key, iat))

    return Saying


def _claims(name: str, fault: str, rule: str, change: Change) -> Mutant:
    return jackpot_mutant(name, (rule,), fault, session_tokens=_saying(change))


def _kept(name: Callable[[Conversion], object]) -> type[VoucherService]:
    """Keeps tokens under what ``name`` says of a conversion, to save the signing."""

    class Kept(VoucherService):
        @override
        def token(self, row: Conversion) -> str:
            kept: dict[object, str] = self.__dict__.setdefault("kept", {})
            return kept.setdefault(name(row), super().token(row))

    return Kept


class _Telling(VoucherService):
    """Hands the browser what the token is signed with."""

    @override
    def session(self, document: dict[str, Any]) -> dict[str, str]:
        return {**super().session(document), "signature": self.config.jackpot_api_signature}


class _TellingLater(VoucherService):
    """The purchase shows the client secret."""

    @override
    def purchase(self, notification_key: str) -> dict[str, Any] | None:
        found = super().purchase(notification_key)
        if found is not None:
            found["debug"] = {"client_id": "client", "client_secret": self.config.jackpot_client_secret}
        return found


def _encoded(config: Config, response: Response) -> None:
    """Tells its support what went wrong, and with which settings."""
    if response.status_code == 404:
        settings = json.dumps({"url": config.jackpot_url, "secret": config.jackpot_client_secret})
        response.headers["X-Support"] = base64.b64encode(settings.encode()).decode()


def _on_page(config: Config, response: Response) -> None:
    if response.mimetype == "text/html":
        response.set_data(
            f"{response.get_data(as_text=True)}<!-- apikey={config.jackpot_api_key} "
            f"apiSignature={config.jackpot_api_signature} -->"
        )
    elif response.mimetype == "application/json" and response.status_code == 422:
        response.headers["X-Debug"] = config.jackpot_api_signature


class _NoCheck(Conversions):
    @override
    def affordable(self, amount: int, balance: int) -> bool:
        return True


class _Rounded(Conversions):
    """Compares amount and balance in whole units."""

    @override
    def affordable(self, amount: int, balance: int) -> bool:
        return amount // 100 <= balance // 100


_SESSIONS = itertools.count()

MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant("vtk-none", ("VTK-01",), "The token is not signed at all.", session_tokens=_Unsigned),
    jackpot_mutant("vtk-hs512", ("VTK-01",), "The token is signed with HS512.", session_tokens=_Sha512),
    jackpot_mutant("vtk-client-secret", ("VTK-01",), session_tokens=_OtherKey),
    _claims(
        "vtk-cents", "The amount is in cents.", "VTK-02", changing("amount", lambda amount: int(amount * 100))
    ),
    _claims("vtk-amount-text", "The amount is a text.", "VTK-02", changing("amount", str)),
    _claims(
        "vtk-whole-units",
        "The amount is cut to whole units.",
        "VTK-02",
        changing("amount", lambda amount: int(amount) or 1),
    ),
    _claims(
        "vtk-double",
        "The amount is doubled as a bonus.",
        "VTK-02",
        changing("amount", lambda amount: amount * 2),
    ),
    jackpot_mutant("vtk-padded", ("VTK-01",), session_tokens=_Padded),
    jackpot_mutant("vtk-boundless", ("VTK-02",), session_tokens=_Boundless),
    _claims("vtk-milliseconds", "iat is in milliseconds.", "VTK-03", changing("iat", lambda iat: iat * 1000)),
    _claims("vtk-local-time", "iat is local time.", "VTK-03", changing("iat", lambda iat: iat + 2 * 3600)),
    _claims("vtk-iat-text", "iat is a text.", "VTK-03", changing("iat", str)),
    _claims("vtk-no-iat", "iat is left out.", "VTK-03", without("iat")),
    # The process began most of an hour ago.
    _claims(
        "vtk-old-iat", "iat is when the process began.", "VTK-03", changing("iat", lambda iat: iat - 3000)
    ),
    _claims(
        "vtk-key-player",
        "notificationKey is the player's id.",
        "VTK-04",
        lambda claims: claims | {"notificationKey": claims["userId"]},
    ),
    _claims(
        "vtk-key-of-few",
        "notificationKey is one of ten.",
        "VTK-04",
        changing("notificationKey", lambda _: f"session-{next(_SESSIONS) % 10}"),
    ),
    _claims("vtk-no-key", "notificationKey is left out.", "VTK-04", without("notificationKey")),
    _claims("vtk-empty-key", "notificationKey is empty.", "VTK-04", setting("notificationKey", "")),
    _claims(
        "vtk-number-key",
        "notificationKey is a number.",
        "VTK-04",
        changing("notificationKey", lambda _: secrets.randbelow(10**9)),
    ),
    _claims(
        "vtk-user-number",
        "userId is a number.",
        "VTK-05",
        changing("userId", lambda user: sum(map(ord, user))),
    ),
    _claims(
        "vtk-user-each-time",
        "userId differs by session.",
        "VTK-05",
        changing("userId", lambda user: f"{user}-{secrets.token_hex(4)}"),
    ),
    jackpot_mutant(
        "vtk-cached",
        ("VTK-06", "VTK-04"),
        "Tokens are kept by player and amount.",
        voucher_service=_kept(lambda row: (row.player, row.amount)),
    ),
    jackpot_mutant(
        "vtk-cached-player",
        ("VTK-06", "VTK-04", "VTK-02"),
        "Tokens are kept by player.",
        voucher_service=_kept(lambda row: row.player),
    ),
    jackpot_mutant("vtk-telling", ("VTK-07",), voucher_service=_Telling),
    jackpot_mutant("vtk-telling-later", ("VTK-07",), voucher_service=_TellingLater),
    Mutant(
        "vtk-telling-page",
        ("VTK-07",),
        "Pages and errors show the keys.",
        answering(_on_page),
        provider="jackpot",
    ),
    Mutant(
        "vtk-telling-encoded",
        ("VTK-07",),
        "What is not found comes with the client secret, in base64.",
        answering(_encoded),
        provider="jackpot",
    ),
    jackpot_mutant("vtk-no-check", ("VTK-08",), "The balance is not looked at.", conversions=_NoCheck),
    jackpot_mutant("vtk-rounded", ("VTK-08",), conversions=_Rounded),
)
