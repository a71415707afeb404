"""What the mutants of part B share: how one is made, events that are believed, and money moved again."""

import secrets
from collections.abc import Callable
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import mutant
from client_under_test.values import decimal_json, money
from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import PendingEvent
from client_under_test.vouchers.jackpot_api import Voucher
from client_under_test.vouchers.resolver import Resolver

jackpot_mutant = partial(mutant, provider="jackpot")


class Trusting(Resolver):
    """Believes the events in ``believed`` (all: None) and asks Jackpot for the others only."""

    believed: ClassVar[frozenset[str] | None] = None

    @override
    def ask(self, row: Conversion, voucher_id: str, pending: list[PendingEvent]) -> Voucher | None:
        reported = [event for event in map(_event, pending) if event["message"]["id"] == voucher_id]
        if not reported or (self.believed is not None and reported[-1]["event"] not in self.believed):
            return super().ask(row, voucher_id, pending)
        return self.as_reported(row, reported[-1]["message"])

    def as_reported(self, row: Conversion, message: dict[str, Any]) -> Voucher:
        """Return what an event says as if it were so."""
        price = message["price"]
        return Voucher(
            message["id"],
            message["state"],
            money.to_minor(Decimal(price), row.currency),
            message.get("notificationKey"),
            message.get("signedUrl"),
            None,
        )


def _event(event: PendingEvent) -> dict[str, Any]:
    document: dict[str, Any] = decimal_json.loads(event.body)
    return document


class MovesAgain(Conversions):
    """Conversions that can give the player ``amount`` once more, or take it, whatever was given before."""

    def give(self, connection: sa.Connection, row: Conversion, amount: int) -> None:
        """Move ``amount`` minor units from what is spent to the balance; negative: the other way."""
        if amount:
            _, balance, _ = self.player(connection, row.player)
            kind = f"AGAIN-{secrets.token_hex(4)}"
            self.move(connection, row, balance, kind, held=row.held, spent=row.spent - amount)

    def give_later(self, conversion_id: int, amount: int) -> Conversion:
        """Do so in a transaction of its own."""
        with self.database.write() as connection:
            self.give(connection, self.locked(connection, conversion_id), amount)
            return self.locked(connection, conversion_id)


def giving_again(amount: Callable[[Conversion, Conversion, Voucher], int]) -> type[MovesAgain]:
    """Gives ``amount`` minor units besides, said of a conversion as it was, as it is, and its voucher."""

    class GivingAgain(MovesAgain):
        @override
        def apply(self, conversion_id: int, voucher: Voucher) -> Conversion:
            before = self.get(conversion_id)
            row = super().apply(conversion_id, voucher)
            again = amount(before, row, voucher)
            return self.give_later(conversion_id, again) if again else row

    return GivingAgain


# Gives the price back for each event about a refunded voucher.
RefundsEach = giving_again(
    lambda before, _, voucher: voucher.price if before.state == voucher.state == states.REFUNDED else 0
)
