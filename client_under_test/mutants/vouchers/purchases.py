"""Faults with the money and the addresses of vouchers (VCH)."""

import threading
import time
from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any
from urllib.parse import unquote

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import (
    RefundsEach,
    giving_again,
    jackpot_mutant,
)
from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import JackpotApi, Voucher
from client_under_test.vouchers.notifications import CouponNotification
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.service import VoucherService

_GAP = 0.02


class _PaysValue(JackpotApi):
    """Charges what the voucher is worth."""

    @override
    def read_voucher(self, document: dict[str, Any]) -> Voucher:
        return super().read_voucher({**document, "price": document["value"]})


class _PriceCut(JackpotApi):
    """Reckons in binary fractions, and cuts what is left."""

    @override
    def read_voucher(self, document: dict[str, Any]) -> Voucher:
        voucher = super().read_voucher(document)
        return replace(voucher, price=int(float(document["price"]) * 100))


def _target(change: Callable[[Conversion, str, int, tuple[int, int]], tuple[int, int]]) -> type[Conversions]:
    """Holds and spends what ``change`` says of a conversion, its voucher's state and price, and what is right."""

    class Target(Conversions):
        @override
        def target(self, row: Conversion, state: str, price: int, balance: int) -> tuple[int, int]:
            return change(row, state, price, super().target(row, state, price, balance))

    return Target


_keeps_rest = _target(lambda row, _state, _price, right: (right[0], row.amount if right[1] else 0))
_cancel_keeps = _target(lambda row, state, _, right: (row.held, 0) if state == states.CANCELED else right)
_cancel_fee = _target(
    lambda row, state, price, right: (0, row.amount - price) if state == states.CANCELED else right
)
_no_refund = _target(
    lambda row, state, _, right: (row.held, row.spent) if state == states.REFUNDED else right
)
_refunds_rejected = _target(
    lambda _row, state, _price, right: (0, 0) if state == states.REFUND_REJECTED else right
)
_pays_again = giving_again(
    lambda before, _, voucher: (
        -voucher.price if before.state in states.PAID and voucher.state in states.PAID else 0
    )
)
_cancel_each = giving_again(
    lambda before, row, voucher: row.amount if before.state == voucher.state == states.CANCELED else 0
)
# Gives the session's whole amount back as a refund.
_refunds_all = giving_again(
    lambda before, row, _: row.amount - before.spent if row.state == states.REFUNDED and before.spent else 0
)


class _Free(Conversions):
    """Gives the whole hold back when the voucher is there."""

    @override
    def target(self, row: Conversion, state: str, price: int, balance: int) -> tuple[int, int]:
        return (0, 0) if state in states.PAID else super().target(row, state, price, balance)

    @override
    def wanted(self, row: Conversion, state: str, price: int, held: int, spent: int) -> str | None:
        wanted = super().wanted(row, state, price, held, spent)
        return None if wanted == states.REFUND else wanted


def _url(shown: Callable[[Resolver, Conversion], str | None]) -> type[Resolver]:
    """Shows the address that ``shown`` says."""

    class Url(Resolver):
        @override
        def url(self, row: Conversion, now: float) -> str | None:
            return shown(self, row)

    return Url


def _url_changed(change: Callable[[str], str]) -> type[Resolver]:
    """Shows the address that opens the voucher as ``change`` makes it."""

    class UrlChanged(Resolver):
        @override
        def url(self, row: Conversion, now: float) -> str | None:
            right = super().url(row, now)
            return None if right is None else change(right)

    return UrlChanged


class _NeverReady(Conversions):
    """Knows the voucher as confirmed, and stays there."""

    @override
    def follows(self, row: Conversion) -> frozenset[str]:
        return super().follows(row) - {states.READY}


class _ReadyAtOnce(Resolver):
    """Takes a confirmation whose answer is not READY for one that failed, and gives the money back."""

    @override
    def carry_out(self, wanted: str, voucher_id: str) -> Voucher:
        voucher = super().carry_out(wanted, voucher_id)
        return replace(voucher, state=states.CANCELED) if voucher.state == states.CONFIRMED else voucher


class _UrlOfReservation(Conversions):
    """Takes the address from what is said while the voucher is reserved and confirmed, where it is null."""

    @override
    def url(self, row: Conversion, voucher: Voucher) -> Mapping[str, Any]:
        return {} if voucher.state == states.READY else super().url(row, voucher)


class _ConfirmedIsReady(VoucherService):
    """Says to the player that the voucher is there as soon as it is confirmed."""

    @override
    def purchase(self, notification_key: str) -> dict[str, Any] | None:
        found = super().purchase(notification_key)
        if found is not None and found["state"] == states.CONFIRMED:
            found["state"] = states.READY
        return found


class _CallbackOnly(Inbox):
    """Knows a purchase by its voucher's id only, which the browser would have to bring."""

    @override
    def conversion(self, connection: sa.Connection, notification: CouponNotification) -> int | None:
        return super().conversion(connection, replace(notification, notification_key=None))


class _UrlMemory(Resolver):
    """Asks Jackpot for the voucher again, and keeps what it said the first time."""

    @override
    def url(self, row: Conversion, now: float) -> str | None:
        kept: dict[int, str | None] = self.__dict__.setdefault("kept", {})
        if row.state != states.READY:
            return None
        return kept.setdefault(row.id, super().url(row, now))


class _HoldsLater(Conversions):
    """Compares the balance in one transaction and holds in the next."""

    _here = threading.Lock()

    @override
    def open(self, player_id: str, amount: int) -> Conversion:
        with self.database.write() as connection:
            self.check(*self.player(connection, player_id), amount)
        time.sleep(_GAP)
        with self._here:
            self.__dict__["unchecked"] = True
            try:
                return super().open(player_id, amount)
            finally:
                self.__dict__["unchecked"] = False

    @override
    def affordable(self, amount: int, balance: int) -> bool:
        return bool(self.__dict__.get("unchecked")) or super().affordable(amount, balance)


class _NoHold(Conversions):
    """Looks at the balance when the session starts, and takes the price when the voucher is confirmed."""

    @override
    def open(self, player_id: str, amount: int) -> Conversion:
        row = super().open(player_id, amount)
        with self.database.write() as connection:
            _, balance, _ = self.player(connection, player_id)
            self.move(connection, row, balance, states.RELEASE, held=0, spent=0)
            return self.locked(connection, row.id)

    @override
    def payable(self, row: Conversion, price: int) -> bool:
        return True

    @override
    def wanted(self, row: Conversion, state: str, price: int, held: int, spent: int) -> str | None:
        return super().wanted(row, state, price, row.amount, spent)


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant("vch-pays-value", ("VCH-01",), jackpot_api=_PaysValue),
    jackpot_mutant("vch-price-cut", ("VCH-01",), jackpot_api=_PriceCut),
    jackpot_mutant("vch-keeps-rest", ("VCH-01",), "The rest is kept.", conversions=_keeps_rest),
    jackpot_mutant("vch-free", ("VCH-01", "VCH-10"), conversions=_Free),
    jackpot_mutant("vch-pays-again", ("VCH-01", "VCH-10"), "Each event charges.", conversions=_pays_again),
    jackpot_mutant(
        "vch-no-url",
        ("VCH-01",),
        "The voucher's address is not shown.",
        resolver=_url(lambda _resolver, _row: None),
    ),
    jackpot_mutant("vch-never-ready", ("VCH-01", "EVT-04"), conversions=_NeverReady),
    jackpot_mutant("vch-ready-at-once", ("VCH-01",), resolver=_ReadyAtOnce),
    jackpot_mutant(
        "vch-url-of-reservation",
        ("VCH-01",),
        "The address is read before READY, where it is null.",
        conversions=_UrlOfReservation,
        resolver=_url(lambda _resolver, row: row.url),
    ),
    jackpot_mutant("evt-confirmed-is-ready", ("EVT-04",), voucher_service=_ConfirmedIsReady),
    jackpot_mutant(
        "vch-cancel-keeps", ("VCH-02",), "A cancellation returns nothing.", conversions=_cancel_keeps
    ),
    jackpot_mutant(
        "vch-cancel-fee", ("VCH-02",), "A cancellation returns the price.", conversions=_cancel_fee
    ),
    jackpot_mutant(
        "vch-cancel-each",
        ("VCH-02", "VCH-10", "EVT-04"),
        "Each event about a canceled voucher returns the amount.",
        conversions=_cancel_each,
    ),
    jackpot_mutant("vch-no-refund", ("VCH-03",), "A refund returns nothing.", conversions=_no_refund),
    jackpot_mutant("vch-refunds-all", ("VCH-03",), "A refund returns the amount.", conversions=_refunds_all),
    jackpot_mutant(
        "vch-refunds-each",
        ("VCH-03", "VCH-10"),
        "Each event about a refunded voucher returns the price.",
        conversions=RefundsEach,
    ),
    jackpot_mutant(
        "vch-refunds-rejected", ("VCH-03",), "A rejected refund is paid.", conversions=_refunds_rejected
    ),
    jackpot_mutant("vch-callback-only", ("VCH-06",), inbox=_CallbackOnly),
    jackpot_mutant(
        "vch-url-for-ever", ("VCH-07",), "The first address is kept.", resolver=_url(lambda _, row: row.url)
    ),
    jackpot_mutant(
        "vch-url-gone",
        ("VCH-07",),
        "An expired address is none.",
        resolver=_url(
            lambda resolver, row: row.url if row.url is not None and resolver.jackpot.opens(row.url) else None
        ),
    ),
    jackpot_mutant(
        "vch-url-cut",
        ("VCH-01",),
        "Of the address 255 characters are kept.",
        resolver=_url_changed(lambda url: url[:255]),
    ),
    jackpot_mutant(
        "vch-url-decoded",
        ("VCH-01",),
        "The address is decoded on its way to the player.",
        resolver=_url_changed(unquote),
    ),
    jackpot_mutant("vch-url-memory", ("VCH-07",), resolver=_UrlMemory),
    jackpot_mutant("vch-holds-later", ("VCH-08", "VTK-08"), conversions=_HoldsLater, sequential=False),
    jackpot_mutant("vch-no-hold", ("VCH-08", "VTK-08", "VCH-10"), conversions=_NoHold),
)
