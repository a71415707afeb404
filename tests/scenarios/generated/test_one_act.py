"""One act is one rule's finding: what a story, a race or a copy shows again is not told again, and what is new is."""

from dataclasses import replace
from decimal import Decimal

import pytest

from scenarios.generated import judging
from scenarios.run.findings import Standing
from scenarios.run.planning.effort import QUICK
from scenarios.run.story import Step, Story, Verb
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.judging import at, judged
from tests.support.in_memory.wallets import Wallet

SMALL = replace(QUICK, sums=20, crowd=20, races=1, examples=6, steps=10, pause=0.02)
COPIES = ("IDM-01", "IDM-02", "IDM-03", "IDM-11")


class AnyFundsWillDo(Wallet):
    """Takes every bet of a player who has anything."""

    def affordable(self, message):
        return self.balances[message["user_id"]] > 0 or super().affordable(message)


@pytest.mark.parametrize(
    ("fault", "rule"), [(faulty.RollbackAdds, "RBK-02"), (faulty.PaysOrphans, "RBK-04"), (Wallet, "")]
)
def test_rules_about_copies_and_races_do_not_tell_of_what_breaks_alone(fault, rule):
    rules = (*COPIES, "RBK-02", "RBK-04", "RBK-12", "RBK-14")
    result = judged(fault(), *rules, effort=SMALL, seed=3)
    assert set(at(result, Standing.FAILED)) == set(rule.split())
    # A bet that races its own rollback may come second, and then that was an orphan.
    assert set(at(result, Standing.UNDECIDED)) == ({"RBK-12"} if rule == "RBK-04" else set())


def test_a_bet_of_nothing_that_costs_something_is_no_storys_finding():
    class LeastOfAll(Wallet):
        """Takes a cent for a bet of nothing."""

        def bet(self, message):
            return super().bet(message | {"amount": message["amount"] or Decimal("0.01")})

    result = judged(LeastOfAll(), "BET-09", "INV-01", effort=SMALL, seed=1)
    assert set(at(result, Standing.WARNED)) == {"BET-09"}
    assert at(result, Standing.FAILED) == {}
    assert at(result, Standing.UNDECIDED) == {}


def test_a_story_of_one_wager_is_what_the_rule_about_such_wagers_tells_of():
    class Cuts(Wallet):
        """Cents are int(amount * 100), of a float: 19.99 is right, 1.13 and others are not."""

        def bet(self, message):
            return -Decimal(int(float(-super().bet(message)) * 100)) / 100

    result = judged(Cuts(), "BET-01", "INV-02", effort=SMALL, seed=1)
    assert set(at(result, Standing.FAILED)) == {"BET-01"}
    assert "fix that first" in at(result, Standing.UNDECIDED)["INV-02"]


def test_a_rollback_that_is_wrong_alone_leaves_its_races_undecided():
    class Halves(Wallet):
        def undo(self, original, message):
            return super().undo(original, message) / 2

    result = judged(Halves(), "RBK-01", "RBK-12", "RBK-14", "IDM-02", effort=SMALL)
    assert set(at(result, Standing.FAILED)) == {"RBK-01"}
    assert set(at(result, Standing.UNDECIDED)) == {"RBK-12", "RBK-14"}


def test_results_that_are_not_paid_behind_rollbacks_are_one_finding_and_hide_no_other():
    class Forgets(Wallet):
        """Pays no result that comes next after a rollback of a bet, and takes each copy of a bet."""

        def undo(self, original, message):
            effect = super().undo(original, message)
            self.forgetful = effect > 0
            return effect

        def result(self, message):
            forgot, self.forgetful = getattr(self, "forgetful", False), False
            return Decimal(0) if forgot else super().result(message)

        def again(self, known, message):
            if message["action"] == "bet" and known.effect:
                self.move(message["user_id"], known.effect)
            return super().again(known, message)

    rules = ("RES-01", "MSG-06", "MSG-11", "BET-04", "IDM-01", "RBK-02", "RBK-07", "INV-03", "INV-04")
    result = judged(Forgets(), *rules, effort=SMALL, seed=1)
    assert set(at(result, Standing.FAILED)) == {"RES-01", "IDM-01"}
    assert "after a rollback of a bet" in at(result, Standing.FAILED)["RES-01"]
    left = at(result, Standing.UNDECIDED)
    assert any(
        why.startswith("what breaks here is what RES-01 reports (a result after") for why in left.values()
    )


def test_a_bet_that_is_free_behind_a_rollback_is_one_finding_though_balances_are_read_by_bets():
    class Free(Wallet):
        """Takes nothing for a bet that comes right after a rollback."""

        def fresh(self, message):
            self.behind, self.last = getattr(self, "last", ""), message["action"]
            return super().fresh(message)

        def bet(self, message):
            effect = super().bet(message)
            return Decimal(0) if self.behind == "rollback" else effect

    rules = ("BET-01", "SIG-05", "MSG-11", "RBK-01", "RBK-13")
    result = judged(Free(), *rules, effort=SMALL, seed=1)
    assert set(at(result, Standing.FAILED)) == {"BET-01"}
    assert "a bet after a rollback" in at(result, Standing.FAILED)["BET-01"]
    assert not at(result, Standing.WARNED)


@pytest.mark.parametrize("seed", [1, 2])
def test_stories_at_once_and_under_faults_are_not_blamed_for_what_another_rule_told(seed):
    result = judged(faulty.ReturnsTwice(), "RBK-07", "INV-04", "INV-05", effort=SMALL, seed=seed)
    assert set(at(result, Standing.FAILED)) == {"RBK-07"}
    for why in at(result, Standing.UNDECIDED).values():
        assert "what breaks here is what RBK-07 reports" in why


@pytest.mark.parametrize(
    ("fault", "rule", "story"),
    [
        (faulty.ReturnsTwice, "RBK-07", "INV-01"),
        (faulty.PaysOrphans, "RBK-04", "INV-01"),
        (AnyFundsWillDo, "BET-03", "INV-02"),
    ],
)
def test_stories_one_request_at_a_time_are_not_blamed_for_what_another_rule_told(fault, rule, story):
    reported = judged(fault(), rule, story, driver=("balance",), effort=SMALL, seed=2)
    assert set(at(reported, Standing.FAILED)) == {rule}
    assert at(reported, Standing.UNDECIDED)[story].startswith(f"what breaks here is what {rule} reports")
    # Where nothing else is judged, the story itself tells.
    assert set(at(judged(fault(), story, driver=("balance",), effort=SMALL, seed=2), Standing.FAILED)) == {
        story
    }


class PaysOtherAmounts(Wallet):
    """Pays a result again that comes with another amount under an id that is known."""

    def again(self, known, message):
        if message["action"] == "result" and known.message["amount"] != message["amount"]:
            self.move(message["user_id"], message["amount"])
        return super().again(known, message)


class CorrectsAmounts(Wallet):
    """A bet that comes with another amount under an id that is known takes that in place of the first."""

    def again(self, known, message):
        if message["action"] == known.message["action"] == "bet" and known.effect:
            self.move(message["user_id"], -message["amount"] - known.effect)
        return super().again(known, message)


class OncePerAction(Wallet):
    def again(self, known, message):
        if message["action"] == "result" and known.message["action"] == "bet":
            self.move(message["user_id"], message["amount"])
        return super().again(known, message)


@pytest.mark.parametrize(
    ("fault", "rule"), [(PaysOtherAmounts, "IDM-05"), (CorrectsAmounts, "IDM-05"), (OncePerAction, "IDM-06")]
)
def test_stories_are_not_blamed_for_ids_that_come_again_with_other_contents(fault, rule):
    result = judged(fault(), "IDM-05", "IDM-06", "INV-01", effort=replace(SMALL, examples=30), seed=2)
    assert set(at(result, Standing.FAILED)) == {rule}
    assert rule in at(result, Standing.UNDECIDED)["INV-01"]


def test_histories_are_judged_by_their_money_where_copies_have_ids_of_their_own():
    class NewIds(Wallet):
        def again(self, known, message):
            return super().again(known, message) | {"transaction_id": self.new_id()}

    result = judged(NewIds(), "IDM-01", "INV-04", effort=SMALL, seed=1)
    assert set(at(result, Standing.FAILED)) == {"IDM-01"}
    assert set(at(result, Standing.PASSED)) == {"INV-04"}
    assert set(at(judged(NewIds(), "INV-04", effort=SMALL, seed=1), Standing.PASSED)) == {"INV-04"}


def test_what_comes_back_of_nothing_where_a_rollback_names_an_amount_breaks_no_story(monkeypatch):
    class AsNamed(Wallet):
        """Takes what the rollback names where it is that of a result of nothing."""

        def undo(self, original, message):
            effect = super().undo(original, message)
            taken = original.message["action"] == "result" and not original.message["amount"]
            return -message["amount"] if taken else effect

    tour = (Step(Verb.RESULT, 0), Step(Verb.MISNAMED, 585))
    search = judging.search
    monkeypatch.setattr(
        judging, "search", lambda plan, *given, **more: search(replace(plan, tours=(tour,)), *given, **more)
    )
    assert not at(judged(AsNamed(), "INV-01", effort=SMALL), Standing.FAILED)


def test_a_story_that_breaks_one_request_at_a_time_is_told_so(monkeypatch):
    class Doubles(Wallet):
        def result(self, message):
            return super().result(message) + (Decimal("0.01") if message["amount"] == Decimal("5.55") else 0)

    group = (Step(Verb.BET, 100), Step(Verb.RESULT, 555), Step(Verb.COPY))
    tour = (Step(Verb.BET, 200), Step(Verb.TOGETHER, group=group))
    search = judging.search
    monkeypatch.setattr(
        judging, "search", lambda plan, *given, **more: search(replace(plan, tours=(tour,)), *given, **more)
    )
    result = judged(Doubles(), "INV-04", effort=SMALL)
    assert "a story of 3 steps, one request at a time" in at(result, Standing.FAILED)["INV-04"]
    [story] = [one.stories["INV-04"] for one in result.run.results if one.stories]
    assert [step.verb for step in story.steps] == [Verb.BET, Verb.RESULT, Verb.COPY]


def test_one_by_one_names_the_steps_that_the_group_named():
    group = (Step(Verb.BET, 100), Step(Verb.COPY, of=0), Step(Verb.ROLLBACK, of=0))
    story = Story("INV-04", (Step(Verb.RESULT, 5, fault="copies:n=2"), Step(Verb.TOGETHER, group=group)), 10)
    steps = story.one_by_one().steps
    assert [(step.verb, step.of) for step in steps[1:]] == [
        (Verb.BET, 0),
        (Verb.COPY, 1),
        (Verb.ROLLBACK, 2),
    ]
    assert story.one_by_one().alone
    assert not story.alone


def test_stories_come_behind_the_races_and_lost_answers_that_may_tell_of_what_they_show():
    result = judged(Wallet(), "IDM-02", "IDM-03", "IDM-11", "INV-04", "INV-05", effort=SMALL)
    ran = [one.id.partition(".")[0] for one in result.run.results]
    assert set(ran) == {"races", "lost_answers", "generated"}
    assert "generated" not in ran[: -ran.count("generated")]
