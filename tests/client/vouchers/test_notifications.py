"""Notifications: each once, in any order, never believed; and the catalogue that they keep."""

import itertools
import json
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest

from simulators.jackpot import wire
from simulators.jackpot.lifecycle import VoucherEvent
from simulators.values import decimal_json
from tests.client.vouchers.running import place, until


def test_every_documented_event_is_acknowledged(tmp_path):
    with place(tmp_path) as here:
        account = here.simulator.account
        stranger = account.invent_voucher(notification_key="of-nobody")
        for name in wire.STATE_OF:
            account.notify_foreign(name, stranger)
        for name in wire.STORE_EVENTS:
            account.notify_store(name, here.store)
        here.idle()
        assert {each.standing for each in here.simulator.queue.deliveries[1:]} == {"acknowledged"}
        assert here.balance() == 100
        assert here.simulator.requests("voucher") == []


@pytest.mark.parametrize("order", list(itertools.permutations(range(3))))
def test_any_order_ends_in_the_true_state(tmp_path, order):
    with place(tmp_path, jackpot_confirmation="automatic") as here:
        session = here.open(50)
        here.simulator.queue.hold()
        voucher = session.reserve()
        here.simulator.account.happen(voucher.id, VoucherEvent.CONFIRM)
        until(lambda: len(here.coupons) == 3)
        ids = [each.id for each in here.coupons]
        for number in order:
            here.simulator.queue.again(ids[number])
            assert (session["state"], here.balance()) == ("READY", 73)
        assert here.sound()


def test_canceled_before_reserved(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.simulator.queue.hold()
        voucher = session.reserve()
        here.simulator.account.happen(voucher.id, VoucherEvent.CANCEL)
        for each in reversed(here.coupons):
            here.simulator.queue.again(each.id)
        assert (session["state"], here.balance(), here.confirms()) == ("CANCELED", 100, 0)


def test_copies_at_once_have_one_effect(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.simulator.queue.hold()
        session.reserve()
        (reserved,) = here.coupons
        with ThreadPoolExecutor(12) as pool:
            answers = list(pool.map(here.notify, [reserved.event] * 12))
        assert {answer.status_code for answer in answers} == {200}
        here.sent()
        assert (session["state"], here.balance(), here.confirms()) == ("READY", 73, 1)
        assert here.sound()


@pytest.mark.parametrize("name", ["coupon/refunded", "coupon/canceled", "coupon/refund_rejected"])
def test_forged_event_moves_nothing(tmp_path, name):
    with place(tmp_path) as here:
        session = here.open(50)
        voucher = session.buy()
        here.simulator.account.notify(name, voucher.id)
        stranger = here.simulator.account.invent_voucher(notification_key=session.key)
        here.simulator.account.notify_foreign(name, stranger)
        here.idle()
        assert (session["state"], here.balance()) == ("READY", 73)


def test_forged_key_and_price_are_not_believed(tmp_path):
    with place(tmp_path) as here:
        mine, yours = here.open(50), here.open(50, "p-2")
        voucher = mine.reserve()
        here.simulator.account.notify(
            "coupon/ready", voucher.id, notification_key=yours.key, price=Decimal(1)
        )
        here.idle()
        assert (mine["state"], mine["price"], yours["state"]) == ("READY", "27.00", "OPEN")
        assert (here.balance(), here.balance("p-2")) == (73, 50)


def test_unknown_type_is_acknowledged_and_ignored(tmp_path):
    with place(tmp_path) as here:
        body = b'{"event":"coupon/exploded","id":"x","createdAt":"2024-01-01T00:00:00.000Z","message":{}}'
        answer = here.post(body)
        assert (answer.status_code, answer.json()) == (200, {"status": "ignored"})


def broken(whole):
    """Bodies that are nearly ``whole``."""
    for name in ("event", "id", "createdAt", "message"):
        yield json.dumps({key: value for key, value in whole.items() if key != name}).encode()
        yield json.dumps({**whole, name: None}).encode()
        yield json.dumps({**whole, name: 7}).encode()
    for name in ("id", "state", "price", "value"):
        for value in (None, "", [], {}, True, "abc", -1, "NaN"):
            if not (name == "id" and value in ("abc", "NaN")):
                yield json.dumps({**whole, "message": {**whole["message"], name: value}}).encode()
    yield from (b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, b'{"event":1}')


def test_malformed_has_no_effect_and_is_not_acknowledged(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.simulator.queue.hold()
        session.reserve()
        event = here.coupons[0].event
        whole = json.loads(wire.encode(event))
        for body in broken(whole):
            answer = here.post(body)
            assert answer.status_code == 400, body
        assert here.post(wire.encode(event), "text/plain").status_code == 400
        assert here.post(b"x" * 1_000_000).status_code == 413
        assert (session["state"], here.balance()) == ("OPEN", 50)
        # None of them used the genuine event's id up.
        assert here.notify(event).status_code == 200
        here.sent()
        assert session["state"] == "READY"


def test_amounts_as_numbers_are_understood(tmp_path):
    with place(tmp_path) as here:
        session = here.open(50)
        here.simulator.queue.hold()
        session.reserve()
        whole = json.loads(wire.encode(here.coupons[0].event))
        whole["message"] |= {"price": 27, "value": 30.0, "initialAmount": 27}
        assert here.post(json.dumps(whole).encode()).status_code == 200
        here.sent()
        assert (session["state"], here.balance()) == ("READY", 73)


# -- the catalogue


@pytest.fixture(scope="module")
def shop(tmp_path_factory):
    with place(tmp_path_factory.mktemp("shop")) as here:
        yield here


def kept(here, store_id):
    answer = here.ask("GET", f"/stores/{store_id}")
    return json.loads(answer.text, parse_float=Decimal) if answer.status_code == 200 else answer.status_code


def true(here, store_id):
    account = here.simulator.account
    data = account.published(account.listing(store_id).store).model_dump()
    return json.loads(json.dumps(data, default=float), parse_float=Decimal)


def test_store_comes_changes_goes_and_comes_back(shop):
    account = shop.simulator.account
    store = account.listings[0].store.id
    assert kept(shop, store) == 404
    steps = [
        lambda: account.enable_store(store),
        lambda: account.update_store(
            store,
            {
                "name": "Another",
                "discounts": [{"voucherValueMin": 1, "voucherValueMax": 9, "discountRate": Decimal("7.5")}],
            },
        ),
        lambda: account.make_continuous(store),
        lambda: account.make_discrete(store, [20, 30]),
    ]
    for step in steps:
        step()
        shop.idle()
        assert kept(shop, store) == true(shop, store)
    assert '"discountRate":7.5' in shop.ask("GET", f"/stores/{store}").text
    account.disable_store(store)
    shop.idle()
    assert kept(shop, store) == 404
    account.update_store(store, {"name": "Out of sight"})
    shop.idle()
    assert kept(shop, store) == 404
    account.enable_store(store)
    shop.idle()
    assert kept(shop, store)["name"] == "Out of sight"
    assert store in {each["id"] for each in shop.ask("GET", "/stores").json()}


def test_update_makes_an_unknown_store_known(shop):
    account = shop.simulator.account
    store = account.listings[1].store.id
    account.update_store(store, {"name": "Never seen"})
    shop.idle()
    assert kept(shop, store) == true(shop, store)


def test_disabled_unknown_store_is_acknowledged_and_stays_away(shop):
    account = shop.simulator.account
    store = account.listings[2].store.id
    shop.simulator.queue.hold()
    enabled = account.enable_store(store)
    disabled = account.disable_store(store)
    shop.clock.ahead = 0
    for each in (disabled, enabled):
        (exchange,) = shop.simulator.queue.again(each.id)
        assert exchange.answer.status == 200
    shop.simulator.queue.resume()
    shop.idle()
    # Both may carry the same millisecond; then the later delivery counts.
    later = enabled.event.created_at >= disabled.event.created_at
    assert (kept(shop, store) == 404) is not later


def test_older_event_does_not_overwrite_a_newer_one(shop):
    store = shop.simulator.account.listings[3].store

    def event(kind, second, **data):
        message = {"storeId": store.id}
        if kind != "store/disabled":
            message["data"] = {**store.model_dump(), **data}
        whole = {"event": kind, "id": f"{kind} {second}", "createdAt": f"2024-01-01T00:00:{second}.000Z"}

        return decimal_json.dumps({**whole, "message": message})

    for body in (
        event("store/update", "05", name="Newest"),
        event("store/update", "03", name="Older"),
        event("store/enabled", "02", name="Oldest"),
    ):
        assert shop.post(body).status_code == 200
        assert kept(shop, store.id)["name"] == "Newest"
    shop.post(event("store/disabled", "04"))
    assert kept(shop, store.id) == 404
    shop.post(event("store/enabled", "01"))
    assert kept(shop, store.id) == 404
    shop.post(event("store/enabled", "06", name="Back"))
    assert kept(shop, store.id)["name"] == "Back"


def test_catalogue_can_be_fetched_whole(shop):
    offered = sum(listing.enabled for listing in shop.simulator.account.listings)
    assert shop.ask("POST", "/stores/refresh").json() == {"stores": offered}
