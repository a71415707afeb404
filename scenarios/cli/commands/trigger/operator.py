"""``pitboss trigger bet | result | rollback | orphan``: send one callback of the OPERATOR by hand."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, COPIES, CURL, FAULT, conclude, fault_help
from scenarios.driver.driver import Driver
from scenarios.events.raise_event import send_callback
from scenarios.problems.errors import UsageProblem
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.providers import OPERATOR
from simulators.transport.delivery import Fault
from simulators.values import money
from simulators.wallet.transactions import Transaction

# What a command builds of its own options.
Build = Callable[[Verbs, Player, dict[str, Any]], Transaction]


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
        type=click.IntRange(1),
        default=1,
        metavar="N",
        help="Send N copies at once: all last bytes leave together.",
    ),
    FAULT,
    CURL,
)


def _command(name: str, summary: str, build: Build, own: options.Option[Any], *lines: str) -> click.Command:
    @click.command(name, help=summary, epilog=examples(*lines, more=fault_help()))
    @own
    @_SHARED
    @click.pass_context
    def command(context: click.Context, /, **given: Any) -> None:
        _raise(context, build, **given)

    return command


COMMANDS = (
    _command(
        "bet",
        "Withdraw an amount from the player's balance.",
        lambda verbs, player, own: verbs.transaction("bet", player, **own),
        _amount("What is taken from the balance."),
        "pitboss trigger bet --amount 10",
        "pitboss trigger bet --player p-1 --amount 10 --together 20",
        "pitboss trigger bet --amount 10 --fault answer-lost:after=20ms --copies 1",
    ),
    _command(
        "result",
        "Deposit an amount to the player's balance.",
        lambda verbs, player, own: verbs.transaction("result", player, **own),
        _amount("What is paid; 0 for a lost bet."),
        "pitboss trigger result --amount 25.50",
        "pitboss trigger result --amount 0                  a lost bet",
        "pitboss trigger result --amount 5 --id t-1 --copies 2",
    ),
    _command(
        "rollback",
        "Undo an earlier transaction.",
        lambda verbs, player, own: verbs.undo(player=player, **own),
        options.all_of(
            click.option("--of", required=True, metavar="ID", help="The id of the transaction to undo."),
            _amount("The amount that it had."),
        ),
        "pitboss trigger rollback --of TRANSACTION_ID --amount 10",
    ),
    _command(
        "orphan",
        "Roll back a transaction that the CLIENT never saw.",
        lambda verbs, player, own: verbs.undo(verbs.new_id(), player, **own),
        _amount("What the transaction would have had."),
        "pitboss trigger orphan --amount 10",
        "pitboss trigger orphan --amount 10 --copies 1 --curl",
    ),
)


def _raise(
    context: click.Context,
    build: Build,
    *,
    config: Path | None,
    player: str | None,
    currency: str | None,
    copies: int,
    together: int,
    faults: list[Fault],
    curl: bool,
    **own: Any,
) -> None:
    target = options.to_play_with(config, OPERATOR)
    _, players = target.need_operator()
    try:
        acting = Player(player or players.ids[0], currency or players.currency)
        money.decimals(acting.currency)
    except money.UnknownCurrency as error:
        raise UsageProblem(str(error), "a code such as EUR", "correct --currency") from None
    verbs = _verbs(target)
    exchanges = send_callback(
        verbs, build(verbs, acting, own), together=together, copies=copies, faults=faults
    )
    verbs.channel.route.close()
    conclude(context, target, exchanges, curl=curl)


def _verbs(target: Target) -> Verbs:
    operator, _ = target.need_operator()
    driver = Driver(target)
    route = target.route(
        History(),
        timeout=operator.timeout,
        restart=driver.restart if driver.has("restart") else None,
    )
    secret = operator.security_hash.get_secret_value()
    return Verbs(Operator(operator.callback_url, secret, route, operator.words))
