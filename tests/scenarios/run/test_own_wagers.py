"""What a CLIENT does to the judge's own wagers counts: to the first one, while balances are read, and at the end."""

from decimal import Decimal

import pytest

from scenarios.run.findings import Standing
from scenarios.runner.session import Watcher
from simulators.exchanges.history import Purpose
from tests.support.in_memory.judging import judged
from tests.support.in_memory.wallets import Refused, Wallet

RULES = ("BET-01", "RES-01", "RBK-01", "RBK-04")


class Refusing(Wallet):
    """Refuses what the run has just sent for a ``purpose``, once for each place in ``places``."""

    def __init__(self, action, purpose, places, **given):
        super().__init__(**given)
        self.action, self.purpose, self.places, self.seen, self.chosen = action, purpose, places, 0, set()

    def planned(self, run, scenarios):
        run.history.listeners.append(self.heard)

    def heard(self, exchange):
        mine = exchange.message is not None and exchange.message.kind == self.action
        first = exchange.copy_of is None and exchange.answer is None and not exchange.failure
        if mine and exchange.purpose is self.purpose and first:
            if self.seen in self.places:
                self.chosen.add(exchange.message.id)
            self.seen += 1

    def finished(self, run, result):
        """Nothing to do."""

    def noticed(self, run, text):
        """Nothing to do."""

    def result(self, message):
        if message["transaction_id"] in self.chosen:
            raise Refused("TRY_LATER")
        return super().result(message)


class BusyError(Exception):
    """The CLIENT has too much to do."""


class LateAccount(Wallet):
    """Opens a player's account at the first bet, and refuses that."""

    opened = False

    def bet(self, message):
        first, self.opened = not self.opened, True
        if first:
            raise Refused("NO_ACCOUNT")
        return super().bet(message)


def verdicts(result):
    return {verdict.rule.id: verdict for verdict in result.verdicts}


@pytest.mark.parametrize(("purpose", "places"), [(Purpose.FUNDING, (0, 2)), (Purpose.PROBE, (1, 3))])
def test_results_that_are_refused_time_and_again_are_found_whatever_they_were_for(purpose, places):
    wallet = Refusing("result", purpose, places)
    found = verdicts(judged(wallet, *RULES, watchers=[wallet]))
    assert found["RES-01"].standing is Standing.FAILED
    assert "error 'TRY_LATER', 2 times" in found["RES-01"].reason
    assert found["RBK-01"].standing is Standing.PASSED


@pytest.mark.parametrize(("purpose", "place"), [(Purpose.PROBE, 3), (Purpose.RESTORE, 0)])
def test_a_result_that_is_refused_once_leaves_its_rule_undecided(purpose, place):
    wallet = Refusing("result", purpose, (place,))
    found = verdicts(judged(wallet, *RULES, watchers=[wallet]))
    assert found["RES-01"].standing is Standing.UNDECIDED
    assert "seen once, in a wager of the judge's own" in found["RES-01"].reason
    assert wallet.balances == {"p-1": Decimal(50), "p-2": Decimal(50)}


def test_a_result_that_is_taken_when_it_is_sent_again_is_a_note():
    class Hasty(Refusing):
        def result(self, message):
            if message["transaction_id"] in self.chosen:
                self.chosen.clear()
                raise BusyError
            return super().result(message)

        def fresh(self, message):
            try:
                return super().fresh(message)
            except BusyError:
                # It leaves no trace.
                raise Refused("BUSY") from None

    wallet = Hasty("result", Purpose.PROBE, (3,))
    found = verdicts(judged(wallet, *RULES, watchers=[wallet]))
    assert {one.standing for one in found.values()} == {Standing.PASSED}
    assert "error 'BUSY'; sent again it was taken" in found["RES-01"].reason
    assert wallet.balances == {"p-1": Decimal(50), "p-2": Decimal(50)}


def test_the_first_bet_of_all_is_not_forgotten():
    found = verdicts(judged(LateAccount(), *RULES))
    others = dict.fromkeys(RULES, Standing.PASSED)
    assert {rule: one.standing for rule, one in found.items()} == others | {"BET-01": Standing.UNDECIDED}
    assert "error 'NO_ACCOUNT'" in found["BET-01"].reason


def test_a_debt_that_cannot_be_bet_is_no_refusal():
    wallet = Wallet(balance="-3.00")
    found = verdicts(judged(wallet, *RULES))
    assert {one.standing for one in found.values()} == {Standing.PASSED}


class CachedFunds(Wallet):
    """Decides about bets by a cache that rollbacks leave alone, until ``times`` bets were wrongly refused."""

    def __init__(self, times, limit=None):
        super().__init__()
        self.times, self.limit, self.cache = times, limit, {}

    def record(self, message, effect, error):
        entry = super().record(message, effect, error)
        if message["action"] != "rollback":
            self.cache[message["user_id"]] = self.balances[message["user_id"]]
        return entry

    def affordable(self, message):
        amount = message["amount"]
        enough = super().affordable(message) and amount <= (self.limit or amount)
        stale = self.times and enough and amount > self.cache.get(message["user_id"], amount)
        self.times -= bool(stale)
        return enough and not stale


@pytest.mark.parametrize(
    ("wallet", "standing"),
    [
        (CachedFunds(1000), Standing.FAILED),
        (CachedFunds(1), Standing.UNDECIDED),
        (CachedFunds(0), Standing.PASSED),
        (CachedFunds(0, limit=100), Standing.PASSED),
    ],
)
def test_a_bet_of_what_is_there_that_is_refused_while_balances_are_read_counts(wallet, standing):
    result = judged(wallet, "BET-02", "RBK-01", "RBK-07")
    found = {verdict.rule.id: verdict for verdict in result.verdicts}
    assert {rule: verdict.standing for rule, verdict in found.items()} == {
        "BET-02": standing,
        "RBK-01": Standing.PASSED,
        "RBK-07": Standing.PASSED,
    }
    reported = "is accepted, whatever came before it" in found["BET-02"].reason
    assert reported == (standing is not Standing.PASSED)


def test_what_is_seen_in_passing_accuses_nobody_where_balances_moved_with_nothing_sent():
    class Moved(Watcher):
        """A run in which a balance moved with nothing sent."""

        def planned(self, run, scenarios):
            run.disturbed = True

    found = verdicts(judged(CachedFunds(1000), "BET-02", "RBK-01", "RBK-07", watchers=[Moved()]))
    assert found["BET-02"].standing is Standing.UNDECIDED
    assert "balances moved with nothing sent" in found["BET-02"].reason
