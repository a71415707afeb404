"""``pitboss trigger bet | result | rollback | orphan``: send one callback of the OPERATOR by hand."""

from decimal import Decimal
from pathlib import Path
from typing import Any

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, COPIES, CURL, FAULT, conclude, fault_help
from scenarios.console.control.events import TOGETHER
from simulators.providers import OPERATOR


def _amount(meaning: str) -> options.Option[Any]:
    return click.option(
        "--amount",
        type=options.amount("an amount such as 10.50"),
        metavar="AMOUNT",
        required=True,
        help=meaning,
    )


_SHARED = options.all_of(
    CONFIG,
    click.option("--player", metavar="ID", help="The player.  [default: the target's first]"),
    click.option("--currency", metavar="CODE", help="ISO 4217.  [default: the players']"),
    click.option("--id", metavar="ID", help="transaction_id.  [default: a new UUID]"),
    COPIES,
    click.option(
        "--together",
        type=click.IntRange(1, TOGETHER),
        default=1,
        metavar="N",
        help="Send N copies at once: all last bytes leave together.",
    ),
    FAULT,
    CURL,
)


def _command(name: str, summary: str, own: options.Option[Any], *lines: str) -> click.Command:
    @click.command(name, help=summary, epilog=examples(*lines, more=fault_help()))
    @own
    @_SHARED
    @click.pass_context
    def command(context: click.Context, /, **given: Any) -> None:
        _raise(context, name, **given)

    return command


COMMANDS = (
    _command(
        "bet",
        "Withdraw an amount from the player's balance.",
        _amount("What is taken from the balance."),
        "pitboss trigger bet --amount 10",
        "pitboss trigger bet --player p-1 --amount 10 --together 20",
        "pitboss trigger bet --amount 10 --fault answer-lost:after=20ms --copies 1",
    ),
    _command(
        "result",
        "Deposit an amount to the player's balance.",
        _amount("What is paid; 0 for a lost bet."),
        "pitboss trigger result --amount 25.50",
        "pitboss trigger result --amount 0                  a lost bet",
        "pitboss trigger result --amount 5 --id t-1 --copies 2",
    ),
    _command(
        "rollback",
        "Undo an earlier transaction.",
        options.all_of(
            click.option("--of", required=True, metavar="ID", help="The id of the transaction to undo."),
            _amount("The amount that it had."),
        ),
        "pitboss trigger rollback --of TRANSACTION_ID --amount 10",
    ),
    _command(
        "orphan",
        "Roll back a transaction that the CLIENT never saw.",
        _amount("What the transaction would have had."),
        "pitboss trigger orphan --amount 10",
        "pitboss trigger orphan --amount 10 --copies 1 --curl",
    ),
)


def _raise(
    context: click.Context, event: str, /, *, config: Path | None, amount: Decimal, curl: bool, **asked: Any
) -> None:
    target = options.to_play_with(config, OPERATOR)
    wanted = {"event": event, "amount": options.written(amount), **asked}
    conclude(context, target, "raise", wanted, curl=curl)
