"""Faults in how reservations are confirmed (VCH-04, 05, 11)."""

import time
from collections import Counter
from contextlib import suppress
from dataclasses import replace

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import MovesAgain, jackpot_mutant
from client_under_test.values import decimal_json
from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import Inbox
from client_under_test.vouchers.jackpot_api import JackpotFailed, Voucher
from client_under_test.vouchers.notifications import CouponNotification, StoreNotification
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.service import VoucherService

_GAP = 0.02
_TRIES = 3


class _NeverConfirms(Conversions):
    @override
    def confirms(self) -> bool:
        return False


class _ConfirmsEach(Resolver):
    """Confirms upon each coupon/reserved, without looking at what was done."""

    @override
    def work(self, conversion_id: int, now: float) -> None:
        for event in self.inbox.pending(conversion_id):
            if decimal_json.loads(event.body)["event"] == "coupon/reserved":
                try:
                    self.jackpot.confirm(event.voucher_id)
                except JackpotFailed:
                    continue
        super().work(conversion_id, now)


class _ForgetsCopies(Inbox):
    """Takes a copy of an event for a new one, as the work behind it does not mind."""

    @override
    def known(self, connection: sa.Connection, notification: StoreNotification | CouponNotification) -> bool:
        return False

    @override
    def key(self, notification: StoreNotification | CouponNotification) -> str:
        return super().key(replace(notification, id=f"{notification.id} {time.monotonic_ns()}"))


class _ConfirmsStrangers(VoucherService):
    """Confirms whatever is reserved."""

    @override
    def notified(self, content_type: str | None, body: bytes) -> str:
        answer = super().notified(content_type, body)
        notification = self.notifications.read(content_type, body)
        if isinstance(notification, CouponNotification) and notification.state == states.RESERVED:
            try:
                self.jackpot.confirm(notification.voucher_id)
            except JackpotFailed:
                return answer
        return answer


class _ConfirmsUnpaid(MovesAgain):
    """Confirms also what costs more than was held, and takes what is held."""

    @override
    def wanted(self, row: Conversion, state: str, price: int, held: int, spent: int) -> str | None:
        return states.CONFIRM if state == states.RESERVED and self.confirms() else None

    @override
    def target(self, row: Conversion, state: str, price: int, balance: int) -> tuple[int, int]:
        return super().target(row, state, min(price, row.held) if row.held else price, balance)


class _AtOnce(VoucherService):
    """Handles an event in the request that brings it, with no lock between requests."""

    @override
    def notified(self, content_type: str | None, body: bytes) -> str:
        notification = self.notifications.read(content_type, body)
        if isinstance(notification, CouponNotification) and notification.state == states.RESERVED:
            with self.inbox.database.read() as connection:
                known = self.inbox.known(connection, notification)
                mine = self.inbox.conversion(connection, notification)
            time.sleep(_GAP)
            if not known and mine is not None:
                try:
                    self.jackpot.confirm(notification.voucher_id)
                except JackpotFailed:
                    self.__dict__["met"] = True
        return super().notified(content_type, body)


def _failure_is(state: str, only: int | None = None) -> type[Resolver]:
    """Takes a confirmation that failed (with the status ``only``) for a voucher in ``state``."""

    class FailureIs(Resolver):
        @override
        def carry_out(self, wanted: str, voucher_id: str) -> Voucher:
            try:
                return self.jackpot.change(voucher_id, wanted)
            except JackpotFailed as failure:
                voucher = self.jackpot.voucher(voucher_id)
                if voucher is None or only not in (None, failure.status):
                    raise
                return replace(voucher, state=state)

    return FailureIs


class _QueuedRetry(Resolver):
    """Queues another try of a confirmation that failed, and sends it also where a later one was done."""

    @override
    def carry_out(self, wanted: str, voucher_id: str) -> Voucher:
        queued: set[str] = self.__dict__.setdefault("queued", set())
        try:
            voucher = self.jackpot.change(voucher_id, wanted)
        except JackpotFailed:
            queued.add(voucher_id)
            found = self.jackpot.voucher(voucher_id)
            if found is None:
                raise
            return found
        if voucher_id in queued:
            with suppress(JackpotFailed):
                self.jackpot.change(voucher_id, wanted)
        return voucher


class _TriesOnce(Resolver):
    """Never comes back to a confirmation that failed."""

    @override
    def advance(self, row: Conversion, voucher: Voucher) -> Conversion:
        try:
            return super().advance(row, voucher)
        except JackpotFailed:
            return replace(self.conversions.get(row.id), state="")


class _GivesUp(Resolver):
    """Leaves a conversion, and its money, once three tries of it have failed."""

    def give_up(self, row: Conversion) -> None:
        """Say what becomes of a conversion that is given up: nothing."""

    @override
    def work(self, conversion_id: int, now: float) -> None:
        failed: Counter[int] = self.__dict__.setdefault("failed", Counter())
        if failed[conversion_id] >= _TRIES:
            row = self.conversions.get(conversion_id)
            self.inbox.finish(row, self.inbox.pending(conversion_id))
            return
        try:
            super().work(conversion_id, now)
        except JackpotFailed:
            failed[conversion_id] += 1
            if failed[conversion_id] == _TRIES:
                self.give_up(self.conversions.get(conversion_id))
            raise


class _GivesBack(_GivesUp):
    """Gives the money back with the third try that failed, whatever came of the first."""

    @override
    def give_up(self, row: Conversion) -> None:
        if row.voucher_id is not None:
            none = Voucher(row.voucher_id, states.CANCELED, row.price or 0, row.notification_key, None, None)
            self.conversions.apply(row.id, none)


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant("vch-never-confirms", ("VCH-04",), "Nothing is confirmed.", conversions=_NeverConfirms),
    jackpot_mutant(
        "vch-confirms-each",
        ("VCH-04", "VCH-05"),
        "Each delivery of coupon/reserved is confirmed.",
        resolver=_ConfirmsEach,
        inbox=_ForgetsCopies,
    ),
    jackpot_mutant("vch-confirms-strangers", ("VCH-04",), voucher_service=_ConfirmsStrangers),
    jackpot_mutant("vch-confirms-unpaid", ("VCH-04",), conversions=_ConfirmsUnpaid),
    jackpot_mutant("vch-confirms-at-once", ("VCH-04",), voucher_service=_AtOnce, sequential=False),
    jackpot_mutant(
        "vch-confirms-always",
        ("VCH-05",),
        "The confirmation mode is not looked at.",
        resolver=_ConfirmsEach,
        needs=("automatic",),
    ),
    jackpot_mutant(
        "vch-error-is-no",
        ("VCH-11",),
        "A failed confirmation gives the money back.",
        resolver=_failure_is(states.CANCELED),
        needs=("faults",),
    ),
    jackpot_mutant(
        "vch-conflict-is-no",
        ("VCH-11",),
        "A 409 gives the money back.",
        resolver=_failure_is(states.CANCELED, only=409),
        needs=("faults",),
    ),
    jackpot_mutant(
        "vch-error-is-yes",
        ("VCH-11",),
        "A failed confirmation is done.",
        resolver=_failure_is(states.CONFIRMED),
        needs=("faults",),
    ),
    jackpot_mutant("vch-queued-retry", ("VCH-11",), resolver=_QueuedRetry, needs=("faults",)),
    jackpot_mutant("vch-tries-once", ("VCH-11",), resolver=_TriesOnce, needs=("faults",)),
    jackpot_mutant("vch-gives-up", ("VCH-11", "VCH-03"), resolver=_GivesUp, needs=("faults",)),
    jackpot_mutant("vch-gives-back", ("VCH-11", "VCH-03"), resolver=_GivesBack, needs=("faults",)),
)
