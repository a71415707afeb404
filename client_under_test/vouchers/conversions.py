"""Conversions of balance into vouchers: money is held, then spent or returned, each time once.

Every step is one database transaction, which takes the conversion's row and then its player's row, the one
that bets take too. A step compares where the money is with where it must be in the voucher's state and moves
the difference, so the same step again moves nothing.
"""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final

import sqlalchemy as sa

from client_under_test.config import AUTOMATIC, Config
from client_under_test.database import Database
from client_under_test.schema import conversions, movements, players, postings
from client_under_test.values.refusals import Refused
from client_under_test.vouchers import states
from client_under_test.vouchers.jackpot_api import Voucher
from client_under_test.wallet.accounts import UnknownPlayer
from client_under_test.wallet.ledger import INSUFFICIENT_FUNDS

# A signed URL is taken for expired a minute before its hour ends.
_URL_SECONDS: Final = 3540.0


@dataclass(frozen=True, slots=True)
class Conversion:
    """A conversion as it stands; money in minor units, moments in seconds since the epoch."""

    id: int
    notification_key: str
    player: str
    currency: str
    amount: int
    iat: int
    ends: int
    state: str
    voucher_id: str | None
    price: int | None
    held: int
    spent: int
    wanted: str | None
    reserved_until: float | None
    url: str | None
    url_ends: float | None
    failures: int
    late: bool


_COLUMNS: Final = (
    conversions.c.id,
    conversions.c.notification_key,
    conversions.c.player_id,
    conversions.c.currency,
    conversions.c.amount,
    conversions.c.iat,
    conversions.c.ends,
    conversions.c.state,
    conversions.c.voucher_id,
    conversions.c.price,
    conversions.c.held,
    conversions.c.spent,
    conversions.c.wanted,
    conversions.c.reserved_until,
    conversions.c.url,
    conversions.c.url_ends,
    conversions.c.failures,
    conversions.c.late,
)


def _read(row: sa.Row[*tuple[Any, ...]]) -> Conversion:
    return Conversion(*row)


class Conversions:
    """Opens conversions and brings them to the state that their vouchers have."""

    def __init__(self, database: Database, config: Config) -> None:
        self.database = database
        self.config = config

    # -- opening

    def open(self, player_id: str, amount: int) -> Conversion:
        """Hold ``amount`` minor units for a new session; raises UnknownPlayer, Refused."""
        now = self.config.clock()
        with self.database.write() as connection:
            currency, balance, banned = self.player(connection, player_id)
            self.check(currency, balance, banned, amount)
            row = connection.execute(
                sa.insert(conversions).values(
                    notification_key=self.new_key(player_id),
                    player_id=player_id,
                    currency=currency,
                    amount=amount,
                    iat=int(now),
                    ends=int(now) + self.config.session_seconds,
                    state=states.OPEN,
                    held=0,
                    spent=0,
                    due=int(now) + self.config.session_seconds + self.config.late_seconds,
                    failures=0,
                )
            ).inserted_primary_key
            assert row is not None
            conversion = self.locked(connection, row.id)
            self.move(connection, conversion, balance, states.HOLD, held=amount, spent=0)
            return self.locked(connection, row.id)

    def player(self, connection: sa.Connection, player_id: str) -> tuple[str, int, bool]:
        """Return currency, balance and ban of a player, whose row stays locked; raises UnknownPlayer."""
        row = connection.execute(
            sa.select(players.c.currency, players.c.balance, players.c.banned)
            .where(players.c.id == player_id)
            .with_for_update()
        ).one_or_none()
        if row is None:
            raise UnknownPlayer(player_id)
        return row[0], row[1], row[2]

    def check(self, currency: str, balance: int, banned: bool, amount: int) -> None:
        """Raise Refused unless the player may convert ``amount``."""
        if banned:
            raise Refused("PLAYER_BANNED")
        if currency != self.config.voucher_currency:
            raise Refused("INVALID_CURRENCY")
        if amount <= 0:
            raise Refused("INVALID_AMOUNT")
        if not self.affordable(amount, balance):
            raise Refused(INSUFFICIENT_FUNDS)

    def affordable(self, amount: int, balance: int) -> bool:
        """Say whether ``balance`` covers ``amount``."""
        return amount <= balance

    def new_key(self, player_id: str) -> str:  # noqa: ARG002 - overridden where keys are not fresh
        """Return a notificationKey that was never used."""
        return str(uuid.uuid4())

    # -- following the voucher

    def apply(self, conversion_id: int, voucher: Voucher) -> Conversion:
        """Bring a conversion to where its voucher is; what the provider is to be asked next is written too.

        A state that cannot follow the one known (an answer that was overtaken) changes nothing.
        """
        with self.database.write() as connection:
            row = self.locked(connection, conversion_id)
            if voucher.state != row.state and voucher.state not in self.follows(row):
                return row
            _, balance, _ = self.player(connection, row.player)
            price = self.price(row, voucher)
            held, spent = self.target(row, voucher.state, price, balance)
            self.move(connection, row, balance, self.kind(row, held, spent), held=held, spent=spent)
            moved = (row.held, row.spent) != (held, spent)
            self.write(
                connection,
                row,
                state=voucher.state,
                voucher_id=voucher.voucher_id,
                price=price,
                wanted=self.wanted(row, voucher.state, price, held, spent),
                reserved_until=voucher.reserved_until,
                failures=0 if moved or voucher.state != row.state else row.failures,
                **self.url(row, voucher),
            )
            return self.locked(connection, conversion_id)

    def follows(self, row: Conversion) -> frozenset[str]:
        """Return the states that a conversion may still come to."""
        return states.FOLLOWS[row.state]

    def price(self, row: Conversion, voucher: Voucher) -> int:
        """Return the price: what it was when it was paid, else what the provider says."""
        return row.price if row.spent and row.price is not None else voucher.price

    def target(self, row: Conversion, state: str, price: int, balance: int) -> tuple[int, int]:
        """Return what must be held and what spent in ``state``.

        Nothing is spent that was not held, but where the session had given its money back and the balance
        still covers the price, and where Jackpot refused the refund that was asked for.
        """
        if state in states.RETURNED:
            return 0, 0
        late = row.late and row.held == 0
        payable = self.payable(row, price) or (late and self.affordable(price, balance))
        if state in states.PAID:
            if row.spent == 0 and (payable or state == states.REFUND_REJECTED):
                return 0, price
        elif late and payable:
            return price, 0
        return row.held, row.spent

    def payable(self, row: Conversion, price: int) -> bool:
        """Say whether what is held covers ``price``."""
        return price <= row.held

    def kind(self, row: Conversion, held: int, spent: int) -> str:
        """Name the movement to ``held`` and ``spent``."""
        if spent > row.spent:
            return states.SPEND
        if spent < row.spent:
            return states.RETURN
        kind = states.HOLD if held > row.held else states.RELEASE
        return states.LATE + kind if row.late else kind

    def wanted(self, row: Conversion, state: str, price: int, held: int, spent: int) -> str | None:  # noqa: ARG002
        """Say what Jackpot is to be asked for now."""
        if state == states.RESERVED:
            if price > held:
                return states.CANCEL
            return states.CONFIRM if self.confirms() else None
        if state in (states.CONFIRMED, states.READY) and spent < price:
            return states.REFUND
        return None

    def confirms(self) -> bool:
        """Say whether reservations are ours to confirm."""
        return self.config.jackpot_confirmation != AUTOMATIC

    def url(self, row: Conversion, voucher: Voucher) -> Mapping[str, Any]:
        """Return the columns of the voucher's address."""
        if voucher.url is None or row.url is not None:
            return {}
        return {"url": voucher.url, "url_ends": self.config.clock() + _URL_SECONDS}

    def renew(self, row: Conversion, url: str) -> None:
        """Keep a new signed URL."""
        with self.database.write() as connection:
            self.write(connection, row, url=url, url_ends=self.config.clock() + _URL_SECONDS)

    def expire(self, conversion_id: int, now: float) -> bool:
        """Give the money of a session back that ended unused by ``now``; say whether it did."""
        with self.database.write() as connection:
            row = self.locked(connection, conversion_id)
            if row.state != states.OPEN or row.ends > now:
                return False
            _, balance, _ = self.player(connection, row.player)
            self.move(connection, row, balance, states.RELEASE, held=0, spent=0)
            self.write(connection, row, state=states.EXPIRED, late=True, due=None)
            return True

    # -- rows

    def locked(self, connection: sa.Connection, conversion_id: int) -> Conversion:
        """Return a conversion, whose row stays locked until the end."""
        return _read(
            connection.execute(
                sa.select(*_COLUMNS).where(conversions.c.id == conversion_id).with_for_update()
            ).one()
        )

    def write(self, connection: sa.Connection, row: Conversion, **columns: Any) -> None:
        """Update columns of a conversion."""
        connection.execute(sa.update(conversions).where(conversions.c.id == row.id).values(**columns))

    def move(
        self, connection: sa.Connection, row: Conversion, balance: int, kind: str, *, held: int, spent: int
    ) -> None:
        """Append the movement that makes it ``held`` and ``spent``; the rest is the player's again.

        ``balance`` is the player's, whose row is locked.
        """
        change = (row.held + row.spent) - (held + spent)
        if (row.held, row.spent) == (held, spent):
            return
        now = datetime.now(UTC)
        movement = connection.execute(
            sa.insert(movements).values(
                conversion_id=row.id,
                kind=kind,
                balance=change,
                held=held - row.held,
                spent=spent - row.spent,
                at=now,
            )
        ).inserted_primary_key
        assert movement is not None
        self.write(connection, row, held=held, spent=spent)
        if change:
            connection.execute(
                sa.insert(postings).values(
                    player_id=row.player, amount=change, movement_id=movement.id, at=now
                )
            )
            connection.execute(
                sa.update(players).where(players.c.id == row.player).values(balance=balance + change)
            )

    # -- reading

    def by_key(self, notification_key: str) -> Conversion | None:
        """Return the conversion of a notificationKey."""
        with self.database.read() as connection:
            row = connection.execute(
                sa.select(*_COLUMNS).where(conversions.c.notification_key == notification_key)
            ).one_or_none()
        return None if row is None else _read(row)

    def get(self, conversion_id: int) -> Conversion:
        """Return a conversion."""
        with self.database.read() as connection:
            return _read(
                connection.execute(sa.select(*_COLUMNS).where(conversions.c.id == conversion_id)).one()
            )

    def ended(self, now: float) -> list[int]:
        """Return the sessions that ended unused by ``now``."""
        with self.database.read() as connection:
            return list(
                connection.scalars(
                    sa.select(conversions.c.id).where(
                        conversions.c.state == states.OPEN, conversions.c.ends <= now
                    )
                )
            )

    def recompute(self) -> list[str]:
        """Sum every conversion's movements and name those that differ: none, where all is right."""
        held, spent = (
            sa.func.coalesce(sa.func.sum(column), 0) for column in (movements.c.held, movements.c.spent)
        )
        statement = (
            sa.select(conversions.c.notification_key)
            .outerjoin(movements, movements.c.conversion_id == conversions.c.id)
            .group_by(
                conversions.c.id, conversions.c.notification_key, conversions.c.held, conversions.c.spent
            )
            .having(sa.or_(conversions.c.held != held, conversions.c.spent != spent))
            .order_by(conversions.c.id)
        )
        with self.database.read() as connection:
            return [
                f"conversion {key}: what is held or spent differs from its movements"
                for key in connection.scalars(statement)
            ]
