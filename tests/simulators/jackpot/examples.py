"""The documented examples of Jackpot's messages, as documents and as models."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from simulators.jackpot import wire
from simulators.jackpot.catalogue import stores
from simulators.jackpot.lifecycle import VoucherState

STORE_ID = "c2a4af8b-b77f-4af2-b831-4cbe9789b52a"


def when(text: str) -> datetime:
    return datetime.fromisoformat(text)


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
    message = wire.StoreUpdated(store_id=STORE_ID, data=after, **stores.difference(before, after))
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
            "state": VoucherState.READY,
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
            stores.changed(store(), RENAMED),
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
            stores.changed(store(), stores.CONTINUOUS),
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
            stores.changed(store(), stores.CONTINUOUS),
            stores.changed(stores.changed(store(), stores.CONTINUOUS), stores.discrete([50, 20, 30])),
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
