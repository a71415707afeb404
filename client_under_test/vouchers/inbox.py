"""The events of Jackpot, stored before they are acknowledged, and which of them wait for the worker."""

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import sqlalchemy as sa

from client_under_test.config import Config
from client_under_test.database import Database
from client_under_test.schema import conversions, events
from client_under_test.vouchers import states
from client_under_test.vouchers.catalogue import Catalogue
from client_under_test.vouchers.conversions import Conversion
from client_under_test.vouchers.notifications import CouponNotification, StoreNotification
from client_under_test.wallet.ledger import digest

# Seconds until Jackpot is asked again after a failure: doubled each time, up to the second one.
_PAUSE: Final = 0.25
_LONGEST_PAUSE: Final = 10.0
# Seconds after which a voucher is looked at again though no event came.
_LOOK_AGAIN: Final = 300.0
_AT_ONCE: Final = 0.0


@dataclass(frozen=True, slots=True)
class PendingEvent:
    """An event about one of our conversions that waits: Jackpot is to be asked about ``voucher_id``."""

    id: int
    voucher_id: str
    body: str


class Inbox:
    """Keeps every event once. Store events are done when they are kept, coupon events by the worker."""

    def __init__(self, database: Database, catalogue: Catalogue, config: Config) -> None:
        self.database = database
        self.catalogue = catalogue
        self.config = config

    def receive(self, notification: StoreNotification | CouponNotification, body: bytes) -> int | None:
        """Keep an event in one transaction; return the conversion that has to be worked on, if any."""
        try:
            with self.database.write() as connection:
                return self.keep(connection, notification, body)
        except sa.exc.IntegrityError:
            # A copy that came at the same moment was first.
            return None

    def keep(
        self, connection: sa.Connection, notification: StoreNotification | CouponNotification, body: bytes
    ) -> int | None:
        """Keep an event within a transaction, unless a copy of it is kept already."""
        if self.known(connection, notification):
            return None
        conversion_id = (
            self.conversion(connection, notification)
            if isinstance(notification, CouponNotification)
            else None
        )
        connection.execute(
            sa.insert(events).values(
                key=self.key(notification),
                body=body.decode("utf-8"),
                conversion_id=conversion_id,
                voucher_id=notification.voucher_id if isinstance(notification, CouponNotification) else None,
                done=conversion_id is None,
                at=datetime.now(UTC),
            )
        )
        if isinstance(notification, StoreNotification):
            self.catalogue.apply(connection, notification)
        elif conversion_id is not None:
            connection.execute(
                sa.update(conversions).where(conversions.c.id == conversion_id).values(due=_AT_ONCE)
            )
        return conversion_id

    def key(self, notification: StoreNotification | CouponNotification) -> str:
        """Return what an event is remembered by."""
        return digest(notification.id)

    def known(self, connection: sa.Connection, notification: StoreNotification | CouponNotification) -> bool:
        """Say whether the event came before."""
        return (
            connection.execute(sa.select(events.c.id).where(events.c.key == self.key(notification))).first()
            is not None
        )

    def conversion(self, connection: sa.Connection, notification: CouponNotification) -> int | None:
        """Return the conversion that a coupon event is about: by its voucher, else by its notificationKey."""
        found: int | None = connection.scalar(
            sa.select(conversions.c.id).where(conversions.c.voucher_id == notification.voucher_id)
        )
        if found is None and notification.notification_key is not None:
            found = connection.scalar(
                sa.select(conversions.c.id).where(
                    conversions.c.notification_key == notification.notification_key
                )
            )
        return found

    # -- for the worker

    def due(self, now: float) -> list[int]:
        """Return the conversions to be worked on by ``now``, the longest due first."""
        with self.database.read() as connection:
            return list(
                connection.scalars(
                    sa.select(conversions.c.id)
                    .where(conversions.c.due <= now)
                    .order_by(conversions.c.due)
                    .limit(64)
                )
            )

    def pending(self, conversion_id: int) -> list[PendingEvent]:
        """Return the events about a conversion that wait, the oldest first."""
        with self.database.read() as connection:
            return [
                PendingEvent(*row)
                for row in connection.execute(
                    sa.select(events.c.id, events.c.voucher_id, events.c.body)
                    .where(events.c.conversion_id == conversion_id, events.c.done.is_(False))
                    .order_by(events.c.id)
                )
            ]

    def finish(self, row: Conversion, pending: list[PendingEvent]) -> None:
        """Note that ``pending`` is done, and when the conversion is looked at again."""
        with self.database.write() as connection:
            # First the row, as everybody does who adds an event to it.
            connection.execute(
                sa.select(conversions.c.id).where(conversions.c.id == row.id).with_for_update()
            ).one()
            if pending:
                connection.execute(
                    sa.update(events)
                    .where(events.c.id.in_([event.id for event in pending]))
                    .values(done=True)
                )
            waiting = connection.execute(
                sa.select(events.c.id)
                .where(events.c.conversion_id == row.id, events.c.done.is_(False))
                .limit(1)
            ).first()
            due = self.next_look(row) if waiting is None else _AT_ONCE
            connection.execute(
                sa.update(conversions).where(conversions.c.id == row.id).values(due=due, failures=0)
            )

    def next_look(self, row: Conversion) -> float | None:
        """Say when a conversion is looked at again though no event came; None: never."""
        now = self.config.clock()
        if row.state == states.OPEN:
            return row.ends + self.config.late_seconds
        if row.state == states.RESERVED and row.reserved_until is not None:
            return max(row.reserved_until, now) + _LOOK_AGAIN
        if row.state in (states.RESERVED, states.CONFIRMED, states.REFUNDING):
            return now + _LOOK_AGAIN
        return None

    def postpone(self, conversion_id: int) -> None:
        """Try again after a pause, a longer one each time."""
        with self.database.write() as connection:
            failures = connection.scalar(
                sa.select(conversions.c.failures).where(conversions.c.id == conversion_id).with_for_update()
            )
            pause = min(_PAUSE * 2 ** min(int(failures or 0), 16), _LONGEST_PAUSE)
            connection.execute(
                sa.update(conversions)
                .where(conversions.c.id == conversion_id)
                .values(due=self.config.clock() + pause, failures=int(failures or 0) + 1)
            )
