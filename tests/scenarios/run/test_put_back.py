"""What a scenario moved without saying so is put back, whatever it calls its wagers."""

from decimal import Decimal

import pytest

from simulators.exchanges.history import Purpose
from tests.support.judging import running
from tests.support.wallets import Refused, Wallet


@pytest.mark.parametrize("label", [None, "bet (probe)", "bet (restore)"])
def test_a_player_used_without_funding_is_put_back(label):
    wallet = Wallet(balance="50.00")
    with running(wallet) as run:
        player = run.players[0]
        before = wallet.balances[player.id]
        run.verbs.bet(player, player.money(700), label=label)
        assert wallet.balances[player.id] != before
        assert not player.touched
        run.restore()
        assert wallet.balances[player.id] == before


def test_a_label_does_not_make_the_end_of_a_run_pay():
    wallet = Wallet(balance="50.00")
    with running(wallet) as run:
        player = run.players[0]
        before = wallet.balances[player.id]
        bet = run.verbs.bet(player, player.money(700), label="bet (probe)")
        assert bet.purpose is Purpose.SCENARIO
        run.verbs.rollback(bet)
        assert not player.touched
        run.restore()
        assert wallet.balances[player.id] == before


class Limited(Wallet):
    """Takes no single bet above 10.00."""

    def bet(self, message):
        if message["amount"] > 10:
            raise Refused("STAKE_LIMIT")
        return super().bet(message)


def test_a_debt_above_the_limit_on_single_bets_is_left_as_found():
    wallet = Limited(balance="-98.43")
    with running(wallet, driver=["balance"]) as run:
        player = run.players[0]
        run.fresh(player)
        assert wallet.balances[player.id] == 0
        run.restore()
    assert wallet.balances[player.id] == Decimal("-98.43")
