"""Faults about notifications that come again (EVT-02, EVT-03)."""

import secrets
import time
from collections import deque

import sqlalchemy as sa
from typing_extensions import override

from client_under_test import schema
from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import RefundsEach, jackpot_mutant
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversion
from client_under_test.vouchers.inbox import Inbox, PendingEvent
from client_under_test.vouchers.notifications import CouponNotification, StoreNotification
from client_under_test.vouchers.resolver import Resolver

_GAP = 0.005


class _Forgetful(Inbox):
    """Does not look whether an event came before."""

    @override
    def key(self, notification: StoreNotification | CouponNotification) -> str:
        return secrets.token_hex(32)

    @override
    def known(self, connection: sa.Connection, notification: StoreNotification | CouponNotification) -> bool:
        return False


class _RemembersFew(_Forgetful):
    """Keeps the latest event ids in a cache."""

    def __init__(self, database: Database, catalogue: Catalogue, config: Config) -> None:
        super().__init__(database, catalogue, config)
        self._latest: deque[str] = deque(maxlen=8)

    @override
    def known(self, connection: sa.Connection, notification: StoreNotification | CouponNotification) -> bool:
        if notification.id in self._latest:
            return True
        self._latest.append(notification.id)
        return False


class _ForgetsStores(Inbox):
    """Remembers the events that are about money."""

    @override
    def key(self, notification: StoreNotification | CouponNotification) -> str:
        return secrets.token_hex(32) if self.careless(notification) else super().key(notification)

    @override
    def known(self, connection: sa.Connection, notification: StoreNotification | CouponNotification) -> bool:
        return not self.careless(notification) and super().known(connection, notification)

    def careless(self, notification: StoreNotification | CouponNotification) -> bool:
        return isinstance(notification, StoreNotification)


class ArrivalCounts(Catalogue):
    """Takes what arrives last for the newest."""

    @override
    def newer(self, created_at: int, known: int | None) -> bool:
        return True


class _LooksFirst(Inbox):
    """Looks and inserts in two steps, with no unique key behind them."""

    def __init__(self, database: Database, catalogue: Catalogue, config: Config) -> None:
        super().__init__(database, catalogue, config)
        with database.write() as connection:
            schema.ONE_PER_EVENT.drop(connection, checkfirst=True)

    @override
    def receive(self, notification: StoreNotification | CouponNotification, body: bytes) -> int | None:
        with self.database.read() as connection:
            if super().known(connection, notification):
                return None
        time.sleep(_GAP)
        return super().receive(notification, body)

    @override
    def known(self, connection: sa.Connection, notification: StoreNotification | CouponNotification) -> bool:
        return False


class _EachEvent(Resolver):
    """Handles events one by one, each as a step of its own."""

    @override
    def candidates(self, row: Conversion, pending: list[PendingEvent]) -> list[str]:
        return [event.voucher_id for event in pending] or super().candidates(row, pending)


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant(
        "evt-forgetful",
        ("EVT-02", "VCH-03"),
        "Event ids are not remembered, and each refund pays.",
        inbox=_Forgetful,
        conversions=RefundsEach,
    ),
    jackpot_mutant(
        "evt-remembers-few",
        ("EVT-02",),
        "Eight event ids are remembered, and each refund pays.",
        inbox=_RemembersFew,
        conversions=RefundsEach,
    ),
    jackpot_mutant(
        "evt-pays-each-id", ("EVT-02",), "Each event id of a refund pays.", conversions=RefundsEach
    ),
    jackpot_mutant(
        "evt-forgets-stores",
        ("EVT-02",),
        "Ids of store events are not remembered, and the last that arrives counts.",
        inbox=_ForgetsStores,
        catalogue=ArrivalCounts,
    ),
    jackpot_mutant(
        "evt-looks-first",
        ("EVT-03", "EVT-02", "VCH-03"),
        "Event ids are looked up and inserted in two steps, and each refund pays.",
        inbox=_LooksFirst,
        conversions=RefundsEach,
        resolver=_EachEvent,
        sequential=False,
    ),
)
