"""What a team agreed on with the providers, for tests without a target file: the rest is made up."""

import secrets
from collections.abc import Mapping
from typing import Any, Final

from scenarios.problems.errors import UsageProblem
from scenarios.target.demo import DEMO_CALLBACK_URL, DEMO_MERCHANT_ID, DEMO_NOTIFICATION_URL, DEMO_USERNAME
from scenarios.target.loading import Target, from_sections
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR

# The key of each section that is the address of the CLIENT.
ADDRESSES: Final[Mapping[str, str]] = {
    OPERATOR: "callback_url",
    JACKPOT: "notification_url",
    CHECKOUT: "decision_url",
}
# What a file has to say, and a test may leave unsaid until it sends something.
_PLACEHOLDERS: Final = {OPERATOR: DEMO_CALLBACK_URL, JACKPOT: DEMO_NOTIFICATION_URL}
_ANY_PORT: Final = "127.0.0.1:0"
_WHERE: Final = "the fixture pitboss_client"


def _secret() -> str:
    return secrets.token_hex(24)


def _made_up() -> dict[str, dict[str, Any]]:
    """Every section, with secrets that no other test has."""
    return {
        OPERATOR: {"security_hash": _secret(), "username": DEMO_USERNAME, "password": _secret()},
        JACKPOT: {
            "api_key": _secret(),
            "api_signature": _secret(),
            "client_secret": _secret(),
            # Nobody waits two seconds for a voucher in each test.
            "ready_after": 0.0,
        },
        CHECKOUT: {"merchant_id": DEMO_MERCHANT_ID, "key": _secret()},
        "players": {"ids": ["p-1", "p-2"]},
    }


def complete(given: Any) -> tuple[Target, dict[str, str | None]]:
    """The target of ``given``, sections of a target file, and each provider's address of the CLIENT (None: not said).

    What is not given is made up; ports are free ones. Raises UsageProblem.
    """
    if not isinstance(given, Mapping) or not all(isinstance(one, Mapping) for one in given.values()):
        raise UsageProblem(
            f"{_WHERE} gave no sections",
            "a dict of sections of a target file, each a dict of its keys",
            'return, for example, {"operator": {"callback_url": "http://127.0.0.1:8710/operator"}}',
        )
    sections = {name: dict(section) for name, section in given.items()}
    addresses = {provider: sections.get(provider, {}).get(key) or None for provider, key in ADDRESSES.items()}
    for name, values in _made_up().items():
        section = sections.setdefault(name, {})
        if name in ADDRESSES:
            values = values | {"listen": _ANY_PORT}
        if name in _PLACEHOLDERS:
            values = values | {ADDRESSES[name]: _PLACEHOLDERS[name]}
        sections[name] = values | section
    return from_sections(sections, _WHERE), addresses
