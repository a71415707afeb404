"""Balances are read as they are, and left as they were found."""

from decimal import Decimal

import pytest

from scenarios.driver.driver import Driver
from scenarios.wallet.driver_probe import DriverProbe
from scenarios.wallet.probes import Unreadable, WagersProbe
from scenarios.wallet.stake_limit import largest_bet
from tests.support.in_memory.judging import (
    BetsTakeNothing,
    NoBets,
    NoFundsCheck,
    NoResults,
    ResultsPayDouble,
    ResultsPayNothing,
    running,
)
from tests.support.in_memory.odd_wallets import SmallBets
from tests.support.in_memory.wallets import Refused, Wallet

BALANCES = ["0", "0.01", "0.02", "10", "41.37", "1234567.89", "1000000000000", "-0.01", "-8", "-98765.43"]
GUESSES = ["0", "10", "41.37", "-8", "50000"]


@pytest.fixture(params=["wagers", "ahead", "http"])
def reading(request):
    """Runs against a wallet, and the probe of the run, by name."""

    def probe_of(run):
        if request.param != "http":
            # At once, so that the two bets of a reading meet in any order.
            return WagersProbe(run.verbs, ahead=0.0 if request.param == "ahead" else None)
        return DriverProbe(run.verbs, Driver(run.settings.target), "http")

    return probe_of


@pytest.mark.parametrize("balance", BALANCES)
def test_a_balance_is_read_exactly_and_left_as_found(balance, reading):
    wallet = Wallet(balance=balance)
    with running(wallet, driver=["balance"]) as run:
        probe, player = reading(run), run.players[0]
        for guess in (balance, *GUESSES):
            seen = probe.read(player, Decimal(guess))
            assert seen.amount == Decimal(balance), f"guessed {guess}"
            assert seen.restored
            assert wallet.balances == {"p-1": Decimal(balance), "p-2": Decimal(balance)}


def test_the_second_bet_of_a_reading_leaves_ahead_where_the_client_is_far_and_at_no_second_look():
    with running(Wallet(balance="41.37")) as run:
        ahead = []
        for run.round_trip, run.again in ((0.001, False), (0.05, False), (0.05, True)):
            assert run.read(run.players[0], Decimal("41.37")).amount == Decimal("41.37")
            ahead.append(run.probe.ahead is not None)
    assert ahead == [False, True, False]


@pytest.mark.parametrize("balance", BALANCES)
def test_a_player_is_emptied_exactly(balance, reading):
    wallet = Wallet(balance=balance)
    with running(wallet, driver=["balance"]) as run:
        assert reading(run).empty(run.players[0]) == Decimal(balance)
    assert wallet.balances == {"p-1": Decimal(0), "p-2": Decimal(balance)}


@pytest.mark.parametrize("balance", ["9.99", "10.01", "41.37", "400", "-8", "-98.43"])
def test_a_limit_on_single_bets_hides_no_balance(balance, reading):
    wallet = SmallBets(balance=balance)
    with running(wallet, driver=["balance"]) as run:
        probe, player = reading(run), run.players[0]
        for guess in (balance, *GUESSES):
            seen = probe.read(player, Decimal(guess))
            assert (seen.amount, seen.restored) == (Decimal(balance), True), f"guessed {guess}"
            assert wallet.balances["p-1"] == Decimal(balance)
        assert probe.empty(player) == Decimal(balance)
    assert wallet.balances == {"p-1": Decimal(0), "p-2": Decimal(balance)}


def test_more_than_the_largest_bets_take_in_time_is_said_and_given_back():
    wallet = SmallBets(balance="99999")
    with running(wallet) as run, pytest.raises(Unreadable, match="no single bet above"):
        WagersProbe(run.verbs).empty(run.players[0])
    assert wallet.balances["p-1"] == 99999


class SmallNumbers(SmallBets):
    """Takes no result above 10.00 either."""

    def result(self, message):
        if message["amount"] > 10:
            raise Refused("INVALID_AMOUNT")
        return super().result(message)


def test_where_nothing_can_be_paid_in_the_search_for_a_limit_takes_nothing():
    wallet = SmallNumbers(balance="9")
    with running(wallet) as run:
        assert largest_bet(run.verbs, run.players[0], 6400) is None
        assert sum(exchange.ok for exchange in run.history) == 2, "a bet, and what puts it back"
    assert wallet.balances["p-1"] == 9


@pytest.mark.parametrize("balance", ["100", "5000"])
def test_a_round_sum_is_found_soon(balance):
    with running(Wallet(balance=balance)) as run:
        assert WagersProbe(run.verbs).empty(run.players[0]) == Decimal(balance)
        assert len(run.history) < 16


def test_a_balance_that_was_guessed_costs_three_requests():
    with running(Wallet(balance="41.37")) as run:
        seen = WagersProbe(run.verbs).read(run.players[0], Decimal("41.37"))
        assert len(run.history) == 3
        assert seen.exchanges == (0, 1, 2)


@pytest.mark.parametrize("balance", ["0.01", "1000000000000"])
def test_a_wrong_guess_costs_a_bounded_search(balance):
    with running(Wallet(balance=balance)) as run:
        WagersProbe(run.verbs).read(run.players[0], Decimal("77.77"))
        assert len(run.history) < 110


@pytest.mark.parametrize(
    ("faulty", "why", "rule"),
    [
        (NoFundsCheck, "every bet is accepted, however large", "BET-03"),
        (BetsTakeNothing, "one more unit could be bet", ""),
        (NoBets, "no bet is accepted.* 'NO_BETS', not 'INSUFFICIENT_FUNDS'", ""),
        (ResultsPayNothing, "no bet is accepted", "RES-01"),
        (NoResults, "was refused", "RES-01"),
    ],
)
def test_where_wagers_do_not_tell_the_balance_the_probe_says_so(faulty, why, rule):
    with running(faulty()) as run, pytest.raises(Unreadable, match=why) as caught:
        WagersProbe(run.verbs).empty(run.players[0])
    assert caught.value.rule == rule
    assert caught.value.exchanges


def test_results_that_pay_double_are_no_matter_of_the_probe():
    # It reads a balance by what it can bet; what results pay is for RES-01 to find.
    wallet = ResultsPayDouble()
    with running(wallet) as run:
        assert WagersProbe(run.verbs).read(run.players[0], Decimal("50")).amount == 50


def test_a_driver_without_an_answer_makes_the_balance_unreadable():
    wallet = Wallet()
    with running(wallet, driver=["balance"]) as run:
        probe, player = DriverProbe(run.verbs, Driver(run.settings.target), "http"), run.players[0]
        del wallet.balances["p-1"]
        with pytest.raises(Unreadable, match="the driver's balance entry failed"):
            probe.read(player, Decimal(0))
