"""``pitboss trigger store/.. | coupon/..``: send one webhook of Jackpot by hand, and see the CLIENT's answer."""

from pathlib import Path
from typing import Any

import click

from scenarios.cli import options
from scenarios.cli.click_errors import examples
from scenarios.cli.commands.trigger.sending import CONFIG, COPIES, CURL, FAULT, conclude, fault_help
from scenarios.events.raise_event import store_property
from simulators.jackpot import wire
from simulators.jackpot.catalogue.stores import StoreEventName
from simulators.providers import JACKPOT
from simulators.values import decimal_json

_EUR = options.amount("an amount such as 27.50")
_SHARED = options.all_of(
    CONFIG,
    click.option("--id", metavar="ID", help="The event's id.  [default: a new UUID]"),
    click.option("--seed", default=0, show_default=True, help="As of `serve`: makes the stores."),
    COPIES,
    FAULT,
    CURL,
)


def store_command(name: StoreEventName) -> click.Command:
    """The command that sends the store event ``name``."""

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
    @_SHARED
    @click.pass_context
    def command(context: click.Context, /, store: str | None, changes: tuple[str, ...], **given: Any) -> None:
        wanted = [store_property(text) for text in changes]
        lines = [f"{key}={decimal_json.dumps(value).decode()}" for key, value in wanted]
        _raise(context, name, store=store, changes="\n".join(lines), **given)

    command.help = f"Webhook {name}, sent once to the notification URL."
    command.short_help = f"Webhook {name}."
    return command


def coupon_command(name: wire.CouponName) -> click.Command:
    """The command that sends the voucher event ``name``."""

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
        type=_EUR,
        metavar="AMOUNT",
        help="What it costs, EUR.  [default: as the store sells it]",
    )
    @click.option("--value", type=_EUR, metavar="AMOUNT", help="What it is worth, EUR.")
    @click.option("--notification-key", metavar="KEY", help="notificationKey of the session's JWT.")
    @click.option("--store", metavar="ID", help="Its store.  [default: the first of the seed's]")
    @_SHARED
    @click.pass_context
    def command(context: click.Context, /, **given: Any) -> None:
        given |= {each: options.written(given[each]) for each in ("price", "value")}
        _raise(context, name, **given)

    command.help = (
        f"Webhook {name}, sent once to the notification URL.\n\nNo voucher changes at Jackpot: the event is a "
        "claim that its API does not confirm. For one that it does, use the back-office of `pitboss serve`."
    )
    command.short_help = f"Webhook {name}."
    return command


def _raise(
    context: click.Context, event: str, /, *, config: Path | None, seed: int, curl: bool, **asked: Any
) -> None:
    target = options.to_play_with(config, JACKPOT)
    # An empty id is none.
    asked["id"] = asked["id"] or None
    conclude(context, target, "raise", {"event": event, **asked}, curl=curl, seed=seed)
