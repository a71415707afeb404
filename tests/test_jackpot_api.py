"""Jackpot's server over real HTTP: credentials, reservations, confirmations, PDFs, errors, the record."""

import json
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from decimal import Decimal
from typing import Any

import jwt
import pytest
import requests

from simulators import exact_json
from simulators.export import as_json
from simulators.history import Direction, Outcome
from simulators.jackpot import session_jwt, wire
from simulators.jackpot.api import BODY_BYTES
from simulators.jackpot.lifecycle import Event, State
from simulators.jackpot.platform import Habits
from tests.jackpot_house import AGREEMENT, JWT_BEARER, House, house


@pytest.fixture
def place() -> Iterator[House]:
    with house() as built:
        yield built


def assert_error(answer: requests.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert list(document) == ["error", "message"]
    assert document["error"] == code
    assert len(document["message"]) > 20
    for secret in (AGREEMENT.api_key, AGREEMENT.api_signature, AGREEMENT.client_secret, "Traceback"):
        assert secret not in answer.text
    return str(document["message"])


def events(place: House) -> list[str]:
    place.twin.courier.work()
    return [json.loads(body)["event"] for body in place.inbox.bodies]


# -- tokens


@pytest.mark.parametrize("as_form", [True, False])
def test_both_grants_as_json_and_as_a_form(place: House, as_form: bool) -> None:
    grants = [
        {"grant_type": JWT_BEARER, "client_id": "acme", "assertion": place.jwt()},
        {"grant_type": "client_credentials", "client_id": "acme", "client_secret": AGREEMENT.client_secret},
    ]
    for grant in grants:
        answer = place.ask("POST", "/v2/token", **({"data": grant} if as_form else {"document": grant}))
        assert answer.status_code == 200, answer.text
        assert list(answer.json()) == ["access_token", "token_type", "expires_in"]
        assert answer.json()["token_type"] == "Bearer"
        assert 3598 <= answer.json()["expires_in"] <= 3600


def test_a_jwt_opens_one_session(place: House) -> None:
    token = place.jwt()
    assert place.exchange(token).status_code == 200
    assert_error(place.exchange(token), 409, "JWT_USED")
    assert len(place.twin.sessions) == 1


def test_another_spelling_of_a_used_jwt_is_used(place: House) -> None:
    token = place.jwt()
    assert place.exchange(token).status_code == 200
    # The last letter of 43 carries two bits that are no part of the signature.
    letters = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
    index = letters.index(token[-1])
    for twist in (1, 2, 3):
        answer = place.exchange(token[:-1] + letters[index ^ twist])
        assert answer.status_code in (401, 409), answer.text
    assert len(place.twin.sessions) == 1


def test_copies_of_a_jwt_at_once_open_one_session(place: House) -> None:
    token = place.jwt()
    with ThreadPoolExecutor(6) as pool:
        statuses = list(pool.map(lambda _: place.exchange(token).status_code, range(6)))
    assert sorted(statuses) == [200, 409, 409, 409, 409, 409]


def raw_jwt(**more: Any) -> str:
    return session_jwt.mint_raw({"amount": 100, "iat": 1_700_000_000, **more}, AGREEMENT.api_signature)


@pytest.mark.parametrize(
    ("token", "status", "code"),
    [
        ("nonsense", 401, "JWT_MALFORMED"),
        (jwt.PyJWS().encode(b'{"amount":100,"iat":1700000000}', "", "none"), 401, "JWT_WRONG_ALGORITHM"),
        (
            session_jwt.mint_raw({"amount": 100, "iat": 1_700_000_000}, "another key"),
            401,
            "JWT_BAD_SIGNATURE",
        ),
        (raw_jwt(iat=1_700_000_000 - 3600), 401, "JWT_EXPIRED"),
        (raw_jwt(iat=1_700_000_000_000), 401, "JWT_FROM_THE_FUTURE"),
        (raw_jwt(amount=-5), 422, "JWT_BAD_CLAIMS"),
        (raw_jwt(amount="100"), 422, "JWT_BAD_CLAIMS"),
        (raw_jwt(iat="1700000000"), 422, "JWT_BAD_CLAIMS"),
    ],
)
def test_a_bad_jwt_opens_nothing(place: House, token: str, status: int, code: str) -> None:
    assert_error(place.exchange(token), status, code)
    assert place.twin.sessions == []


@pytest.mark.parametrize(
    ("grant", "status", "code"),
    [
        ({}, 400, "MALFORMED"),
        ([], 400, "MALFORMED"),
        ({"grant_type": "password", "client_id": "acme"}, 400, "MALFORMED"),
        ({"grant_type": JWT_BEARER, "client_id": "acme"}, 400, "MALFORMED"),
        ({"grant_type": JWT_BEARER, "client_id": "acme", "assertion": 7}, 400, "MALFORMED"),
        (
            {"grant_type": "client_credentials", "client_id": "acme", "client_secret": "x"},
            401,
            "CLIENT_SECRET_INVALID",
        ),
        (
            {"grant_type": "client_credentials", "client_id": "x", "client_secret": AGREEMENT.client_secret},
            401,
            "CLIENT_UNKNOWN",
        ),
    ],
)
def test_bad_grants(place: House, grant: object, status: int, code: str) -> None:
    assert_error(place.ask("POST", "/v2/token", grant), status, code)


# -- three kinds of credential


def table(place: House) -> list[tuple[str, str, object, str]]:
    """Every operation with a credential: method, path, body, the kind due."""
    voucher = place.twin.platform.reserve(
        place.store(), place.twin.platform.reservation(Decimal(100), value=Decimal(30))
    )
    reservation = f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    calls: list[tuple[str, str, object, str]] = [
        ("GET", "/v2/stores", None, "key"),
        ("GET", "/v2/stores/proposed-vouchers", None, "key"),
        ("GET", f"/v2/stores/{place.store()}/proposed-vouchers", None, "key"),
        ("GET", f"/v2/vouchers/{voucher.id}", None, "server"),
        ("PUT", f"/v2/vouchers/{voucher.id}/confirm", None, "server"),
        ("GET", f"/v2/vouchers/{voucher.id}/signedurl", None, "server"),
        ("PUT", f"/v2/voucher/{voucher.id}/refund", None, "server"),
        ("GET", "/widget/offers", None, "session"),
        ("POST", reservation, {"value": 30}, "session"),
    ]
    return calls


def test_each_kind_of_credential_is_refused_where_another_is_due(place: House) -> None:
    credentials: dict[str, Any] = {"key": place.key, "server": place.server(), "session": place.session()}
    for method, path, body, due in table(place):
        assert_error(place.ask(method, path, body), 401, "CREDENTIALS_MISSING")
        for kind, headers in credentials.items():
            if kind != due:
                assert_error(place.ask(method, path, body, headers=headers), 403, "WRONG_CREDENTIAL")
        bad = {"apikey": "wrong"} if due == "key" else {"Authorization": "Bearer wrong"}
        refused = place.ask(method, path, body, headers=bad)
        assert_error(refused, 401, "API_KEY_INVALID" if due == "key" else "TOKEN_INVALID")
        assert "WWW-Authenticate" in refused.headers
        assert place.ask(method, path, body, headers=credentials[due]).status_code == 200, path


def test_tokens_end_after_an_hour(place: House) -> None:
    session, server = place.session(), place.server()
    place.clock.now += 3600
    assert_error(place.ask("GET", "/widget/offers", headers=session), 401, "TOKEN_EXPIRED")
    assert_error(place.ask("GET", "/v2/vouchers/x", headers=server), 401, "TOKEN_EXPIRED")
    place.twin.revoke_server_tokens()
    assert_error(place.ask("GET", "/v2/vouchers/x", headers=server), 401, "TOKEN_INVALID")


def test_a_session_can_be_expired_by_a_judge(place: House) -> None:
    session = place.session()
    place.twin.expire_session(place.twin.sessions[0].id)
    assert_error(place.ask("GET", "/widget/offers", headers=session), 401, "TOKEN_EXPIRED")


# -- the catalogue


def test_stores_are_those_of_the_events(place: House) -> None:
    stores = place.ask("GET", "/v2/stores", headers=place.key)
    listings = place.twin.platform.listings
    assert [store["id"] for store in stores.json()] == [each.store.id for each in listings]
    delivery = place.twin.platform.notify_store("store/enabled", listings[0].store.id)
    assert (
        exact_json.loads(wire.encode(delivery.event))["message"]["data"]
        == exact_json.loads(stores.content)[0]
    )
    place.twin.platform.disable_store(listings[0].store.id)
    left = place.ask("GET", "/v2/stores", headers=place.key).json()
    assert [store["id"] for store in left] == [each.store.id for each in listings[1:]]


def test_pictures_are_served_here(place: House) -> None:
    store = place.ask("GET", "/v2/stores", headers=place.key).json()[0]
    for name, url in store.items():
        if "Logo" in name or "Image" in name:
            assert url.startswith(place.url + "/images/")
            picture = requests.get(url, timeout=20)
            assert picture.headers["Content-Type"].startswith("image/svg+xml")
            assert store["baseColor"] in picture.text
    assert_error(place.ask("GET", "/images/no-store/storeLogoSmall.svg"), 404, "PICTURE_NOT_FOUND")


def test_proposed_vouchers(place: House) -> None:
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


def test_the_widget_sees_what_its_amount_buys(place: House) -> None:
    offers = place.ask("GET", "/widget/offers", headers=place.session(amount=Decimal("27.5"))).json()
    assert offers["amount"] == 27.5
    assert offers["stores"]
    for each in offers["stores"]:
        assert each["proposedVouchers"]
        assert all(voucher["price"] <= 27.5 for voucher in each["proposedVouchers"])


def test_the_widget_may_call_from_any_page(place: House) -> None:
    asked = place.ask("OPTIONS", "/v2/token", headers={"Origin": "http://127.0.0.1:8710"})
    assert asked.headers["Access-Control-Allow-Origin"] == "*"
    assert "Authorization" in asked.headers["Access-Control-Allow-Headers"]
    assert "POST" in asked.headers["Access-Control-Allow-Methods"]
    assert place.exchange("nonsense").headers["Access-Control-Allow-Origin"] == "*"
    assert "Access-Control-Allow-Origin" not in place.ask("GET", "/documentation").headers


# -- reservations


@pytest.mark.parametrize("with_offer", [True, False])
@pytest.mark.parametrize(("by", "amount"), [("price", 27), ("value", 30)])
def test_reservation_by_price_and_by_value(place: House, by: str, amount: int, with_offer: bool) -> None:
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
    (voucher,) = place.twin.platform.by_key(place.keys[-1])
    assert (voucher.id, voucher.user_id) == (document["id"], "u-1")


def test_a_session_ends_with_its_reservation(place: House) -> None:
    session = place.session()
    place.reserve(headers=session)
    path = f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    assert_error(place.ask("POST", path, {"value": 30}, headers=session), 401, "SESSION_ENDED")
    assert_error(place.ask("GET", "/widget/offers", headers=session), 401, "SESSION_ENDED")
    assert len(place.twin.platform.vouchers) == 1


def test_reservations_racing_in_one_session_make_one_voucher(place: House) -> None:
    session, path = place.session(), f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    ask = lambda _: place.ask("POST", path, {"value": 20}, headers=session).status_code  # noqa: E731
    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(ask, range(6))) == [200, 401, 401, 401, 401, 401]
    assert len(place.twin.platform.vouchers) == 1


@pytest.mark.parametrize(
    ("path", "body", "status", "code"),
    [
        ("{store}/reserve-voucher-by-value", {"value": 31}, 422, "VALUE_UNAVAILABLE"),
        ("{store}/reserve-voucher-by-value", {"value": -30}, 422, "VALUE_UNACCEPTABLE"),
        ("{store}/reserve-voucher-by-value", {"value": 50}, 422, "AMOUNT_EXCEEDED"),
        ("{wide}/reserve-voucher-by-value", {"value": 19.99}, 422, "VALUE_OUT_OF_RANGE"),
        ("{wide}/reserve-voucher-by-value", {"value": 20.001}, 422, "VALUE_UNACCEPTABLE"),
        ("{store}/reserve-voucher-by-price", {"price": 27.01}, 422, "PRICE_UNAVAILABLE"),
        ("{store}/reserve-voucher-by-price", {"price": 0}, 422, "PRICE_UNACCEPTABLE"),
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
    place: House, path: str, body: object, status: int, code: str
) -> None:
    whole = "/v2/stores/" + path.format(store=place.store(), wide=place.store(continuous=True))
    session = place.session(amount=Decimal("44.99"))
    assert_error(place.ask("POST", whole, body, headers=session), status, code)
    assert place.twin.platform.vouchers == []
    assert events(place) == []
    assert place.ask("GET", "/widget/offers", headers=session).status_code == 200


@pytest.mark.parametrize(
    "body", [b"", b"{", b"\xff", b'{"value": NaN}', b"[" * 100_000, b'{"value": 1e99999999999999999999}']
)
def test_what_is_no_json(place: House, body: bytes) -> None:
    headers = {**place.session(), "Content-Type": "application/json"}
    path = f"/v2/stores/{place.store()}/reserve-voucher-by-value"
    assert_error(place.ask("POST", path, data=body, headers=headers), 400, "NOT_JSON")
    headers["Content-Type"] = "text/plain"
    assert_error(place.ask("POST", path, data=b'{"value":30}', headers=headers), 400, "NOT_JSON")


def test_a_withdrawn_store_sells_nothing(place: House) -> None:
    store = place.store()
    place.twin.platform.disable_store(store)
    path = f"/v2/stores/{store}/reserve-voucher-by-value"
    assert_error(place.ask("POST", path, {"value": 30}, headers=place.session()), 404, "STORE_NOT_FOUND")


# -- confirmation, cancellation, refund


def change(place: House, voucher_id: str, word: str, form: str = "vouchers") -> requests.Response:
    return place.ask("PUT", f"/v2/{form}/{voucher_id}/{word}", headers=place.server())


@pytest.mark.parametrize("form", ["vouchers", "voucher"])
def test_a_confirmed_voucher_is_ready_and_opens_as_a_pdf(place: House, form: str) -> None:
    voucher = place.reserve()
    answer = change(place, voucher["id"], "confirm", form)
    assert answer.status_code == 200, answer.text
    assert answer.json()["state"] == "READY"
    assert answer.json()["notificationKey"] == place.keys[-1]
    assert events(place) == ["coupon/reserved", "coupon/confirmed", "coupon/ready"]
    told = json.loads(place.inbox.bodies[-1])["message"]
    for url in (answer.json()["url"], told["signedUrl"]):
        pdf = requests.get(url, timeout=20)
        assert pdf.headers["Content-Type"] == "application/pdf"
        assert pdf.content.startswith(b"%PDF-")
        assert b"%%EOF" in pdf.content
    assert len(place.twin.confirm_requests(voucher["id"])) == 1
    assert place.twin.confirm_requests("another") == []


def test_the_table_of_transitions_holds_over_http(place: House) -> None:
    voucher = place.reserve()["id"]
    assert_error(change(place, voucher, "refund"), 409, "ILLEGAL_TRANSITION")
    assert change(place, voucher, "confirm").status_code == 200
    assert_error(change(place, voucher, "confirm"), 409, "ILLEGAL_TRANSITION")
    assert_error(change(place, voucher, "cancel"), 409, "ILLEGAL_TRANSITION")
    assert change(place, voucher, "refund").json()["state"] == "REFUNDING"
    assert_error(change(place, voucher, "refund"), 409, "ILLEGAL_TRANSITION")
    place.twin.platform.happen(voucher, Event.REJECT_REFUND)
    assert events(place)[-1] == "coupon/refund_rejected"
    other = place.reserve()["id"]
    assert change(place, other, "cancel").json()["state"] == "CANCELED"
    assert_error(change(place, other, "confirm"), 409, "ILLEGAL_TRANSITION")
    assert events(place)[-1] == "coupon/canceled"
    assert_error(change(place, "none", "confirm"), 404, "VOUCHER_NOT_FOUND")


@pytest.mark.parametrize(("refunds", "state"), [("accept", "REFUNDED"), ("reject", "REFUND_REJECTED")])
def test_refunds_decided_by_habit(place: House, refunds: Any, state: str) -> None:
    place.twin.platform.habits.refunds = refunds
    voucher = place.reserve()["id"]
    change(place, voucher, "confirm")
    assert change(place, voucher, "refund").json()["state"] == state


def test_automatic_confirmation_and_its_exception() -> None:
    with house(Habits(confirmation="automatic", ready_seconds=5)) as place:
        voucher = place.reserve()
        assert voucher["state"] == "CONFIRMED"
        assert events(place) == ["coupon/reserved", "coupon/confirmed"]
        assert_error(change(place, voucher["id"], "confirm"), 409, "ILLEGAL_TRANSITION")
        place.clock.now += 5
        answer = place.ask("GET", f"/v2/vouchers/{voucher['id']}", headers=place.server())
        assert answer.json()["state"] == "READY"
        assert events(place)[-1] == "coupon/ready"
        assert place.reserve(force_manual_confirm=True)["state"] == "RESERVED"


def test_a_reservation_expires(place: House) -> None:
    voucher = place.reserve()["id"]
    place.clock.now += place.twin.platform.habits.reservation_seconds
    place.twin.platform.pass_time()
    assert events(place) == ["coupon/reserved", "coupon/canceled"]
    assert_error(change(place, voucher, "confirm"), 409, "ILLEGAL_TRANSITION")
    other = place.reserve()["id"]
    assert place.twin.platform.expire_reservation(other).state is State.CANCELED


def test_time_passes_by_itself_when_started() -> None:
    with house(Habits(reservation_seconds=0.0)) as place:
        place.twin.start()
        voucher = place.reserve()["id"]
        # Both webhooks: nothing of this test moves time once the reservation is made.
        deliveries = [place.twin.courier.wait(number, 60) for number in (2, 3)]
        assert [each.event.event for each in deliveries] == ["coupon/reserved", "coupon/canceled"]
        assert place.twin.platform.voucher(voucher).state is State.CANCELED


# -- signed URLs


def test_signed_urls_end_and_are_renewed(place: House) -> None:
    voucher, server = place.reserve()["id"], place.server()
    path = f"/v2/vouchers/{voucher}/signedurl"
    assert_error(place.ask("GET", path, headers=server), 409, "NOT_READY")
    change(place, voucher, "confirm")
    renew = lambda: place.ask("GET", path, headers=place.server()).json()["signedUrl"]  # noqa: E731
    first = renew()
    place.clock.now += 3601
    assert_error(requests.get(first, timeout=20), 401, "SIGNED_URL_EXPIRED")
    second = renew()
    assert requests.get(second, timeout=20).status_code == 200
    place.twin.platform.expire_signed_url(voucher)
    assert_error(requests.get(second, timeout=20), 401, "SIGNED_URL_EXPIRED")
    third = renew()
    assert requests.get(third, timeout=20).status_code == 200
    for forged in (third[:-1], third.replace("Expires=1", "Expires=2"), third.partition("?")[0], third + "é"):
        assert_error(requests.get(forged, timeout=20), 401, "SIGNED_URL_INVALID")
    change(place, voucher, "refund")
    assert_error(requests.get(third, timeout=20), 409, "NOT_READY")
    assert_error(place.ask("GET", "/files/none.pdf"), 404, "VOUCHER_NOT_FOUND")


# -- what a judge does


def test_any_webhook_for_any_voucher(place: House) -> None:
    voucher = place.reserve()["id"]
    platform = place.twin.platform
    assert platform.notify("coupon/reserved", voucher).genuine
    forged = platform.notify("coupon/refunded", voucher, price=Decimal(999), notification_key="other")
    assert not forged.genuine
    assert platform.voucher(voucher).state is State.RESERVED
    foreign = platform.notify_foreign("coupon/ready", platform.invent_voucher(notification_key="x"))
    assert not foreign.genuine
    assert len(platform.vouchers) == 1
    assert events(place) == ["coupon/reserved", "coupon/reserved", "coupon/refunded", "coupon/ready"]
    message = json.loads(place.inbox.bodies[2])["message"]
    assert (message["price"], message["notificationKey"]) == ("999.00", "other")
    assert [each.genuine for each in place.twin.history if each.direction is Direction.TO_CLIENT] == [
        True,
        True,
        False,
        False,
    ]


def test_store_changes_are_told(place: House) -> None:
    platform, store = place.twin.platform, place.store()
    platform.make_continuous(store)
    platform.make_discrete(store, [20, Decimal(40)])
    platform.update_store(store, {"name": "New"})
    platform.disable_store(store)
    platform.enable_store(store)
    platform.notify_store("store/update", store)
    told = events(place)
    assert told == ["store/update"] * 3 + ["store/disabled", "store/enabled", "store/update"]
    messages = [json.loads(body)["message"] for body in place.inbox.bodies]
    assert messages[0]["removedAttributes"] == ["voucherPossibleDiscreteValues"]
    assert messages[1]["addedAttributes"] == ["voucherPossibleDiscreteValues"]
    assert messages[2]["updatedAttributes"]["name"]["newValue"] == "New"
    assert messages[5]["updatedAttributes"] == messages[2]["updatedAttributes"]
    with pytest.raises(ValueError, match="unheard"):
        platform.update_store(store, {"unheard": 1})


def test_a_lost_answer_leaves_the_voucher_and_its_webhook(place: House) -> None:
    place.twin.lose_reservation_answer()
    with pytest.raises(requests.exceptions.RequestException):
        place.reserve()
    (voucher,) = place.twin.platform.by_key(place.keys[-1])
    assert events(place) == ["coupon/reserved"]
    (exchange,) = place.twin.requests("reserve")
    assert (exchange.answer, exchange.outcome) == (None, Outcome.UNKNOWN)
    assert exchange.faults == ("reserve carried out, its answer lost",)
    assert place.reserve()["id"] != voucher.id


@pytest.mark.parametrize(("handled", "state"), [(False, State.RESERVED), (True, State.READY)])
def test_disturbed_confirmations(place: House, handled: bool, state: State) -> None:
    voucher = place.reserve()["id"]
    place.twin.disturb("confirm", answer=(500, b"oops", "text/plain"), handled=handled)
    assert change(place, voucher, "confirm").text == "oops"
    assert place.twin.platform.voucher(voucher).state is state
    again = change(place, voucher, "confirm")
    assert again.status_code == (409 if handled else 200)
    statuses = [each.answer.status for each in place.twin.confirm_requests(voucher) if each.answer]
    assert statuses == [500, again.status_code]


def test_calm_lets_go_of_what_is_held_back(place: House) -> None:
    voucher, server = place.reserve()["id"], place.server()
    place.twin.disturb("confirm", delay_seconds=3600)
    with ThreadPoolExecutor(1) as pool:
        path = f"/v2/vouchers/{voucher}/confirm"
        asked = pool.submit(place.ask, "PUT", path, headers=server)
        place.twin.calm()
        assert asked.result(30).status_code == 200


def test_notification_urls_that_cannot_be(place: House) -> None:
    from simulators.answering import ApiError

    before = place.twin.channel.notification_url

    def nothing(host: str) -> list[object]:
        raise OSError(f"{host} is unknown")

    for url, code in (
        ("http://no-such-host.invalid/hook", "NOTIFICATION_URL_UNRESOLVED"),
        ("ftp://127.0.0.1/", "NOTIFICATION_URL_MALFORMED"),
        ("http://[", "NOTIFICATION_URL_MALFORMED"),
        ("http://127.0.0.1:99999/", "NOTIFICATION_URL_MALFORMED"),
        ("", "NOTIFICATION_URL_MALFORMED"),
    ):
        with pytest.raises(ApiError) as caught:
            place.twin.set_notification_url(url, nothing)
        assert (caught.value.status, caught.value.code) == (422, code)
    assert place.twin.channel.notification_url == before
    place.twin.set_notification_url("http://127.0.0.1:1/hook")
    assert place.twin.channel.notification_url == "http://127.0.0.1:1/hook"


# -- the rest of the server


def test_errors_of_the_server_itself_have_the_same_shape(place: House) -> None:
    assert_error(place.ask("GET", "/nowhere"), 404, "NOT_FOUND")
    refused = place.ask("DELETE", "/v2/token")
    assert_error(refused, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in refused.headers["Allow"]
    long = place.ask(
        "POST", "/v2/token", data=b" " * (BODY_BYTES + 1), headers={"Content-Type": "application/json"}
    )
    assert_error(long, 413, "REQUEST_ENTITY_TOO_LARGE")
    place.twin.desk.agreement = None  # type: ignore[assignment]
    assert_error(place.ask("GET", "/v2/stores", headers=place.key), 500, "INTERNAL_ERROR")


def test_requests_are_recorded_without_secrets(place: House) -> None:
    place.reserve()
    place.ask("GET", "/v2/stores", headers=place.key)
    place.server()
    place.ask("GET", "/documentation")
    place.ask("GET", "/v2/nothing")
    kinds = [each.kind for each in place.twin.history if each.direction is Direction.FROM_CLIENT]
    assert kinds == ["token", "reserve", "stores", "token", "unknown request"]
    written = json.dumps([as_json(each, place.twin.redactor) for each in place.twin.history])
    for secret in (AGREEMENT.api_signature, AGREEMENT.client_secret, "pitboss-token-"):
        assert secret not in written
