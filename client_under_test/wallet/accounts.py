"""The players' accounts beside the wagers: opening, banning, reading, and recomputing every balance."""

from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

import sqlalchemy as sa

from client_under_test.database import Database
from client_under_test.schema import players, postings
from client_under_test.values import money

_SEEDED_AT_ONCE = 10_000


class UnknownPlayer(LookupError):
    """There is no such player."""


class PlayerExists(ValueError):
    """There is such a player already."""


@dataclass(frozen=True, slots=True)
class Account:
    """A player as the site sees one: ``balance`` in minor units of ``currency``."""

    id: str
    currency: str
    balance: int
    banned: bool


@dataclass(frozen=True, slots=True)
class Difference:
    """A balance that is not the sum of its postings, both in minor units of ``currency``."""

    player: str
    currency: str
    balance: int
    postings: int

    def __str__(self) -> str:
        kept, summed = (money.written(minor, self.currency) for minor in (self.balance, self.postings))
        return f"{self.player}: the balance is {kept} {self.currency}, its postings sum to {summed}"


class Accounts:
    """Opens, bans and reads the players of one database."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def open(self, player_id: str, currency: str, balance: int) -> Account:
        """Open an account with ``balance`` minor units; raises PlayerExists."""
        try:
            with self._database.write() as connection:
                connection.execute(
                    sa.insert(players).values(id=player_id, currency=currency, balance=balance, banned=False)
                )
                if balance:
                    connection.execute(
                        sa.insert(postings).values(player_id=player_id, amount=balance, at=datetime.now(UTC))
                    )
        except sa.exc.IntegrityError:
            raise PlayerExists(player_id) from None
        return Account(player_id, currency, balance, False)

    def seed(self, player_ids: Iterable[str], currency: str, balance: int) -> None:
        """Open those of ``player_ids`` that do not exist, many in one database transaction."""
        with self._database.read() as connection:
            there = set(connection.scalars(sa.select(players.c.id)))
        missing = (player_id for player_id in player_ids if player_id not in there)
        while batch := list(islice(missing, _SEEDED_AT_ONCE)):
            try:
                self._open_all(batch, currency, balance)
            except sa.exc.IntegrityError:  # another process of ours opened some of them just now
                for player_id in batch:
                    with suppress(PlayerExists):
                        self.open(player_id, currency, balance)

    def _open_all(self, player_ids: list[str], currency: str, balance: int) -> None:
        now = datetime.now(UTC)
        with self._database.write() as connection:
            connection.execute(
                sa.insert(players),
                [
                    {"id": player_id, "currency": currency, "balance": balance, "banned": False}
                    for player_id in player_ids
                ],
            )
            if balance:
                connection.execute(
                    sa.insert(postings),
                    [{"player_id": player_id, "amount": balance, "at": now} for player_id in player_ids],
                )

    def get(self, player_id: str) -> Account:
        """Return the account; raises UnknownPlayer."""
        with self._database.read() as connection:
            row = connection.execute(
                sa.select(players.c.id, players.c.currency, players.c.balance, players.c.banned).where(
                    players.c.id == player_id
                )
            ).one_or_none()
        if row is None:
            raise UnknownPlayer(player_id)
        return Account(*row)

    def ban(self, player_id: str, banned: bool) -> None:
        """Ban the player from betting, or let the player bet again; raises UnknownPlayer."""
        with self._database.write() as connection:
            done = connection.execute(
                sa.update(players).where(players.c.id == player_id).values(banned=banned)
            )
        if done.rowcount == 0:
            raise UnknownPlayer(player_id)

    def recompute(self) -> list[Difference]:
        """Sum every player's postings and return the balances that differ: none, in a sound ledger."""
        summed = sa.func.coalesce(sa.func.sum(postings.c.amount), 0)
        statement = (
            sa.select(players.c.id, players.c.currency, players.c.balance, summed)
            .outerjoin(postings, postings.c.player_id == players.c.id)
            .group_by(players.c.id, players.c.currency, players.c.balance)
            .having(players.c.balance != summed)
            .order_by(players.c.id)
        )
        with self._database.read() as connection:
            rows = connection.execute(statement).all()
        return [
            Difference(player, currency, balance, int(total)) for player, currency, balance, total in rows
        ]
