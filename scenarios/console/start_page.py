"""The start page: where everything is, what was agreed, and what goes into the CLIENT's configuration.

Secrets are shown by where their values stand ("env:SECURITY_HASH"), never by their values.
"""

import tomllib
from dataclasses import dataclass
from typing import Any, Final, NamedTuple
from urllib.parse import urlsplit

from scenarios.console.providers import ServedProviders
from scenarios.target.demo import DEMO_MERCHANT_ID
from scenarios.target.loading import PREFIX, Target
from simulators.checkout.api import GRAPHQL
from simulators.checkout.pages.widget import SCRIPT as CHECKOUT_SCRIPT
from simulators.jackpot.pages.backoffice.routes import PREFIX as BACK_OFFICE
from simulators.jackpot.pages.widget import SCRIPT as JACKPOT_SCRIPT
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.api_docs import PAGE as DOCUMENTATION

# The variable of the CLIENT that holds a secret, by its key in the target file. Without a target file `serve` reads
# its own secrets from those, as `pitboss client` does.
VARIABLES: Final = {
    "operator.security_hash": "SECURITY_HASH",
    "operator.password": "OPERATOR_PASSWORD",
    "jackpot.api_key": "JACKPOT_API_KEY",
    "jackpot.api_signature": "JACKPOT_API_SIGNATURE",
    "jackpot.client_secret": "JACKPOT_CLIENT_SECRET",
    "checkout.key": "CHECKOUT_KEY",
    "checkout.authentication": "CHECKOUT_CLIENT_ID",
}


@dataclass(frozen=True, slots=True)
class Fact:
    """One line of a provider's card. ``secret`` names where the value stands instead of the value."""

    name: str
    value: str
    secret: bool = False
    link: bool = False


@dataclass(frozen=True, slots=True)
class Card:
    """One provider on the start page."""

    provider: str
    title: str
    facts: tuple[Fact, ...]


class SecretPlace(NamedTuple):
    """Where a secret's value stands: in words, and its environment variable where it has one."""

    words: str
    variable: str | None = None


def whereabouts(target: Target) -> dict[str, SecretPlace]:
    """Where the value of each secret stands, by its key: in a variable, or in the target file."""
    written: dict[str, Any] = {}
    if target.path is not None:
        written = tomllib.loads(target.path.read_text(encoding="utf-8-sig"))
    found = {}
    for key in VARIABLES:
        section, _, name = key.partition(".")
        given = written.get(section, {}).get(name) if isinstance(written.get(section), dict) else None
        if isinstance(given, str) and given.startswith("env:"):
            found[key] = SecretPlace(given, given.removeprefix("env:"))
        elif given is not None:
            found[key] = SecretPlace(f"{target.path.name if target.path else ''}, [{section}] {name}")
        elif target.path is not None:
            variable = f"{PREFIX}{section.upper()}__{name.upper()}"
            found[key] = SecretPlace(f"env:{variable}", variable)
        else:
            found[key] = SecretPlace(f"env:{VARIABLES[key]}, else the demo's", VARIABLES[key])
    return found


def cards(providers: ServedProviders) -> list[Card]:
    """A card for each provider that is served."""
    target, where = providers.target, whereabouts(providers.target)
    made = []
    facts: tuple[Fact, ...]
    if providers.operator is not None and target.operator is not None:
        url, agreed = providers.operator.listener.url, providers.operator.simulator.agreement
        facts = (
            Fact("API", url),
            Fact("documentation", f"{providers.operator.public_url}{DOCUMENTATION}", link=True),
            Fact("calls back", shown_url(target.operator.callback_url)),
            Fact("username", agreed.username),
            Fact("password", where["operator.password"].words, secret=True),
            Fact("SECURITY_HASH", where["operator.security_hash"].words, secret=True),
            Fact("currencies", ", ".join(agreed.currencies)),
            Fact("languages", ", ".join(agreed.languages)),
        )
        made.append(Card(OPERATOR, "OPERATOR", facts))
    if providers.jackpot is not None and target.jackpot is not None:
        url = providers.jackpot.public_url
        facts = (
            Fact("API", f"{providers.jackpot.listener.url}/v2"),
            Fact("notifies", shown_url(providers.jackpot.simulator.endpoint.url or "nobody")),
            Fact("widget", f"{url}{JACKPOT_SCRIPT}"),
            Fact("back-office", f"{url}{BACK_OFFICE}", link=True),
            Fact("documentation", f"{url}{DOCUMENTATION}", link=True),
            Fact("apikey", where["jackpot.api_key"].words, secret=True),
            Fact("apiSignature", where["jackpot.api_signature"].words, secret=True),
            Fact("client_secret", where["jackpot.client_secret"].words, secret=True),
        )
        made.append(Card(JACKPOT, "Jackpot", facts))
    if providers.checkout is not None and target.checkout is not None:
        url = providers.checkout.public_url
        facts = (
            Fact("API", f"{providers.checkout.listener.url}{GRAPHQL}"),
            Fact("decides to", shown_url(providers.checkout.simulator.endpoint.url or "nobody")),
            Fact("widget", f"{url}{CHECKOUT_SCRIPT}"),
            Fact("documentation", f"{url}{DOCUMENTATION}", link=True),
            Fact("merchant id", target.checkout.merchant_id),
            Fact("algorithm", target.checkout.algorithm),
            Fact("key", where["checkout.key"].words, secret=True),
            Fact("authentication", "none: no Bearer token is asked for")
            if target.checkout.authentication is None
            else Fact("clientId", where["checkout.authentication"].words, secret=True),
        )
        made.append(Card(CHECKOUT, "Checkout", facts))
    return made


def snippet(providers: ServedProviders) -> str:
    """Lines for the CLIENT's environment: addresses and names, and for each secret the variable that holds it."""
    target, where = providers.target, whereabouts(providers.target)
    lines = []

    def secret(variable: str, key: str) -> str:
        place = where[key]
        return (
            f"{variable}=${{{place.variable}}}" if place.variable else f"{variable}=  # as in {place.words}"
        )

    if providers.operator is not None and target.operator is not None:
        lines += [
            "# OPERATOR",
            f"OPERATOR_API_URL={providers.operator.listener.url}",
            f"CLIENT_USERNAME={providers.operator.simulator.agreement.username}",
            secret("CLIENT_PASSWORD", "operator.password"),
            secret("SECURITY_HASH", "operator.security_hash"),
        ]
    if providers.jackpot is not None:
        lines += [
            "# Jackpot",
            f"JACKPOT_API_URL={providers.jackpot.listener.url}",
            f"JACKPOT_WIDGET_URL={providers.jackpot.public_url}{JACKPOT_SCRIPT}",
            secret("JACKPOT_API_KEY", "jackpot.api_key"),
            secret("JACKPOT_API_SIGNATURE", "jackpot.api_signature"),
            secret("JACKPOT_CLIENT_SECRET", "jackpot.client_secret"),
        ]
    if providers.checkout is not None and target.checkout is not None:
        lines += [
            "# Checkout",
            f"CHECKOUT_URL={providers.checkout.listener.url}",
            f"CHECKOUT_WIDGET_URL={providers.checkout.public_url}{CHECKOUT_SCRIPT}",
            f"CHECKOUT_MERCHANT_ID={target.checkout.merchant_id}",
            secret("CHECKOUT_KEY", "checkout.key"),
        ]
        if target.checkout.authentication is not None:
            lines.append(secret("CHECKOUT_CLIENT_ID", "checkout.authentication"))
    return "\n".join(lines) + "\n"


def is_demo(target: Target) -> bool:
    """Whether `serve` runs without a target file, beside `pitboss client`."""
    return target.path is None and (
        target.checkout is None or target.checkout.merchant_id == DEMO_MERCHANT_ID
    )


def shown_url(url: str) -> str:
    """``url`` without a password in it."""
    parts = urlsplit(url)
    return parts._replace(netloc=parts.netloc.rpartition("@")[2]).geturl() if "@" in parts.netloc else url
