"""What the mutants of the wallet share: tables without their guards, and a handler that lets errors out."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import sqlalchemy as sa
from flask import Response, request
from typing_extensions import override

from client_under_test import schema
from client_under_test.database import Database
from client_under_test.values.refusals import Refused
from client_under_test.wallet.answers import Answers
from client_under_test.wallet.callbacks import CallbackHandler
from client_under_test.wallet.ledger import Effect, Ledger, Player, Stored
from client_under_test.wallet.messages import Action, Endpoint, Transaction
from client_under_test.wallet.signature import HASH_HEADER


class Unconstrained(Ledger):
    """The reference's code over tables whose unique indexes named in ``without`` are gone."""

    without: ClassVar[tuple[sa.Index, ...]] = (
        schema.ONE_PER_PROVIDER_ID,
        schema.ONE_PER_CLIENT_ID,
        schema.ONE_POSTING_EACH,
        schema.ONE_REVERSAL_EACH,
    )

    def __init__(self, database: Database) -> None:
        super().__init__(database)
        with database.write() as connection:
            for index in self.without:
                index.drop(connection, checkfirst=True)
            # Still found quickly, however many there are.
            for table, column in (("transactions", "key"), ("postings", "reverses")):
                connection.execute(
                    sa.text(f"CREATE INDEX IF NOT EXISTS plain_{column} ON {table} ({column})")
                )


class Unguarded(CallbackHandler):
    """Refuses as the reference does, and answers everything unforeseen with HTTP 500."""

    @override
    def handle(self, endpoint: Endpoint) -> Response:
        try:
            return self.answers.success(self.process(endpoint, self.body(), request.headers.get(HASH_HEADER)))
        except Refused as refusal:
            return self.answers.failure(refusal.code)


def deciding(action: Action, change: Callable[[Effect, Transaction, Player], Effect]) -> type[Ledger]:
    """A ledger that does with ``action`` what ``change`` makes of the right decision."""

    class Deciding(Ledger):
        @override
        def decide(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
            decision = super().decide(connection, transaction, player)
            return change(decision, transaction, player) if transaction.action is action else decision

    return Deciding


def moving(action: Action, change: Callable[[int, Player], int]) -> type[Ledger]:
    """A ledger that moves by ``action`` what ``change`` makes of the right amount, in signed minor units."""
    return deciding(
        action,
        lambda decision, _, player: replace(decision, movement=change(decision.movement, player)),
    )


def acknowledging(code: str) -> type[CallbackHandler]:
    """Acknowledges what the reference refuses with ``code``, and does nothing."""

    class Acknowledging(CallbackHandler):
        @override
        def process(self, endpoint: Endpoint, body: bytes, given: str | None) -> str:
            try:
                return super().process(endpoint, body, given)
            except Refused as refusal:
                if refusal.code != code:
                    raise
                return "ignored"

    return Acknowledging


def any_currency(action: Action) -> type[Ledger]:
    """Does not look at the currency of ``action``."""

    class AnyCurrency(Ledger):
        @override
        def handle(self, connection: sa.Connection, transaction: Transaction) -> Stored:
            if transaction.action is action:
                currency = self.player(connection, transaction.player).currency
                transaction = replace(transaction, currency=currency)
            return super().handle(connection, transaction)

    return AnyCurrency


def failing(write: Callable[[str], Response]) -> type[Answers]:
    """Answers whose refusals are written by ``write``."""

    class Failing(Answers):
        @override
        def failure(self, code: str) -> Response:
            return write(code)

    return Failing
