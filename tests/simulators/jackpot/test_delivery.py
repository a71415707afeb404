"""Webhooks: the window of retries, the log, order, faults, sending again."""

import json
import random
import time
from typing import Any

import pytest

from simulators.exchanges.history import Direction, Status
from simulators.exchanges.owners import ALL
from simulators.jackpot import wire
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import Notification
from simulators.transport.faults.ordering import CopiesInFlight, Reordered
from simulators.transport.faults.wire import AnswerLost
from simulators.webhooks.message_log import DeliveryStanding, QueuedMessage
from simulators.webhooks.retry_queue import RetryQueue, Schedule
from tests.simulators.jackpot.running import Inbox, inbox, quiet_simulator

# Real seconds for the whole window, where threads wait.
SCALE = 0.001


def one(simulator: JackpotSimulator) -> QueuedMessage[Notification]:
    return simulator.account.disable_store(simulator.account.listings[0].store.id)


def test_schedule_grows_inside_the_window() -> None:
    schedule, elapsed, pauses = Schedule(), 0.0, []
    while (pause := schedule.pause(len(pauses) + 1, elapsed)) is not None:
        pauses.append(pause)
        elapsed += pause
    assert pauses == [1, 2, 4, 8, 16, 32, 64, 128]
    assert elapsed <= schedule.window == 300
    assert schedule.scaled(0.01) == Schedule(0.01, 2.0, 3.0)


def test_200_acknowledges_at_once() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        delivery = one(simulator)
        assert delivery.standing is DeliveryStanding.WAITING
        assert simulator.queue.work() is None
        done = simulator.queue.delivery(delivery.id)
        assert done.standing is DeliveryStanding.ACKNOWLEDGED
        assert [attempt.status for attempt in done.attempts] == [200]
        assert box.bodies == [wire.encode(done.event)]
        (exchange,) = simulator.history
        assert (exchange.provider, exchange.title, exchange.message) == (
            "jackpot",
            "store/disabled",
            done.event,
        )
        assert exchange.status is Status.OK
        assert exchange.direction is Direction.TO_CLIENT


@pytest.mark.parametrize("status", [201, 204, 302, 400, 404, 500, 503])
def test_anything_else_is_sent_again(status: int) -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        box.script.extend([status, status])
        delivery = one(simulator)
        pauses = []
        while (pause := simulator.queue.work()) is not None:
            pauses.append(pause)
            clock.now += pause
        assert pauses == [1, 2]
        done = simulator.queue.delivery(delivery.id)
        assert [attempt.status for attempt in done.attempts] == [status, status, 200]
        assert done.standing is DeliveryStanding.ACKNOWLEDGED
        assert len(set(box.bodies)) == 1
        assert [exchange.copy_of for exchange in simulator.history] == [None, 0, 0]
        assert [exchange.title for exchange in simulator.history][1:] == ["copy of store/disabled"] * 2


def test_what_is_never_acknowledged_is_given_up_after_the_window() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        box.always = 500
        began = clock.now
        delivery = one(simulator)
        times = [0.0]
        while (pause := simulator.queue.work()) is not None:
            clock.now += pause
            times.append(clock.now - began)
        assert times == [0, 1, 3, 7, 15, 31, 63, 127, 255]
        (given_up,) = simulator.queue.given_up
        assert given_up.id == delivery.id
        assert [attempt.status for attempt in given_up.attempts] == [500] * 9
        assert given_up.due is None
        assert len(box.bodies) == 9


def test_the_whole_window_in_scaled_time_from_threads() -> None:
    with inbox() as box:
        box.always = 500
        schedule = Schedule().scaled(SCALE)
        with quiet_simulator(box.url, schedule=schedule, queue_clock=time.monotonic) as (simulator, _):
            simulator.start()
            try:
                delivery = one(simulator)
                assert simulator.queue.wait(delivery.id, timeout=60).standing is DeliveryStanding.GIVEN_UP
                assert simulator.wait_idle(60)
            finally:
                simulator.stop()
            assert len(simulator.queue.delivery(delivery.id).attempts) > 1


def names(box: Inbox) -> list[str]:
    return [json.loads(body)["event"] for body in box.bodies]


def life(simulator: JackpotSimulator) -> list[str]:
    """Reserve, confirm, make ready and refund a voucher; return the events as they were raised."""
    account = simulator.account
    listing = account.listings[0]
    value = listing.store.voucher_value_max
    voucher = account.reserve(listing.store.id, account.reservation(value, value=value, notification_key="k"))
    for event in (VoucherEvent.CONFIRM, VoucherEvent.ASK_REFUND, VoucherEvent.REFUND):
        account.happen(voucher.id, event)
    return ["coupon/reserved", "coupon/confirmed", "coupon/ready", "coupon/refunded"]


def test_events_shuffled_by_a_seed() -> None:
    orders = []
    for _ in range(2):
        with inbox() as box, quiet_simulator(box.url, shuffle=5) as (simulator, _):
            raised = life(simulator)
            simulator.queue.work()
            orders.append(names(box))
    assert orders[0] == orders[1] != raised
    assert sorted(orders[0]) == sorted(raised)


def test_several_threads_deliver_all() -> None:
    with inbox() as box, quiet_simulator(box.url, shuffle=1) as (simulator, _):
        simulator.start()
        simulator.start()
        try:
            for _ in range(5):
                life(simulator)
            assert simulator.wait_idle(60)
        finally:
            simulator.stop()
        assert len(box.bodies) == len(set(box.bodies)) == 20
        assert {delivery.standing for delivery in simulator.queue.deliveries} == {
            DeliveryStanding.ACKNOWLEDGED
        }


def test_held_and_sent_by_hand_in_any_order() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        simulator.queue.hold(ALL)
        raised = life(simulator)
        assert simulator.queue.work() is None
        for delivery in reversed(simulator.queue.deliveries):
            simulator.queue.again(delivery.id)
        assert names(box) == raised[::-1]
        simulator.queue.resume(ALL)
        assert simulator.queue.work() is None
        assert len(box.bodies) == 4


def test_held_about_one_store_and_no_other() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        first, other = (listing.store.id for listing in simulator.account.listings[:2])
        simulator.queue.hold([first])
        held, sent = simulator.account.disable_store(first), simulator.account.disable_store(other)
        assert simulator.queue.work() is None
        assert box.bodies == [wire.encode(sent.event)]
        assert simulator.wait_idle(0, other)
        assert not simulator.wait_idle(0, first)
        simulator.queue.resume([other])
        assert simulator.queue.work() is None
        assert len(box.bodies) == 1
        simulator.calm([first])
        assert simulator.queue.work() is None
        assert box.bodies == [wire.encode(sent.event), wire.encode(held.event)]


def test_silenced_about_one_store_and_no_other() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        first, other = (listing.store.id for listing in simulator.account.listings[:2])
        with simulator.queue.silence([first]):
            silenced, sent = simulator.account.disable_store(first), simulator.account.disable_store(other)
        assert simulator.queue.work() is None
        assert silenced.standing is DeliveryStanding.UNADDRESSED
        assert box.bodies == [wire.encode(sent.event)]
        simulator.account.enable_store(first)
        assert simulator.queue.work() is None
        assert len(box.bodies) == 2


def test_sent_again_whatever_became_of_it() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        box.always = 500
        delivery = one(simulator)
        while (pause := simulator.queue.work()) is not None:
            clock.now += pause
        (exchange,) = simulator.queue.again(delivery.id)
        assert exchange.copy_of == 0
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.GIVEN_UP
        box.always = 200
        simulator.queue.again(delivery.id)
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.ACKNOWLEDGED
        box.always = 500
        simulator.queue.again(delivery.id)
        done = simulator.queue.delivery(delivery.id)
        assert done.standing is DeliveryStanding.ACKNOWLEDGED
        assert [attempt.status for attempt in done.attempts][-3:] == [500, 200, 500]
        with pytest.raises(KeyError):
            simulator.queue.again(99)


def test_an_acknowledgement_by_hand_ends_the_retries() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        box.script.append(500)
        delivery = one(simulator)
        assert simulator.queue.work() == 1
        simulator.queue.again(delivery.id)
        clock.now += 10
        assert simulator.queue.work() is None
        assert len(box.bodies) == 2


def test_without_a_url_events_are_listed_and_can_be_sent_later() -> None:
    with inbox() as box, quiet_simulator() as (simulator, _):
        delivery = one(simulator)
        assert delivery.standing is DeliveryStanding.UNADDRESSED
        assert simulator.queue.work() is None
        with pytest.raises(ValueError, match="notification URL"):
            simulator.queue.again(delivery.id)
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.UNADDRESSED
        simulator.endpoint.url = box.url
        simulator.queue.again(delivery.id)
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.ACKNOWLEDGED


def test_a_url_taken_away_ends_the_retries() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        box.script.append(500)
        delivery = one(simulator)
        assert simulator.queue.work() == 1
        simulator.set_notification_url(None)
        clock.now += 1
        assert simulator.queue.work() is None
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.UNADDRESSED


def test_faults_act_on_webhooks_until_calm() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        simulator.endpoint.faults = [AnswerLost(attempts=2)]
        delivery = one(simulator)
        while (pause := simulator.queue.work()) is not None:
            clock.now += pause
        attempts = simulator.queue.delivery(delivery.id).attempts
        assert [attempt.status for attempt in attempts] == [None, None, 200]
        assert attempts[0].failure == "the answer was lost, as planned"
        simulator.calm(ALL)
        other = one(simulator)
        simulator.queue.work()
        assert [attempt.status for attempt in simulator.queue.delivery(other.id).attempts] == [200]


def test_faults_about_one_store_act_on_no_other_until_calm() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        first, other = (listing.store.id for listing in simulator.account.listings[:2])
        simulator.endpoint.faults_about[first] = [CopiesInFlight(n=1)]
        for store in (first, other):
            simulator.account.disable_store(store)
        assert simulator.queue.work() is None
        assert len(box.bodies) == 3
        simulator.calm([other])
        simulator.account.enable_store(first)
        assert simulator.queue.work() is None
        assert len(box.bodies) == 5
        simulator.calm([first])
        simulator.account.disable_store(first)
        assert simulator.queue.work() is None
        assert len(box.bodies) == 6


def test_copies_in_flight_are_one_delivery() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        simulator.endpoint.faults = [CopiesInFlight(n=3)]
        delivery = one(simulator)
        assert simulator.queue.work() is None
        assert len(simulator.queue.delivery(delivery.id).attempts) == 4
        assert len(box.bodies) == 4
        assert len(set(box.bodies)) == 1


def test_a_fault_that_does_not_fit_is_given_up_and_told() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        simulator.endpoint.faults = [Reordered(order=(1, 0))]
        delivery = one(simulator)
        with pytest.raises(ValueError, match="reordered"):
            simulator.queue.work()
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.GIVEN_UP


def test_raw_bodies_are_no_genuine_messages() -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, _):
        exchange = simulator.endpoint.send_raw(
            b"{", label="malformed", headers={"content-type": "text/plain", "X": None}
        )
        assert (exchange.genuine, exchange.message, exchange.status) == (False, None, Status.OK)
        assert exchange.request.headers == (("content-type", "text/plain"),)
        assert box.bodies == [b"{"]


@pytest.mark.parametrize("seed", [1, 2])
def test_shuffle_takes_only_what_is_due(seed: int) -> None:
    with inbox() as box, quiet_simulator(box.url) as (simulator, clock):
        queue = RetryQueue(simulator.endpoint, clock=clock, shuffle=random.Random(seed))
        box.script.append(500)
        late = queue.post(one(simulator).event)
        assert queue.work() == 1
        more: list[Any] = [queue.post(one(simulator).event) for _ in range(3)]
        assert queue.work() == 1
        assert all(queue.delivery(each.id).standing is DeliveryStanding.ACKNOWLEDGED for each in more)
        assert [each.id for each in queue.pending] == [late.id]
