"""Faults in reading amounts and in arithmetic (MSG-07, 08, 12; BET-01, 10, 11, 12; RES-01)."""

import struct
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.values import money
from client_under_test.values.refusals import Refused
from client_under_test.wallet.ledger import Decision, Ledger, Player
from client_under_test.wallet.messages import Parser, Transaction


class _Absolute(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, str):
            given = money.spelled(given)
        return super().amount(abs(given) if isinstance(given, Decimal) else given, currency)


class _Signed(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, Decimal) and given.is_finite() and given < 0:
            return -super().amount(-given, currency)
        return super().amount(given, currency)


class _NegativeIsNothing(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, Decimal) and given < 0:
            return -super().amount(-given, currency)
        return super().amount(given, currency)


class _NegativeResultsOnly(Ledger):
    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Decision:
        if transaction.amount < 0:
            return Decision(error="INVALID_AMOUNT")
        return super().bet(connection, transaction, player)


class _Commas(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        return super().amount(given.replace(",", "") if isinstance(given, str) else given, currency)


class _TrueIsOne(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        return super().amount(Decimal(given) if isinstance(given, bool) else given, currency)


class _ElseZero(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        try:
            return super().amount(given, currency)
        except Refused:
            if isinstance(given, str):
                return 0
            raise


class _NoExponent(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        # "1e1" as JSON is 1E+1 as a decimal: what stands before the E is taken for the number.
        if isinstance(given, Decimal) and given.is_finite() and "E" in str(given):
            given = Decimal(str(given).split("E")[0])
        if isinstance(given, str):
            given = given.lower().split("e")[0]
        return super().amount(given, currency)


class _Cut(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, Decimal) and given.is_finite() and given >= 0:
            # int(12.3 * 100): one cent short now and then.
            return int(float(given) * 10.0 ** money.decimals(currency))
        return super().amount(given, currency)


class _Rounding(Parser):
    rounding = ROUND_HALF_UP

    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, Decimal) and given.is_finite() and given < money.LARGEST:
            given = given.quantize(Decimal(1).scaleb(-money.decimals(currency)), self.rounding)
        return super().amount(given, currency)


class _RoundingDown(_Rounding):
    rounding = ROUND_DOWN


class _Single(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        exact = super().amount(given, currency)
        places: int = 10 ** money.decimals(currency)
        single: float = struct.unpack("f", struct.pack("f", exact / places))[0]
        return round(single * places)


class _ThirtyTwoBits(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        exact = super().amount(given, currency)
        if exact >= 2**31:
            raise Refused("INVALID_AMOUNT")
        return exact


class _Wrapped(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        return super().amount(given, currency) % 2**32


class _WholeUnits(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        places: int = 10 ** money.decimals(currency)
        return super().amount(given, currency) // places * places


class _Drifting(Ledger):
    @override
    def post(
        self, connection: sa.Connection, player: Player, decision: Decision, transaction_id: int
    ) -> None:
        # The balance as a float of units, cut to cents when it is shown to the database.
        moved = int((player.balance / 100 + decision.movement / 100) * 100) - player.balance
        super().post(connection, player, replace(decision, movement=moved), transaction_id)


class _Fee(Ledger):
    @override
    def bet(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Decision:
        decision = super().bet(connection, transaction, player)
        fee = transaction.amount // 100
        return replace(decision, movement=decision.movement - fee) if decision.error is None else decision


class _Tax(Ledger):
    @override
    def result(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Decision:
        decision = super().result(connection, transaction, player)
        return replace(decision, movement=decision.movement - decision.movement // 20)


class _Capped(Ledger):
    @override
    def result(self, connection: sa.Connection, transaction: Transaction, player: Player) -> Decision:
        decision = super().result(connection, transaction, player)
        return replace(decision, movement=min(decision.movement, 10**12))


MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "amount-absolute", "A negative amount is taken for a positive one.", ("MSG-08",), parser=_Absolute
    ),
    mutant(
        "amount-signed", "A negative bet deposits, a negative result withdraws.", ("MSG-08",), parser=_Signed
    ),
    mutant(
        "amount-negative-result",
        "Only bets are checked for negative amounts.",
        ("MSG-08",),
        parser=_NegativeIsNothing,
        ledger=_NegativeResultsOnly,
    ),
    mutant("amount-commas", "Commas are taken out of amounts.", ("MSG-07",), parser=_Commas),
    mutant("amount-true-is-one", "`true` counts as 1.", ("MSG-07",), parser=_TrueIsOne),
    mutant("amount-else-zero", "Text that is no number counts as 0.", ("MSG-07",), parser=_ElseZero),
    mutant("amount-no-exponent", "1e1 is read as 1.", ("MSG-12",), parser=_NoExponent),
    mutant("amount-cut", "Cents are int(amount * 100), of a float.", ("BET-10", "BET-01"), parser=_Cut),
    mutant("amount-rounded", "0.005 is rounded to 0.01.", ("BET-11",), parser=_Rounding),
    mutant("amount-rounded-down", "0.001 is rounded to a bet of nothing.", ("BET-11",), parser=_RoundingDown),
    mutant("amount-single", "Amounts pass through 32-bit floats.", ("BET-12",), parser=_Single),
    mutant("amount-32-bits", "Amounts over 2^31 cents are refused.", ("BET-12",), parser=_ThirtyTwoBits),
    mutant("amount-wrapped", "Cents wrap round at 2^32.", ("BET-12",), parser=_Wrapped),
    mutant("amount-whole-units", "Cents are dropped.", ("BET-01", "RES-01", "BET-10"), parser=_WholeUnits),
    mutant(
        "amount-float-balance", "The balance is a float.", ("BET-10", "BET-01", "RES-01"), ledger=_Drifting
    ),
    mutant("amount-fee", "A bet costs one percent more.", ("BET-01", "BET-02"), ledger=_Fee),
    mutant("amount-tax", "A result is paid less 5 percent.", ("RES-01",), ledger=_Tax),
    mutant("amount-capped", "A result over 10^10 units is paid as 10^10.", ("BET-12",), ledger=_Capped),
)
