"""Faults of the order of sends: what arrives at a real server, and when in relation to what."""

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace

import pytest

from simulators.exchanges.history import Exchange, FaultNote, History, Purpose, Request
from simulators.operator.dialect import SPORTSBOOK
from simulators.transport.delivery import Delivery, Fault
from simulators.transport.faults.ordering import CopiesInFlight, DelayedDelivery, Reordered, RetrySchedule
from simulators.transport.faults.wire import AnswerLost, ResetWhileSending
from simulators.transport.rate_limits import Limits
from simulators.transport.route import Route
from simulators.transport.sending import deliver
from tests.support.servers.faults_recorder import Recorder


@pytest.fixture
def server() -> Iterator[Recorder]:
    recorder = Recorder()
    yield recorder
    recorder.close()


def delivery(server: Recorder, name: str = "bet 1") -> Delivery:
    request = Request("POST", f"{server.url}/transaction", (), name.encode())
    return Delivery(request, SPORTSBOOK.read, "operator", name.partition(" ")[0], Purpose.SCENARIO, name)


def bodies(server: Recorder) -> list[str]:
    return [arrival.body.decode() for arrival in server.arrivals]


def test_a_delayed_delivery_is_overtaken_by_the_rest_of_the_group(server: Recorder) -> None:
    slept: list[float] = []

    def until_the_others_arrived(seconds: float) -> None:
        slept.append(seconds)
        for _ in range(2):
            server.arrived.get(timeout=30)

    group = [delivery(server, name) for name in ("bet 1", "rollback 1", "result 1")]
    fault = DelayedDelivery(seconds=3.0)
    exchanges = deliver(group, Route(History(), sleep=until_the_others_arrived), [fault])
    assert slept == [3.0]
    assert bodies(server) == ["rollback 1", "result 1", "bet 1"]
    assert [exchange.message for exchange in exchanges] == ["rollback 1", "result 1", "bet 1"]
    assert [exchange.faults for exchange in exchanges] == [
        (),
        (),
        (FaultNote("delayed", "delayed delivery: 3 s late"),),
    ]


def test_a_delayed_delivery_alone_is_just_late(server: Recorder) -> None:
    arrived_before: list[int] = []
    route = Route(History(), sleep=lambda _: arrived_before.append(len(server.arrivals)))
    [exchange] = deliver(delivery(server), route, [DelayedDelivery()])
    assert arrived_before == [0]
    assert exchange.ok


@pytest.mark.parametrize(
    ("fault", "order"),
    [
        (Reordered(), ["c 3", "b 2", "a 1"]),
        (Reordered(order=(1, 2, 0)), ["b 2", "c 3", "a 1"]),
        (Reordered(seed=1), ["b 2", "c 3", "a 1"]),
    ],
)
def test_a_group_arrives_in_another_order(server: Recorder, fault: Fault, order: list[str]) -> None:
    group = [delivery(server, name) for name in ("a 1", "b 2", "c 3")]
    exchanges = deliver(group, Route(History()), [fault])
    assert bodies(server) == order
    assert [exchange.message for exchange in exchanges] == order
    assert {exchange.faults for exchange in exchanges} == {(fault.note,)}


@pytest.mark.parametrize("order", [(0,), (0, 0), (0, 1, 2), (1, 2)])
def test_an_order_that_loses_or_doubles_a_delivery_is_refused(
    server: Recorder, order: tuple[int, ...]
) -> None:
    with pytest.raises(ValueError, match="must be named once"):
        deliver([delivery(server), delivery(server, "bet 2")], Route(History()), [Reordered(order=order)])
    assert server.arrivals == []


def test_copies_leave_while_the_first_is_unanswered(server: Recorder) -> None:
    """The server answers none before it has all: copies that waited for an answer would never leave."""
    server.hold = 4
    history = History()

    def release() -> None:
        for _ in range(4):
            server.arrived.get(timeout=30)
        server.release.set()

    releaser = threading.Thread(target=release)
    releaser.start()
    slept: list[float] = []
    exchanges = deliver(
        delivery(server), Route(history, timeout=30, sleep=slept.append), [CopiesInFlight(n=3, gap=0.5)]
    )
    releaser.join()
    assert slept == [0.5] * 3
    assert bodies(server) == ["bet 1"] * 4
    assert all(exchange.ok for exchange in exchanges)
    assert [exchange.title for exchange in exchanges] == ["bet", "copy of bet", "copy of bet", "copy of bet"]
    assert [exchange.copy_of for exchange in exchanges] == [None, 0, 0, 0]
    assert max(exchange.invoked for exchange in exchanges) < min(exchange.answered for exchange in exchanges)


def test_copies_go_on_when_the_first_cannot_even_be_sent() -> None:
    dead = Recorder()
    dead.close()
    exchanges = deliver(delivery(dead), Route(History()), [CopiesInFlight(n=2)])
    assert [exchange.failure.text for exchange in exchanges] == ["connection refused"] * 3
    assert [exchange.copy_of for exchange in exchanges] == [None, 0, 0]


def test_a_first_that_raises_before_it_leaves_is_raised_and_not_waited_for(server: Recorder) -> None:
    class NoRequests(Limits):
        def request(self, n: int = 1) -> None:
            raise RuntimeError("no requests today")

    with pytest.raises(RuntimeError, match="no requests today"):
        deliver(delivery(server), Route(History(), limits=NoRequests()), [CopiesInFlight(n=2)])


def outline(exchanges: Sequence[Exchange]) -> list[tuple[bool, int | None]]:
    return [(exchange.ok, exchange.copy_of) for exchange in exchanges]


def test_a_retry_schedule_sends_again_until_it_is_answered(server: Recorder) -> None:
    slept: list[float] = []
    schedule = RetrySchedule(pauses=(1.0, 2.0, 4.0, 8.0), concurrent=(1, 2))
    route = Route(History(), sleep=slept.append)
    exchanges = deliver(delivery(server), route, [schedule, AnswerLost(attempts=2)])
    assert slept == [1.0, 2.0]
    # First and first copy are lost, then two copies leave at once and are answered.
    assert outline(exchanges) == [(False, None), (False, 0), (True, 0), (True, 0)]
    assert all(schedule.note in exchange.faults for exchange in exchanges)
    lost = [AnswerLost().note in exchange.faults for exchange in exchanges]
    assert lost == [True, True, False, False]
    assert schedule.sentence == "retry schedule: 1 after 1 s, 2 after 2 s, 2 after 4 s, 2 after 8 s"
    assert bodies(server) == ["bet 1"] * 4


def test_a_retry_schedule_gives_up_at_its_end(server: Recorder) -> None:
    slept: list[float] = []
    schedule = RetrySchedule(pauses=(1.0, 2.0), concurrent=(3,))
    exchanges = deliver(
        delivery(server), Route(History(), sleep=slept.append), [schedule, AnswerLost(attempts=99)]
    )
    assert outline(exchanges) == [(False, None)] + [(False, 0)] * 6
    assert slept == [1.0, 2.0]


def test_an_answered_request_is_not_sent_again(server: Recorder) -> None:
    route = Route(History(), sleep=lambda _: pytest.fail("it waited"))
    assert outline(deliver(delivery(server), route, [RetrySchedule()])) == [(True, None)]


def test_the_copies_of_one_step_are_in_flight_together(server: Recorder) -> None:
    def release() -> None:
        for _ in range(3):
            server.arrived.get(timeout=30)
        server.release.set()

    server.hold = 3
    releaser = threading.Thread(target=release)
    releaser.start()
    schedule = RetrySchedule(pauses=(0.0,), concurrent=(2,))
    exchanges = deliver(delivery(server), Route(History(), timeout=30), [schedule, AnswerLost()])
    releaser.join()
    assert outline(exchanges) == [(False, None), (True, 0), (True, 0)]


def test_the_order_in_which_faults_are_named_does_not_matter_to_those_of_one_send() -> None:
    faults: list[Fault] = [RetrySchedule(pauses=(0.0, 0.0), concurrent=(1,)), ResetWhileSending(attempts=2)]
    seen = []
    for named in (faults, faults[::-1]):
        server = Recorder()
        exchanges = deliver(delivery(server), Route(History()), named)
        server.close()
        seen.append((outline(exchanges), bodies(server)))
    assert seen[0] == seen[1]
    assert seen[0][0] == [(False, None), (False, 0), (True, 0)]


def test_faults_of_order_compose(server: Recorder) -> None:
    group = [delivery(server, "bet 1"), delivery(server, "bet 2")]
    faults = [Reordered(), CopiesInFlight(n=1), RetrySchedule(pauses=(0.0,), concurrent=(1,)), AnswerLost()]
    exchanges = deliver(group, Route(History()), faults)
    of_the_second = [exchange for exchange in exchanges if exchange.message == "bet 2"]
    of_the_first = [exchange for exchange in exchanges if exchange.message == "bet 1"]
    # The first send of each is lost and sent again; the copy in flight goes through.
    for group_of, first in ((of_the_second, 0), (of_the_first, 3)):
        assert [exchange.copy_of for exchange in group_of] == [None, first, first]
        assert [exchange.unknown for exchange in group_of].count(True) == 1
        assert group_of[0].unknown
    assert max(exchange.number for exchange in of_the_second) < min(
        exchange.number for exchange in of_the_first
    )


def test_a_copy_of_a_copy_names_the_first(server: Recorder) -> None:
    again = replace(delivery(server), copy_of=7)
    exchanges = deliver(again, Route(History()), [CopiesInFlight(n=1)])
    assert [exchange.copy_of for exchange in exchanges] == [7, 7]
    assert {exchange.title for exchange in exchanges} == {"copy of bet"}
