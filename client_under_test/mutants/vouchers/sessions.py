"""Faults in what becomes of the money when a session's hour is over (VCH-09)."""

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import MovesAgain, jackpot_mutant
from client_under_test.schema import conversions
from client_under_test.vouchers import states
from client_under_test.vouchers.conversions import Conversion, Conversions


class _NeverReleased(Conversions):
    """Unused sessions keep the money."""

    @override
    def expire(self, conversion_id: int, now: float) -> bool:
        return False


class _LateIsFree(Conversions):
    """Confirms what is reserved once the money was given back, and has nothing left to spend."""

    @override
    def target(self, row: Conversion, state: str, price: int, balance: int) -> tuple[int, int]:
        return (0, 0) if row.late else super().target(row, state, price, balance)

    @override
    def wanted(self, row: Conversion, state: str, price: int, held: int, spent: int) -> str | None:
        if row.late:
            return states.CONFIRM if state == states.RESERVED and self.confirms() else None
        return super().wanted(row, state, price, held, spent)


class _ReleasesAll(MovesAgain):
    """Gives the amount of every session back that is an hour old, whatever came of it."""

    @override
    def ended(self, now: float) -> list[int]:
        with self.database.read() as connection:
            return list(connection.scalars(sa.select(conversions.c.id).where(conversions.c.ends <= now)))

    @override
    def expire(self, conversion_id: int, now: float) -> bool:
        if super().expire(conversion_id, now):
            return True
        row = self.get(conversion_id)
        if row.ends <= now and row.spent > 0:
            self.give_later(conversion_id, row.amount)
            return True
        return False


class _ReleasesAgain(MovesAgain):
    """Gives the amount of an unused session back at each sweep."""

    @override
    def ended(self, now: float) -> list[int]:
        with self.database.read() as connection:
            late = connection.scalars(
                sa.select(conversions.c.id).where(conversions.c.state == states.EXPIRED)
            ).all()
        return [*super().ended(now), *late]

    @override
    def expire(self, conversion_id: int, now: float) -> bool:
        if self.get(conversion_id).state == states.EXPIRED:
            self.give_later(conversion_id, self.get(conversion_id).amount)
        return super().expire(conversion_id, now)


class _Fee(Conversions):
    """Keeps a fee of the session's amount when it ends unused."""

    @override
    def expire(self, conversion_id: int, now: float) -> bool:
        if not super().expire(conversion_id, now):
            return False
        with self.database.write() as connection:
            row = self.locked(connection, conversion_id)
            _, balance, _ = self.player(connection, row.player)
            self.move(connection, row, balance, "FEE", held=0, spent=min(row.amount // 10, balance))
        return True


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant("vch-never-released", ("VCH-09",), conversions=_NeverReleased, needs=("sweep",)),
    jackpot_mutant("vch-late-is-free", ("VCH-09",), conversions=_LateIsFree, needs=("sweep",)),
    jackpot_mutant("vch-releases-all", ("VCH-09", "VCH-10"), conversions=_ReleasesAll, needs=("sweep",)),
    jackpot_mutant("vch-releases-again", ("VCH-09", "VCH-10"), conversions=_ReleasesAgain, needs=("sweep",)),
    jackpot_mutant("vch-releases-less", ("VCH-09",), conversions=_Fee, needs=("sweep",)),
)
