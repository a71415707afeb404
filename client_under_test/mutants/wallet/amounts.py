"""Faults in reading amounts and in arithmetic (MSG-07, 08, 12; BET-01, 10, 11, 12; RES-01)."""

import struct
from collections.abc import Callable
from dataclasses import replace
from decimal import ROUND_DOWN, ROUND_HALF_UP, Decimal

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.mutants.wallet.wallet_mutant import deciding, moving
from client_under_test.values import money
from client_under_test.values.refusals import Refused
from client_under_test.wallet.ledger import Effect, Ledger, Player
from client_under_test.wallet.messages import Action, Parser


def _reading(change: Callable[[object], object]) -> type[Parser]:
    """Reads, as the reference does, what ``change`` makes of what came."""

    class Reading(Parser):
        @override
        def amount(self, given: object, currency: str) -> int:
            return super().amount(change(given), currency)

    return Reading


def _taking(change: Callable[[int, int], int]) -> type[Parser]:
    """Takes what ``change`` makes of the right amount and of how many minor units make one."""

    class Taking(Parser):
        @override
        def amount(self, given: object, currency: str) -> int:
            return change(super().amount(given, currency), 10 ** money.decimals(currency))

    return Taking


def _absolute(given: object) -> object:
    number = money.spelled(given) if isinstance(given, str) else given
    return abs(number) if isinstance(number, Decimal) else number


def _without_exponent(given: object) -> object:
    # "1e1" as JSON is 1E+1 as a decimal: what stands before the E is taken for the number.
    if isinstance(given, Decimal) and given.is_finite() and "E" in str(given):
        return Decimal(str(given).split("E")[0])
    return given.lower().split("e")[0] if isinstance(given, str) else given


def _single(exact: int, unit: int) -> int:
    single: float = struct.unpack("f", struct.pack("f", exact / unit))[0]
    return round(single * unit)


def _thirty_two_bits(exact: int, _unit: int) -> int:
    if exact >= 2**31:
        raise Refused("INVALID_AMOUNT")
    return exact


class _Signed(Parser):
    """A negative bet deposits, a negative result withdraws."""

    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, Decimal) and given.is_finite() and given < 0:
            return -super().amount(-given, currency)
        return super().amount(given, currency)


class _ElseZero(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        try:
            return super().amount(given, currency)
        except Refused:
            if isinstance(given, str):
                return 0
            raise


class _Cut(Parser):
    @override
    def amount(self, given: object, currency: str) -> int:
        if isinstance(given, Decimal) and given.is_finite() and given >= 0:
            # int(12.3 * 100): one cent short now and then.
            return int(float(given) * 10.0 ** money.decimals(currency))
        return super().amount(given, currency)


def _rounding(how: str) -> type[Parser]:
    class Rounding(Parser):
        @override
        def amount(self, given: object, currency: str) -> int:
            if isinstance(given, Decimal) and given.is_finite() and given < money.LARGEST:
                given = given.quantize(Decimal(1).scaleb(-money.decimals(currency)), how)
            return super().amount(given, currency)

    return Rounding


class _Drifting(Ledger):
    """The balance is a float."""

    @override
    def post(self, connection: sa.Connection, player: Player, decision: Effect, transaction_id: int) -> None:
        # The balance as a float of units, cut to cents when it is shown to the database.
        moved = int((player.balance / 100 + decision.movement / 100) * 100) - player.balance
        super().post(connection, player, replace(decision, movement=moved), transaction_id)


_no_negative_bets = deciding(
    Action.BET,
    lambda decision, transaction, _: Effect(error="INVALID_AMOUNT") if transaction.amount < 0 else decision,
)
_fee = deciding(
    Action.BET,
    lambda decision, transaction, _: (
        replace(decision, movement=decision.movement - transaction.amount // 100)
        if decision.error is None
        else decision
    ),
)
_tax = moving(Action.RESULT, lambda moved, _: moved - moved // 20)
_capped = moving(Action.RESULT, lambda moved, _: min(moved, 10**12))

MUTANTS: tuple[Mutant, ...] = (
    mutant(
        "amount-absolute",
        ("MSG-08",),
        "A negative amount is taken for a positive one.",
        parser=_reading(_absolute),
    ),
    mutant("amount-signed", ("MSG-08",), parser=_Signed),
    mutant(
        "amount-negative-result",
        ("MSG-08",),
        "Only bets are checked for negative amounts.",
        parser=_Signed,
        ledger=_no_negative_bets,
    ),
    mutant(
        "amount-commas",
        ("MSG-07",),
        "Commas are taken out of amounts.",
        parser=_reading(lambda given: given.replace(",", "") if isinstance(given, str) else given),
    ),
    mutant(
        "amount-true-is-one",
        ("MSG-07",),
        "`true` counts as 1.",
        parser=_reading(lambda given: Decimal(given) if isinstance(given, bool) else given),
    ),
    mutant("amount-else-zero", ("MSG-07",), "Text that is no number counts as 0.", parser=_ElseZero),
    mutant("amount-no-exponent", ("MSG-12",), "1e1 is read as 1.", parser=_reading(_without_exponent)),
    mutant("amount-cut", ("BET-10", "BET-01"), "Cents are int(amount * 100), of a float.", parser=_Cut),
    mutant("amount-rounded", ("BET-11",), "0.005 is rounded to 0.01.", parser=_rounding(ROUND_HALF_UP)),
    mutant(
        "amount-rounded-down",
        ("BET-11",),
        "0.001 is rounded to a bet of nothing.",
        parser=_rounding(ROUND_DOWN),
    ),
    mutant("amount-single", ("BET-12",), "Amounts pass through 32-bit floats.", parser=_taking(_single)),
    mutant(
        "amount-32-bits",
        ("BET-12",),
        "Amounts over 2^31 cents are refused.",
        parser=_taking(_thirty_two_bits),
    ),
    mutant(
        "amount-wrapped",
        ("BET-12",),
        "Cents wrap round at 2^32.",
        parser=_taking(lambda exact, _: exact % 2**32),
    ),
    mutant(
        "amount-whole-units",
        ("BET-01", "RES-01", "BET-10"),
        "Cents are dropped.",
        parser=_taking(lambda exact, unit: exact // unit * unit),
    ),
    mutant("amount-float-balance", ("BET-10", "BET-01", "RES-01"), ledger=_Drifting),
    mutant("amount-fee", ("BET-01", "BET-02"), "A bet costs one percent more.", ledger=_fee),
    mutant("amount-tax", ("RES-01",), "A result is paid less 5 percent.", ledger=_tax),
    mutant("amount-capped", ("BET-12",), "A result over 10^10 units is paid as 10^10.", ledger=_capped),
)
