"""The examples of ``voucher-widget.txt`` and ``voucher-webhook.txt``."""

import json
from collections.abc import Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

from jwt.utils import base64url_decode

from client_under_test.config import Config
from client_under_test.vouchers.jackpot_api import JackpotApi
from client_under_test.vouchers.jackpot_api import Voucher as SeenVoucher
from client_under_test.vouchers.notifications import (
    CouponNotification,
    NotificationReader,
    StoreNotification,
)
from client_under_test.vouchers.session_tokens import SessionTokenMinter
from simulators.jackpot import wire
from simulators.jackpot.credentials import session_jwt
from simulators.jackpot.lifecycle import VoucherState
from simulators.values import decimal_json
from tests.documents.golden.example import Example
from tests.simulators.jackpot.examples import GOLDEN, when

CONFIG: Final = Config(jackpot_api_signature="myApiSignature")
IAT: Final = 1_700_000_000
VOUCHER_ID: Final = "d9708add-6307-418b-a3fc-8c82aa11c9a9"
CLAIMS: Final = session_jwt.Claims(amount=Decimal(100), user_id="u-1234", iat=IAT, notification_key="12345")


def said(token: str) -> bytes:
    """What a JWT says."""
    return base64url_decode(token.split(".")[1])


def opened(body: bytes) -> session_jwt.Claims:
    """What the simulator takes a JWT that says ``body`` for."""
    token = session_jwt.mint_raw(json.loads(body), CONFIG.jackpot_api_signature)
    return session_jwt.verify(token, CONFIG.jackpot_api_signature, IAT)


def seconds(moment: datetime) -> float:
    return moment.timestamp()


def notified(fields: Mapping[str, Any]) -> StoreNotification | CouponNotification:
    """What the CLIENT should take an event for: everything that it acts on."""
    message, name, event_id = fields["message"], fields["event"], fields["id"]
    created_at = round(seconds(when(fields["createdAt"])) * 1_000_000)
    if name.startswith("store/"):
        return StoreNotification(name, event_id, created_at, message["storeId"], message.get("data"))
    price = int(Decimal(message["price"]) * 100)
    return CouponNotification(
        name, event_id, created_at, message["id"], message["state"], price, message["notificationKey"]
    )


def notification(event: wire.Notification, fields: Mapping[str, Any]) -> Example:
    return Example(
        f"{fields['event']} {fields['id'][:4]}",
        fields,
        {"simulator": lambda: wire.encode(event)},
        {
            "CLIENT": (
                lambda body: NotificationReader("EUR").read("application/json", body),
                notified(fields),
            ),
            "simulator": (wire.parse, event),
        },
    )


VOUCHER: Final = wire.Voucher(
    id=VOUCHER_ID,
    state=VoucherState.CONFIRMED,
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

EXAMPLES: Final = (
    Example(
        "what a session JWT says",
        {"amount": 100, "userId": "u-1234", "iat": IAT, "notificationKey": "12345"},
        {
            "CLIENT": lambda: said(SessionTokenMinter(CONFIG).mint("u-1234", 10_000, "EUR", "12345", IAT)),
            "simulator": lambda: said(session_jwt.mint(CLAIMS, CONFIG.jackpot_api_signature)),
        },
        {"simulator": (opened, CLAIMS)},
    ),
    Example(
        "the voucher of the widget's callback",
        {
            "id": VOUCHER_ID,
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
        },
        {"simulator": lambda: decimal_json.dumps(VOUCHER.model_dump())},
        {
            "CLIENT": (
                lambda body: JackpotApi(CONFIG).read_voucher(json.loads(body)),
                SeenVoucher(
                    VOUCHER_ID,
                    "CONFIRMED",
                    15_000,
                    None,
                    None,
                    seconds(when("2017-06-26T15:27:37.502Z")),
                ),
            ),
            "simulator": (
                lambda body: wire.Voucher.model_validate(decimal_json.loads(body)),
                VOUCHER,
            ),
        },
    ),
    *(notification(event, fields) for event, fields in GOLDEN),
)
