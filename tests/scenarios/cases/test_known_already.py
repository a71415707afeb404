"""What is known already is not asked for once more."""

from decimal import Decimal

from scenarios.cases.currencies import kept_apart
from scenarios.run.findings import ScenarioResult
from scenarios.run.judge import Judge
from tests.support.in_memory.judging import running
from tests.support.in_memory.wallets import Wallet


def sent_by(run, act):
    before = len(run.history)
    return act(), len(run.history) - before


def test_a_player_who_was_just_funded_is_funded_to_the_same_by_nothing():
    with running(Wallet(balance="50.00")) as run:
        judge, player = Judge(run, ScenarioResult("funded", "", ())), run.players[0]
        judge.fund(player, 700)
        assert sent_by(run, lambda: judge.fund(player, 700)) == (Decimal(7), 0)
        assert sent_by(run, lambda: judge.fund(player, 900)) == (Decimal(9), 1)
        run.verbs.bet(player, player.unit)
        _, again = sent_by(run, lambda: judge.fund(player, 900))
        assert again > 1


def test_a_currency_that_a_player_does_not_have_is_asked_for_once():
    with running(Wallet(balance="50.00")) as run:
        judge, player = Judge(run, ScenarioResult("abroad", "", ())), run.players[0]
        first, tried = sent_by(run, lambda: kept_apart(run, judge, run.verbs, player, "USD"))
        assert (first, tried > 0) == (None, True)
        assert sent_by(run, lambda: kept_apart(run, judge, run.verbs, player, "USD")) == (None, 0)


def test_a_bet_that_was_taken_shows_that_none_smaller_is_beyond_a_limit():
    with running(Wallet(balance="50.00")) as run:
        judge, player = Judge(run, ScenarioResult("limit", "", ())), run.players[0]
        _, tried = sent_by(run, lambda: judge.needs_bets_of(player, 4000))
        assert tried
        assert sent_by(run, lambda: judge.needs_bets_of(player, 3000)) == (None, 0)
