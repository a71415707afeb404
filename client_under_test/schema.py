"""The tables: players, the provider's transactions with their stored answers, and append-only postings.

For vouchers: conversions of balance, their append-only movements, the events received, and the catalogue.
For the shop: checkouts, and the append-only grants of what was bought.
"""

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
    # None for an opening balance and for movements of conversions.
    sa.Column("transaction_id", _BIG, sa.ForeignKey("transactions.id")),
    # The posting that a rollback undoes.
    sa.Column("reverses", _BIG, sa.ForeignKey("postings.id")),
    # The movement of a conversion that takes from the balance, or gives back to it.
    sa.Column("movement_id", _BIG, sa.ForeignKey("movements.id")),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

conversions = sa.Table(
    "conversions",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("notification_key", sa.String(36), nullable=False),
    sa.Column("player_id", sa.Text, sa.ForeignKey("players.id"), nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    # What the session may reserve, in minor units.
    sa.Column("amount", sa.BigInteger, nullable=False),
    # When the session started and when it ends unused: seconds since the epoch.
    sa.Column("iat", sa.BigInteger, nullable=False),
    sa.Column("ends", sa.BigInteger, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    sa.Column("voucher_id", sa.Text),
    sa.Column("price", sa.BigInteger),
    # The sums of the conversion's movements.
    sa.Column("held", sa.BigInteger, nullable=False),
    sa.Column("spent", sa.BigInteger, nullable=False),
    # What the provider is to be asked: written before it is asked, cleared when its answer is known.
    sa.Column("wanted", sa.String(8)),
    sa.Column("reserved_until", sa.Float),
    sa.Column("url", sa.Text),
    sa.Column("url_ends", sa.Float),
    # Whether the session had ended unused before the first event about its voucher.
    sa.Column("late", sa.Boolean, nullable=False, default=False),
    # When the worker looks at it again (None: never), and how often that failed in a row.
    sa.Column("due", sa.Float),
    sa.Column("failures", sa.Integer, nullable=False, default=0),
)

movements = sa.Table(
    "movements",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("conversion_id", _BIG, sa.ForeignKey("conversions.id"), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False),
    # Signed minor units: money only changes its place.
    sa.Column("balance", sa.BigInteger, nullable=False),
    sa.Column("held", sa.BigInteger, nullable=False),
    sa.Column("spent", sa.BigInteger, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
    sa.CheckConstraint("balance + held + spent = 0", name="nothing_made_or_lost"),
)

events = sa.Table(
    "events",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    # SHA-256 of the event's id.
    sa.Column("key", sa.String(64), nullable=False),
    sa.Column("body", sa.Text, nullable=False),
    # None where it is about a store, or about a voucher that is not ours.
    sa.Column("conversion_id", _BIG, sa.ForeignKey("conversions.id")),
    sa.Column("voucher_id", sa.Text),
    sa.Column("done", sa.Boolean, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

stores = sa.Table(
    "stores",
    metadata,
    # SHA-256 of the store's id.
    sa.Column("key", sa.String(64), primary_key=True),
    # Its properties as they came; None for one that was withdrawn before it was known.
    sa.Column("data", sa.Text),
    sa.Column("enabled", sa.Boolean, nullable=False),
    # The createdAt of the newest event about each, in microseconds since the epoch.
    sa.Column("listed_at", sa.BigInteger),
    sa.Column("data_at", sa.BigInteger),
)

checkouts = sa.Table(
    "checkouts",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    # The merchantReference.
    sa.Column("reference", sa.String(255), nullable=False),
    sa.Column("variant", sa.Text, nullable=False),
    sa.Column("currency", sa.String(3), nullable=False),
    # The price as it was when the checkout was opened, in minor units; the percentage is an exact decimal.
    sa.Column("before_tax", sa.BigInteger, nullable=False),
    sa.Column("tax", sa.BigInteger, nullable=False),
    sa.Column("tax_percentage", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False),
    # What the provider calls it, once it was created there.
    sa.Column("provider_token", sa.Text),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

grants = sa.Table(
    "grants",
    metadata,
    sa.Column("id", _BIG, primary_key=True, autoincrement=True),
    sa.Column("checkout_id", _BIG, sa.ForeignKey("checkouts.id"), nullable=False),
    sa.Column("variant", sa.Text, nullable=False),
    sa.Column("at", sa.DateTime(timezone=True), nullable=False),
)

# What may be there only once. These hold even where the code above them is wrong.
ONE_PER_PROVIDER_ID = sa.Index("one_transaction_per_provider_id", transactions.c.key, unique=True)
ONE_PER_CLIENT_ID = sa.Index("one_transaction_per_client_id", transactions.c.client_id, unique=True)
ONE_POSTING_EACH = sa.Index("one_posting_per_transaction", postings.c.transaction_id, unique=True)
ONE_REVERSAL_EACH = sa.Index("one_reversal_per_posting", postings.c.reverses, unique=True)

sa.Index("transactions_by_target", transactions.c.target)
sa.Index("postings_by_player", postings.c.player_id)

ONE_PER_NOTIFICATION_KEY = sa.Index(
    "one_conversion_per_notification_key", conversions.c.notification_key, unique=True
)
ONE_PER_VOUCHER = sa.Index("one_conversion_per_voucher", conversions.c.voucher_id, unique=True)
ONE_OF_EACH_KIND = sa.Index(
    "one_movement_of_each_kind", movements.c.conversion_id, movements.c.kind, unique=True
)
ONE_PER_MOVEMENT = sa.Index("one_posting_per_movement", postings.c.movement_id, unique=True)
ONE_PER_EVENT = sa.Index("one_event_per_id", events.c.key, unique=True)
ONE_PER_MERCHANT_REFERENCE = sa.Index(
    "one_checkout_per_merchant_reference", checkouts.c.reference, unique=True
)
ONE_PER_PROVIDER_TOKEN = sa.Index("one_checkout_per_provider_token", checkouts.c.provider_token, unique=True)
ONE_GRANT_EACH = sa.Index("one_grant_per_checkout", grants.c.checkout_id, unique=True)

sa.Index("conversions_by_due", conversions.c.due)
sa.Index("events_by_conversion", events.c.conversion_id)
