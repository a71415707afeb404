"""Stories before the judge: searched for, or played again, and told as a finding where one breaks."""

from collections.abc import Callable

from scenarios.contract import Level, Observed
from scenarios.generated.playback import Open, Stage
from scenarios.generated.state_machine import Plan, play, search
from scenarios.run.effort import Effort
from scenarios.run.judge import Judge, Undecided
from scenarios.run.run import Run


def judge_stories(
    run: Run,
    judge: Judge,
    effort: Effort,
    plan: Plan,
    stage: Callable[[], Stage],
    examples: int | None = None,
) -> None:
    """Search for a story that breaks the plan's rule, or play the saved or found one, and write the finding."""
    known = run.settings.story or judge.result.stories.get(plan.rule)
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
            )
    except Open as bound:
        raise Undecided(str(bound)) from bound
    judge.holds(plan.rule, True, expected="", seen="")
    if found is not None:
        story, broken = found
        judge.result.stories[plan.rule] = story
        if broken.reading is not None:
            judge.result.readings[plan.rule] = broken.reading
        judge.holds(
            plan.rule,
            False,
            expected="the balance that the wallet model allows",
            seen=broken.why,
            exchanges=[run.history[number] for number in broken.exchanges],
            case=f"a story of {len(story.steps)} steps",
            level=Level.MUST,
            off=broken.off,
            observed=Observed.MONEY,
        )
