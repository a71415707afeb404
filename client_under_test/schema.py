"""The tables: players, the provider's transactions with their stored answers, and append-only postings."""

import sqlalchemy as sa

metadata = sa.MetaData()

# 64 bits everywhere; SQLite numbers its rows by INTEGER only.
_BIG = sa.BigInteger().with_variant(sa.Integer(), "sqlite")

players = sa.Table(
    "players",
    metadata,
    sa.Column("id", sa.Text, primary_key=True),
    sa.Column("currency", sa.String(3), nullable=False),
    # The sum of the player's postings, kept beside them so that it need not be summed for each bet.
    sa.Column("balance", sa.BigInteger, nullable=False),
    sa.Column("banned", sa.Boolean, nullable=False, default=False),
)

transactions = sa.Table(
    "transactions",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    # SHA-256 of the provider's id: exact whatever the collation, and short whatever the id.
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("provider_id", sa.Text, nullable=False),
    sa.Column("action", sa.String(8), nullable=False),
    sa.Column("player_id", sa.Text, sa.ForeignKey("players.id"), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    sa.Column("amount", sa.BigInteger, nullable=False),
    # Of a rollback: the key of the transaction that it undoes, whether or not that one ever arrived.
    sa.Column("target", sa.String(64)),
    # The stored answer.
    sa.Column("client_id", sa.String(36), nullable=False),
    sa.Column("error", sa.String(64)),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

postings = sa.Table(
    "postings",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("player_id", sa.Text, sa.ForeignKey("players.id"), nullable=False),
    # Signed minor units of the player's currency: what is withdrawn is negative.
    sa.Column("amount", sa.BigInteger, nullable=False),
    # None for an opening balance.
    sa.Column("transaction_id", _BIG, sa.ForeignKey("transactions.id")),
    # The posting that a rollback undoes.
    sa.Column("reverses", _BIG, sa.ForeignKey("postings.id")),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

# What may be there only once. These hold even where the code above them is wrong.
ONE_PER_PROVIDER_ID = sa.Index("one_transaction_per_provider_id", transactions.c.key, unique=True)
ONE_PER_CLIENT_ID = sa.Index("one_transaction_per_client_id", transactions.c.client_id, unique=True)
ONE_POSTING_EACH = sa.Index("one_posting_per_transaction", postings.c.transaction_id, unique=True)
ONE_REVERSAL_EACH = sa.Index("one_reversal_per_posting", postings.c.reverses, unique=True)

sa.Index("transactions_by_target", transactions.c.target)
sa.Index("postings_by_player", postings.c.player_id)
