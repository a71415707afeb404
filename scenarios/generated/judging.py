"""Stories before the judge: searched for, or played again, and reported as a finding where one breaks."""

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace

import pytest

from scenarios.cases.plain_transactions import learn_plain_faults
from scenarios.contract import RULES, Level, Observed
from scenarios.generated.playback import Broken, Open, Stage
from scenarios.generated.search import Plan, Plays, play, search
from scenarios.oracles.plain_faults import rules_about
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.run.planning.effort import Effort
from scenarios.run.run import Run
from scenarios.run.story import Story
from scenarios.wallet.player import Player

# The rule about stories of bets alone, where a bet that is not covered and taken is the act itself.
_BETS_ALONE = "INV-02"


def judge_stories(
    run: Run,
    judge: Judge,
    effort: Effort,
    plan: Plan,
    stage: Callable[[], Stage],
    examples: int | None = None,
    plays: Plays | None = None,
) -> None:
    """Search for a story that breaks the plan's rule, or play the saved or found one, and write the finding.

    ``plays`` plays several stories at once.
    """
    known = run.settings.story or judge.result.stories.get(plan.rule)
    if known is not None and known.players != plan.players:
        pytest.skip(f"the story is one of {known.players} players")
    try:
        if known is not None:
            broken = play(known, stage())
            found = None if broken is None else (known, broken)
        else:
            seed = run.rng(f"{judge.result.id}:{plan.verbs}").getrandbits(64)
            found = search(
                plan,
                stage,
                seed=seed,
                examples=effort.examples if examples is None else examples,
                steps=effort.steps,
                plays=plays,
            )
            if found is not None and RULES[plan.rule].group == "INV":
                found = _new(judge, stage, *found)
    except Open as bound:
        raise Undecided(str(bound)) from bound
    judge.holds(plan.rule, True, expected="", seen="")
    if found is not None:
        story, broken = found
        # A saved one stays as it is; one that was found may have been played once more, under other ids.
        reported = story if run.settings.story else story.with_account(broken.explained, broken.account)
        judge.result.stories[plan.rule] = replace(reported, reading=broken.reading)
        judge.holds(
            plan.rule,
            False,
            expected=broken.expected,
            seen=broken.why,
            exchanges=[run.history[number] for number in broken.exchanges],
            case=f"a story of {len(story.steps)} steps{_manner(story)}",
            level=Level.MUST,
            off=broken.off,
            observed=Observed.MONEY,
            whose=broken.reading[0] if broken.reading is not None else "",
            right=broken.right,
            mistake=broken.mistake,
        )


def side_by_side(
    judge: Judge,
    players: Sequence[Player],
    stage: Callable[[Judge], Stage],
    acting: int,
    stories: Sequence[Story],
) -> Iterator[Broken | None]:
    """How each of ``stories`` broke; as many are played at once as ``acting`` ones there are of ``players``.

    Raises Open where it comes to one that does not tell.
    """
    ends: list[Broken | Open | None] = [None] * len(stories)

    def played(judge: Judge, place: int) -> None:
        # Nobody comes to what stands behind.
        if any(ends[:place]):
            return
        try:
            ends[place] = play(stories[place], stage(judge))
        except Open as open_yet:
            ends[place] = open_yet

    judge.spread(players, range(len(stories)), played, acting)
    for end in ends:
        if isinstance(end, Open):
            raise end
        yield end


def _new(judge: Judge, stage: Callable[[], Stage], story: Story, broken: Broken) -> tuple[Story, Broken]:
    """The story as it is reported: with one request at a time where it breaks so, too.

    Raises Undecided where that is what another rule reported, Open where it is what plain transactions do wrong: one
    act is one finding.
    """
    learn_plain_faults(judge)
    if judge.run.plain_faults.found:
        play(story, stage())
    if story.beside and not story.alone:
        alone = story.one_by_one()
        if (still := play(alone, stage())) is not None:
            story, broken = alone.with_account(still.explained, still.account), still
    seen = {Observed.MONEY, Observed.DONE} if story.rule == _BETS_ALONE else {Observed.MONEY}
    alike = [result for result in judge.run.results if result.currency == judge.result.currency]
    found = [one for result in alike for one in result.findings if one.observed in seen]
    reported = {one.rule for one in found} & broken.rules
    # What one wager does alone is no matter of its order.
    if len(story.steps) == 1:
        reported |= {one.rule for one in found}.intersection(rules_about(story.steps[0].verb))
    if story.needs_no_race:
        reported |= {one.rule for one in found if one.rule == "INV-01"} | judge.run.behind_stories
    if reported:
        judge.run.behind_stories |= reported
        verb = "reports" if len(reported) == 1 else "report"
        raise Undecided(
            f"what breaks here is what {', '.join(sorted(reported))} {verb}: fix that first, then judge this again"
        )
    return story, broken


def _manner(story: Story) -> str:
    return ", one request at a time" if story.needs_no_race else ""
