"""``pitboss trigger decision``: send one decision of the checkout by hand, and see the CLIENT's answer."""

from pathlib import Path

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, COPIES, CURL, FAULT, conclude, fault_help
from scenarios.console.control.events import DECISIONS
from simulators.checkout.forgeries import FORGERIES
from simulators.providers import CHECKOUT


@click.command(
    "decision",
    epilog=examples(
        "pitboss trigger decision --checkout TOKEN --merchant-reference REF",
        "pitboss trigger decision --checkout TOKEN --declined --copies 1",
        "pitboss trigger decision --forged 'alg none'",
        more=fault_help(),
    ),
)
@CONFIG
@click.option(
    "--checkout", metavar="TOKEN", help="The checkout's token (reference).  [default: a new UUID, unknown]"
)
@click.option("--merchant-reference", metavar="REF", help="merchantReference of the merchant's token.")
@click.option("--approved/--declined", default=True, show_default=True, help="The outcome.")
@click.option("--forged", type=click.Choice(list(FORGERIES)), help="Sign it badly, in this way.")
@COPIES
@FAULT
@CURL
@click.pass_context
def command(
    context: click.Context,
    /,
    config: Path | None,
    checkout: str | None,
    merchant_reference: str | None,
    approved: bool,
    forged: str | None,
    copies: int,
    faults: list[str],
    curl: bool,
) -> None:
    """Decision on a checkout, sent once to decision_url.

    No checkout changes: for one that is really decided, use the hosted page of `pitboss serve`.
    """
    target = options.to_play_with(config, CHECKOUT)
    asked = {
        "event": DECISIONS[0 if approved else 1],
        "checkout_token": checkout,
        "merchant_reference": merchant_reference,
        "forged": forged,
        "copies": copies,
        "faults": faults,
    }
    conclude(context, target, "raise", asked, curl=curl)
