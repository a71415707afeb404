"""Faults in deciding on bets and results (BET, RES)."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal

import sqlalchemy as sa
from flask import jsonify
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import (
    Unguarded,
    acknowledging,
    any_currency,
    deciding,
    failing,
    moving,
)
from client_under_test.schema import players, transactions
from client_under_test.values.refusals import Refused
from client_under_test.wallet.ledger import NOTHING, Effect, Ledger, Player, Stored
from client_under_test.wallet.messages import Action, Parser, Transaction


def _affordable(says: Callable[[int, int], bool]) -> type[Ledger]:
    """A ledger that asks ``says`` whether an amount, over nothing, can be bet from a balance."""

    class Affordable(Ledger):
        @override
        def affordable(self, amount: int, player: Player) -> bool:
            return amount == 0 or says(amount, player.balance)

    return Affordable


def _results(change: Callable[[Effect, Transaction, Player], Effect]) -> type[Ledger]:
    return deciding(Action.RESULT, change)


_takes_rest = deciding(
    Action.BET,
    lambda decision, _, player: (
        decision if decision.error is None else replace(decision, movement=-max(player.balance, 0))
    ),
)
_banned_refused = _results(
    lambda decision, _, player: Effect(error="PLAYER_BANNED") if player.banned else decision
)
_zero_refused = _results(
    lambda decision, transaction, _: Effect(error="INVALID_AMOUNT") if transaction.amount <= 0 else decision
)
_negative_blocked = _results(
    lambda decision, _, player: Effect(error="ACCOUNT_BLOCKED") if player.balance < 0 else decision
)
# Winnings up to the last stake were taken for a lost bet's bookkeeping.
_unit_lost = moving(Action.RESULT, lambda moved, _: 0 if moved == 1 else moved)
# Small wins are "rounded" up to a whole tenth, as the old cash desk did.
_rounded_up = moving(Action.RESULT, lambda moved, _: -(-moved // 10) * 10)


_other_code = failing(
    lambda code: jsonify({"error": "NOT_ENOUGH_MONEY" if code == "INSUFFICIENT_FUNDS" else code})
)


class _RefusalsForgotten(Ledger):
    @override
    def record(
        self, connection: sa.Connection, transaction: Transaction, player: Player, decision: Effect
    ) -> Stored:
        if decision.error is not None:
            raise Refused(decision.error)
        return super().record(connection, transaction, player, decision)


class _OpensAccounts(Ledger):
    @override
    def player(self, connection: sa.Connection, player_id: str) -> Player:
        try:
            return super().player(connection, player_id)
        except Refused:
            connection.execute(
                sa.insert(players).values(id=player_id, currency="EUR", balance=0, banned=False)
            )
            return super().player(connection, player_id)


class _BansIgnored(Ledger):
    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        return super().bet(connection, transaction, replace(player, banned=False))


class _ZeroBetCrashes(Ledger):
    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        Decimal(player.balance) / Decimal(transaction.amount)  # for the odds shown in the log
        return super().bet(connection, transaction, player)


class _ZeroBetTakesUnit(Ledger):
    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        return super().bet(connection, replace(transaction, amount=max(1, transaction.amount)), player)


class _WithoutCents(Parser):
    """Amounts in US dollars lose their cents."""

    @override
    def amount(self, given: object, currency: str) -> int:
        amount = super().amount(given, currency)
        return amount // 100 * 100 if currency == "USD" else amount


class _TwoDecimals(Parser):
    """Every currency has two decimals."""

    @override
    def amount(self, given: object, currency: str) -> int:
        return super().amount(given, "EUR" if currency in ("JPY", "KWD") else currency)


def _before(connection: sa.Connection, player: Player, many: int) -> list[str]:
    """Return the actions of the last ``many`` transactions of ``player``, the last one first."""
    return list(
        connection.scalars(
            sa.select(transactions.c.action)
            .where(transactions.c.player_id == player.id)
            .order_by(transactions.c.id.desc())
            .limit(many)
        )
    )


class _BetsFirst(Ledger):
    """Three results in a row are believed, a fourth without a bet between is not."""

    @override
    def result(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        if _before(connection, player, 2) == [Action.RESULT] * 2:
            return Effect(error="NO_OPEN_BET")
        return super().result(connection, transaction, player)


class _SecondOfBetIgnored(Ledger):
    """The second result of a bet is not paid."""

    @override
    def result(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Effect:
        if _before(connection, player, 2) == [Action.RESULT, Action.BET]:
            return NOTHING
        return super().result(connection, transaction, player)


MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "bet-keeps-one",
        ("BET-02",),
        "A bet must leave something over.",
        ledger=_affordable(lambda amount, balance: amount < balance),
    ),
    mutant(
        "bet-one-over",
        ("BET-03", "INV-02"),
        "The funds check is off by one unit.",
        ledger=_affordable(lambda amount, balance: amount <= balance + 1),
    ),
    mutant(
        "bet-overdraft",
        ("BET-03", "INV-02"),
        "Funds are not checked.",
        ledger=_affordable(lambda _amount, _balance: True),
    ),
    mutant(
        "bet-credit",
        ("BET-03", "INV-02"),
        "Every player may owe 50 units.",
        ledger=_affordable(lambda amount, balance: amount <= balance + 5000),
    ),
    mutant(
        "bet-any-funds",
        ("BET-03", "INV-02"),
        "Any balance over zero is enough.",
        ledger=_affordable(lambda _, balance: balance > 0),
    ),
    mutant("bet-takes-rest", ("BET-03",), "A refused bet takes what there is.", ledger=_takes_rest),
    mutant("bet-other-code", ("BET-03",), "Missing funds are NOT_ENOUGH_MONEY.", answers=_other_code),
    mutant("bet-refusal-forgotten", ("BET-05",), "A refused bet is tried again.", ledger=_RefusalsForgotten),
    mutant("bet-opens-account", ("BET-06",), "Unknown players get an account.", ledger=_OpensAccounts),
    mutant(
        "bet-stranger-ok",
        ("BET-06",),
        "Unknown players' wagers are acknowledged.",
        callbacks=acknowledging("UNKNOWN_PLAYER"),
    ),
    mutant(
        "bet-any-currency",
        ("BET-07",),
        "The currency of a bet is not looked at.",
        ledger=any_currency(Action.BET),
    ),
    mutant("bet-ban-ignored", ("BET-08",), "Banned players may bet.", ledger=_BansIgnored, needs=("ban",)),
    mutant(
        "bet-zero-crash",
        ("BET-09", "MSG-01"),
        "A bet of 0 divides by zero.",
        ledger=_ZeroBetCrashes,
        callbacks=Unguarded,
    ),
    mutant("bet-zero-unit", ("BET-09",), "A bet of 0 costs one unit.", ledger=_ZeroBetTakesUnit),
    mutant("bet-two-decimals", ("BET-13",), parser=_TwoDecimals, needs=("currencies",)),
    mutant("dollars-without-cents", ("BET-01", "RES-01"), parser=_WithoutCents, needs=("dollars",)),
    mutant("result-zero-refused", ("RES-02",), "A result of 0 is refused.", ledger=_zero_refused),
    mutant("result-bets-first", ("RES-03", "RES-05"), ledger=_BetsFirst),
    mutant(
        "result-banned-refused",
        ("RES-04",),
        "Banned players' results are refused.",
        ledger=_banned_refused,
        needs=("ban",),
    ),
    mutant(
        "result-banned-lost",
        ("RES-04",),
        "Banned players' results are acknowledged, not paid.",
        ledger=_results(lambda decision, _, player: NOTHING if player.banned else decision),
        needs=("ban",),
    ),
    mutant("result-second-ignored", ("RES-05",), ledger=_SecondOfBetIgnored),
    mutant("result-negative", ("RES-06",), "A negative balance blocks results.", ledger=_negative_blocked),
    mutant("result-unit-lost", ("RES-01",), "A result of one unit is not paid.", ledger=_unit_lost),
    mutant("result-rounded-up", ("RES-01",), "Results are rounded up to 0.10.", ledger=_rounded_up),
)
