"""A bet and the rollback that names it, in any order and with answers lost: what the ledger lets the balance be."""

import json
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from loadtests.audit import comparison
from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.ledger import Ledger
from loadtests.traffic.mix import Rates
from loadtests.traffic.operation import BET, OK, REFUSED, ROLLBACK, UNKNOWN
from loadtests.traffic.player_script import COPY, OVERTAKEN, PlayerScript, Seen
from simulators.operator.dialect import SPORTSBOOK
from tests.support.sportsbook_messages import parse

OPENING, STAKE = 10_000, 700
# Every round begins with an orphan and the bet that it names.
LATE = Rates(wins=0, voids=0, cash_outs=0, copies=0, races=0, orphans=1, late_bets=1, cuts=0, forgeries=0)


class Wallet:
    """A CLIENT as the contract wants it, for one bet of STAKE and the rollback of it.

    ``accepts``: whether it says of a bet that comes behind its rollback that all is well, or refuses it.
    """

    def __init__(self, *, opening=OPENING, accepts=False):
        self.balance = opening
        self.accepts = accepts
        self.bet = self.undone = None

    def take_bet(self):
        if self.bet is None:
            if self.undone:
                self.bet = OK if self.accepts else REFUSED
            elif self.balance < STAKE:
                self.bet = REFUSED
            else:
                self.bet, self.balance = OK, self.balance - STAKE
        return self.bet

    def roll_back(self):
        if not self.undone:
            self.undone = True
            self.balance += STAKE if self.bet is OK else 0
        return OK


class Blind(Wallet):
    """A CLIENT that takes a bet whatever rollback came before."""

    def take_bet(self):
        if self.bet is None:
            self.bet, self.balance = OK, self.balance - STAKE
        return self.bet


def overtaken(wallet, orphans, bet):
    """Begin both, orphan first; have the CLIENT do what is asked in the order of ``at``; return the ledger.

    ``orphans`` are attempts of the rollback, ``bet`` is the bet: each (at, whether its answer is heard).
    """
    ledger = Ledger(["p-1"], "EUR", 2)
    ledger.set_opening(0, wallet.balance)
    orphan = ledger.begin(0, ROLLBACK, STAKE, "o")
    late = ledger.begin(0, BET, STAKE, "b", after=orphan)
    done = [(at, orphan, wallet.roll_back, heard) for at, heard in orphans]
    done.append((bet[0], late, wallet.take_bet, bet[1]))
    for _, op, do, heard in sorted(done, key=lambda each: each[0]):
        answer = do()
        assert ledger.settle(op, answer if heard else UNKNOWN, "c") is None
        assert isinstance(wallet, Blind) or wallet.balance in balances(ledger)
    return ledger


def balances(ledger):
    return ledger.acceptable(0, ledger.unsure().get(0, ())).all


attempts = st.lists(st.tuples(st.floats(0, 1), st.booleans()), max_size=4)


@given(
    attempts, st.tuples(st.floats(0, 1), st.booleans()), st.booleans(), st.sampled_from([OPENING, STAKE - 1])
)
def test_a_right_client_is_never_accused_and_no_other_balance_is_accepted(orphans, bet, accepts, opening):
    wallet = Wallet(opening=opening, accepts=accepts)
    ledger = overtaken(wallet, orphans, bet)
    # Whoever is still unheard at the end is sent again until it is answered.
    wallet.roll_back()
    (orphan,) = [op for op in ledger.open_operations() if op.kind is ROLLBACK] or [None]
    if orphan is not None:
        assert ledger.settle(orphan, OK, "c") is None
    assert balances(ledger) == {opening} == {wallet.balance}
    assert ledger.breach_count == {}
    assert ledger.unsure() == {}
    ledger.close()


@given(attempts.filter(bool), st.tuples(st.floats(0, 1), st.booleans()))
def test_a_client_that_takes_the_bet_behind_its_rollback_is_off_by_it(orphans, bet):
    wallet = Blind()
    ledger = overtaken(wallet, [*orphans, (2, True)], bet)
    assert balances(ledger) == {OPENING}
    # In the other order it returns what it took.
    behind = min(at for at, _ in orphans) <= bet[0]
    assert wallet.balance == (OPENING - STAKE if behind else OPENING)
    ledger.close()


def test_the_explanation_names_the_bet_that_was_taken():
    wallet = Blind()
    ledger = overtaken(wallet, [(0, False), (2, True)], (1, True))
    off = comparison.off(ledger, 0, wallet.balance, (), ledger.journal.of_players([0])[0])
    assert (off.off, off.transactions) == (-STAKE, ["b"])
    assert "the rollback o (7.00) of b was answered ok and moved nothing" in off.why
    ledger.close()


def rounds_of(rates, seed=1):
    ledger = Ledger(["p-1"], "EUR", 2)
    ledger.set_opening(0, OPENING)
    script = PlayerScript.of(0, ledger, rates, Random(seed), Callbacks(SPORTSBOOK, "secret", "EUR"), set())
    return ledger, script.round()


def answer(name):
    return Seen(200, json.dumps({"error": None, "transaction_id": name}).encode(), 0.001)


NOTHING = Seen(0, b"", 5, "no answer")
WORDS = {OK: answer("c"), REFUSED: Seen(200, b'{"error":"LATE"}', 0.1), UNKNOWN: NOTHING}


def test_half_of_the_late_bets_arrive_together_with_the_rollback_that_names_them():
    found = set()
    for seed in range(40):
        ledger, generator = rounds_of(LATE, seed)
        sends = next(generator)
        if len(sends) == 1:
            sends += generator.send([answer("orphan")])
        rollback, bet = sends
        found.add((rollback.name, bet.name))
        undone, taken = parse(rollback.body), parse(bet.body)
        assert (taken.kind, undone.of) == ("bet", taken.id)
        assert (undone.amount, bet.wait) == (taken.amount, 0)
        # The bet of the round itself is no part of it.
        both = [answer("orphan"), answer("bet")] if rollback.name == OVERTAKEN else [answer("bet")]
        (following,) = generator.send(both)
        assert following.name == "bet"
        assert balances_without_the_last(ledger) == {OPENING}
        generator.close()
        ledger.close()
    assert found == {("orphan", "late bet"), (OVERTAKEN, OVERTAKEN)}


def balances_without_the_last(ledger):
    *_, last = ledger.open_operations()
    ledger.settle(last, REFUSED)
    return balances(ledger)


def test_without_late_bets_no_orphan_is_followed_by_one():
    rates = Rates(orphans=1, late_bets=0, copies=0, races=0, cuts=0, forgeries=0)
    for seed in range(20):
        ledger, generator = rounds_of(rates, seed)
        assert [each.name for each in next(generator)] == ["orphan"]
        assert [each.name for each in generator.send([answer("c")])] == ["bet"]
        generator.close()
        ledger.close()


def overtaking():
    """A round whose orphan and bet left together."""
    for seed in range(40):
        ledger, generator = rounds_of(LATE, seed)
        if len(next(generator)) == 2:
            return ledger, generator
        generator.close()
        ledger.close()
    raise AssertionError


def test_an_unanswered_rollback_is_sent_again_until_it_is_answered_and_its_bet_is_not():
    ledger, generator = overtaking()
    (copy,) = generator.send([NOTHING, answer("bet")])
    assert (copy.name, parse(copy.body).kind) == (COPY, "rollback")
    assert [each.body for each in generator.send([NOTHING])] == [copy.body]
    (following,) = generator.send([answer("orphan")])
    assert following.name == "bet"
    assert balances_without_the_last(ledger) == {OPENING}
    generator.close()
    ledger.close()


@pytest.mark.parametrize("said", [OK, REFUSED, UNKNOWN])
def test_with_the_gate_closed_meanwhile_the_rollback_stays_open_and_the_bet_undecided(said):
    ledger, generator = overtaking()
    ledger.close_gate()
    # The round goes on to its end: this bet is no part of it.
    (following,) = generator.send([NOTHING, WORDS[said]])
    assert following.name == "bet"
    orphan, *rest, other = ledger.open_operations()
    ledger.settle(other, REFUSED)
    assert orphan.kind is ROLLBACK
    late = orphan.of
    assert rest == ([late] if said is UNKNOWN else [])
    assert balances(ledger) == ({OPENING} if said is REFUSED else {OPENING, OPENING - late.amount})
    assert ledger.settle(orphan, OK, "c-o") is None
    assert balances(ledger) == {OPENING}
    generator.close()
    ledger.close()
