"""The target of the commands that work without a target file: what fits ``pitboss client`` by default."""

import os
from pathlib import Path
from typing import Any, Final

from scenarios.target.loading import Target, load
from scenarios.target.sections import DEFAULT_FILE, EXAMPLE_ORIGIN, Operator
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR

# What `pitboss client` uses where no secret is set; fit for one's own machine only.
DEMO_SECURITY_HASH: Final = "demo-security-hash"
DEMO_PASSWORD: Final = "demo-password"  # noqa: S105
DEMO_CALLBACK_URL: Final = f"{EXAMPLE_ORIGIN}/operator"
DEMO_USERNAME: Final = "client"
DEMO_JACKPOT_API_KEY: Final = "demo-jackpot-api-key"
DEMO_JACKPOT_CLIENT_SECRET: Final = "demo-jackpot-client-secret"  # noqa: S105
DEMO_JACKPOT_API_SIGNATURE: Final = "demo-jackpot-api-signature"
DEMO_NOTIFICATION_URL: Final = f"{EXAMPLE_ORIGIN}/jackpot/notifications"
DEMO_MERCHANT_ID: Final = "demo-merchant"
DEMO_CHECKOUT_KEY: Final = "demo-checkout-key-of-32-bytes-or-more"
DEMO_DECISION_URL: Final = f"{EXAMPLE_ORIGIN}/checkout/decisions"

_PLAYERS: Final = {"players": {"ids": ["p-1", "p-2"]}}


def target_or_demo(config: Path | None) -> Target:
    """The target file, or without one what fits `pitboss client` by default. Raises UsageProblem."""
    if config is not None or Path(DEFAULT_FILE).exists():
        return load(config)
    return Target.model_validate({**demo_sections(), **_PLAYERS})


def target_to_play_with(config: Path | None, *needed: str) -> Target:
    """As ``target_or_demo``, for commands that judge nobody: what is missing is made up, and listed in ``made_up``.

    That is the value of a variable that is unset, and each section of ``needed``, whole. Raises UsageProblem.
    """
    if config is None and not Path(DEFAULT_FILE).exists():
        return target_or_demo(None)
    target = load(config, spare=demo_sections())
    return _with_sections(target, *needed, *(_PLAYERS if OPERATOR in needed else ()))


def target_to_serve(config: Path | None) -> Target:
    """As ``target_to_play_with``, with all that the OPERATOR needs to be served where the file has its section."""
    target = target_to_play_with(config)
    operator = target.operator
    if operator is None:
        return target
    target = _with_sections(target, *_PLAYERS)
    lacking = [key for key in ("username", "password") if getattr(operator, key) is None]
    if not lacking:
        return target
    demo = Operator.model_validate(demo_sections()[OPERATOR])
    section = operator.model_copy(update={key: getattr(demo, key) for key in lacking})
    return target.with_made_up(OPERATOR, section, f"[operator] has no {' and no '.join(lacking)}")


def _with_sections(target: Target, *names: str) -> Target:
    """``target`` with those of ``names`` that it has not, at the CLIENT's own address where it is known."""
    sections: dict[str, dict[str, Any]] = {**demo_sections(), **_PLAYERS}
    for name in names:
        if getattr(target, name) is None:
            values = {
                key: target.at_its_origin(value) if isinstance(value, str) else value
                for key, value in sections[name].items()
            }
            section = getattr(Target.model_validate({name: values}), name)
            target = target.with_made_up(name, section, f"[{name}] is not there")
    return target


def demo_sections() -> dict[str, dict[str, str]]:
    """The sections of the providers that fit `pitboss client` by default, with what the environment says."""
    client_id = os.environ.get("CHECKOUT_CLIENT_ID")
    return {
        OPERATOR: {
            "callback_url": DEMO_CALLBACK_URL,
            "security_hash": os.environ.get("SECURITY_HASH") or DEMO_SECURITY_HASH,
            "username": DEMO_USERNAME,
            "password": os.environ.get("OPERATOR_PASSWORD") or DEMO_PASSWORD,
        },
        JACKPOT: {
            "notification_url": DEMO_NOTIFICATION_URL,
            "api_key": os.environ.get("JACKPOT_API_KEY") or DEMO_JACKPOT_API_KEY,
            "client_secret": os.environ.get("JACKPOT_CLIENT_SECRET") or DEMO_JACKPOT_CLIENT_SECRET,
            "api_signature": os.environ.get("JACKPOT_API_SIGNATURE") or DEMO_JACKPOT_API_SIGNATURE,
        },
        CHECKOUT: {
            "merchant_id": DEMO_MERCHANT_ID,
            "key": os.environ.get("CHECKOUT_KEY") or DEMO_CHECKOUT_KEY,
            "decision_url": DEMO_DECISION_URL,
            **({"authentication": client_id} if client_id else {}),
        },
    }
