"""A player's money in other currencies: whether the CLIENT keeps any, seen by wagers, and put back like the rest."""

from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.target.loading import Target
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable
from simulators.exchanges.history import Purpose


def other_currencies(target: Target, player: Player) -> list[str]:
    """At most two currencies that are not the player's, agreed ones first."""
    agreed = target.operator.currencies if target.operator else ()
    return [code for code in dict.fromkeys([*agreed, "USD", "EUR"]) if code != player.currency][:2]


def kept_apart(run: Run, judge: Judge, operator: Verbs, player: Player, currency: str) -> Player | None:
    """The player's own money in ``currency``, taken over; None where the CLIENT keeps none apart."""
    if (player.id, currency) in run.abroad:
        return run.abroad[player.id, currency]
    judge.fund(player, 1000)
    other = Player(player.id, currency)
    loan = operator.result(other, other.unit, purpose=Purpose.PROBE)
    if not loan.unknown:
        run.abroad[player.id, currency] = None
    if not loan.ok:
        return None
    judge.measure(player)
    if not player.off:
        try:
            run.fresh(other)
        except Unreadable:
            other.touched = False
        judge.measure(player)
    if player.off or not other.touched:
        # It moves this currency's money, or none at all.
        operator.rollback(loan, purpose=Purpose.PROBE)
        return None
    run.adopt(other)
    return other
