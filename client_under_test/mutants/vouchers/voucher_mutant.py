"""What the mutants of part B share: how one is made, events that are believed, and money moved again."""

import secrets
from decimal import Decimal
from functools import partial
from typing import Any, ClassVar

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import mutant
from client_under_test.vouchers.conversions import Conversion, Conversions
from client_under_test.vouchers.inbox import Hint
from client_under_test.vouchers.jackpot_api import Truth
from client_under_test.vouchers.resolver import Resolver
from client_under_test.wallet import decimal_json, money

jackpot_mutant = partial(mutant, provider="jackpot")


class Trusting(Resolver):
    """Believes the events in ``believed`` (all: None) and asks Jackpot for the others only."""

    believed: ClassVar[frozenset[str] | None] = None

    @override
    def truth(self, row: Conversion, voucher_id: str, hints: list[Hint]) -> Truth | None:
        told = [event for event in map(_event, hints) if event["message"]["id"] == voucher_id]
        if not told or (self.believed is not None and told[-1]["event"] not in self.believed):
            return super().truth(row, voucher_id, hints)
        return self.told(row, told[-1]["message"])

    def told(self, row: Conversion, message: dict[str, Any]) -> Truth:
        """Return what an event says as if it were so."""
        price = message["price"]
        return Truth(
            message["id"],
            message["state"],
            money.to_minor(Decimal(price), row.currency),
            message.get("notificationKey"),
            message.get("signedUrl"),
            None,
        )


def _event(hint: Hint) -> dict[str, Any]:
    document: dict[str, Any] = decimal_json.loads(hint.body)
    return document


class Again(Conversions):
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
