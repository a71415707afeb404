"""``pitboss trigger decision``: send one decision of the checkout by hand, and see the CLIENT's answer."""

from pathlib import Path

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, COPIES, CURL, FAULT, conclude, fault_help
from scenarios.events import raise_event
from scenarios.hosting.checkout import build
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from simulators.checkout.forgeries import FORGERIES, fitting
from simulators.checkout.simulator import CheckoutSimulator
from simulators.checkout.wire import Decision
from simulators.exchanges.history import Exchange, History
from simulators.providers import CHECKOUT
from simulators.transport.delivery import Fault


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
    faults: list[Fault],
    curl: bool,
) -> None:
    """Decision on a checkout, sent once to decision_url.

    No checkout changes: for one that is really decided, use the hosted page of `pitboss serve`.
    """
    target = options.to_play_with(config, CHECKOUT)
    simulator = _simulator(target)
    decision = raise_event.decision(
        simulator, checkout=checkout, merchant_reference=merchant_reference, approved=approved
    )
    if forged is None:
        exchanges = raise_event.send_notice(
            simulator.endpoint, simulator.sign(decision), copies=copies, faults=faults
        )
    else:
        exchanges = _forge(simulator, decision, forged, copies, faults)
    simulator.endpoint.route.close()
    conclude(context, target, exchanges, curl=curl)


def _simulator(target: Target) -> CheckoutSimulator:
    checkout = target.need_checkout()
    if checkout.decision_url is None:
        raise UsageProblem(
            "[checkout] has no decision_url",
            "the CLIENT's address that receives decisions",
            f"add: decision_url = {(type(checkout).model_fields['decision_url'].examples or [''])[0]}",
        )
    return build(checkout, target.route(History()))


def _forge(
    simulator: CheckoutSimulator, decision: Decision, forged: str, copies: int, faults: list[Fault]
) -> list[Exchange]:
    ways = fitting(simulator.agreement)
    if copies or faults:
        raise UsageProblem(
            "--forged was given together with --copies or --fault",
            "one of them: a forgery is sent once, as it is",
            "leave one out",
        )
    if forged not in ways:
        raise UsageProblem(
            f"--forged is {forged!r}, and the algorithm is {simulator.agreement.algorithm}",
            f"one of {', '.join(ways)}: a shared secret has no public half",
            "choose another",
        )
    return [simulator.send_forged(decision, forged)]
