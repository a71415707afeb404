"""Stories: a Hypothesis state machine invents them, they are played, and the one that breaks is made short."""

import threading
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

import hypothesis
from hypothesis import HealthCheck, Phase, Verbosity
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, precondition, rule, run_state_machine_as_test

from scenarios.generated.playback import Broken, Open, Stage
from scenarios.run.story import Step, Story, Verb

# Hypothesis seeds the process's own chance, so that two machines at once would invent other stories than alone.
_ONE_MACHINE = threading.Lock()
# A failing story is played so often again, at most, to make it shorter.
_SHRINKS = 80
FAULTS = (
    "answer-lost:after=0s",
    "answer-lost:after=5ms",
    "answer-lost:after=first-byte,cut=close",
    "reset-while-sending:after-bytes=20",
    "slow-body:chunk=16,pause=1ms",
    "slow-reader:chunk=16,pause=1ms",
    "copies:n=2",
)
# Verbs that mean something only after an earlier step.
_LATER = (
    Verb.ROLLBACK,
    Verb.LATE_BET,
    Verb.LATE_RESULT,
    Verb.OTHER_AMOUNT,
    Verb.OTHER_ACTION,
    Verb.MISNAMED,
    Verb.STRANGERS,
    Verb.ANOTHERS_ID,
    Verb.FOREIGN,
    Verb.COPY,
    Verb.RESERVE,
    Verb.CANCEL,
    Verb.EXPIRE,
    Verb.REFUND,
    Verb.REJECT,
    Verb.AGAIN,
)


@dataclass(frozen=True, slots=True)
class Plan:
    """What a machine may do: its ``verbs``, with faults or not, over how many players, in what sizes.

    ``together`` steps at most leave at once; with ``bans`` some are played while the player is banned.

    ``tours`` are stories that are played first, so that none of the common ways to go wrong is left to chance.
    """

    rule: str
    verbs: tuple[Verb, ...]
    opening: int
    units: tuple[int, int] = (1, 900)
    faults: tuple[str, ...] = ()
    players: int = 1
    together: int = 0
    bans: bool = False
    tours: tuple[tuple[Step, ...], ...] = ()


def invent(plan: Plan, seed: int, examples: int, steps: int) -> list[Story]:
    """Invent ``examples`` stories of up to ``steps`` steps; the same ``seed`` gives the same ones. Sends nothing."""
    told: list[Story] = []
    if not examples:
        return told

    @hypothesis.seed(seed)
    class Machine(_Machine):
        pass

    Machine.plan, Machine.told = plan, told
    settings = hypothesis.settings(
        max_examples=examples,
        stateful_step_count=steps,
        deadline=None,
        database=None,
        derandomize=False,
        print_blob=False,
        verbosity=Verbosity.quiet,
        phases=(Phase.generate,),
        suppress_health_check=list(HealthCheck),
    )
    with _ONE_MACHINE:
        run_state_machine_as_test(Machine, settings=settings)
    return list(dict.fromkeys(told))


Plays = Callable[[Sequence[Story]], Iterable["Broken | None"]]


def search(
    plan: Plan,
    stage: Callable[[], Stage],
    *,
    seed: int,
    examples: int,
    steps: int,
    plays: Plays | None = None,
) -> tuple[Story, Broken] | None:
    """Play the plan's tours and as many invented stories; return the first that broke, made short, or None.

    ``plays`` tells how each of several stories broke; where it is None, one is played after the other. Whatever the
    stage raises beside Broken comes through.
    """
    stories = [Story(plan.rule, tour, plan.opening, players=plan.players) for tour in plan.tours]
    stories += invent(plan, seed, examples, steps)
    played = (play(story, stage()) for story in stories) if plays is None else plays(stories)
    for story, broken in zip(stories, played, strict=False):
        if broken is not None:
            return _shortened(replace(story, why=broken.why), broken, stage)
    return None


def _shortened(story: Story, broken: Broken, stage: Callable[[], Stage]) -> tuple[Story, Broken]:
    """Leave out steps, many at once and then one by one, as long as the story still breaks."""
    plays, size = 0, max(1, len(story.steps) // 2)
    while size and plays < _SHRINKS:
        before, place = story, 0
        while place < len(story.steps) and plays < _SHRINKS:
            kept = story.steps[:place] + story.steps[place + size :]
            plays += 1
            again = _still_broken(replace(story, steps=kept), stage)
            if again is None:
                place += size
            else:
                story, broken = replace(story, steps=kept, why=again.why), again
        # A step that was needed may not be any more once others are gone.
        size = size if size == 1 and story != before else size // 2
    return story, broken


def _still_broken(story: Story, stage: Callable[[], Stage]) -> Broken | None:
    try:
        return play(story, stage())
    except Open:
        return None


def play(story: Story, stage: Stage) -> Broken | None:
    """Play a known story; return how it broke, None where it holds."""
    stage.opening = story.opening
    stage.open()
    for step in story.steps:
        stage.play(step)
    try:
        stage.finish()
    except Broken as broken:
        return broken
    return None


class _Machine(RuleBasedStateMachine):
    """One example: steps as they are drawn, which make a story."""

    plan: Plan
    told: list[Story]

    def __init__(self) -> None:
        super().__init__()
        self.steps: list[Step] = []

    @rule(data=st.data())
    def step(self, data: st.DataObject) -> None:
        """Any single step of the plan."""
        self.steps.append(data.draw(_single(self.plan, later=bool(self.steps))))

    @precondition(lambda self: self.plan.together > 0)
    @rule(data=st.data())
    def together(self, data: st.DataObject) -> None:
        """Several steps at once."""
        single = _single(self.plan, later=bool(self.steps), faults=False)
        group = data.draw(st.lists(single, min_size=2, max_size=self.plan.together))
        self.steps.append(Step(Verb.TOGETHER, group=tuple(group)))

    @precondition(lambda self: self.plan.bans)
    @rule(data=st.data())
    def banned(self, data: st.DataObject) -> None:
        """A few steps while a player is banned."""
        single = _single(self.plan, later=bool(self.steps), faults=False)
        player = data.draw(st.integers(0, self.plan.players - 1))
        group = data.draw(st.lists(single, min_size=1, max_size=3))
        self.steps.append(Step(Verb.BANNED, player=player, group=tuple(group)))

    def teardown(self) -> None:
        """Keep the story; what Hypothesis breaks off at its beginning is none."""
        if self.steps:
            plan = self.plan
            self.told.append(Story(plan.rule, tuple(self.steps), plan.opening, players=plan.players))


def _single(plan: Plan, *, later: bool, faults: bool = True) -> st.SearchStrategy[Step]:
    verbs = [
        verb for verb in plan.verbs if (later or verb not in _LATER) and (faults or verb is not Verb.RESTART)
    ]
    return st.builds(
        Step,
        verb=st.sampled_from(verbs),
        units=st.integers(*plan.units),
        of=st.integers(0, 5) if later else st.just(0),
        fault=st.sampled_from(("", "", *plan.faults)) if faults and plan.faults else st.just(""),
        player=st.integers(0, plan.players - 1) if plan.players > 1 else st.just(0),
    )
