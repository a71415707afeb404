"""A ledger without the database's own guards, as of a team that never declared what is unique."""

from typing import ClassVar

import sqlalchemy as sa

from client_under_test import schema
from client_under_test.database import Database
from client_under_test.wallet.ledger import Ledger


class Loose(Ledger):
    """The reference's code over tables whose unique indexes named in ``without`` are gone."""

    without: ClassVar[tuple[sa.Index, ...]] = (
        schema.ONE_PER_PROVIDER_ID,
        schema.ONE_PER_CLIENT_ID,
        schema.ONE_POSTING_EACH,
        schema.ONE_REVERSAL_EACH,
    )

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        with database.write() as connection:
            for index in self.without:
                index.drop(connection, checkfirst=True)
            # Still found quickly, however many there are.
            for table, column in (("transactions", "key"), ("postings", "reverses")):
                connection.execute(
                    sa.text(f"CREATE INDEX IF NOT EXISTS loose_{column} ON {table} ({column})")
                )
