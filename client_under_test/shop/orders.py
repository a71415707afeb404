"""Checkouts as the CLIENT keeps them: one row each, and an append-only table of the products granted."""

import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from decimal import Decimal
from typing import Final, Literal

import sqlalchemy as sa

from client_under_test.database import Database
from client_under_test.schema import checkouts, grants
from client_under_test.shop.products import Price

OPEN: Final = "open"
APPROVED: Final = "approved"
DECLINED: Final = "declined"

Outcome = Literal["done", "copy", "conflict"]


class UnknownCheckout(LookupError):
    """There is no checkout of that merchantReference."""


@dataclass(frozen=True, slots=True)
class Order:
    """A checkout: what is bought, its price when the player was shown it, and how it stands.

    ``provider_token`` names it at the provider once it was created there.
    """

    id: int
    reference: str
    variant: str
    price: Price
    state: str
    provider_token: str | None


class Orders:
    """Reads and writes checkouts. Methods may be replaced one by one."""

    def __init__(self, database: Database) -> None:
        self.database = database

    def open(self, variant: str, price: Price) -> Order:
        """Record a new checkout under a merchantReference of its own."""
        with self.database.write() as connection:
            return self.insert(connection, self.new_reference(variant), variant, price)

    def new_reference(self, variant: str) -> str:  # noqa: ARG002
        """Return a merchantReference that was never used."""
        return str(uuid.uuid4())

    def insert(self, connection: sa.Connection, reference: str, variant: str, price: Price) -> Order:
        """Add the row of an open checkout."""
        row = connection.execute(
            sa.insert(checkouts)
            .values(
                reference=reference,
                variant=variant,
                currency=price.currency,
                before_tax=price.before,
                tax=price.tax,
                tax_percentage=str(price.percentage),
                state=OPEN,
                at=datetime.now(UTC),
            )
            .returning(*_COLUMNS)
        ).one()
        return _order(row)

    def find(self, reference: str) -> Order:
        """Return a checkout; raises UnknownCheckout."""
        with self.database.read() as connection:
            row = connection.execute(_by_reference(reference)).one_or_none()
        if row is None:
            raise UnknownCheckout(reference)
        return _order(row)

    def named(self, provider_token: str) -> str:
        """Return the merchantReference of the checkout that the provider calls so; raises UnknownCheckout."""
        with self.database.read() as connection:
            reference = connection.scalar(
                sa.select(checkouts.c.reference).where(checkouts.c.provider_token == provider_token)
            )
        if reference is None:
            raise UnknownCheckout(provider_token)
        return str(reference)

    def created(self, order: Order, provider_token: str) -> str:
        """Note the provider's token of a checkout, the first one for good; return the one that counts."""
        with self.database.write() as connection:
            there = self.locked(connection, order.reference).provider_token
            if there is not None:
                return there
            connection.execute(
                sa.update(checkouts).where(checkouts.c.id == order.id).values(provider_token=provider_token)
            )
        return provider_token

    def decide(self, reference: str, decision: str) -> Outcome:
        """Apply the provider's ``decision`` once: the first one stands. Raises UnknownCheckout.

        Approval and the grant of the product are one transaction; a copy and a later, other decision
        change nothing.
        """
        with self.database.write() as connection:
            order = self.locked(connection, reference)
            if order.state != OPEN:
                return "copy" if order.state == decision else "conflict"
            self.settle(connection, order, decision)
        return "done"

    def settle(self, connection: sa.Connection, order: Order, decision: str) -> None:
        """Write a decision down and grant the product where it is an approval."""
        connection.execute(sa.update(checkouts).where(checkouts.c.id == order.id).values(state=decision))
        if decision == APPROVED:
            connection.execute(
                sa.insert(grants).values(checkout_id=order.id, variant=order.variant, at=datetime.now(UTC))
            )

    def locked(self, connection: sa.Connection, reference: str) -> Order:
        """Return a checkout that nobody else can change until the transaction ends; raises UnknownCheckout."""
        row = connection.execute(_by_reference(reference).with_for_update()).one_or_none()
        if row is None:
            raise UnknownCheckout(reference)
        return _order(row)

    def granted(self, order: Order) -> int:
        """Return how often the product of a checkout was granted: never or once."""
        with self.database.read() as connection:
            found = connection.scalar(
                sa.select(sa.func.count()).select_from(grants).where(grants.c.checkout_id == order.id)
            )
        return int(found or 0)

    def recompute(self) -> list[str]:
        """Count the grants of every checkout; say which are not as decided: none, in a sound shop."""
        counted = sa.func.count(grants.c.id)
        statement = (
            sa.select(checkouts.c.reference, checkouts.c.state, counted)
            .outerjoin(grants, grants.c.checkout_id == checkouts.c.id)
            .group_by(checkouts.c.id, checkouts.c.reference, checkouts.c.state)
            .having(counted != sa.case((checkouts.c.state == APPROVED, 1), else_=0))
            .order_by(checkouts.c.id)
        )
        with self.database.read() as connection:
            rows = connection.execute(statement).all()
        return [
            f"checkout {reference} is {state} and granted {times} times" for reference, state, times in rows
        ]


_COLUMNS = (
    checkouts.c.id,
    checkouts.c.reference,
    checkouts.c.variant,
    checkouts.c.currency,
    checkouts.c.before_tax,
    checkouts.c.tax,
    checkouts.c.tax_percentage,
    checkouts.c.state,
    checkouts.c.provider_token,
)


def _by_reference(reference: str) -> sa.Select[tuple[object, ...]]:
    return sa.select(*_COLUMNS).where(checkouts.c.reference == reference)


def _order(row: sa.Row[tuple[object, ...]]) -> Order:
    found = row._mapping
    price = Price(found["currency"], found["before_tax"], found["tax"], Decimal(found["tax_percentage"]))
    return Order(
        found["id"], found["reference"], found["variant"], price, found["state"], found["provider_token"]
    )
