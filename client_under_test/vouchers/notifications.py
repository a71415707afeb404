"""Reads Jackpot's notifications. ``voucher-webhook.txt``, *Events*."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from client_under_test.values import money
from client_under_test.values.fields import json_object, require_json, text
from client_under_test.values.refusals import Refused

STORE_EVENTS: Final = ("store/enabled", "store/disabled", "store/update")
COUPON_EVENTS: Final = {
    "coupon/reserved": "RESERVED",
    "coupon/canceled": "CANCELED",
    "coupon/confirmed": "CONFIRMED",
    "coupon/ready": "READY",
    "coupon/refunded": "REFUNDED",
    "coupon/refund_rejected": "REFUND_REJECTED",
}
BODY_LIMIT: Final = 256 * 1024
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class StoreNotification:
    """A store event; ``created_at`` in microseconds since the epoch, ``data`` the whole properties."""

    name: str
    id: str
    created_at: int
    store_id: str
    data: dict[str, Any] | None


@dataclass(frozen=True, slots=True)
class CouponNotification:
    """A coupon event: what somebody says of a voucher. ``price`` in minor units."""

    name: str
    id: str
    created_at: int
    voucher_id: str
    state: str
    price: int
    notification_key: str | None


class NotificationReader:
    """Turns bodies into notifications. Methods may be replaced one by one."""

    def __init__(self, currency: str) -> None:
        self.currency = currency

    def read(self, content_type: str | None, body: bytes) -> StoreNotification | CouponNotification | None:
        """Read one notification, None for a type that no document knows; raises Refused."""
        require_json(content_type)
        document = self.document(body)
        name = document.get("event")
        if not isinstance(name, str) or not name:
            raise Refused("INVALID_EVENT")
        if name in STORE_EVENTS:
            return self.store(name, document)
        if name in COUPON_EVENTS:
            return self.coupon(name, document)
        # A type that came later than we did: let it be.
        return None

    def document(self, body: bytes) -> dict[str, Any]:
        """Read the JSON object."""
        return json_object(body)

    def store(self, name: str, document: dict[str, Any]) -> StoreNotification:
        """Read a store event."""
        message = _object(document, "message")
        data = None if name == "store/disabled" else _object(message, "data")
        if data is not None and not data:
            raise Refused("INVALID_DATA")
        return StoreNotification(
            name, text(document, "id"), moment(document.get("createdAt")), text(message, "storeId"), data
        )

    def coupon(self, name: str, document: dict[str, Any]) -> CouponNotification:
        """Read a coupon event."""
        message = _object(document, "message")
        if message.get("state") != COUPON_EVENTS[name]:
            raise Refused("INVALID_STATE")
        self.amount(message.get("value"))
        key = message.get("notificationKey")
        return CouponNotification(
            name,
            text(document, "id"),
            moment(document.get("createdAt")),
            text(message, "id"),
            COUPON_EVENTS[name],
            self.amount(message.get("price")),
            None if key is None else text(message, "notificationKey"),
        )

    def amount(self, given: object) -> int:
        """Read an amount, a text ("80.00") or a number (110), in minor units."""
        return money.to_minor(money.exact(given), self.currency)


def moment(given: object) -> int:
    """Read a moment with its offset from UTC, in microseconds since the epoch."""
    try:
        read = datetime.fromisoformat(given if isinstance(given, str) else "")
    except ValueError:
        raise Refused("INVALID_CREATEDAT") from None
    if read.tzinfo is None:
        raise Refused("INVALID_CREATEDAT")
    return (read - _EPOCH) // timedelta(microseconds=1)


def _object(document: dict[str, Any], name: str) -> dict[str, Any]:
    given = document.get(name)
    if not isinstance(given, dict):
        raise Refused(f"INVALID_{name.upper()}")
    return given
