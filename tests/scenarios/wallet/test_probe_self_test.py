"""CLIENTs whose wagers do not tell balances: the right rule alone is blamed, and money is put back."""

from decimal import Decimal
from types import SimpleNamespace

import pytest

from scenarios.contract import select
from scenarios.problems.errors import Exit
from scenarios.run.begin import begin
from scenarios.run.findings import Standing
from tests.support.in_memory import judging
from tests.support.in_memory.judging import judged, running
from tests.support.in_memory.wallets import Refused, Wallet

# All that quick single requests can prove, without what is random.
SEQUENTIAL = tuple(
    rule.id
    for rule in select("SIG-01,SIG-02,MSG-01,MSG-08,BET,RES,IDM-01,RBK", skip="BET-04,BET-10,RBK-12,RBK-14")
)
CULPRITS = [
    (judging.BetsTakeNothing, "BET-01"),
    (judging.BetsTakeDouble, "BET-01"),
    (judging.BetsTakeHalf, "BET-01"),
    (judging.ResultsPayDouble, "RES-01"),
    (judging.ResultsPayNothing, "RES-01"),
    (judging.NoFundsCheck, "BET-03"),
    (judging.RefusedBetsTake, "BET-03"),
]


def blamed(result):
    return {v.rule.id for v in result.verdicts if v.standing in (Standing.FAILED, Standing.WARNED)}


@pytest.mark.parametrize("balance", ["50.00", "0"])
@pytest.mark.parametrize(("faulty", "rule"), CULPRITS)
def test_the_culprit_is_named(faulty, rule, balance):
    with running(faulty(balance=balance)) as run:
        begin(run)
        assert run.diagnosis.noticed.rule == rule
        assert rule in run.diagnosis.why
        assert "[driver]" in run.diagnosis.why
        assert run.diagnosis.noticed.exchanges


@pytest.mark.parametrize(("faulty", "rule"), CULPRITS)
def test_the_culprit_alone_is_blamed(faulty, rule):
    result = judged(faulty(), *SEQUENTIAL)
    assert blamed(result) == {rule}
    assert result.code is Exit.BROKEN
    undecided = [v for v in result.verdicts if v.standing is Standing.UNDECIDED]
    assert undecided
    assert {v.reason for v in undecided} == {result.run.diagnosis.why}
    assert all(v.standing is not Standing.FAILED for v in result.verdicts if v.rule.group == "SIG")


@pytest.mark.parametrize("faulty", [judging.ResultsPayInPart, judging.NoLargeResults])
def test_large_results_that_are_not_paid_hide_nothing(faulty):
    wallet = faulty()
    result = judged(wallet, *SEQUENTIAL)
    assert blamed(result) == {"RES-01", "BET-12"}
    assert not [v.rule.id for v in result.verdicts if v.standing is Standing.UNDECIDED]
    assert wallet.balances["p-1"] == Decimal("50.00")


def test_a_limit_of_single_bets_is_no_limit_of_results():
    class SmallBets(Wallet):
        def bet(self, message):
            if message["amount"] > 300:
                raise Refused("STAKE_LIMIT")
            return super().bet(message)

    with running(SmallBets()) as run:
        begin(run)
    assert run.diagnosis.why == ""
    assert (run.noticed, run.verbs.largest_results) == ([], {})


def test_a_player_who_may_not_bet_accuses_nobody():
    result = judged(judging.NoBets(), *SEQUENTIAL)
    assert blamed(result) == set()
    assert result.code is Exit.UNDECIDED
    assert "refused with 'NO_BETS'" in result.run.diagnosis.why


@pytest.mark.parametrize(("faulty", "rule"), CULPRITS)
def test_a_driver_that_reads_balances_lets_the_rest_be_judged(faulty, rule):
    result = judged(faulty(), *judging.RULES, driver=["balance"])
    assert blamed(result) == {rule}
    assert result.run.probe.name == "http"
    # With these no player can be brought to a balance.
    if faulty not in (judging.BetsTakeNothing, judging.BetsTakeHalf, judging.ResultsPayNothing):
        assert not [v for v in result.verdicts if v.standing is Standing.UNDECIDED]


@pytest.mark.parametrize(
    ("faulty", "left"),
    [
        (Wallet, "50.00"),
        (judging.BetsTakeNothing, "50.00"),
        (judging.NoFundsCheck, "50.00"),
        (judging.NoBets, "50.00"),
        (judging.NoResults, "50.00"),
    ],
)
def test_money_is_put_back_as_far_as_the_client_allows(faulty, left):
    wallet = faulty()
    result = judged(wallet, *judging.RULES)
    assert wallet.balances["p-1"] == Decimal(left)
    if faulty is not Wallet:
        assert any("put back only as far as" in warning for warning in result.run.warnings)


def test_a_right_client_is_not_diagnosed_and_left_as_found():
    wallet = Wallet(balance="-3.50")
    result = judged(wallet, *judging.RULES)
    assert result.run.diagnosis.why == ""
    assert result.code is Exit.HOLDS
    assert wallet.balances["p-1"] == Decimal("-3.50")
    assert result.run.warnings == []


class PaysLater(Wallet):
    """Answers results at once and pays them when somebody waits."""

    def __init__(self, **given):
        super().__init__(**given)
        self.queue = []

    def result(self, message):
        self.queue.append((message["user_id"], message["amount"]))
        return Decimal(0)

    def wait(self, _seconds):
        while self.queue:
            self.move(*self.queue.pop())


class TakesLater(PaysLater):
    """Answers bets that are covered at once, and takes them when somebody waits."""

    def bet(self, message):
        self.queue.append((message["user_id"], Wallet.bet(self, message)))
        return Decimal(0)

    def result(self, message):
        return Wallet.result(self, message)


class LooksAtAnOldBalance(Wallet):
    """Compares bets with a balance that it read up to two seconds ago."""

    old, waited = Decimal(50), 0.0

    def bet(self, message):
        if message["amount"] > self.old:
            raise Refused("INSUFFICIENT_FUNDS")
        return -message["amount"]

    def wait(self, seconds):
        self.waited += seconds
        if self.waited >= 2:
            self.old, self.waited = self.balances["p-1"], 0.0


class TakesTheLikeForCopies(Wallet):
    """A result of the amount of the player's last one is taken for its copy."""

    def fresh(self, message):
        alike = (
            one
            for one in self.entries.values()
            if all(one.message[name] == message[name] for name in ("action", "user_id", "amount"))
        )
        known = next(alike, None) if message["action"] == "result" else None
        return super().fresh(message) if known is None else self.said(known)


class PaysTheLikeOnce(Wallet):
    """A result of the amount of an earlier one of the player is answered, and not paid."""

    def result(self, message):
        alike = [
            one
            for one in self.entries.values()
            if all(one.message[name] == message[name] for name in ("action", "user_id", "amount"))
        ]
        return Decimal(0) if alike else super().result(message)


def test_what_is_done_later_or_taken_for_a_copy_is_told_as_that(monkeypatch):
    done_later = "what is answered is not done yet"
    for wallet, rule, seen in (
        (PaysLater(), "RES-01", done_later),
        (TakesLater(), "BET-01", done_later),
        (LooksAtAnOldBalance(), "RES-01", done_later),
        (TakesTheLikeForCopies(), "RES-01", "another result"),
        (PaysTheLikeOnce(), "RES-01", "a result of the same amount is taken for a copy"),
    ):
        # In that module alone: other threads of these tests wait, too.
        wait = getattr(wallet, "wait", lambda _seconds: None)
        monkeypatch.setattr("scenarios.wallet.look_alikes.time", SimpleNamespace(sleep=wait))
        with running(wallet) as run:
            begin(run)
        assert run.diagnosis.noticed.rule == rule
        assert seen in run.diagnosis.noticed.seen
        assert len(run.diagnosis.noticed.exchanges) in (2, 3, 4, 5)
