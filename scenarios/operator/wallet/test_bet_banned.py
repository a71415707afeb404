"""Bans: a banned player cannot bet any more, and is still paid what was won; what was handled before stays so.

Story: a player is banned; then bets arrive, and results. Invariant: the bets have no effect, the results are
paid. Limits: needs the driver's ``ban``. With ``unban`` balances are read when the ban is lifted, else
through the driver's ``balance``; with neither only answers are judged. Without ``unban`` the last player
stays banned, so this runs late, never takes the only player, and undoes what it did by rollbacks.
"""

import contextlib
from decimal import Decimal
from functools import partial

import pytest

from scenarios.cases.at_once import in_one_reading
from scenarios.cases.batch import FUNDS, STEP, late_copies
from scenarios.cases.kinds import sent_again
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.run.run import Run
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose

pytestmark = [pytest.mark.last(2), pytest.mark.needs("probe")]


@pytest.mark.players(1, 2)
@pytest.mark.rules("BET-08", "RES-04")
def test_only_bets_are_declined(run: Run, operator: Verbs, players: list[Player], judge: Judge) -> None:
    """A banned player's bets are refused without effect, and results are paid."""
    player = players[-1]
    if len(players) < 2 and not run.driver.has("unban"):
        pytest.skip(f"needs a driver entry, or a second player to ban: {run.driver.missing('unban')}")
    judge.needs(_can_bet(operator, judge, player), f"{player} cannot bet before the ban; lift an earlier one")
    if run.driver.has("unban"):
        in_one_reading(judge, partial(_until_lifted, run, operator, judge, player))
    else:
        _for_good(run, operator, judge, player)


@pytest.mark.players(1, 2)
@pytest.mark.rules("IDM-04")
def test_copies_during_a_ban(run: Run, operator: Verbs, players: list[Player], judge: Judge) -> None:
    """What was handled before a ban is answered as then while that lasts, and moves nothing."""
    player = players[-1]
    for entry in ("ban", "unban"):
        if not run.driver.has(entry):
            pytest.skip(f"needs a driver entry: {run.driver.missing(entry)}")
    judge.fund(player, FUNDS, covered=True)
    firsts = sent_again(operator, judge, player, STEP)
    late_copies(
        "IDM-04",
        operator,
        judge,
        player,
        "during a ban",
        firsts,
        during=run.driver.banned(player.id),
        last=True,
    )


def _until_lifted(run: Run, operator: Verbs, judge: Judge, player: Player, *, apart: bool) -> None:
    judge.fund(player, 1000)
    for rule, act in (("BET-08", _bets), ("RES-04", _results)):
        with run.driver.banned(player.id):
            exchanges = act(operator, judge, player)
        if apart or act is _results:
            judge.settled(rule, player, *exchanges, last=act is _results)


def _for_good(run: Run, operator: Verbs, judge: Judge, player: Player) -> None:
    """Ban without a way back; what was moved is rolled back, which a ban does not hinder."""
    judge.fund(player, 0)
    base = operator.result(player, player.money(1000))
    if player.opening is not None and player.opening > 0:
        operator.result(player, player.opening, purpose=Purpose.RESTORE)
    player.touched = False
    before = _reported(run, player)
    run.driver.ban(player.id)
    bets = _bets(operator, judge, player)
    between = _reported(run, player)
    _judge_reported(judge, "BET-08", player, before, between, bets)
    results = _results(operator, judge, player)
    _judge_reported(judge, "RES-04", player, between, _reported(run, player), results)
    undone = [operator.rollback(exchange).ok for exchange in (base, *bets, *results) if exchange.ok]
    owed = "" if all(undone) else ", and could not be put back to the balance it had"
    run.warn(f"player {player} stays banned{owed}: add {run.driver.missing('unban')}")


def _can_bet(operator: Verbs, judge: Judge, player: Player) -> bool:
    """Whether a player who has one unit can bet it."""
    with contextlib.suppress(Undecided):
        judge.fund(player, 1)
    return operator.bet(player, player.unit).ok


def _bets(operator: Verbs, judge: Judge, player: Player) -> list[Exchange]:
    bets = [operator.bet(player, player.money(units)) for units in (300, 700)]
    for bet in bets:
        judge.refused("BET-08", bet, case=f"{player.show(bet.message.amount)} by a banned player")
    return bets


def _results(operator: Verbs, judge: Judge, player: Player) -> list[Exchange]:
    results = [operator.result(player, player.money(units)) for units in (450, 125)]
    for result in results:
        judge.accepted("RES-04", result, case=f"{player.show(result.message.amount)} to a banned player")
    return results


def _expected(rule: str, before: Decimal, exchanges: list[Exchange]) -> Decimal:
    """The balance after bets that have no effect, or after the results that were accepted."""
    if rule == "BET-08":
        return before
    return before + sum((exchange.message.amount for exchange in exchanges if exchange.ok), Decimal(0))


def _reported(run: Run, player: Player) -> Decimal | None:
    """The balance of a player who cannot bet, where the driver tells it."""
    return run.driver.balance(player.id) if run.driver.has("balance") else None


def _judge_reported(
    judge: Judge,
    rule: str,
    player: Player,
    before: Decimal | None,
    after: Decimal | None,
    exchanges: list[Exchange],
) -> None:
    if before is None or after is None:
        return
    expected = _expected(rule, before, exchanges)
    judge.was(rule, player, after, [expected], *exchanges)
