"""``pitboss token`` with its commands."""

import click

from scenarios.cli.click_errors import Commands
from scenarios.cli.commands.token.sign import sign
from scenarios.cli.commands.token.verify import verify


@click.group("token", cls=Commands)
def command() -> None:
    """Check or make a JWT by hand: of a Jackpot session, or of a checkout.

    \b
    curl -s http://127.0.0.1:8710/checkout/token?variant=mug-blue | jq -r .token | pitboss token verify -
    pitboss token sign --amount 40 --notification-key k-1 | pitboss token verify -
    pitboss token sign --before 16.66 --tax 20 --reference v-1 --key env:CHECKOUT_KEY
    """


command.add_command(verify)
command.add_command(sign)
