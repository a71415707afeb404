"""What the CLIENT is told at start-up: its database, its players, what it agreed with the OPERATOR."""

import os
from dataclasses import dataclass, field
from decimal import Decimal

# Good for a demonstration on one's own machine only; a real CLIENT sets the two variables.
DEMO_SECURITY_HASH = "demo-security-hash"
DEMO_PASSWORD = "demo-password"  # noqa: S105

DEFAULT_PLAYERS = tuple(f"p-{number}" for number in range(1, 9))


def _security_hash() -> str:
    return os.environ.get("SECURITY_HASH") or DEMO_SECURITY_HASH


def _password() -> str:
    return os.environ.get("OPERATOR_PASSWORD") or DEMO_PASSWORD


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one CLIENT.

    Secrets come from SECURITY_HASH and OPERATOR_PASSWORD and are kept out of ``repr``. ``database`` is a file
    (SQLite) or a SQLAlchemy URL (SQLite, PostgreSQL). ``players`` are opened at start-up, where they do
    not exist, with ``balance`` of ``currency``. ``timeout`` is how many seconds the OPERATOR has to answer; a
    token is renewed ``renew_before`` seconds before it expires, or in the last tenth of a shorter life.
    ``currencies`` and ``languages`` are those of ``sportsbook.txt``, *Terms and concepts*.
    """

    database: str = "client.sqlite"
    security_hash: str = field(default_factory=_security_hash, repr=False)
    callback_prefix: str = "/operator"
    operator_api_url: str = "http://127.0.0.1:8701"
    username: str = "client"
    password: str = field(default_factory=_password, repr=False)
    timeout: float = 5.0
    renew_before: float = 30.0
    currencies: tuple[str, ...] = ("EUR", "USD", "GBP")
    languages: tuple[str, ...] = ("en", "es", "fr")
    players: tuple[str, ...] = DEFAULT_PLAYERS
    currency: str = "EUR"
    balance: Decimal = Decimal("100.00")
