"""The catalogue of stores, kept by events. ``voucher-webhook.txt``, *Offer catalog update notifications*."""

from dataclasses import dataclass, replace
from typing import Any

import sqlalchemy as sa

from client_under_test.database import Database
from client_under_test.schema import stores
from client_under_test.values import decimal_json
from client_under_test.vouchers.notifications import StoreNotification
from client_under_test.wallet.ledger import digest


@dataclass(frozen=True, slots=True)
class Store:
    """A store as kept: its properties, whether it is offered, and how new either is (microseconds)."""

    data: dict[str, Any] | None
    enabled: bool
    listed_at: int | None = None
    data_at: int | None = None


class Catalogue:
    """Keeps what Jackpot offers."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def apply(self, connection: sa.Connection, notification: StoreNotification) -> None:
        """Apply a store event within the transaction that stores it."""
        self.lock(connection, notification.store_id)
        self.keep(
            connection,
            notification.store_id,
            self.after(self.kept(connection, notification.store_id), notification),
        )

    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        """Say what ``notification`` makes of ``store``; what is older than what is known changes nothing.

        An update changes properties only: whether a store is offered is said by the other two events, and of
        a store that is not known, that it is.
        """
        changed = store or Store(None, notification.name == "store/update")
        newest = self.newer(notification.created_at, changed.listed_at)
        if notification.name != "store/update" and newest:
            changed = replace(
                changed, enabled=notification.name == "store/enabled", listed_at=notification.created_at
            )
        if notification.data is not None and self.newer(notification.created_at, changed.data_at):
            changed = replace(
                changed, data=self.merged(changed, notification), data_at=notification.created_at
            )
        return changed

    def newer(self, created_at: int, known: int | None) -> bool:
        """Say whether an event is as new as what is known."""
        return known is None or created_at >= known

    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:  # noqa: ARG002
        """Return the properties after ``notification``: exactly its ``data``."""
        return notification.data

    def offered(self, store_id: str) -> dict[str, Any] | None:
        """Return the properties of a store that is offered, None for all others."""
        with self.database.read() as connection:
            store = self.kept(connection, store_id)
        return store.data if store is not None and store.enabled else None

    def all_offered(self) -> list[dict[str, Any]]:
        """Return the properties of every store that is offered."""
        with self.database.read() as connection:
            rows = connection.scalars(
                sa.select(stores.c.data)
                .where(stores.c.enabled, stores.c.data.is_not(None))
                .order_by(stores.c.key)
            ).all()
        return [decimal_json.loads(data) for data in rows]

    def replace_all(self, whole: list[dict[str, Any]]) -> None:
        """Put the whole catalogue, as Jackpot gave it just now, in place of what is kept."""
        with self.database.write() as connection:
            connection.execute(sa.delete(stores))
            for data in whole:
                self.keep(connection, str(data.get("id")), Store(data, True))

    def lock(self, connection: sa.Connection, store_id: str) -> None:
        """Let events about one store happen one after the other, also about one that is not there yet."""
        if not self.database.sqlite:
            number = int(digest(store_id)[:15], 16)
            connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))

    def kept(self, connection: sa.Connection, store_id: str) -> Store | None:
        """Return what is kept of a store."""
        row = connection.execute(
            sa.select(stores.c.data, stores.c.enabled, stores.c.listed_at, stores.c.data_at).where(
                stores.c.key == digest(store_id)
            )
        ).one_or_none()
        if row is None:
            return None
        return Store(None if row[0] is None else decimal_json.loads(row[0]), *row[1:])

    def keep(self, connection: sa.Connection, store_id: str, store: Store) -> None:
        """Write a store down."""
        values = {
            "data": None if store.data is None else decimal_json.dumps(store.data),
            "enabled": store.enabled,
            "listed_at": store.listed_at,
            "data_at": store.data_at,
        }
        done = connection.execute(sa.update(stores).where(stores.c.key == digest(store_id)).values(**values))
        if done.rowcount == 0:
            connection.execute(sa.insert(stores).values(key=digest(store_id), **values))
