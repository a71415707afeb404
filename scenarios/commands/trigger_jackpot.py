"""``pitboss trigger store/.. | coupon/..``: send one webhook of Jackpot by hand, and see the CLIENT's answer."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from pathlib import Path
from typing import Any, TypeVar, get_args

import click

from scenarios.commands import serving_jackpot
from scenarios.commands.raising import code, fault, fault_help, show, unfit
from scenarios.commands.serve import target_or_demo
from scenarios.errors import UsageProblem
from simulators import exact_json, export, money
from simulators.faults.parcel import Fault
from simulators.history import Exchange, History
from simulators.jackpot import catalogue, wire, world
from simulators.jackpot.catalogue import Listing, StoreEventName
from simulators.jackpot.platform import random_id
from simulators.jackpot.twin import JackpotTwin
from simulators.sending import Sender

Command = TypeVar("Command", bound=Callable[..., Any])
Build = Callable[[JackpotTwin], wire.Notification]


def register(group: click.Group) -> None:
    """Add a command for each of Jackpot's events to ``group``."""
    for store_event in get_args(StoreEventName):
        group.add_command(_store_command(store_event))
    for coupon_event in get_args(wire.CouponName):
        group.add_command(_coupon_command(coupon_event))


def _amount(text: str) -> Decimal:
    try:
        return money.parse(text)
    except ValueError as error:
        raise click.BadParameter(f"{error}; expected an amount such as 27.50") from None


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
                "--fault", "faults", multiple=True, metavar="FAULT", help="What goes wrong (repeat)."
            ),
            click.option("--curl", is_flag=True, help="Print the curl command of each exchange, too."),
        )
    ):
        command = option(command)
    return command


def _store_command(name: StoreEventName) -> click.Command:
    @click.command(name, epilog=fault_help())
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
        _raise(context, lambda twin: _store_event(twin, name, store, changes), **given)

    command.help = f"Webhook {name}, sent once to the notification URL."
    command.short_help = f"Webhook {name}."
    return command


def _coupon_command(name: wire.CouponName) -> click.Command:
    @click.command(name, epilog=fault_help())
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
        def build(twin: JackpotTwin) -> wire.Notification:
            made = twin.platform.invent_voucher(notification_key=notification_key)
            made = replace(
                made,
                id=voucher or made.id,
                price=made.price if price is None else price,
                value=made.value if value is None else value,
                store_name=made.store_name if store is None else _listing(twin, store).store.name,
            )
            return world.announce(made, name, twin.platform.means())

        _raise(context, build, **given)

    command.help = (
        f"Webhook {name}, sent once to the notification URL.\n\nNo voucher changes at Jackpot: the event is a "
        "claim that its API does not confirm. For one that it does, use the back-office of `pitboss serve`."
    )
    command.short_help = f"Webhook {name}."
    return command


def _listing(twin: JackpotTwin, store_id: str | None) -> Listing:
    if store_id is None:
        return twin.platform.listings[0]
    try:
        return twin.platform.listing(store_id)
    except KeyError:
        # One that Jackpot never had is a case for the CLIENT, too.
        first = twin.platform.listings[0].store
        return Listing(first.model_copy(update={"id": store_id}))


def _store_event(
    twin: JackpotTwin, name: StoreEventName, store_id: str | None, changes: tuple[str, ...]
) -> wire.Notification:
    before = _listing(twin, store_id).store
    wanted = dict(_property(text) for text in changes)
    if name == "store/update" and not wanted:
        wanted = {"name": f"{before.name} (new)"}
    try:
        listing = Listing(catalogue.changed(before, wanted), before=before)
    except ValueError as error:
        raise UsageProblem(
            f"--set makes no store: {' '.join(str(error).split())[:300]}",
            "documented properties with values of their types",
            "see /v2/stores of `pitboss serve` for an example",
        ) from None
    means = twin.platform.means()
    return catalogue.event(name, listing, means.now, means.new_id, twin.platform.public_url)


def _property(text: str) -> tuple[str, Any]:
    name, given, value = text.partition("=")
    try:
        if not given:
            raise ValueError
        return name.strip(), exact_json.loads(value)
    except ValueError:
        raise UsageProblem(
            f"--set is {text!r}",
            "a property and its value in JSON",
            "write --set voucherValueMax=100, or --set 'name=\"New\"' with the quotes",
        ) from None


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
    sender = Sender(History())
    twin = serving_jackpot.build(target.need_jackpot(), sender, seed=seed)
    event = build(twin).model_copy(update={"id": id or random_id()})
    exchanges = _send(twin, event, copies, [fault(text) for text in faults])
    sender.close()
    redactor = export.Redactor(target.secrets())
    for exchange in exchanges:
        show(exchange, redactor, curl=curl)
    context.exit(code(exchanges[-1]))


def _send(twin: JackpotTwin, event: wire.Notification, copies: int, faults: list[Fault]) -> list[Exchange]:
    twin.channel.faults = faults
    try:
        exchanges = twin.channel.send(twin.channel.parcel(event))
    except ValueError as error:
        raise unfit(error) from None
    twin.channel.faults = ()
    for _ in range(copies):
        exchanges += twin.channel.send(twin.channel.parcel(event, copy_of=exchanges[0].number))
    return exchanges
