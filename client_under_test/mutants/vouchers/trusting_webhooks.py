"""Faults of CLIENTs that believe notifications, or take those of others for their own (EVT-04, 08, 09, 10)."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import (
    MovesAgain,
    Trusting,
    giving_again,
    jackpot_mutant,
)
from client_under_test.schema import conversions
from client_under_test.values.refusals import Refused
from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversion
from client_under_test.vouchers.inbox import Inbox, PendingEvent
from client_under_test.vouchers.jackpot_api import Voucher
from client_under_test.vouchers.notifications import CouponNotification, NotificationReader
from client_under_test.vouchers.resolver import Resolver


class _AnyFollows(MovesAgain):
    """Sets the state that the last event named."""

    @override
    def follows(self, row: Conversion) -> frozenset[str]:
        return frozenset(states.FOLLOWS)

    @override
    def wanted(self, row: Conversion, state: str, price: int, held: int, spent: int) -> str | None:
        return None if spent else super().wanted(row, state, price, held, spent)


class _NextOnly(MovesAgain):
    """Takes the one step that its diagram draws; an event that is early or late is dropped."""

    @override
    def follows(self, row: Conversion) -> frozenset[str]:
        steps = {
            states.OPEN: {states.RESERVED},
            states.RESERVED: {states.CONFIRMED, states.CANCELED},
            states.CONFIRMED: {states.READY},
        }
        return frozenset(steps.get(row.state, {states.REFUNDED, states.REFUND_REJECTED}))


def _believing(*events: str) -> type[Trusting]:
    return type("Believing", (Trusting,), {"believed": frozenset(events)})


class _OnItsWay(Trusting):
    """Asks, and takes a refund that is under way for one that was granted."""

    @override
    def ask(self, row: Conversion, voucher_id: str, pending: list[PendingEvent]) -> Voucher | None:
        voucher = super(Trusting, self).ask(row, voucher_id, pending)
        if voucher is not None and voucher.state == states.REFUNDING:
            return super().ask(row, voucher_id, pending)
        return voucher


class _OwnPrice(Trusting):
    """Believes refunds, and pays back what was paid, whatever their price is said to be."""

    believed = frozenset({"coupon/refunded"})

    @override
    def as_reported(self, row: Conversion, message: dict[str, Any]) -> Voucher:
        return super().as_reported(row, {**message, "price": Decimal(row.price or 0).scaleb(-2)})


class _AnyPrice(NotificationReader):
    @override
    def amount(self, given: object) -> int:
        return 0


class _PriceOfTheEvent(Trusting):
    """Asks for the state, and takes the price from the event."""

    @override
    def ask(self, row: Conversion, voucher_id: str, pending: list[PendingEvent]) -> Voucher | None:
        voucher = super(Trusting, self).ask(row, voucher_id, pending)
        reported = super().ask(row, voucher_id, pending)
        return voucher if voucher is None or reported is None else replace(voucher, price=reported.price)


# Gives back what the event says that it cost.
_refunds_notified = giving_again(
    lambda before, row, voucher: (
        voucher.price - before.spent if row.state == states.REFUNDED and before.spent else 0
    )
)


class _AnyVoucherAsked(Resolver):
    """Asks about the voucher that an event names, and does not look under whose key it was reserved."""

    @override
    def ours(self, row: Conversion, voucher: Voucher) -> bool:
        return True


class _TakesCancels(MovesAgain):
    """Gives everything back upon a cancellation, whatever came before."""

    @override
    def follows(self, row: Conversion) -> frozenset[str]:
        return super().follows(row) | {states.CANCELED}


class _ForeignRefused(Inbox):
    """Vouchers of others are refused."""

    @override
    def conversion(self, connection: sa.Connection, notification: CouponNotification) -> int | None:
        found = super().conversion(connection, notification)
        if found is None:
            raise Refused("UNKNOWN_VOUCHER")
        return found


class _ForeignLast(Inbox):
    """Takes an event that names no purchase for the last one that was made."""

    @override
    def conversion(self, connection: sa.Connection, notification: CouponNotification) -> int | None:
        found = super().conversion(connection, notification)
        if found is None:
            return connection.scalar(sa.select(conversions.c.id).order_by(conversions.c.id.desc()).limit(1))
        return found


class _AnyVoucher(Trusting):
    """Believes events, and does not look whose voucher they are about."""

    @override
    def ours(self, row: Conversion, voucher: Voucher) -> bool:
        return True


class _AnyFollowsOfAny(_AnyFollows):
    """Keeps to the voucher it has."""

    @override
    def apply(self, conversion_id: int, voucher: Voucher) -> Conversion:
        known = self.get(conversion_id).voucher_id
        return super().apply(conversion_id, replace(voucher, voucher_id=known or voucher.voucher_id))


class _FirstPrice(MovesAgain):
    """Keeps the price of the first event."""

    @override
    def price(self, row: Conversion, voucher: Voucher) -> int:
        return voucher.price if row.price is None else row.price


class _NumbersAreCents(Trusting):
    """Takes a number for cents, as its own prices are."""

    @override
    def as_reported(self, row: Conversion, message: dict[str, Any]) -> Voucher:
        price = message["price"]
        if not isinstance(price, str):
            message = {**message, "price": Decimal(price) / 100}
        return super().as_reported(row, message)


class _NumbersAreCut(Trusting):
    """Takes a number for a binary fraction, and cuts what is left."""

    @override
    def as_reported(self, row: Conversion, message: dict[str, Any]) -> Voucher:
        price = message["price"]
        if not isinstance(price, str):
            message = {**message, "price": Decimal(int(float(price) * 100)) / 100}
        return super().as_reported(row, message)


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant(
        "evt-last-wins", ("EVT-04",), "The last event wins.", conversions=_AnyFollows, resolver=Trusting
    ),
    jackpot_mutant(
        "evt-next-only",
        ("EVT-04",),
        "An event out of its turn is dropped.",
        conversions=_NextOnly,
        resolver=Trusting,
    ),
    jackpot_mutant("evt-foreign-refused", ("EVT-08",), inbox=_ForeignRefused),
    jackpot_mutant(
        "evt-foreign-last",
        ("EVT-08", "EVT-09"),
        "A voucher of nobody is the last purchase's.",
        inbox=_ForeignLast,
        resolver=_AnyVoucher,
        conversions=_AnyFollowsOfAny,
    ),
    jackpot_mutant(
        "evt-trusts-refunds",
        ("EVT-09",),
        "coupon/refunded is believed.",
        resolver=_believing("coupon/refunded"),
    ),
    jackpot_mutant(
        "evt-trusts-prices-of-its-own",
        ("EVT-09",),
        "coupon/refunded is believed, and no amount in events is read.",
        resolver=_OwnPrice,
        notifications=_AnyPrice,
    ),
    jackpot_mutant(
        "evt-trusts-cancels",
        ("EVT-09",),
        "coupon/canceled is believed.",
        resolver=_believing("coupon/canceled"),
        conversions=_TakesCancels,
    ),
    jackpot_mutant(
        "evt-trusts-confirmations",
        ("EVT-09",),
        "coupon/confirmed and coupon/ready are believed.",
        resolver=_believing("coupon/confirmed", "coupon/ready"),
    ),
    jackpot_mutant(
        "evt-refund-on-its-way",
        ("EVT-09",),
        "A refund that was asked for is taken for granted.",
        resolver=_OnItsWay,
        conversions=MovesAgain,
    ),
    jackpot_mutant(
        "evt-price-of-event",
        ("EVT-09",),
        "A refund returns the price that its event names.",
        resolver=_PriceOfTheEvent,
        conversions=_refunds_notified,
    ),
    jackpot_mutant(
        "evt-any-voucher",
        ("EVT-08",),
        "A key of ours makes every voucher ours.",
        resolver=_AnyVoucherAsked,
        conversions=_AnyFollowsOfAny,
    ),
    jackpot_mutant("evt-trusts-all", ("EVT-09",), "Every event is believed.", resolver=Trusting),
    jackpot_mutant(
        "evt-numbers-cents",
        ("EVT-10",),
        "Amounts as numbers are cents.",
        resolver=_NumbersAreCents,
        conversions=_FirstPrice,
    ),
    jackpot_mutant(
        "evt-numbers-cut",
        ("EVT-10",),
        "Amounts as numbers are cut binary fractions.",
        resolver=_NumbersAreCut,
        conversions=_FirstPrice,
    ),
)
