"""Stories as files: what is written is read back, and a damaged file is told."""

import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from scenarios.generated.search import FAULTS
from scenarios.problems.errors import UsageProblem
from scenarios.run.story import Step, Story, Verb, is_story, read_story

SINGLE = st.builds(
    Step,
    verb=st.sampled_from([verb for verb in Verb if verb is not Verb.TOGETHER]),
    units=st.integers(0, 10**12),
    of=st.integers(0, 9),
    fault=st.sampled_from(("", *FAULTS)),
    player=st.integers(0, 3),
)
STEPS = SINGLE | st.builds(
    lambda group: Step(Verb.TOGETHER, group=tuple(group)), st.lists(SINGLE, min_size=2, max_size=4)
)
STORIES = st.builds(
    Story,
    rule=st.sampled_from(["INV-01", "INV-04"]),
    steps=st.lists(STEPS, max_size=8).map(tuple),
    opening=st.integers(0, 10**12),
    why=st.text(max_size=20),
    players=st.integers(1, 2),
    account=st.lists(st.text(max_size=20)).map(tuple),
)


@given(STORIES)
def test_a_story_is_read_back_as_it_was_written(story):
    saved = json.loads(story.dumps())
    assert is_story(saved)
    assert read_story(saved, Path("x.json")) == story


@given(STORIES)
def test_a_story_is_told_in_numbered_lines(story):
    lines = story.lines("EUR")
    end = len(story.steps) + 1
    assert [line.partition(".")[0] for line in lines[:end]] == [str(n) for n in range(end)]
    assert lines[end:] == [f"=> {story.why}", *story.account]


DAMAGED = [
    {"steps": None},
    {"steps": [{"verb": "steal"}]},
    {"steps": [{"units": 3}]},
    {"steps": [{"verb": "bet", "colour": 3}]},
    {"steps": [{"verb": "bet", "units": "many"}]},
    {"steps": [{"verb": "bet", "fault": "no-such-fault"}]},
    {"steps": ["bet"]},
    {"opening": "much"},
    {"rule": "XYZ-01"},
    {"rule": "RES-01"},
]


@pytest.mark.parametrize("damage", DAMAGED, ids=str)
def test_a_damaged_story_is_told_before_anything_is_sent(damage):
    saved = json.loads(Story("INV-01", (Step(Verb.BET, units=3),), 1000).dumps()) | damage
    with pytest.raises(UsageProblem, match="damaged story"):
        read_story(saved, Path("x.json"))


@pytest.mark.parametrize("key", ["rule", "steps", "opening"])
def test_a_story_that_lacks_something_is_damaged(key):
    saved = json.loads(Story("INV-01", (Step(Verb.BET, units=3),), 1000).dumps())
    del saved[key]
    with pytest.raises(UsageProblem, match="damaged story"):
        read_story(saved, Path("x.json"))
