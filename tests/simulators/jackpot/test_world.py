"""The table of a voucher's life, what follows from it, and prices to the cent."""

import itertools
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulators.jackpot import wire, world
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.catalogue import stores as catalogue
from simulators.jackpot.catalogue.pricing import Unacceptable, offers, price_of, value_of
from simulators.jackpot.catalogue.proposals import proposals
from simulators.jackpot.lifecycle import LIFECYCLE, VoucherEvent, VoucherState
from simulators.jackpot.world import Environment, Reservation, Voucher, handle, reserve

NOW = datetime(2030, 1, 1, 12, tzinfo=UTC)
CENT = Decimal("0.01")


def store(continuous: bool = True, **changes: Any) -> wire.Store:
    base = catalogue.invent(1, NOW, count=2)[1 if continuous else 0]
    flat = [{"voucherValueMin": 20, "voucherValueMax": 800, "discountRate": 14}]
    given_values = {"voucherValueMin": 10, "voucherValueMax": 200, "discounts": flat, **changes}
    return catalogue.changed(base, given_values)


def environment(now: datetime = NOW) -> Environment:
    count = itertools.count(1)
    return Environment(now, lambda: f"{next(count):032x}", lambda voucher, at: f"signed:{voucher.id}:{at:%H}")


def reserved(**more: Any) -> tuple[Voucher, world.Effects]:
    asked = {"limit": Decimal(100), "seconds": 60.0, "manual": True, "value": Decimal(80), **more}
    return reserve(store(), Reservation(**asked), environment())


# -- the table


def test_the_table_is_the_contracts() -> None:
    drawn = {(a.value, b.value) for a, ways in LIFECYCLE.transitions.items() for b in ways.values()}
    assert drawn == {
        ("RESERVED", "CONFIRMED"),
        ("RESERVED", "CANCELED"),
        ("CONFIRMED", "READY"),
        ("CONFIRMED", "REFUNDING"),
        ("READY", "REFUNDING"),
        ("REFUNDING", "REFUNDED"),
        ("REFUNDING", "REFUND_REJECTED"),
    }


@st.composite
def lives(draw: st.DrawFn) -> list[tuple[Voucher, world.Effects]]:
    """Any walk along the table, an hour a step."""
    key = draw(st.none() | st.text(min_size=1))
    voucher, effects = reserved(notification_key=key)
    walk = [(voucher, effects)]
    while ways := list(LIFECYCLE.transitions[voucher.state]):
        voucher, effects = handle(
            voucher, draw(st.sampled_from(ways)), environment(NOW + timedelta(hours=len(walk)))
        )
        walk.append((voucher, effects))
        if draw(st.booleans()):
            break
    return walk


@settings(deadline=None)
@given(lives())
def test_every_step_tells_its_state_and_what_happened(walk: list[tuple[Voucher, world.Effects]]) -> None:
    for voucher, effects in walk:
        if voucher.state is VoucherState.REFUNDING:
            assert effects == ()
            continue
        (event,) = effects
        message = event.model_dump()["message"]
        assert event.event == wire.EVENT_OF[voucher.state]
        assert message["state"] == voucher.state
        assert ("notificationKey" in message) == (voucher.notification_key is not None)
        assert ("signedUrl" in message) == (voucher.state is VoucherState.READY)
        assert (message["value"], message["price"], message["initialAmount"]) == ("80.00", "68.80", "68.80")
        assert (message["confirmDate"] is None) == (
            voucher.state in (VoucherState.RESERVED, VoucherState.CANCELED)
        )
        assert (message["canceledDate"] is None) == (voucher.state is not VoucherState.CANCELED)
        assert wire.parse(wire.encode(event)) == event
    states = [voucher.state for voucher, _ in walk]
    assert len(set(states)) == len(states)


@pytest.mark.parametrize("name", wire.STATE_OF)
def test_any_event_can_be_announced_for_any_voucher(name: wire.CouponName) -> None:
    message = world.announce(reserved()[0], name, environment()).message
    assert message.state is wire.STATE_OF[name]
    assert (message.send_date is not None) == (name == "coupon/ready")


def test_time_does_its_part() -> None:
    voucher, _ = reserved()
    assert world.next_step(voucher, 5.0) == (NOW + timedelta(seconds=60), VoucherEvent.EXPIRE)
    confirmed, _ = handle(voucher, VoucherEvent.CONFIRM, environment())
    assert world.next_step(confirmed, 5.0) == (NOW + timedelta(seconds=5), VoucherEvent.MAKE_READY)
    assert world.next_step(confirmed, None) is None
    ready, _ = handle(confirmed, VoucherEvent.MAKE_READY, environment())
    assert world.next_step(ready, 5.0) is None


# -- prices


def test_the_documented_price() -> None:
    assert price_of(store(), Decimal(80)) == Decimal("68.80")
    assert value_of(store(), Decimal("68.80")) == Decimal("80.00")


@pytest.mark.parametrize(
    ("value", "price"),
    [("20.00", "17.20"), ("20.01", "17.21"), ("20.25", "17.42"), ("20.75", "17.85"), ("19.99", "19.99")],
)
def test_prices_are_rounded_half_up(value: str, price: str) -> None:
    assert price_of(store(), Decimal(value)) == Decimal(price)


@st.composite
def stores(draw: st.DrawFn) -> wire.Store:
    """Stores with any ranges of discounts, also gaps and overlaps."""
    cuts = sorted(draw(st.lists(st.integers(500, 25000), min_size=2, max_size=6, unique=True)))
    rates = st.decimals(-99, "99.9", places=draw(st.integers(0, 2)))
    ranges = draw(st.lists(st.tuples(st.sampled_from(cuts), st.sampled_from(cuts), rates), max_size=3))
    return store(
        voucherValueMin=Decimal(cuts[0]) / 100,
        voucherValueMax=Decimal(cuts[-1]) / 100,
        discounts=[
            {
                "voucherValueMin": Decimal(min(a, b)) / 100,
                "voucherValueMax": Decimal(max(a, b)) / 100,
                "discountRate": rate,
            }
            for a, b, rate in ranges
        ],
    )


@settings(deadline=None)
@given(stores(), st.data())
def test_price_and_value_are_each_others_inverse(some: wire.Store, data: st.DataObject) -> None:
    low, high = (int(cent * 100) for cent in (some.voucher_value_min, some.voucher_value_max))
    value = Decimal(data.draw(st.integers(low, high))) / 100
    price = price_of(some, value)
    rate = next(offer.rate for offer in offers(some) if offer.holds(value))
    assert price == (value * (100 - rate) / 100).quantize(CENT, ROUND_HALF_UP)
    if price > 0:
        back = value_of(some, price)
        assert price_of(some, back) == price
        assert back >= value


@settings(deadline=None)
@given(
    st.integers(1, 30), st.sampled_from(["-100", "-36.36", "0", "5", "7.5", "14", "33.33", "99"]), st.data()
)
def test_the_value_of_a_price_is_the_largest(low: int, rate: str, data: st.DataObject) -> None:
    discount = {"voucherValueMin": 1, "voucherValueMax": 800, "discountRate": Decimal(rate)}
    some = store(voucherValueMin=low, voucherValueMax=low + 5, discounts=[discount])
    values = [Decimal(cents) / 100 for cents in range(low * 100, low * 100 + 501)]
    price = price_of(some, data.draw(st.sampled_from(values)))
    assert value_of(some, price) == max(value for value in values if price_of(some, value) == price)


@settings(deadline=None)
@given(st.integers(1720, 17200))
def test_within_a_range_every_cent_is_a_price(cents: int) -> None:
    price = Decimal(cents) / 100
    assert price_of(store(), value_of(store(), price)) == price


def test_discrete_stores_sell_their_values_only() -> None:
    some = catalogue.changed(store(), catalogue.discrete([20, 50, 100]))
    assert value_of(some, Decimal("43.00")) == Decimal(50)
    for value, code in (
        ("30", "VALUE_UNAVAILABLE"),
        ("20.001", "VALUE_UNACCEPTABLE"),
        ("-20", "VALUE_UNACCEPTABLE"),
    ):
        with pytest.raises(Unacceptable) as caught:
            price_of(some, Decimal(value))
        assert caught.value.code == code
    with pytest.raises(Unacceptable) as caught:
        value_of(some, Decimal("43.01"))
    assert caught.value.code == "PRICE_UNAVAILABLE"
    assert "17.20 EUR to 86.00 EUR" in str(caught.value)


@pytest.mark.parametrize(
    ("ask", "code"),
    [
        ({"value": Decimal("9.99")}, "VALUE_OUT_OF_RANGE"),
        ({"value": Decimal("200.01")}, "VALUE_OUT_OF_RANGE"),
        ({"value": Decimal(0)}, "VALUE_UNACCEPTABLE"),
        ({"value": None, "price": Decimal("-1")}, "PRICE_UNACCEPTABLE"),
        ({"value": None, "price": Decimal("20.001")}, "PRICE_UNACCEPTABLE"),
        ({"value": None, "price": Decimal(500)}, "PRICE_UNAVAILABLE"),
        ({"limit": Decimal("68.79")}, "AMOUNT_EXCEEDED"),
        ({"value": Decimal(15), "offer_id": offers(store())[0].id}, "VALUE_OUT_OF_OFFER"),
    ],
)
def test_what_is_not_sold_is_refused(ask: dict[str, Any], code: str) -> None:
    with pytest.raises(Unacceptable) as caught:
        reserved(**ask)
    assert caught.value.code == code


def test_a_reservation_at_its_limit() -> None:
    by_price, _ = reserved(value=None, price=Decimal("68.80"), limit=Decimal("68.80"))
    by_value, _ = reserved(limit=Decimal("68.80"), offer_id=offers(store())[0].id)
    assert (by_price.value, by_price.price) == (by_value.value, by_value.price) == (80, Decimal("68.80"))
    assert by_value.resa_expire_date - by_value.reservation_date == timedelta(seconds=60)


def test_without_price_and_value_there_is_no_reservation() -> None:
    with pytest.raises(ValueError, match="by price or by value"):
        reserved(value=None)


@settings(deadline=None)
@given(stores(), st.integers(100, 25000))
def test_proposals_can_be_bought(some: wire.Store, cents: int) -> None:
    amount = Decimal(cents) / 100
    for proposal in proposals(some, amount, spend_all=True):
        assert 0 <= proposal.price <= amount
        assert price_of(some, proposal.value) == proposal.price
        assert pricing.offer_of(some, proposal.value).id == proposal.offer_id


def test_proposals_spend_all() -> None:
    prices = [proposal.price for proposal in proposals(store(), Decimal("50.01"), spend_all=True)]
    assert prices == sorted(prices)
    assert prices[-1] == Decimal("50.01")
    assert Decimal("50.01") not in [proposal.price for proposal in proposals(store(), Decimal("50.01"))]


def test_coupon_ids_are_human_friendly() -> None:
    make: Callable[[], str] = lambda: reserved()[0].coupon_id  # noqa: E731
    assert len(make()) == 10
    assert make().isalpha()
    assert make().isupper()
