"""Settings of the CLIENT: its database, its players, what it agreed with each provider."""

import os
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

# Good for a demonstration on one's own machine only; a real CLIENT sets the variables.
DEMO_SECURITY_HASH = "demo-security-hash"
DEMO_PASSWORD = "demo-password"  # noqa: S105
DEMO_JACKPOT_API_KEY = "demo-jackpot-api-key"
DEMO_JACKPOT_CLIENT_SECRET = "demo-jackpot-client-secret"  # noqa: S105
DEMO_JACKPOT_API_SIGNATURE = "demo-jackpot-api-signature"
DEMO_CHECKOUT_KEY = "demo-checkout-key-of-32-bytes-or-more"

MANUAL = "manual"
AUTOMATIC = "automatic"

DEFAULT_PLAYERS = tuple(f"p-{number}" for number in range(1, 9))


def _secret(variable: str, default: str = "") -> Any:
    """Return a field that is read from the environment and kept out of ``repr``."""
    return field(default_factory=lambda: os.environ.get(variable) or default, repr=False)


@dataclass(frozen=True, slots=True)
class Config:
    """Settings of one CLIENT.

    Secrets come from SECURITY_HASH, OPERATOR_PASSWORD, JACKPOT_API_KEY, JACKPOT_CLIENT_SECRET,
    JACKPOT_API_SIGNATURE and CHECKOUT_KEY, and are kept out of ``repr``. ``database`` is a file
    (SQLite, which waits for the disk at each commit unless ``fsync`` is false) or a SQLAlchemy URL (SQLite,
    PostgreSQL). ``players`` are opened at start-up, where they do not exist, with ``balance`` of ``currency``.
    ``dialect`` names the adapter of another wallet provider, whose words callbacks then are in; with one that signs by
    RSA, ``security_hash`` is the provider's public key as PEM.
    ``timeout`` is how many seconds the OPERATOR has to answer; a token is renewed ``renew_before`` seconds before
    it expires, or in the last tenth of a shorter life.
    Callbacks are taken from ``operator_addresses`` only, IP addresses or networks; where there is none, from all.
    ``currencies`` and ``languages`` are those of ``sportsbook.txt``, *Terms and concepts*.

    For vouchers, all in seconds: a call to Jackpot takes ``jackpot_timeout`` at most; an unused session gives
    its money back after ``session_seconds``, and where nobody sweeps ``late_seconds`` later, when no event
    can still be on its way; a notification is answered after ``acknowledge_within`` at the latest, done or
    not. ``jackpot_client_id`` is the API key where it is None. ``clock`` is seconds since the epoch.
    ``jackpot_confirmation`` is "manual" or "automatic".

    For checkouts, ``checkout_algorithm`` is HS256 (``checkout_key`` is a secret), RS256 or ES256 (it is a
    private key as PEM). ``checkout_decision_key`` verifies the provider's decisions: the provider's public key
    as PEM, or another secret; where it is empty (CHECKOUT_DECISION_KEY unset), ``checkout_key`` does.
    ``checkout_client_id`` is what authenticateClient takes; where it is empty (CHECKOUT_CLIENT_ID unset), no Bearer
    token is asked for.
    ``public_url`` is where players and the provider reach this CLIENT; with it, tokens of checkouts carry callbackUrls.
    """

    database: str = "client.sqlite"
    fsync: bool = True
    security_hash: str = _secret("SECURITY_HASH", DEMO_SECURITY_HASH)
    dialect: str | None = None
    callback_prefix: str = "/operator"
    operator_addresses: tuple[str, ...] = ()
    operator_api_url: str = "http://127.0.0.1:8701"
    username: str = "client"
    password: str = _secret("OPERATOR_PASSWORD", DEMO_PASSWORD)
    timeout: float = 5.0
    renew_before: float = 30.0
    currencies: tuple[str, ...] = ("EUR", "USD", "GBP")
    languages: tuple[str, ...] = ("en", "es", "fr")
    players: tuple[str, ...] = DEFAULT_PLAYERS
    currency: str = "EUR"
    balance: Decimal = Decimal("100.00")
    jackpot_url: str = "http://127.0.0.1:8702"
    jackpot_api_key: str = _secret("JACKPOT_API_KEY", DEMO_JACKPOT_API_KEY)
    jackpot_client_id: str | None = None
    jackpot_client_secret: str = _secret("JACKPOT_CLIENT_SECRET", DEMO_JACKPOT_CLIENT_SECRET)
    jackpot_api_signature: str = _secret("JACKPOT_API_SIGNATURE", DEMO_JACKPOT_API_SIGNATURE)
    jackpot_confirmation: str = MANUAL
    jackpot_timeout: float = 3.0
    voucher_currency: str = "EUR"
    session_seconds: int = 3600
    late_seconds: float = 300.0
    acknowledge_within: float = 1.0
    clock: Callable[[], float] = time.time
    checkout_url: str = "http://127.0.0.1:8703"
    merchant_id: str = "demo-merchant"
    checkout_key: str = _secret("CHECKOUT_KEY", DEMO_CHECKOUT_KEY)
    checkout_decision_key: str = _secret("CHECKOUT_DECISION_KEY")
    checkout_algorithm: str = "HS256"
    checkout_client_id: str = _secret("CHECKOUT_CLIENT_ID")
    public_url: str | None = None
