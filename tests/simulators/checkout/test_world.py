"""Checkouts and their decisions: the table, the price in parts, delivery with retries, forged decisions."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulators.checkout import wire, world
from simulators.checkout.forgeries import FORGERIES, fitting
from simulators.checkout.lifecycle import LIFECYCLE, CheckoutEvent, CheckoutState, IllegalTransition
from simulators.checkout.world import Checkout
from simulators.values import jws, money
from simulators.webhooks.message_log import DeliveryStanding
from tests.simulators.checkout.running import AGREEMENT, MERCHANT, SECRET, claims, quiet_checkout
from tests.simulators.jackpot.running import inbox
from tests.support.clock import START
from tests.support.keys import key_pair


@pytest.fixture
def box():
    with inbox() as made:
        yield made


def made(simulator, clock, **more):
    return simulator.create(wire.mint(claims(clock.now, **more), SECRET))


def reported(box, number=-1):
    return jws.unverified(json.loads(box.bodies[number])["payload"])[1]


@pytest.mark.parametrize("state", CheckoutState)
@pytest.mark.parametrize("event", CheckoutEvent)
def test_the_table_decides_once(state, event):
    checkout = Checkout("c-1", claims(START), START, state)
    if state is CheckoutState.CREATED:
        after, decision = world.happen(checkout, event, START + 1)
        assert after.state is LIFECYCLE.after(state, event)
        assert (decision is None) == (event is CheckoutEvent.EXPIRE)
    else:
        with pytest.raises(IllegalTransition):
            world.happen(checkout, event, START + 1)


@given(minor=st.integers(0, 10**9), currency=st.sampled_from(["GBP", "JPY", "KWD"]))
def test_the_parts_are_the_price(minor, currency):
    after = money.from_minor(minor, currency)
    price = world.price(claims(START, currency=currency, value_after_tax=after))
    assert price.initial + (world.PARTS - 1) * price.recurring == after
    assert 0 <= price.recurring <= price.initial
    money.to_minor(price.initial, currency)


def test_the_decision_has_the_documented_claims(box):
    with quiet_checkout(box.url) as (simulator, clock):
        checkout = made(simulator, clock)
        clock.now += 60
        simulator.decide(checkout.token, True)
        simulator.queue.work()
        other = made(simulator, clock, variant="scarf", merchant_reference=None)
        simulator.decide(other.token, False)
        simulator.queue.work()
    approval = json.loads(box.bodies[0])
    assert list(approval) == ["payload"]
    jws.verify(approval["payload"], SECRET, "HS256")
    assert reported(box, 0) == {
        "iss": MERCHANT,
        "sub": "Merchant",
        "iat": Decimal(1_700_000_060),
        "data": {
            "reference": checkout.token,
            "merchantReference": "order-1",
            "outcome": "success",
            "outcomeDecidedAt": "2023-11-14T22:14:20Z",
        },
    }
    assert reported(box, 1)["data"] == {
        "reference": other.token,
        "outcome": "failure",
        "outcomeDecidedAt": "2023-11-14T22:14:20Z",
    }


@pytest.mark.parametrize("status", [200, 201, 204])
def test_any_2xx_acknowledges(box, status):
    box.always = status
    with quiet_checkout(box.url) as (simulator, clock):
        delivery = simulator.decide(made(simulator, clock).token, True)
        assert simulator.queue.work() is None
        assert simulator.queue.delivery(delivery.id).standing is DeliveryStanding.ACKNOWLEDGED


@pytest.mark.parametrize("agreed", [True, False])
def test_a_decision_goes_to_server_to_server_of_its_token(box, agreed):
    named = wire.CallbackUrls(f"{box.url}?order=1")
    # Where it is named nothing else is asked, not even whether there is an address agreed ahead.
    with quiet_checkout("http://127.0.0.1:9/agreed" if agreed else None) as (simulator, clock):
        reported = made(simulator, clock, callback_urls=named)
        simulator.decide(reported.token, True)
        simulator.queue.work()
        decision = simulator.decision(reported.token, False)
        simulator.send_forged(decision, "another key")
        simulator.send_fields(decision, {**decision.fields(), "iat": "now"}, "iat as a text")
        assert [each.request.url for each in simulator.history] == [named.server_to_server] * 3
        assert len(box.bodies) == 3
        elsewhere = simulator.decide(made(simulator, clock, variant="other").token, True)
        standing = DeliveryStanding.WAITING if agreed else DeliveryStanding.UNADDRESSED
        assert elsewhere.standing is standing


def test_a_checkout_is_decided_once(box):
    with quiet_checkout(box.url) as (simulator, clock):
        token = made(simulator, clock).token
        simulator.decide(token, False)
        with pytest.raises(IllegalTransition):
            simulator.decide(token, True)
        simulator.queue.work()
        assert simulator.checkout(token).state is CheckoutState.DECLINED
        with pytest.raises(KeyError):
            simulator.decide("unknown", True)
    assert [reported(box)["data"]["outcome"]] == ["failure"]
    assert len(box.bodies) == 1


def test_of_decisions_at_once_one_counts():
    with quiet_checkout() as (simulator, clock):
        token = made(simulator, clock).token
        gate = threading.Barrier(8)

        def decide(number):
            gate.wait()
            try:
                return simulator.decide(token, number % 2 == 0).event.decision.approved
            except IllegalTransition:
                return None

        with ThreadPoolExecutor(8) as pool:
            (taken,) = [each for each in pool.map(decide, range(8)) if each is not None]
        assert simulator.checkout(token).state is (
            CheckoutState.APPROVED if taken else CheckoutState.DECLINED
        )
        assert len(simulator.queue.deliveries) == 1


def test_a_checkout_that_nobody_decides_expires_and_tells_nothing(box):
    with quiet_checkout(box.url) as (simulator, clock):
        first, second = made(simulator, clock), made(simulator, clock, variant="other")
        clock.now += world.LIFE - 1
        assert simulator.checkout(first.token).state is CheckoutState.CREATED
        simulator.expire(second.token)
        clock.now += 1
        assert {each.state for each in simulator.checkouts} == {CheckoutState.EXPIRED}
        with pytest.raises(IllegalTransition):
            simulator.decide(first.token, True)
        assert simulator.queue.deliveries == []


def test_the_same_token_makes_one_checkout():
    with quiet_checkout() as (simulator, clock):
        token = wire.mint(claims(clock.now), SECRET)
        assert simulator.create(token) == simulator.create(token)
        clock.now += 7200
        assert (
            simulator.create(token).state is CheckoutState.CREATED
        )  # as it was made; its page tells how it stands
        assert len(simulator.checkouts) == 1


def test_a_judge_tells_what_is_not_so(box):
    with quiet_checkout(box.url) as (simulator, clock):
        token = made(simulator, clock).token
        untrue = simulator.notify(simulator.decision(token, True))
        unknown = simulator.notify(simulator.decision("no-such-checkout", True))
        simulator.queue.work()
        assert simulator.checkout(token).state is CheckoutState.CREATED
        assert reported(box, 0)["data"]["merchantReference"] == "order-1"
        assert reported(box, 1)["data"]["reference"] == "no-such-checkout"
        assert not any(each.genuine for each in simulator.history)
        simulator.queue.again(untrue.id)
        assert box.bodies[2] == box.bodies[0]
        assert unknown.id != untrue.id


@pytest.mark.parametrize("forgery", fitting(AGREEMENT))
def test_no_forgery_holds_under_the_shared_secret(box, forgery):
    with quiet_checkout(box.url) as (simulator, _):
        exchange = simulator.send_forged(simulator.decision("c-1", True), forgery)
    assert not exchange.genuine
    payload = json.loads(box.bodies[0])["payload"]
    with pytest.raises((jws.BadSignature, jws.NoJwt)):
        jws.verify(payload, SECRET, "HS256")


@pytest.mark.parametrize("algorithm", ["RS256", "ES256"])
def test_decisions_under_a_private_key(box, algorithm):
    merchants_private, merchants_public = key_pair(algorithm)
    private, public = key_pair(algorithm, "the provider's")
    agreement = wire.Agreement(MERCHANT, merchants_public, algorithm, private)
    assert set(fitting(agreement)) == set(FORGERIES)
    with quiet_checkout(box.url, agreement=agreement) as (simulator, clock):
        checkout = simulator.create(wire.mint(claims(clock.now), merchants_private, algorithm))
        delivery = simulator.decide(checkout.token, True)
        simulator.queue.work()
        simulator.queue.again(delivery.id)
        for forgery in FORGERIES:
            simulator.send_forged(delivery.event.decision, forgery)
    payloads = [json.loads(body)["payload"] for body in box.bodies]
    assert payloads[0] == payloads[1]
    jws.verify(payloads[0], public, algorithm)
    assert len(set(payloads[1:])) == 1 + len(FORGERIES)
    for payload in payloads[2:]:
        with pytest.raises((jws.BadSignature, jws.NoJwt)):
            jws.verify(payload, public, algorithm)


def test_without_a_key_to_sign_with_nothing_is_decided():
    private, public = key_pair("ES256")
    with quiet_checkout(agreement=wire.Agreement(MERCHANT, public, "ES256")) as (simulator, clock):
        checkout = simulator.create(wire.mint(claims(clock.now), private, "ES256"))
        with pytest.raises(jws.BadKey):
            simulator.decide(checkout.token, True)
        assert simulator.checkout(checkout.token).state is CheckoutState.CREATED
