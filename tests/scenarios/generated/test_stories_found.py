"""Generated histories: the same seed gives the same story and the same run; what broke is told, short, and replays."""

import json
from dataclasses import replace
from decimal import Decimal
from itertools import groupby
from pathlib import Path

import pytest

from scenarios.contract import select
from scenarios.generated.playback import Stage
from scenarios.generated.search import Plan, search
from scenarios.problems.errors import Exit
from scenarios.run.findings import ScenarioResult, Standing
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import QUICK
from scenarios.run.story import Step, Story, Verb, read_story
from tests.support.in_memory import faulty_wallets as faulty
from tests.support.in_memory.judging import judged, running
from tests.support.in_memory.wallets import Refused, Wallet

SEQUENTIAL = tuple(
    rule.id
    for rule in select(
        "SIG,MSG,BET,RES,IDM,RBK,INV-01,INV-02",
        skip="BET-04,BET-10,IDM-02,IDM-03,IDM-04,IDM-11,RBK-12,RBK-14",
    )
)

SMALL = replace(QUICK, sums=20, crowd=20, pause=0.02)


class OnceOnly(Wallet):
    """Gives the first large bet of a story back as well, and never again."""

    in_step = done = False

    def bet(self, message):
        effect = super().bet(message)
        if self.in_step and not self.done and message["amount"] > 3:
            self.done = True
            self.move(message["user_id"], message["amount"])
        return effect


def test_the_same_seed_finds_the_same_story_and_makes_it_short():
    found = []
    for _ in range(2):
        with running(faulty.GenerousAfterOrphan(), "INV-01") as run:
            judge = Judge(run, ScenarioResult("made", "made", ("INV-01",)))
            plan = Plan("INV-01", (Verb.BET, Verb.RESULT, Verb.ROLLBACK, Verb.ORPHAN), 1000)
            player = run.players[0]
            found.append(
                search(
                    plan,
                    lambda run=run, judge=judge, player=player: Stage(run, [player], 1000, judge.fund),
                    seed=7,
                    examples=20,
                    steps=12,
                )
            )
    (story, broken), (again, _) = found
    assert story.steps == again.steps
    assert [str(step.verb) for step in story.steps][-1] == "result", story.lines("EUR")
    assert len(story.steps) <= 3, story.lines("EUR")
    assert broken.off == Decimal("0.01")


def test_a_saved_story_fails_again_and_holds_when_mended(tmp_path):
    out = tmp_path / "out"
    judged(faulty.PaysOrphans(), "INV-01", report=out, seed=7)
    path = out / "failures" / "INV-01.json"
    story = read_story(json.loads(path.read_text()), path)
    again = judged(faulty.PaysOrphans(), "INV-01", story=story)
    assert again.code is Exit.BROKEN
    assert [one.stories for one in again.run.results if one.stories] == [{"INV-01": story}]
    # One that was found with two players is played with two, whoever acts in it.
    pair = judged(faulty.PaysOrphans(), "INV-01", story=replace(story, players=2))
    assert [one.id for one in pair.run.results if one.stories] == ["generated.any_sequence_of_two_players"]
    assert judged(Wallet(), "INV-01", story=story).code is Exit.HOLDS


def trace(seed, wallet):
    result = judged(wallet, *SEQUENTIAL, seed=seed, effort=SMALL)
    assert result.code is Exit.HOLDS, [v for v in result.verdicts if v.reason]
    # Scenario by scenario; within one, what goes out together leaves in no order, and what left first is rolled back
    # late.
    scenarios = groupby(result.run.history, key=lambda one: one.scenario)
    sent = [
        (name, one)
        for name, mine in scenarios
        if name != "sweep.late_rollbacks"
        for one in sorted(
            (one.title, str(one.message and one.message.amount), str(one.status)) for one in mine
        )
    ]
    return [(v.rule.id, v.standing) for v in result.verdicts], sent


def test_the_same_seed_repeats_the_run():
    # Ids are others all the same, since the CLIENT knows those of the first run.
    wallet = Wallet()
    first, again = trace(7, wallet), trace(7, wallet)
    assert first[0] == again[0]
    for number, (one, other) in enumerate(zip(first[1], again[1], strict=True)):
        assert one == other, f"exchange {number}"


def test_a_failure_that_does_not_come_back_is_told_and_undecided(tmp_path, monkeypatch):
    wallet, play = OnceOnly(), Stage.play
    # What two players' stories show at once and not alone is a note.
    del wallet.balances["p-2"]

    def step(stage, reported):
        # What common sequences show when they are all taken at once is looked at one by one.
        wallet.in_step = stage.start > 0
        play(stage, reported)
        wallet.in_step = False

    monkeypatch.setattr(Stage, "play", step)
    result = judged(wallet, "INV-01", seed=1, report=tmp_path / "out")
    assert wallet.done
    assert result.code is Exit.UNDECIDED
    [verdict] = result.verdicts
    assert verdict.reason.startswith("seen once: ")
    assert [set(one.stories) for one in result.run.results if one.stories] == [{"INV-01"}]


class ReturnsWhatABanRefused(Wallet):
    """The rollback of a bet that a ban refused pays it, though one that lacked funds is known to have taken nothing."""

    def undo(self, original, message):
        effect = super().undo(original, message)
        return original.message["amount"] if original.error == "PLAYER_BANNED" else effect


class ForgetsWhatComesUnderAnotherActionToo(Wallet):
    """What is sent under another amount and then another action is done again when its copy comes."""

    def again(self, known, message):
        first = known.message
        if first["action"] == message["action"] != "rollback" and first["amount"] != message["amount"]:
            known.doubted = True
        elif first["action"] != message["action"] and getattr(known, "doubted", False):
            del self.entries[self.key(message)]
            raise Refused("ID_TAKEN")
        return super().again(known, message)


class LateResultsPaidByEachCopy(Wallet):
    """Pays a result that came after its own rollback, and pays it again with each copy."""

    def again(self, known, message):
        if message["action"] == "result" and self.void(message):
            self.move(message["user_id"], known.effect)
        return super().again(known, message)


@pytest.mark.parametrize(
    "wallet", [ReturnsWhatABanRefused, ForgetsWhatComesUnderAnotherActionToo, LateResultsPaidByEachCopy]
)
def test_what_only_a_story_meets_is_found_by_stories(wallet):
    rules = ("BET-08", "RBK-08", "IDM-05", "IDM-06", "RBK-16", "INV-01")
    result = judged(wallet(), *rules, driver=("ban", "unban"), effort=replace(QUICK, examples=2, races=1))
    assert {verdict.rule.id for verdict in result.verdicts if verdict.standing is Standing.FAILED} == {
        "INV-01"
    }
    assert not any(verdict.standing is Standing.UNDECIDED for verdict in result.verdicts)


def test_a_story_tells_of_bans_and_of_what_comes_under_one_id():
    steps = (
        Step(Verb.RESULT, 300),
        Step(Verb.OTHER_AMOUNT, 500),
        Step(Verb.OTHER_ACTION, of=1),
        Step(Verb.MISNAMED, 200, of=2),
        Step(Verb.STRANGERS, of=3),
        Step(Verb.BANNED, group=(Step(Verb.BET, 100), Step(Verb.COPY))),
    )
    story = Story("INV-01", steps, 1000, "it broke")
    assert story.lines("EUR")[1:-1] == [
        "1. result of 3.00 EUR",
        "2. the same id with 5.00 EUR, of step 1",
        "3. the same id under the other action of what stands 2 before it",
        "4. rollback that names 2.00 EUR, of what stands 3 before it",
        "5. another player's rollback of what stands 4 before it",
        "6. while the player is banned: bet of 1.00 EUR; then copy of what stands 1 before it",
    ]
    assert read_story(json.loads(story.dumps()), Path("story.json")) == story
    assert story.alone


def test_a_story_names_the_step_that_a_rollback_undoes():
    together = Step(Verb.TOGETHER, group=(Step(Verb.BET, 100), Step(Verb.ROLLBACK, of=7)))
    late = (Step(Verb.ORPHAN, 100), Step(Verb.LATE_BET), Step(Verb.ROLLBACK), Step(Verb.COPY, of=2))
    steps = (Step(Verb.RESULT, 300), Step(Verb.ROLLBACK, of=4), together, *late, Step(Verb.ROLLBACK, of=5))
    assert Story("INV-01", steps, 1000).lines("EUR")[1:-1] == [
        "1. result of 3.00 EUR",
        "2. rollback of step 1",
        "3. at once: bet of 1.00 EUR; rollback of step 1",
        "4. orphan of 1.00 EUR",
        "5. late bet of step 4",
        "6. rollback of step 5",
        "7. copy of step 4",
        "8. rollback of one of step 3",
    ]
