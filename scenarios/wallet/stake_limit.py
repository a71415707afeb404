"""Does the CLIENT limit what a single bet may take? It may; then some amounts cannot be tried, and all else can."""

from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose


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


def _result(operator: Verbs, player: Player, units: int) -> Exchange:
    return operator.result(player, player.money(units), purpose=Purpose.PROBE)


def _takes(operator: Verbs, player: Player, units: int) -> bool:
    return operator.bet(player, player.money(units), purpose=Purpose.PROBE).ok
