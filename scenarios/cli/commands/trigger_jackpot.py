"""``pitboss trigger store/.. | coupon/..``: send one webhook of Jackpot by hand, and see the CLIENT's answer."""

from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from scenarios.cli import shell_completion
from scenarios.cli.click_errors import examples
from scenarios.events.options import code, fault, fault_help, show
from scenarios.events.raise_event import coupon_event, send_notice, store_event, store_property
from scenarios.hosting import jackpot as hosting
from scenarios.problems.errors import BadValue
from scenarios.target.demo import target_or_demo
from simulators.exchanges import export
from simulators.exchanges.history import History
from simulators.jackpot import wire
from simulators.jackpot.account import random_id
from simulators.jackpot.catalogue.stores import StoreEventName
from simulators.jackpot.simulator import JackpotSimulator
from simulators.transport.route import Route
from simulators.values import money

Command = TypeVar("Command", bound=Callable[..., Any])
Build = Callable[[JackpotSimulator], wire.Notification]


def register(group: click.Group) -> None:
    """Add a command for each of Jackpot's events to ``group``."""
    for name in get_args(StoreEventName):
        group.add_command(_store_command(name))
    for coupon in get_args(wire.CouponName):
        group.add_command(_coupon_command(coupon))


def _amount(text: str) -> Decimal:
    try:
        return money.parse(text)
    except ValueError as error:
        raise BadValue(str(error), "an amount such as 27.50") from None


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
            click.option("--id", metavar="ID", help="The event's id.  [default: a new UUID]"),
            click.option("--seed", default=0, show_default=True, help="As of `serve`: makes the stores."),
            click.option("--copies", type=click.IntRange(0), default=0, help="Send so many copies after it."),
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


def _store_command(name: StoreEventName) -> click.Command:
    @click.command(
        name,
        epilog=examples(
            f"pitboss trigger {name}",
            f"pitboss trigger {name} --set voucherValueMax=100 --copies 1",
            more=fault_help(),
        ),
    )
    @click.option("--store", metavar="ID", help="The store.  [default: the first of the seed's]")
    @click.option(
        "--set",
        "changes",
        multiple=True,
        metavar="NAME=JSON",
        help="A property of data, such as name='\"New\"' or voucherValueMax=100; null takes it away (repeat).",
    )
    @_options
    @click.pass_context
    def command(context: click.Context, /, store: str | None, changes: tuple[str, ...], **given: Any) -> None:
        wanted = dict(store_property(text) for text in changes)
        _raise(context, lambda twin: store_event(twin, name, store, wanted), **given)

    command.help = f"Webhook {name}, sent once to the notification URL."
    command.short_help = f"Webhook {name}."
    return command


def _coupon_command(name: wire.CouponName) -> click.Command:
    @click.command(
        name,
        epilog=examples(
            f"pitboss trigger {name}",
            f"pitboss trigger {name} --notification-key KEY --price 27 --copies 1",
            more=fault_help(),
        ),
    )
    @click.option("--voucher", metavar="ID", help="The voucher's id.  [default: a new UUID]")
    @click.option(
        "--price",
        type=_amount,
        metavar="AMOUNT",
        help="What it costs, EUR.  [default: as the store sells it]",
    )
    @click.option("--value", type=_amount, metavar="AMOUNT", help="What it is worth, EUR.")
    @click.option("--notification-key", metavar="KEY", help="notificationKey of the session's JWT.")
    @click.option("--store", metavar="ID", help="Its store.  [default: the first of the seed's]")
    @_options
    @click.pass_context
    def command(
        context: click.Context,
        /,
        voucher: str | None,
        price: Decimal | None,
        value: Decimal | None,
        notification_key: str | None,
        store: str | None,
        **given: Any,
    ) -> None:
        def build(twin: JackpotSimulator) -> wire.Notification:
            return coupon_event(
                twin,
                name,
                voucher=voucher,
                price=price,
                value=value,
                notification_key=notification_key,
                store=store,
            )

        _raise(context, build, **given)

    command.help = (
        f"Webhook {name}, sent once to the notification URL.\n\nNo voucher changes at Jackpot: the event is a "
        "claim that its API does not confirm. For one that it does, use the back-office of `pitboss serve`."
    )
    command.short_help = f"Webhook {name}."
    return command


def _raise(
    context: click.Context,
    build: Build,
    *,
    config: Path | None,
    id: str | None,  # noqa: A002
    seed: int,
    copies: int,
    faults: tuple[str, ...],
    curl: bool,
) -> None:
    target = target_or_demo(config)
    route = Route(History(), ca_file=target.ca_file)
    twin = hosting.build(target.need_jackpot(), route, seed=seed)
    event = build(twin).model_copy(update={"id": id or random_id()})
    planned = [fault(text) for text in faults]
    exchanges = send_notice(twin.endpoint, event, copies=copies, faults=planned)
    route.close()
    redactor = export.Redactor(target.secrets())
    for exchange in exchanges:
        show(exchange, redactor, curl=curl)
    context.exit(code(exchanges[-1]))
