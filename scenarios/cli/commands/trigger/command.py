"""``pitboss trigger`` with a command for each event of each provider."""

from typing import get_args

import click

from scenarios.cli.click_errors import Commands
from scenarios.cli.commands.trigger import checkout, jackpot, operator
from simulators.jackpot import wire
from simulators.jackpot.catalogue.stores import StoreEventName


@click.group("trigger", cls=Commands)
def command() -> None:
    """Raise one event by hand: of the OPERATOR, a webhook of Jackpot, or a decision of the checkout.

    \b
    pitboss trigger bet --player p-1 --amount 10
    pitboss trigger result --amount 25.50 --copies 2
    pitboss trigger rollback --of TRANSACTION_ID --amount 10
    pitboss trigger orphan --amount 10
    pitboss trigger bet --amount 10 --fault answer-lost:after=20ms --copies 1
    pitboss trigger bet --amount 10 --together 20
    pitboss trigger coupon/ready --notification-key KEY --price 27
    pitboss trigger decision --checkout TOKEN --merchant-reference REF --declined

    Where `pitboss serve` runs in this folder for the same target file, it goes through that, and is in its feed.

    Exit code 0: accepted; 1: refused; 3: no usable answer. With copies it is that of the last.
    """


for _each in (
    *operator.COMMANDS,
    *map(jackpot.store_command, get_args(StoreEventName)),
    *map(jackpot.coupon_command, get_args(wire.CouponName)),
    checkout.command,
):
    command.add_command(_each)
