"""What a scenario moved without saying so is put back, whatever it calls its wagers."""

from decimal import Decimal

import pytest

from scenarios.wallet.probes import WagersProbe
from simulators.exchanges.history import Purpose
from tests.support.in_memory.judging import running
from tests.support.in_memory.odd_wallets import SmallBets
from tests.support.in_memory.wallets import Wallet


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


def test_a_debt_above_the_limit_on_single_bets_is_left_as_found():
    wallet = SmallBets(balance="-98.43")
    with running(wallet, driver=["balance"]) as run:
        player = run.players[0]
        run.fresh(player)
        assert wallet.balances[player.id] == 0
        run.restore()
    assert wallet.balances[player.id] == Decimal("-98.43")


def test_who_stops_the_putting_back_is_told_what_each_player_owned_and_owns(monkeypatch):
    wallet = Wallet(balance="50.00")
    with running(wallet) as run:
        for player in run.players[:2]:
            run.fresh(player)
            run.verbs.result(player, player.money(700))
        monkeypatch.setattr(WagersProbe, "empty", interrupted)
        with pytest.raises(KeyboardInterrupt):
            run.restore()
    reported = [
        note for note in run.warnings if "could not be put back to 50.00 EUR: stopped by a signal" in note
    ]
    assert [f"player {player.id} " in note for player, note in zip(run.players, reported, strict=True)] == [
        True
    ] * 2
    assert all("by what was sent it owns 7.00 EUR now" in note for note in reported)


def interrupted(*_):
    raise KeyboardInterrupt
