"""Faults as text: every one can be named, read back, and is told what was wrong with it."""

import dataclasses

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.transport.faults.ordering import CopiesInFlight, DelayedDelivery, Reordered, RetrySchedule
from simulators.transport.faults.table import FAULTS, parameters, parse_fault, spell_fault
from simulators.transport.faults.wire import AnswerLost, ClientKilled, ResetWhileSending, SlowBody, SlowReader

SECONDS = st.floats(0, 1000)
COUNT = st.integers(1, 10_000)
ANY = st.one_of(
    st.builds(
        AnswerLost,
        after=st.one_of(SECONDS, st.just("first-byte")),
        cut=st.sampled_from(["reset", "close"]),
        attempts=COUNT,
    ),
    st.builds(ResetWhileSending, after_bytes=st.integers(0, 10_000), attempts=COUNT),
    st.builds(SlowBody, chunk=COUNT, pause=SECONDS, attempts=COUNT),
    st.builds(SlowReader, chunk=COUNT, pause=SECONDS, attempts=COUNT),
    st.builds(ClientKilled, when=st.sampled_from(["before", "sent", "answered"]), attempts=COUNT),
    st.builds(DelayedDelivery, seconds=SECONDS),
    st.builds(
        Reordered,
        order=st.lists(st.integers(0, 9), max_size=5).map(tuple),
        seed=st.one_of(st.none(), st.integers(0, 99)),
    ),
    st.builds(CopiesInFlight, n=COUNT, gap=SECONDS),
    st.builds(
        RetrySchedule,
        pauses=st.lists(SECONDS, max_size=5).map(tuple),
        concurrent=st.lists(COUNT, max_size=5).map(tuple),
    ),
)


@given(ANY)
def test_what_is_spelt_is_read_back_the_same(fault) -> None:
    assert parse_fault(spell_fault(fault)) == fault


@pytest.mark.parametrize(
    ("text", "fault"),
    [
        ("answer-lost", AnswerLost()),
        ("answer-lost:after=20ms", AnswerLost(after=0.02)),
        ("answer-lost:after=first-byte,cut=close,attempts=3", AnswerLost("first-byte", "close", 3)),
        ("slow-body:chunk=1,pause=5ms", SlowBody(1, 0.005)),
        (" slow-reader: chunk = 7 , pause = 1.5s ", SlowReader(7, 1.5)),
        ("reset-while-sending:after-bytes=10", ResetWhileSending(10)),
        ("reset-while-sending:after_bytes=10", ResetWhileSending(10)),
        ("client-killed:when=before", ClientKilled("before")),
        ("delayed:seconds=1m", DelayedDelivery(60.0)),
        ("reordered:order=2/0/1", Reordered((2, 0, 1))),
        ("reordered:seed=7", Reordered(seed=7)),
        ("copies:n=3", CopiesInFlight(3)),
        ("retries:pauses=100ms/1s,concurrent=1/2", RetrySchedule((0.1, 1.0), (1, 2))),
    ],
)
def test_faults_are_named_on_a_command_line(text, fault) -> None:
    assert parse_fault(text) == fault


@pytest.mark.parametrize(
    ("text", "reported"),
    [
        ("answer-lots", "did you mean 'answer-lost'?"),
        ("", "the faults are answer-lost, reset-while-sending, slow-body"),
        ("slow-body:chnk=1", "did you mean 'chunk'?"),
        ("slow-body:chunk=0", "chunk is 0; it must be a whole number from 1"),
        ("slow-body:chunk=many", "chunk is 'many'; it must be a whole number from 1"),
        ("slow-body:pause=5 parsecs", "pause is '5 parsecs'; it must be a time such as 20ms or 1.5s"),
        ("slow-body:pause=-5ms", "pause is '-5ms'; it must be a time such as 20ms or 1.5s"),
        ("slow-body:chunk", "chunk is ''; it must be a whole number from 1"),
        ("answer-lost:cut=saw", "cut is 'saw'; it must be reset or close"),
        ("retries:concurrent=1/0", "it must be a whole number from 1, several of them with / between"),
        ("reordered:seed=x", "it must be a whole number from 0, or nothing"),
    ],
)
def test_what_cannot_be_read_is_told_in_full(text, reported) -> None:
    with pytest.raises(ValueError) as error:
        parse_fault(text)
    assert reported in str(error.value)


def test_the_table_names_every_fault_with_its_parameters_and_a_sentence() -> None:
    assert list(FAULTS) == [kind.name for kind in FAULTS.values()]
    for name, kind in FAULTS.items():
        fault = parse_fault(name)
        assert type(fault) is kind
        assert kind.summary
        assert fault.sentence
        described = parameters(kind)
        assert [parameter for parameter, *_ in described] == [
            item.name.replace("_", "-") for item in dataclasses.fields(kind)
        ]
        spelt = ",".join(f"{parameter}={default}" for parameter, _, _, default in described)
        assert parse_fault(f"{name}:{spelt}") == fault


def test_faults_are_values() -> None:
    assert AnswerLost(after=0.1) == AnswerLost(after=0.1)
    assert len({SlowBody(), SlowBody(), SlowBody(chunk=2)}) == 2
    with pytest.raises(dataclasses.FrozenInstanceError):
        SlowBody().chunk = 3
