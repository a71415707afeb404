"""Faults in how notifications are received (EVT); those about copies are in ``copies``."""

import threading
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from flask import Flask, Response, request
from typing_extensions import override

from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant, answering
from client_under_test.mutants.vouchers.voucher_mutant import jackpot_mutant
from client_under_test.schema import conversions, events
from client_under_test.values import decimal_json
from client_under_test.values.refusals import Refused
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversion
from client_under_test.vouchers.inbox import Inbox, PendingEvent
from client_under_test.vouchers.jackpot_api import JackpotFailed, Voucher
from client_under_test.vouchers.notifications import CouponNotification, NotificationReader, StoreNotification
from client_under_test.vouchers.resolver import Resolver
from client_under_test.vouchers.service import VoucherService

_GAP = 0.005


class _CouponsOnly(NotificationReader):
    @override
    def store(self, name: str, document: dict[str, Any]) -> StoreNotification:
        raise Refused("UNKNOWN_EVENT")


class _NoRejections(NotificationReader):
    """Was written before refunds could be rejected."""

    @override
    def coupon(self, name: str, document: dict[str, Any]) -> CouponNotification:
        if name == "coupon/refund_rejected":
            raise Refused("UNKNOWN_EVENT")
        return super().coupon(name, document)


def _with_status(changes: dict[int, int]) -> Callable[[Config], Flask]:
    """Changes the status of some answers to notifications."""

    def change(_: Config, response: Response) -> None:
        if request.path == "/jackpot/notifications":
            response.status_code = changes.get(response.status_code, response.status_code)

    return answering(change)


def _unknown(error: type[Exception]) -> type[NotificationReader]:
    """Raises ``error`` for a type of event that is not known."""

    class Unknown(NotificationReader):
        @override
        def read(
            self, content_type: str | None, body: bytes
        ) -> StoreNotification | CouponNotification | None:
            notification = super().read(content_type, body)
            if notification is None:
                raise error("UNKNOWN_EVENT")
            return notification

    return Unknown


class _GivesUp(Resolver):
    """Counts an event as done, whether Jackpot could be asked or not."""

    @override
    def work(self, conversion_id: int, now: float) -> None:
        pending = self.inbox.pending(conversion_id)
        try:
            super().work(conversion_id, now)
        except JackpotFailed:
            self.inbox.finish(replace(self.conversions.get(conversion_id), state=""), pending)


class _DoneFirst(VoucherService):
    """Answers 500 where Jackpot fails, but has noted the event as known: the retry finds it done."""

    @override
    def notified(self, content_type: str | None, body: bytes) -> str:
        notification = self.notifications.read(content_type, body)
        if isinstance(notification, CouponNotification):
            try:
                self.jackpot.voucher(notification.voucher_id)
            except JackpotFailed:
                with self.inbox.database.write() as connection:
                    if not self.inbox.known(connection, notification):
                        connection.execute(
                            sa.insert(events).values(
                                key=self.inbox.key(notification), body="", done=True, at=sa.func.now()
                            )
                        )
                raise
        return super().notified(content_type, body)


class _Poisoned(VoucherService):
    """Notes the id of everything that comes, before it is read."""

    @override
    def notified(self, content_type: str | None, body: bytes) -> str:
        seen: set[str] = self.__dict__.setdefault("seen", set())
        try:
            known = str(decimal_json.loads(body)["id"])
        except (ValueError, KeyError, TypeError):
            known = ""
        if known and known in seen:
            return "done"
        seen.add(known)
        return super().notified(content_type, body)


class _Stuck(VoucherService):
    """Cannot get past what it cannot read."""

    @override
    def notified(self, content_type: str | None, body: bytes) -> str:
        if self.__dict__.get("stuck"):
            raise RuntimeError("an earlier notification is unreadable")
        try:
            return super().notified(content_type, body)
        except Refused:
            self.__dict__["stuck"] = True
            raise


class _NoPrice(NotificationReader):
    """Takes an amount that it cannot read for nothing."""

    @override
    def amount(self, given: object) -> int:
        try:
            return super().amount(given)
        except Refused:
            return 0


def _amounts(refused: Callable[[object], bool]) -> type[NotificationReader]:
    class Amounts(NotificationReader):
        @override
        def amount(self, given: object) -> int:
            if refused(given):
                raise Refused("INVALID_AMOUNT")
            return super().amount(given)

    return Amounts


def _unhurried(config: Config) -> Flask:
    return create_app(replace(config, jackpot_timeout=60.0, acknowledge_within=60.0))


class _InMemory(Inbox):
    """Acknowledges what only its memory holds."""

    def __init__(self, database: Database, catalogue: Catalogue, config: Config) -> None:
        super().__init__(database, catalogue, config)
        self._memory: dict[int, list[PendingEvent]] = {}
        self._memory_lock = threading.Lock()

    @override
    def keep(
        self, connection: sa.Connection, notification: StoreNotification | CouponNotification, body: bytes
    ) -> int | None:
        conversion_id = super().keep(connection, notification, body)
        if conversion_id is not None and isinstance(notification, CouponNotification):
            mine = events.c.key == self.key(notification)
            number = int(connection.scalar(sa.select(events.c.id).where(mine)) or 0)
            connection.execute(sa.update(events).where(mine).values(done=True))
            connection.execute(
                sa.update(conversions).where(conversions.c.id == conversion_id).values(due=None)
            )
            with self._memory_lock:
                waiting = self._memory.setdefault(conversion_id, [])
                waiting.append(PendingEvent(number, notification.voucher_id, body.decode()))
        return conversion_id

    @override
    def pending(self, conversion_id: int) -> list[PendingEvent]:
        with self._memory_lock:
            return list(self._memory.get(conversion_id, []))

    @override
    def due(self, now: float) -> list[int]:
        with self._memory_lock:
            return [number for number, waiting in self._memory.items() if waiting]

    @override
    def finish(self, row: Conversion, pending: list[PendingEvent]) -> None:
        super().finish(row, pending)
        with self._memory_lock:
            self._memory[row.id] = [event for event in self._memory.get(row.id, []) if event not in pending]

    @override
    def postpone(self, conversion_id: int) -> None:
        time.sleep(0.2)

    @override
    def next_look(self, row: Conversion) -> float | None:
        return None


class _LeftToWorker(VoucherService):
    """Answers as soon as an event is kept; the worker comes by later."""

    @override
    def notified(self, content_type: str | None, body: bytes) -> str:
        notification = self.notifications.read(content_type, body)
        if notification is not None and self.inbox.receive(notification, body) is not None:
            self.worker.start()
        return "kept"


class _TakenFirst(Resolver):
    """Events leave the queue when work on them begins."""

    @override
    def ask(self, row: Conversion, voucher_id: str, pending: list[PendingEvent]) -> Voucher | None:
        self.inbox.finish(row, pending)
        return super().ask(row, voucher_id, pending)


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant("evt-coupons-only", ("EVT-01",), "Store events are refused.", notifications=_CouponsOnly),
    jackpot_mutant("evt-no-rejections", ("EVT-01",), notifications=_NoRejections),
    Mutant(
        "evt-202",
        ("EVT-01",),
        "Events are answered 202.",
        _with_status({200: 202}),
        provider="jackpot",
    ),
    jackpot_mutant("evt-gives-up", ("EVT-05", "VCH-11"), resolver=_GivesUp, needs=("faults",)),
    jackpot_mutant("evt-done-first", ("EVT-05",), voucher_service=_DoneFirst, needs=("faults",)),
    jackpot_mutant(
        "evt-unknown-refused", ("EVT-06",), "Unknown types are refused.", notifications=_unknown(Refused)
    ),
    jackpot_mutant(
        "evt-unknown-crash", ("EVT-06",), "Unknown types are HTTP 500.", notifications=_unknown(KeyError)
    ),
    Mutant(
        "evt-malformed-200",
        ("EVT-07",),
        "Malformed notifications are answered 200.",
        _with_status({400: 200, 413: 200}),
        provider="jackpot",
    ),
    jackpot_mutant("evt-poisoned", ("EVT-07",), voucher_service=_Poisoned),
    jackpot_mutant("evt-stuck", ("EVT-07",), voucher_service=_Stuck),
    jackpot_mutant("evt-no-price", ("EVT-07",), notifications=_NoPrice),
    jackpot_mutant(
        "evt-texts-only",
        ("EVT-10",),
        "Amounts must be texts.",
        notifications=_amounts(lambda given: not isinstance(given, str)),
    ),
    jackpot_mutant(
        "evt-numbers-only",
        ("EVT-10", "EVT-01"),
        "Amounts must be numbers.",
        notifications=_amounts(lambda given: isinstance(given, str)),
    ),
    Mutant(
        "evt-unhurried",
        ("EVT-11",),
        "An event is answered when all is done.",
        _unhurried,
        needs=("faults",),
        provider="jackpot",
    ),
    jackpot_mutant("evt-in-memory", ("EVT-12",), inbox=_InMemory, needs=("restart", "faults")),
    jackpot_mutant(
        "evt-taken-first",
        ("EVT-12", "EVT-05"),
        "A worker takes events out of the queue before it works on them.",
        resolver=_TakenFirst,
        voucher_service=_LeftToWorker,
        needs=("restart", "faults"),
    ),
)
