"""Jackpot's server over real HTTP: catalogue, reservations, errors, what is recorded."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal

import pytest
import requests

from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Direction
from simulators.jackpot import wire
from simulators.values import decimal_json
from tests.simulators.jackpot.running import AGREEMENT, Served, assert_error, events, served


@pytest.fixture
def place() -> Iterator[Served]:
    with served() as built:
        yield built


# -- the catalogue


def test_stores_are_those_of_the_events(place: Served) -> None:
    stores = place.ask("GET", "/v2/stores", headers=place.key)
    listings = place.simulator.account.listings
    assert [store["id"] for store in stores.json()] == [each.store.id for each in listings]
    delivery = place.simulator.account.notify_store("store/enabled", listings[0].store.id)
    assert (
        decimal_json.loads(wire.encode(delivery.event))["message"]["data"]
        == decimal_json.loads(stores.content)[0]
    )
    place.simulator.account.disable_store(listings[0].store.id)
    left = place.ask("GET", "/v2/stores", headers=place.key).json()
    assert [store["id"] for store in left] == [each.store.id for each in listings[1:]]


def test_pictures_are_served_here(place: Served) -> None:
    store = place.ask("GET", "/v2/stores", headers=place.key).json()[0]
    for name, url in store.items():
        if "Logo" in name or "Image" in name:
            assert url.startswith(place.url + "/images/")
            picture = requests.get(url, timeout=20)
            assert picture.headers["Content-Type"].startswith("image/svg+xml")
            assert store["baseColor"] in picture.text
    assert_error(place.ask("GET", "/images/no-store/storeLogoSmall.svg"), 404, "PICTURE_NOT_FOUND")


def test_proposed_vouchers(place: Served) -> None:
    store = place.store()
    path = f"/v2/stores/{store}/proposed-vouchers"
    proposed = place.ask("GET", path, headers=place.key).json()
    assert [(each["value"], each["price"], each["discountRate"]) for each in proposed] == [
        (20, 18, 10),
        (30, 27, 10),
        (50, 45, 10),
    ]
    assert place.ask("GET", f"{path}?amount=27", headers=place.key).json() == proposed[:2]
    everywhere = place.ask("GET", "/v2/stores/proposed-vouchers", headers=place.key).json()
    assert [each for each in everywhere if each["storeId"] == store] == proposed
    assert_error(place.ask("GET", f"{path}?amount=much", headers=place.key), 400, "MALFORMED")
    assert_error(place.ask("GET", f"{path}?amount=1e999", headers=place.key), 400, "MALFORMED")
    unknown = place.ask("GET", "/v2/stores/none/proposed-vouchers", headers=place.key)
    assert_error(unknown, 404, "STORE_NOT_FOUND")


def test_the_documented_voucher_is_worth_110_and_costs_150(place: Served) -> None:
    store = place.store()
    span = {"voucherValueMin": 110, "voucherValueMax": 110, "discountRate": Decimal("-36.36")}
    changes = {"voucherValueMax": 110, "voucherPossibleDiscreteValues": [20, 110], "discounts": [span]}
    place.simulator.account.update_store(store, changes)
    path = f"/v2/stores/{store}/reserve-voucher-by-"
    for word, amount in (("value", 110), ("price", 150)):
        session = place.session(amount=Decimal(150))
        voucher = place.ask("POST", path + word, {word: amount}, headers=session).json()
        assert (voucher["value"], voucher["price"]) == (110, 150)
    short = place.ask("POST", f"{path}value", {"value": 110}, headers=place.session(amount=Decimal(149)))
    assert_error(short, 422, "AMOUNT_EXCEEDED")
    proposed = place.ask("GET", f"/v2/stores/{store}/proposed-vouchers", headers=place.key).json()
    assert [(each["value"], each["price"]) for each in proposed] == [(20, 20), (110, 150)]


def test_one_offer_and_its_store(place: Served) -> None:
    store = place.store()
    proposed = place.ask("GET", f"/v2/stores/{store}/proposed-vouchers", headers=place.session()).json()[0]
    path = f"/v2/stores/{store}/offers/{proposed['offerId']}"
    assert place.ask("GET", path, headers=place.key).json() == {
        "storeId": store,
        "offerId": proposed["offerId"],
        "voucherValueMin": 20,
        "voucherValueMax": 50,
        "discountRate": 10,
    }
    assert_error(place.ask("GET", f"{path}x", headers=place.key), 404, "OFFER_NOT_FOUND")
    assert_error(
        place.ask("GET", f"/v2/stores/none/offers/{store}", headers=place.key), 404, "STORE_NOT_FOUND"
    )


def test_the_widget_sees_what_its_amount_buys(place: Served) -> None:
    offers = place.ask("GET", "/widget/offers", headers=place.session(amount=Decimal("27.5"))).json()
    assert offers["amount"] == 27.5
    assert offers["stores"]
    for each in offers["stores"]:
        assert each["proposedVouchers"]
        assert all(voucher["price"] <= 27.5 for voucher in each["proposedVouchers"])


def test_the_widget_may_call_from_any_page(place: Served) -> None:
    asked = place.ask("OPTIONS", "/v2/token", headers={"Origin": "http://127.0.0.1:8710"})
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert place.exchange("nonsense").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in place.ask("GET", "/documentation").headers


# -- reservations


@pytest.mark.parametrize("with_offer", [True, False])
@pytest.mark.parametrize(("by", "amount"), [("price", 27), ("value", 30)])
def test_reservation_by_price_and_by_value(place: Served, by: str, amount: int, with_offer: bool) -> None:
    store = place.store()
    proposed = place.ask("GET", f"/v2/stores/{store}/proposed-vouchers", headers=place.key).json()
    middle = f"/offers/{proposed[1]['offerId']}" if with_offer else ""
    answer = place.ask(
        "POST",
        f"/v2/stores/{store}{middle}/reserve-voucher-by-{by}",
        {by: amount, "email": "p@example.org"},
        headers=place.session(user_id="u-1"),
    )
    assert answer.status_code == 200, answer.text
    document = answer.json()
    assert list(document) == [info.alias for info in wire.Voucher.model_fields.values()]
    assert (document["state"], document["value"], document["price"]) == ("RESERVED", 30, 27)
    assert document["url"] is document["confirmDate"] is document["sendDate"] is None
    assert events(place) == ["coupon/reserved"]
    message = json.loads(place.inbox.bodies[0])["message"]
    assert message["notificationKey"] == place.keys[-1]
    assert (message["id"], message["price"], message["email"]) == (document["id"], "27.00", "p@example.org")
    (voucher,) = place.simulator.account.by_key(place.keys[-1])
    assert (voucher.id, voucher.user_id) == (document["id"], "u-1")


def test_a_session_ends_with_its_reservation(place: Served) -> None:
    session = place.session()
    place.reserve(headers=session)
    path = f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    assert_error(place.ask("POST", path, {"value": 30}, headers=session), 401, "SESSION_ENDED")
    assert_error(place.ask("GET", "/widget/offers", headers=session), 401, "SESSION_ENDED")
    assert len(place.simulator.account.vouchers) == 1


def test_reservations_racing_in_one_session_make_one_voucher(place: Served) -> None:
    session, path = place.session(), f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    ask = lambda _: place.ask("POST", path, {"value": 20}, headers=session).status_code  # noqa: E731
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, range(6))) == [200, 401, 401, 401, 401, 401]
    assert len(place.simulator.account.vouchers) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("{store}/reserve-voucher-by-value", {"value": 31}, 422, "VALUE_UNAVAILABLE"),
        ("{store}/reserve-voucher-by-value", {"value": 50}, 422, "AMOUNT_EXCEEDED"),
        ("{store}/reserve-voucher-by-price", {"price": 27.01}, 422, "PRICE_UNAVAILABLE"),
        ("none/reserve-voucher-by-price", {"price": 27}, 404, "STORE_NOT_FOUND"),
        ("{store}/offers/none/reserve-voucher-by-price", {"price": 27}, 404, "OFFER_NOT_FOUND"),
        ("{store}/reserve-voucher-by-value", {"price": 27}, 400, "MALFORMED"),
        ("{store}/reserve-voucher-by-value", {"value": "30"}, 400, "MALFORMED"),
        ("{store}/reserve-voucher-by-value", {"value": True}, 400, "MALFORMED"),
        ("{store}/reserve-voucher-by-value", {"value": 10**15}, 400, "MALFORMED"),
        ("{store}/reserve-voucher-by-value", {"value": 30, "email": "nobody"}, 400, "MALFORMED"),
        ("{store}/reserve-voucher-by-value", [30], 400, "MALFORMED"),
    ],
)
def test_what_is_not_sold_changes_nothing(
    place: Served, path: str, body: object, status: int, code: str
) -> None:
    whole = "/v2/stores/" + path.format(store=place.store())
    session = place.session(amount=Decimal("44.99"))
    assert_error(place.ask("POST", whole, body, headers=session), status, code)
    assert place.simulator.account.vouchers == []
    assert events(place) == []
    assert place.ask("GET", "/widget/offers", headers=session).status_code == 200


def test_what_is_no_json(place: Served) -> None:
    headers = {**place.session(), "Content-Type": "application/json"}
    path = f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    assert_error(place.ask("POST", path, data=b"{", headers=headers), 400, "NOT_JSON")
    headers["Content-Type"] = "text/plain"
    assert_error(place.ask("POST", path, data=b'{"value":30}', headers=headers), 400, "NOT_JSON")


def test_a_withdrawn_store_sells_nothing(place: Served) -> None:
    store = place.store()
    place.simulator.account.disable_store(store)
    path = f"/v2/stores/{store}/reserve-voucher-by-value"
    assert_error(place.ask("POST", path, {"value": 30}, headers=place.session()), 404, "STORE_NOT_FOUND")


# -- the rest of the server


def test_requests_are_recorded_without_secrets(place: Served) -> None:
    place.reserve()
    place.ask("GET", "/v2/stores", headers=place.key)
    place.server()
    place.ask("GET", "/documentation")
    place.ask("GET", "/v2/nothing")
    kinds = [each.title for each in place.simulator.history if each.direction is Direction.FROM_CLIENT]
    assert kinds == ["token", "reserve", "stores", "token", "unknown request"]
    written = json.dumps(
        [as_json(each, place.simulator.redactor) for each in place.simulator.history], ensure_ascii=False
    )
    for secret in (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret, "pitboss-token-"):
        assert secret not in written
