"""The target of the commands that work without a target file: what fits ``pitboss client`` by default."""

import os
from pathlib import Path
from typing import Final

from scenarios.hosting import serving_checkout, serving_jackpot
from scenarios.target.loading import Target, load
from scenarios.target.sections import DEFAULT_FILE, EXAMPLE_ORIGIN

# What `pitboss client` uses where no secret is set; fit for one's own machine only.
DEMO_SECURITY_HASH: Final = "demo-security-hash"
DEMO_PASSWORD: Final = "demo-password"  # noqa: S105
DEMO_CALLBACK_URL: Final = f"{EXAMPLE_ORIGIN}/operator"
USERNAME: Final = "client"


def target_or_demo(config: Path | None) -> Target:
    """The target file, or without one what fits `pitboss client` by default. Raises UsageProblem."""
    if config is not None or Path(DEFAULT_FILE).exists():
        return load(config)
    return Target.model_validate(
        {
            "operator": {
                "callback_url": DEMO_CALLBACK_URL,
                "security_hash": os.environ.get("SECURITY_HASH") or DEMO_SECURITY_HASH,
                "username": USERNAME,
                "password": os.environ.get("OPERATOR_PASSWORD") or DEMO_PASSWORD,
            },
            "players": {"ids": ["p-1", "p-2"]},
            "jackpot": serving_jackpot.demo_section(),
            "checkout": serving_checkout.demo_section(),
        }
    )
