"""Does the CLIENT limit what a single bet may take? It may; then some amounts cannot be tried, and all else can."""

from typing import Final

from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import reason
from simulators.exchanges.history import Exchange, Purpose

# Least bets that are tried, in smallest units.
_LEAST: Final = (10, 100, 1000)


def largest_bet(operator: Verbs, player: Player, units: int) -> tuple[int, int] | None:
    """Find out whether a bet of ``units`` smallest units is taken where that much was paid in just before.

    Returns None where it is, or where what was paid in cannot be bet in parts either, so that the fault is another;
    else the largest bet that was taken, and the least that was not. The balance is then left as found, so far as
    results, bets and rollbacks are right.
    """
    paid = _result(operator, player, units)
    least = largest = units
    while not _takes(operator, player, largest):
        if largest <= 1:
            operator.rollback(paid, purpose=Purpose.PROBE)
            return None
        least, largest = largest, largest // 2
    # Where less was paid than was said, it does not last for a second one, and a rollback would take what was said.
    if largest == units or not _takes(operator, player, largest):
        if paid.refused:
            # What was bet was there before.
            _result(operator, player, largest)
        return None
    _result(operator, player, 2 * largest)
    operator.rollback(paid, purpose=Purpose.PROBE)
    return largest, least


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
