"""The checkout's part of ``pitboss serve``: GraphQL, widget and hosted page."""

import contextlib
import os
from collections.abc import Iterator
from typing import Final

import click

from scenarios.hosting.checkout import agreed_on
from scenarios.hosting.ports import Stall, listening
from scenarios.problems.errors import UsageProblem
from scenarios.target.sections import EXAMPLE_ORIGIN, Checkout
from simulators.checkout.api import GRAPHQL, create_app
from simulators.checkout.pages.widget import SCRIPT
from simulators.checkout.simulator import CheckoutSimulator
from simulators.transport.http_client import Sender

# What `pitboss client` uses where nothing is set; fit for one's own machine only.
DEMO_MERCHANT_ID: Final = "demo-merchant"
DEMO_CHECKOUT_KEY: Final = "demo-checkout-key-of-32-bytes-or-more"
DEMO_DECISION_URL: Final = f"{EXAMPLE_ORIGIN}/checkout/decisions"


def demo_section() -> dict[str, str]:
    """The section [checkout] that fits `pitboss client` by default."""
    return {
        "merchant_id": DEMO_MERCHANT_ID,
        "key": os.environ.get("CHECKOUT_KEY") or DEMO_CHECKOUT_KEY,
        "decision_url": DEMO_DECISION_URL,
    }


def build(checkout: Checkout, sender: Sender) -> CheckoutSimulator:
    """Return the twin of what ``[checkout]`` of the target file says, not started; raises UsageProblem."""
    agreement = agreed_on(checkout)
    if checkout.decision_url and agreement.decision_key is None and agreement.algorithm != "HS256":
        raise UsageProblem(
            f"[checkout] has a decision_url and {agreement.algorithm}, but no decision_key",
            "the private key that the checkout signs its decisions with",
            f"add: decision_key = {(Checkout.model_fields['decision_key'].examples or [''])[0]}",
        )
    return CheckoutSimulator(agreement, sender, decision_url=checkout.decision_url)


@contextlib.contextmanager
def serving(
    twin: CheckoutSimulator, host: str, port: int, *, public_url: str | None = None
) -> Iterator[Stall]:
    """Serve ``twin`` and say where; ``public_url`` is where browsers reach it. Raises UsageProblem."""
    with listening(create_app(twin), host, port, "the checkout's API", "--checkout-port") as server:
        twin.public_url = (public_url or server.url).rstrip("/")
        twin.start()
        try:
            click.echo(f"CHECKOUT        {server.url}  (POST {GRAPHQL})")
            click.echo(f"decides to      {twin.endpoint.url or 'nobody: no decision_url is set'}")
            click.echo(f"product widget  {twin.public_url}{SCRIPT}")
            yield server
        finally:
            twin.stop()
    for given_up in twin.queue.given_up:
        click.echo(f"given up: decision on {given_up.event.decision.reference}")
