"""What happened to us in production, as scenarios of our own, so that it does not happen again."""

from decimal import Decimal

import pytest

from scenarios.driver.driver import Driver
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player


@pytest.mark.rules("RBK-01", "RBK-07")
def test_a_match_voided_twice_is_returned_once(operator: Verbs, player: Player, judge: Judge) -> None:
    """The trader voids the match, then the feed does: two rollbacks of one bet, each with an id of its own."""
    balance = judge.fund(player, 5000)  # 50.00, in smallest units
    bet = operator.bet(player, player.money(2000))
    judge.needs(bet.ok, "the bet that was to be voided was refused")
    by_trader = operator.rollback(bet)
    judge.accepted("RBK-01", by_trader)
    judge.balance("RBK-01", player, balance, bet, by_trader)
    by_feed = operator.rollback(bet)
    judge.balance("RBK-07", player, balance, bet, by_trader, by_feed)


@pytest.mark.rules("RES-05", "IDM-01")
@pytest.mark.needs("balance")
def test_the_website_shows_a_cash_out_in_parts(
    operator: Verbs, player: Player, judge: Judge, driver: Driver
) -> None:
    """A slip is cashed out in three parts, each sent twice; the website shows what the wagers prove."""
    balance = judge.fund(player, 3000)
    bet = operator.bet(player, player.money(3000))
    judge.needs(bet.ok, "the bet that was to be cashed out was refused")
    parts = [operator.result(player, player.money(units)) for units in (1200, 850, 1)]
    for part in parts:
        judge.accepted("RES-05", part)
        judge.same_client_id("IDM-01", part, operator.again(part))
    paid = sum((part.message.amount for part in parts), Decimal(0))
    balance = judge.balance("RES-05", player, balance - bet.message.amount + paid, bet, *parts)
    shown = driver.balance(player.id)
    judge.holds(
        "RES-05",
        shown == balance,
        expected=f"the website shows {player.show(balance)}",
        seen=f"the website shows {player.show(shown)}",
        exchanges=parts,
    )
