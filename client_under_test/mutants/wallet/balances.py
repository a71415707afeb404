"""Faults in the balances that answers report (BAL), in the words of providers whose answers do."""

from dataclasses import replace
from decimal import Decimal

from typing_extensions import override

from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.values import money
from client_under_test.wallet.accounts import Account, Accounts
from client_under_test.wallet.adapters.provider import Teller
from client_under_test.wallet.messages import Action, Transaction


class _Before(Teller):
    """Reports what there was when the request came."""

    @override
    def after(self, transaction: Transaction, before: Account) -> Account:
        return before


class _BeforeRollbacks(Teller):
    """Answers to rollbacks report the balance of before."""

    @override
    def after(self, transaction: Transaction, before: Account) -> Account:
        return before if transaction.action is Action.ROLLBACK else super().after(transaction, before)


class _WholeUnits(Teller):
    """Balances are reported in whole units."""

    @override
    def after(self, transaction: Transaction, before: Account) -> Account:
        now = super().after(transaction, before)
        return replace(now, balance=now.balance - now.balance % money.to_minor(Decimal(1), now.currency))


class _TakesWhatItRefuses(Teller):
    """A refused bet is answered as if it had been taken."""

    @override
    def after(self, transaction: Transaction, before: Account) -> Account:
        now = super().after(transaction, before)
        refused = transaction.action is Action.BET and transaction.amount > before.balance
        return replace(now, balance=now.balance - transaction.amount) if refused else now


class _Cached(Teller):
    """The balance call is answered from what was reported the first time."""

    def __init__(self, accounts: Accounts) -> None:
        super().__init__(accounts)
        self._reported: dict[str, Account] = {}

    @override
    def called(self, player: str) -> Account:
        return self._reported.setdefault(player, super().called(player))


class _WithLoan(Teller):
    """The balance call counts a credit line, too, which no bet may use."""

    @override
    def called(self, player: str) -> Account:
        account = super().called(player)
        return replace(account, balance=account.balance + money.to_minor(Decimal(50), account.currency))


MUTANTS: tuple[Mutant, ...] = (
    mutant("bal-before", ("BAL-01",), needs=("balances",), teller=_Before),
    mutant("bal-before-rollbacks", ("BAL-01",), needs=("balances",), teller=_BeforeRollbacks),
    mutant("bal-whole", ("BAL-01",), needs=("balances",), teller=_WholeUnits),
    mutant("bal-refused", ("BAL-01",), needs=("balances",), teller=_TakesWhatItRefuses),
    mutant("bal-cached", ("BAL-02",), needs=("balances",), teller=_Cached),
    mutant("bal-loan", ("BAL-02",), needs=("balances",), teller=_WithLoan),
)
