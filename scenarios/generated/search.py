"""Stories: chance invents them, they are played, and the one that breaks is made short."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from random import Random
from typing import Final

from scenarios.generated.playback import Broken, Open, Stage
from scenarios.run.story import OF_SENT, Step, Story, Verb

# The share of a plan's verbs that one story has: what stands beside few others follows on itself and on those often.
_KEPT: Final = 0.7
# How often an amount is the least or the largest there may be.
_EDGES: Final = 0.1
# How often steps leave together, and come while a player is banned, where the plan has such.
_TOGETHER: Final = 0.5
_BANNED: Final = 0.3
# How often one story restarts the CLIENT at most, as each time takes seconds.
_RESTARTS: Final = 3
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
_LATER = (*OF_SENT, Verb.RESERVE, Verb.CANCEL, Verb.EXPIRE, Verb.REFUND, Verb.REJECT, Verb.AGAIN)


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
    """Invent ``examples`` stories of ``steps`` steps; the same ``seed`` gives the same ones. Sends nothing."""
    chance = Random(seed)
    return [
        Story(plan.rule, _steps(plan, chance, steps), plan.opening, players=plan.players)
        for _ in range(examples)
    ]


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
            return _shortened(story.with_account(broken.explained, broken.account), broken, stage)
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
                story, broken = replace(story, steps=kept).with_account(again.explained, again.account), again
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


def _steps(plan: Plan, chance: Random, number: int) -> tuple[Step, ...]:
    """The steps of one story."""
    some = [verb for verb in plan.verbs if chance.random() < _KEPT]
    verbs = some if any(verb not in _LATER for verb in some) else plan.verbs
    steps: list[Step] = []
    for _ in range(number):
        if sum(step.verb is Verb.RESTART for step in steps) == _RESTARTS:
            verbs = tuple(verb for verb in verbs if verb is not Verb.RESTART)
        single = partial(_single, plan, chance, verbs, later=bool(steps))
        if plan.together and chance.random() < _TOGETHER:
            group = tuple(single(beside=True) for _ in range(chance.randint(2, plan.together)))
            steps.append(Step(Verb.TOGETHER, group=group))
        elif plan.bans and chance.random() < _BANNED:
            group = tuple(single(beside=True) for _ in range(chance.randint(1, 3)))
            steps.append(Step(Verb.BANNED, player=chance.randrange(plan.players), group=group))
        else:
            steps.append(single())
    return tuple(steps)


def _single(plan: Plan, chance: Random, verbs: Sequence[Verb], *, later: bool, beside: bool = False) -> Step:
    """Any single step; ``later`` where others stand before it, without faults where it stands ``beside`` others."""
    fit = [verb for verb in verbs if (later or verb not in _LATER) and not (beside and verb is Verb.RESTART)]
    return Step(
        verb=chance.choice(fit),
        units=chance.choice(plan.units) if chance.random() < _EDGES else chance.randint(*plan.units),
        of=chance.randint(0, 5) if later else 0,
        fault="" if beside or not plan.faults else chance.choice(("", "", *plan.faults)),
        player=chance.randrange(plan.players),
    )
