"""Jackpot's messages: every documented example field for field, presence rules, the session JWT."""

import base64
import json
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from simulators import exact_json
from simulators.history import Answer, Outcome
from simulators.jackpot import catalogue, wire
from simulators.jackpot.lifecycle import State
from simulators.jackpot.session_jwt import BadJwt, Claims, Fault, mint, mint_raw, verify

STORE_ID = "c2a4af8b-b77f-4af2-b831-4cbe9789b52a"
NOW = 1_700_000_000
SIGNATURE = "monApiSignature"


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


def image() -> dict[str, str]:
    return dict.fromkeys(catalogue.PICTURES, "https://site.com/image.png")


# The store of the documented example, as the document writes it.
STORE: dict[str, Any] = {
    "id": STORE_ID,
    "name": "Nom de l'enseigne",
    "slug": "slug-enseigne",
    "baseColor": "#654cb2",
    "storeLogoSmall": "https://site.com/image.png",
    "storeLogoMedium": "https://site.com/image.png",
    "storeLogoLarge": "https://site.com/image.png",
    "voucherWithContinuousValue": False,
    "mentions": "<p>Mentions de l'offre au format HTML</p>\n",
    "storeImage315": "https://site.com/image.png",
    "storeImage1080": "https://site.com/image.png",
    "shippingTime": "0",
    "shippingInfos": "Envoi immédiat",
    "categories": ["Food"],
    "description": "<p>Description de l'offre au format HTML</p>\n",
    "validityDate": "2023-02-03T14:44:10.695Z",
    "backgroundImage670": "https://site.com/image.png",
    "backgroundImage1080": "https://site.com/image.png",
    "voucherValueMin": 20,
    "voucherValueMax": 50,
    "voucherPossibleDiscreteValues": [20, 30, 50],
    "discounts": [{"voucherValueMin": 20, "voucherValueMax": 800, "discountRate": 10}],
}


def documented(event: str, event_id: str, created_at: str, message: dict[str, Any]) -> dict[str, Any]:
    return {"event": event, "id": event_id, "createdAt": created_at, "message": message}


def store() -> wire.Store:
    return wire.Store(
        id=STORE_ID,
        name="Nom de l'enseigne",
        slug="slug-enseigne",
        base_color="#654cb2",
        store_logo_small="https://site.com/image.png",
        store_logo_medium="https://site.com/image.png",
        store_logo_large="https://site.com/image.png",
        voucher_with_continuous_value=False,
        mentions="<p>Mentions de l'offre au format HTML</p>\n",
        store_image_315="https://site.com/image.png",
        store_image_1080="https://site.com/image.png",
        shipping_time="0",
        shipping_infos="Envoi immédiat",
        categories=("Food",),
        description="<p>Description de l'offre au format HTML</p>\n",
        validity_date=when("2023-02-03T14:44:10.695Z"),
        background_image_670="https://site.com/image.png",
        background_image_1080="https://site.com/image.png",
        voucher_value_min=Decimal(20),
        voucher_value_max=Decimal(50),
        voucher_possible_discrete_values=(Decimal(20), Decimal(30), Decimal(50)),
        discounts=(
            wire.Discount(
                voucher_value_min=Decimal(20), voucher_value_max=Decimal(800), discount_rate=Decimal(10)
            ),
        ),
    )


def update(event_id: str, created_at: str, before: wire.Store, after: wire.Store) -> wire.StoreUpdateEvent:
    message = wire.StoreUpdated(store_id=STORE_ID, data=after, **catalogue.difference(before, after))
    return wire.StoreUpdateEvent(id=event_id, created_at=when(created_at), message=message)


READY_ID = "643ee25e-b705-42e0-b074-28265ba0adc8"
SIGNED = f"https://storage.example/{READY_ID}.pdf?Expires=1625155520&Signature=YxWB55Zf%3D%3D"
COUPON: dict[str, Any] = {
    "id": READY_ID,
    "state": "READY",
    "value": "80.00",
    "initialAmount": "68.80",
    "reservationDate": "2021-07-01T15:05:15.311Z",
    "validityDate": "2022-03-28",
    "resaExpireDate": "2021-07-16T15:05:15.311Z",
    "couponId": "XSLCNKVBCJ",
    "confirmDate": "2021-07-01T15:05:15.431Z",
    "sendDate": "2021-07-01T15:05:17.265Z",
    "canceledDate": None,
    "storeName": "Morphée",
    "price": "68.80",
    "email": "sam@jackpot-io.com",
    "notificationKey": "VOTRE_REF_INTERNE",
    "signedUrl": SIGNED,
}


def coupon(**more: Any) -> wire.Coupon:
    return wire.Coupon(
        **{
            "id": READY_ID,
            "state": State.READY,
            "value": Decimal(80),
            "initial_amount": Decimal("68.8"),
            "reservation_date": when("2021-07-01T15:05:15.311Z"),
            "validity_date": date(2022, 3, 28),
            "resa_expire_date": when("2021-07-16T15:05:15.311Z"),
            "coupon_id": "XSLCNKVBCJ",
            "confirm_date": when("2021-07-01T15:05:15.431Z"),
            "send_date": when("2021-07-01T15:05:17.265Z"),
            "canceled_date": None,
            "store_name": "Morphée",
            "price": Decimal("68.80"),
            "email": "sam@jackpot-io.com",
            "notification_key": "VOTRE_REF_INTERNE",
            "signed_url": SIGNED,
            **more,
        }
    )


RENAMED = {"name": "Enseigne new", "voucherValueMax": 100, "voucherPossibleDiscreteValues": [20, 30, 50, 100]}
DISCRETE = {"voucherWithContinuousValue": False, "voucherPossibleDiscreteValues": [20, 30, 50]}
CONTINUOUS = {
    name: value
    for name, value in {**STORE, "voucherWithContinuousValue": True}.items()
    if name != "voucherPossibleDiscreteValues"
}

GOLDEN = [
    (
        wire.StoreEnabledEvent(
            id="b8338d8f-f713-453e-af4a-f843826f2b1d",
            created_at=when("2022-02-03T14:44:10.741Z"),
            message=wire.StoreEnabled(store_id=STORE_ID, data=store()),
        ),
        documented(
            "store/enabled",
            "b8338d8f-f713-453e-af4a-f843826f2b1d",
            "2022-02-03T14:44:10.741Z",
            {"storeId": STORE_ID, "data": STORE},
        ),
    ),
    (
        wire.StoreDisabledEvent(
            id="ce125ecf-759d-4ba6-b174-afb4d1c5e812",
            created_at=when("2022-02-03T14:44:04.065Z"),
            message=wire.StoreDisabled(store_id=STORE_ID),
        ),
        documented(
            "store/disabled",
            "ce125ecf-759d-4ba6-b174-afb4d1c5e812",
            "2022-02-03T14:44:04.065Z",
            {"storeId": STORE_ID},
        ),
    ),
    (
        update(
            "be473201-7b6b-4702-80fd-37028d55976f",
            "2022-02-03T15:05:55.239Z",
            store(),
            catalogue.changed(store(), RENAMED),
        ),
        documented(
            "store/update",
            "be473201-7b6b-4702-80fd-37028d55976f",
            "2022-02-03T15:05:55.239Z",
            {
                "storeId": STORE_ID,
                "data": {**STORE, **RENAMED},
                "updatedAttributes": {
                    "name": {"previousValue": "Nom de l'enseigne", "newValue": "Enseigne new"},
                    "voucherValueMax": {"previousValue": 50, "newValue": 100},
                    "voucherPossibleDiscreteValues": {
                        "previousValue": [20, 30, 50],
                        "newValue": [20, 30, 50, 100],
                    },
                },
            },
        ),
    ),
    (
        update(
            "438591f5-4171-4aca-a5f1-a813eed316c9",
            "2022-02-03T15:15:31.375Z",
            store(),
            catalogue.to_continuous(store()),
        ),
        documented(
            "store/update",
            "438591f5-4171-4aca-a5f1-a813eed316c9",
            "2022-02-03T15:15:31.375Z",
            {
                "storeId": STORE_ID,
                "data": CONTINUOUS,
                "removedAttributes": ["voucherPossibleDiscreteValues"],
                "updatedAttributes": {
                    "voucherWithContinuousValue": {"previousValue": False, "newValue": True}
                },
            },
        ),
    ),
    (
        update(
            "02115e72-ad10-4e6a-aa0d-cf857b5c37d1",
            "2022-02-03T15:15:22.472Z",
            catalogue.to_continuous(store()),
            catalogue.to_discrete(catalogue.to_continuous(store()), [50, 20, 30]),
        ),
        documented(
            "store/update",
            "02115e72-ad10-4e6a-aa0d-cf857b5c37d1",
            "2022-02-03T15:15:22.472Z",
            {
                "storeId": STORE_ID,
                "data": {**STORE, **DISCRETE},
                "addedAttributes": ["voucherPossibleDiscreteValues"],
                "updatedAttributes": {
                    "voucherWithContinuousValue": {"previousValue": True, "newValue": False}
                },
            },
        ),
    ),
    (
        wire.CouponEvent(
            event="coupon/ready",
            id="09a5cdfc-03db-444e-84e9-1dbd29c34377",
            created_at=when("2021-07-01T15:05:20.360Z"),
            message=coupon(),
        ),
        documented(
            "coupon/ready",
            "09a5cdfc-03db-444e-84e9-1dbd29c34377",
            "2021-07-01T15:05:20.360Z",
            COUPON,
        ),
    ),
]


@pytest.mark.parametrize(("event", "document"), GOLDEN, ids=lambda case: getattr(case, "id", ""))
def test_documented_examples_field_for_field(event: wire.Notification, document: dict[str, Any]) -> None:
    body = wire.encode(event)
    assert json.loads(body) == document
    assert list(json.loads(body)) == list(document)
    assert list(json.loads(body)["message"]) == list(document["message"])
    assert wire.parse(body) == event
    assert wire.parse(json.dumps(document)) == event


def test_documented_examples_in_their_order_of_fields() -> None:
    assert list(store().model_dump()) == list(STORE)
    assert list(coupon().model_dump()) == list(COUPON)


def test_numbers_are_written_as_documented() -> None:
    assert b'"voucherPossibleDiscreteValues":[20,30,50]' in wire.encode(GOLDEN[0][0])
    assert b'"value":"80.00","initialAmount":"68.80"' in wire.encode(GOLDEN[-1][0])


def test_voucher_object_of_the_widget_field_for_field() -> None:
    document = {
        "id": "d9708add-6307-418b-a3fc-8c82aa11c9a9",
        "state": "CONFIRMED",
        "value": 110,
        "price": 150,
        "reservationDate": "2017-06-24T15:27:32.502Z",
        "validityDate": "2018-01-31T00:00:00.000Z",
        "resaExpireDate": "2017-06-26T15:27:37.502Z",
        "couponId": "AGYPMNVXPJ",
        "confirmDate": "2017-06-25T00:36:04.014Z",
        "sendDate": None,
        "url": None,
    }
    voucher = wire.Voucher(
        id="d9708add-6307-418b-a3fc-8c82aa11c9a9",
        state=State.CONFIRMED,
        value=Decimal("110.00"),
        price=Decimal("150.00"),
        reservation_date=when("2017-06-24T15:27:32.502Z"),
        validity_date=date(2018, 1, 31),
        resa_expire_date=when("2017-06-26T15:27:37.502Z"),
        coupon_id="AGYPMNVXPJ",
        confirm_date=when("2017-06-25T00:36:04.014Z"),
        send_date=None,
        url=None,
    )
    body = exact_json.dumps(voucher.model_dump())
    assert json.loads(body) == document
    assert list(json.loads(body)) == list(document)
    assert b'"value":110,"price":150,' in body
    assert wire.Voucher.model_validate(exact_json.loads(json.dumps(document))) == voucher


def test_what_has_no_value_is_absent_or_null_as_documented() -> None:
    message = coupon(notification_key=None, signed_url=None, confirm_date=None, send_date=None).model_dump()
    assert set(COUPON) - set(message) == {"notificationKey", "signedUrl"}
    assert message["confirmDate"] is message["sendDate"] is message["canceledDate"] is None
    same = update("e", "2022-02-03T15:15:22.472Z", store(), store()).model_dump()["message"]
    assert list(same) == ["storeId", "data"]


@pytest.mark.parametrize("name", wire.EVENTS)
def test_every_event_has_one_name_and_reads_back(name: str) -> None:
    document = next((d for _, d in GOLDEN if d["event"] == name), None)
    if document is None:
        state = wire.STATE_OF[name]  # type: ignore[index]
        document = documented(name, "e-1", "2021-07-01T15:05:20.360Z", {**COUPON, "state": str(state)})
    assert json.loads(wire.encode(wire.parse(json.dumps(document)))) == document


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"[]",
        b'{"event": "coupon/unheard-of", "id": "1", "createdAt": "2021-07-01T15:05:20.360Z", "message": {}}',
        b'{"event": "store/disabled", "id": "1", "message": {"storeId": "s"}}',
        b'{"event": "store/disabled", "id": "1", "createdAt": "yesterday", "message": {"storeId": "s"}}',
        json.dumps(
            documented("coupon/ready", "1", "2021-07-01T15:05:20.360Z", {**COUPON, "value": "x"})
        ).encode(),
        json.dumps(
            documented("coupon/ready", "1", "2021-07-01T15:05:20.360Z", {**COUPON, "value": 1e99})
        ).encode(),
    ],
)
def test_malformed_events_are_refused(body: bytes) -> None:
    with pytest.raises(ValueError):
        wire.parse(body)


@pytest.mark.parametrize(
    "change",
    [
        {"voucherWithContinuousValue": True},
        {"voucherPossibleDiscreteValues": None},
        {"voucherValueMin": 60},
        {"voucherValueMin": 0},
        {"discounts": [{"voucherValueMin": 20, "voucherValueMax": 30, "discountRate": 100}]},
        {"name": None},
        {"id": "another"},
        {"unheard": 1},
    ],
)
def test_a_store_that_makes_no_sense_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        catalogue.changed(store(), change)


@pytest.mark.parametrize(
    ("status", "outcome"),
    [
        (200, Outcome.OK),
        (201, Outcome.UNKNOWN),
        (204, Outcome.UNKNOWN),
        (302, Outcome.UNKNOWN),
        (400, Outcome.REFUSED),
        (500, Outcome.UNKNOWN),
    ],
)
def test_200_alone_acknowledges(status: int, outcome: Outcome) -> None:
    assert wire.read(Answer(status)).outcome is outcome


# -- the stores' differences


@given(st.data())
def test_an_update_names_exactly_what_differs(data: st.DataObject) -> None:
    before = store() if data.draw(st.booleans()) else catalogue.to_continuous(store())
    changes: dict[str, Any] = data.draw(
        st.fixed_dictionaries(
            {},
            optional={
                "name": st.sampled_from(["Nom de l'enseigne", "B"]),
                "shippingTime": st.sampled_from("02"),
            },
        )
    )
    after = catalogue.changed(before, changes)
    if data.draw(st.booleans()):
        after = catalogue.to_discrete(after, [20, 50])
    event = update("e", "2022-02-03T15:15:22.472Z", before, after)
    told = exact_json.loads(wire.encode(event))["message"]
    rebuilt = exact_json.loads(exact_json.dumps(before.model_dump()))
    for name in told.get("removedAttributes", ()):
        del rebuilt[name]
    for name in told.get("addedAttributes", ()):
        assert name not in rebuilt
        rebuilt[name] = told["data"][name]
    for name, change in told.get("updatedAttributes", {}).items():
        assert rebuilt[name] == change["previousValue"] != change["newValue"]
        rebuilt[name] = change["newValue"]
    assert rebuilt == told["data"] == exact_json.loads(exact_json.dumps(after.model_dump()))
    assert all(told[name] for name in told if name.endswith("Attributes"))


# -- the session JWT


CLAIMS = Claims(amount=Decimal(100), user_id="u-1234", iat=NOW, notification_key="12345")


def test_jwt_has_the_documented_claims() -> None:
    token = mint(CLAIMS, SIGNATURE)
    assert jwt.get_unverified_header(token)["alg"] == "HS256"
    payload = base64.urlsafe_b64decode(token.split(".")[1] + "==")
    assert payload == b'{"amount":100,"userId":"u-1234","iat":%d,"notificationKey":"12345"}' % NOW
    assert verify(token, SIGNATURE, NOW) == CLAIMS


def test_jwt_of_any_library_is_read() -> None:
    key = "a signature of at least 32 bytes..."
    token = jwt.encode({"amount": 10.5, "iat": NOW, "forceManualConfirm": True, "extra": 1}, key, "HS256")
    claims = verify(token, key, NOW)
    assert (claims.amount, claims.user_id, claims.notification_key) == (Decimal("10.5"), None, None)
    assert claims.force_manual_confirm


def signed(document: object, algorithm: str = "HS256", key: str | None = SIGNATURE) -> str:
    return jwt.PyJWS().encode(json.dumps(document).encode(), key or "", algorithm)


def raw(**more: Any) -> str:
    return mint_raw({"amount": 100, "iat": NOW, **more}, SIGNATURE)


def tampered(token: str) -> str:
    header, _, signature = token.split(".")
    payload = base64.urlsafe_b64encode(b'{"amount":1000,"iat":%d}' % NOW).decode().rstrip("=")
    return f"{header}.{payload}.{signature}"


@pytest.mark.parametrize(
    ("token", "fault"),
    [
        ("", Fault.MALFORMED),
        ("a.b.c", Fault.MALFORMED),
        ("no token", Fault.MALFORMED),
        (jwt.PyJWS().encode(b'{"amount":1,"iat":1}', "", "none"), Fault.ALGORITHM),
        (mint(CLAIMS, "another key"), Fault.SIGNATURE),
        (tampered(mint(CLAIMS, SIGNATURE)), Fault.SIGNATURE),
        (mint(CLAIMS, SIGNATURE)[:-3], Fault.SIGNATURE),
        (mint_raw({"iat": NOW}, SIGNATURE), Fault.CLAIMS),
        (mint_raw({"amount": 100}, SIGNATURE), Fault.CLAIMS),
        (raw(amount=-1), Fault.CLAIMS),
        (raw(amount=0), Fault.CLAIMS),
        (raw(amount="100"), Fault.CLAIMS),
        (raw(amount=True), Fault.CLAIMS),
        (raw(amount=Decimal("0.001")), Fault.CLAIMS),
        (raw(amount=10**15), Fault.CLAIMS),
        (raw(iat=str(NOW)), Fault.CLAIMS),
        (raw(iat=Decimal(f"{NOW}.5")), Fault.CLAIMS),
        (raw(iat=NOW * 1000), Fault.FUTURE),
        (raw(iat=NOW + 61), Fault.FUTURE),
        (raw(iat=NOW - 3600), Fault.EXPIRED),
        (raw(userId=7), Fault.CLAIMS),
        (raw(notificationKey=""), Fault.CLAIMS),
        (raw(forceManualConfirm="yes"), Fault.CLAIMS),
    ],
)
def test_each_fault_of_a_jwt_has_its_name(token: str, fault: Fault) -> None:
    with pytest.raises(BadJwt) as caught:
        verify(token, SIGNATURE, NOW)
    assert caught.value.fault is fault
    assert SIGNATURE not in str(caught.value)


@pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
def test_another_algorithm_is_refused(algorithm: str) -> None:
    long = "k" * 64
    with pytest.raises(BadJwt) as caught:
        verify(signed({"amount": 100, "iat": NOW}, algorithm, long), long, NOW)
    assert caught.value.fault is Fault.ALGORITHM


def test_iat_holds_for_an_hour_and_a_minute_ahead() -> None:
    assert verify(raw(iat=NOW + 60), SIGNATURE, NOW).iat == NOW + 60
    assert verify(raw(iat=NOW - 3599), SIGNATURE, NOW).iat == NOW - 3599


@given(st.decimals("0.01", "99999999", places=2))
def test_amounts_of_a_jwt_are_exact(amount: Decimal) -> None:
    claims = Claims(amount=amount, iat=NOW)
    assert verify(mint(claims, SIGNATURE), SIGNATURE, NOW).amount == amount


# -- exact JSON


@given(
    st.recursive(
        st.none() | st.booleans() | st.text() | st.decimals(-(10**9), 10**9, places=3),
        lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    )
)
def test_exact_json_reads_back(value: Any) -> None:
    assert exact_json.loads(exact_json.dumps(value)) == value


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e999999999999999999999", "[" * 100_000, "{", b"\xff"])
def test_exact_json_refuses(text: str | bytes) -> None:
    with pytest.raises(ValueError):
        exact_json.loads(text)


def test_exact_json_writes_no_float() -> None:
    with pytest.raises(TypeError):
        exact_json.dumps({"amount": 0.1})


def test_invented_stores_are_the_seeds() -> None:
    opening = datetime(2030, 1, 1, tzinfo=UTC)
    stores = catalogue.invent(3, opening)
    assert stores == catalogue.invent(3, opening)
    assert stores != catalogue.invent(4, opening)
    assert {each.voucher_with_continuous_value for each in stores} == {True, False}
    assert len({each.id for each in stores}) == len({each.slug for each in stores}) == len(stores)
    for each in stores:
        names = set(each.model_dump())
        assert names | {"voucherPossibleDiscreteValues"} == set(STORE)
        assert each.validity_date == opening + timedelta(days=365)
        assert wire.Store.model_validate(exact_json.loads(exact_json.dumps(each.model_dump()))) == each


def test_models_cannot_be_changed() -> None:
    with pytest.raises(ValidationError):
        coupon().price = Decimal(1)  # type: ignore[misc]
