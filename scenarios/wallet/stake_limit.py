"""Does the CLIENT limit what a single bet may take? It may; then some amounts cannot be tried, and all else can."""

from typing import Final

from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import reason
from simulators.exchanges.history import Exchange, Purpose

# Least bets that are tried, in smallest units.
_LEAST: Final = (10, 100, 1000)


def largest_bet(operator: Verbs, player: Player, units: int) -> int | None:
    """Find out whether a bet of ``units`` smallest units is taken where that much was paid in just before.

    Returns None where it is, or where what was paid in cannot be bet in parts either, so that the fault is another;
    else the largest bet that was taken. The balance is left as found, so far as results, bets and rollbacks are right.
    """
    paid = _result(operator, player, units)
    if _takes(operator, player, units):
        return None
    operator.rollback(paid, purpose=Purpose.PROBE)
    step = 1
    while step < units:
        step *= 2
        _result(operator, player, step)
        if not _takes(operator, player, step):
            halves = [_takes(operator, player, step // 2) for _ in range(2)]
            return step // 2 if all(halves) else None
    return None


def least_bet(operator: Verbs, player: Player, purpose: Purpose) -> int:
    """Find out whether single bets must be of so many smallest units at least, where one of a unit was refused.

    Returns 1 where they need not: a unit is taken once there is more, or nothing is. What was paid is bet again.
    """
    for units in _LEAST:
        paid = _result(operator, player, units, purpose)
        if not _takes(operator, player, units, purpose):
            operator.rollback(paid, purpose=purpose)
            continue
        # What is paid now covers a unit whatever was owed before.
        _result(operator, player, units, purpose)
        single = _takes(operator, player, 1, purpose)
        return units if _takes(operator, player, units, purpose) and not single else 1
    return 1


def bets_nothing(operator: Verbs, player: Player, why: str) -> bool:
    """Whether a bet of one unit is refused for the same reason ``why``, too, right after as much was paid."""
    paid = _result(operator, player, 1)
    bet = operator.bet(player, player.unit, purpose=Purpose.PROBE)
    if bet.ok:
        return False
    operator.rollback(paid, purpose=Purpose.PROBE)
    return bet.refused and reason(bet) == why


def _result(operator: Verbs, player: Player, units: int, purpose: Purpose = Purpose.PROBE) -> Exchange:
    return operator.result(player, player.money(units), purpose=purpose)


def _takes(operator: Verbs, player: Player, units: int, purpose: Purpose = Purpose.PROBE) -> bool:
    return operator.bet(player, player.money(units), purpose=purpose).ok
