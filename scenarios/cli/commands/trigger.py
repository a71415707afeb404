"""``pitboss trigger``: raise one event by hand, with faults if wanted, and see what the CLIENT answers."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar

import click

from scenarios.cli import shell_completion
from scenarios.cli.click_errors import Commands, examples
from scenarios.cli.commands import trigger_checkout, trigger_jackpot
from scenarios.driver.driver import Driver
from scenarios.events.options import code, fault, fault_help, show
from scenarios.events.raise_event import send_callback
from scenarios.problems.errors import BadValue, UsageProblem
from scenarios.target.demo import target_or_demo
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges import export
from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.transport.route import Route
from simulators.values import money
from simulators.wallet.transactions import Transaction

Command = TypeVar("Command", bound=Callable[..., Any])
Build = Callable[[Verbs, Player], Transaction]


def _amount(text: str) -> Decimal:
    """Read an amount on the command line; never a float."""
    try:
        return money.parse(text)
    except ValueError as error:
        raise BadValue(str(error), "an amount such as 10.50") from None


def _options(command: Command) -> Command:
    for option in reversed(
        (
            click.option(
                "-c",
                "--config",
                type=click.Path(path_type=Path),
                metavar="FILE",
                help="The target file.  [default: pitboss.toml, else `pitboss client`]",
            ),
            click.option("--player", metavar="ID", help="The player.  [default: the target's first]"),
            click.option("--currency", metavar="CODE", help="ISO 4217.  [default: the players']"),
            click.option("--id", metavar="ID", help="transaction_id.  [default: a new UUID]"),
            click.option("--copies", type=click.IntRange(0), default=0, help="Send so many copies after it."),
            click.option(
                "--together",
                type=click.IntRange(1),
                default=1,
                metavar="N",
                help="Send N copies at once: all last bytes leave together.",
            ),
            click.option(
                "--fault",
                "faults",
                multiple=True,
                metavar="FAULT",
                shell_complete=shell_completion.fault,
                help="What goes wrong (repeat).",
            ),
            click.option("--curl", is_flag=True, help="Print the curl command of each exchange, too."),
        )
    ):
        command = option(command)
    return command


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

    Exit code 0: accepted; 1: refused; 3: no usable answer. With copies it is that of the last.
    """


@command.command(
    "bet",
    epilog=examples(
        "pitboss trigger bet --amount 10",
        "pitboss trigger bet --player p-1 --amount 10 --together 20",
        "pitboss trigger bet --amount 10 --fault answer-lost:after=20ms --copies 1",
        more=fault_help(),
    ),
)
@click.option(
    "--amount", type=_amount, metavar="AMOUNT", required=True, help="What is taken from the balance."
)
@_options
@click.pass_context
def bet(context: click.Context, /, amount: Decimal, id: str | None, **given: Any) -> None:  # noqa: A002
    """Withdraw an amount from the player's balance."""
    _raise(context, lambda verbs, player: verbs.transaction("bet", player, amount, id=id), **given)


@command.command(
    "result",
    epilog=examples(
        "pitboss trigger result --amount 25.50",
        "pitboss trigger result --amount 0                  a lost bet",
        "pitboss trigger result --amount 5 --id t-1 --copies 2",
        more=fault_help(),
    ),
)
@click.option(
    "--amount", type=_amount, metavar="AMOUNT", required=True, help="What is paid; 0 for a lost bet."
)
@_options
@click.pass_context
def result(context: click.Context, /, amount: Decimal, id: str | None, **given: Any) -> None:  # noqa: A002
    """Deposit an amount to the player's balance."""
    _raise(context, lambda verbs, player: verbs.transaction("result", player, amount, id=id), **given)


@command.command(
    "rollback",
    epilog=examples("pitboss trigger rollback --of TRANSACTION_ID --amount 10", more=fault_help()),
)
@click.option("--of", required=True, metavar="ID", help="The id of the transaction to undo.")
@click.option("--amount", type=_amount, metavar="AMOUNT", required=True, help="The amount that it had.")
@_options
@click.pass_context
def rollback(
    context: click.Context,
    /,
    of: str,
    amount: Decimal,
    id: str | None,  # noqa: A002
    **given: Any,
) -> None:
    """Undo an earlier transaction."""
    _raise(context, lambda verbs, player: verbs.undo(of, player, amount, id=id), **given)


@command.command(
    "orphan",
    epilog=examples(
        "pitboss trigger orphan --amount 10",
        "pitboss trigger orphan --amount 10 --copies 1 --curl",
        more=fault_help(),
    ),
)
@click.option(
    "--amount", type=_amount, metavar="AMOUNT", required=True, help="What the transaction would have had."
)
@_options
@click.pass_context
def orphan(context: click.Context, /, amount: Decimal, id: str | None, **given: Any) -> None:  # noqa: A002
    """Roll back a transaction that the CLIENT never saw."""
    _raise(context, lambda verbs, player: verbs.undo(verbs.new_id(), player, amount, id=id), **given)


def _raise(
    context: click.Context,
    build: Build,
    *,
    config: Path | None,
    player: str | None,
    currency: str | None,
    copies: int,
    together: int,
    faults: tuple[str, ...],
    curl: bool,
) -> None:
    target = target_or_demo(config)
    _, players = target.need_operator()
    try:
        acting = Player(player or players.ids[0], currency or players.currency)
        money.decimals(acting.currency)
    except money.UnknownCurrency as error:
        raise UsageProblem(str(error), "a code such as EUR", "correct --currency") from None
    verbs = _verbs(target)
    planned = [fault(text) for text in faults]
    exchanges = send_callback(verbs, build(verbs, acting), together=together, copies=copies, faults=planned)
    verbs.channel.route.close()
    redactor = export.Redactor(target.secrets())
    for exchange in exchanges:
        show(exchange, redactor, curl=curl)
    context.exit(code(exchanges[-1]))


def _verbs(target: Target) -> Verbs:
    operator, _ = target.need_operator()
    driver = Driver(target)
    route = Route(
        History(),
        timeout=operator.timeout,
        ca_file=target.ca_file,
        restart=driver.restart if driver.has("restart") else None,
    )
    secret = operator.security_hash.get_secret_value()
    return Verbs(Operator(operator.callback_url, secret, route, operator.words))


trigger_jackpot.register(command)
trigger_checkout.register(command)
