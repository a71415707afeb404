"""Jackpot's messages to bytes and back. Pure; the field names of events and vouchers are here only.

Implements ``voucher-webhook.txt`` (*Offer catalog update notifications*, *Voucher update notifications*) and
``voucher-widget.txt`` (the voucher object given to the callback).
"""

from typing import Annotated, Any, Final, Literal, Self

from pydantic import ConfigDict, Field, TypeAdapter, model_validator
from pydantic.json_schema import SkipJsonSchema
from pydantic_core import PydanticCustomError

from simulators.exchanges.history import Answer, Status
from simulators.jackpot.field_types import Day, DayMoment, Moment, Money, Number, Shape, optional
from simulators.jackpot.lifecycle import VoucherState
from simulators.transport.delivery import Meaning
from simulators.values import decimal_json

PROVIDER: Final = "jackpot"
JSON_TYPE: Final = "application/json"
ACKNOWLEDGED: Final = 200


class Discount(Shape):
    """A range of voucher values and its ``discount_rate``, in percent; below zero a value costs more than itself."""

    voucher_value_min: Number
    voucher_value_max: Number
    discount_rate: Number


class Store(Shape):
    """A store with every documented property; discrete values are listed, continuous ones are not."""

    id: str
    name: str
    slug: str
    base_color: str
    store_logo_small: str
    store_logo_medium: str
    store_logo_large: str
    voucher_with_continuous_value: bool
    mentions: str
    store_image_315: str = Field(alias="storeImage315")
    store_image_1080: str = Field(alias="storeImage1080")
    shipping_time: str
    shipping_infos: str
    categories: tuple[str, ...]
    description: str
    validity_date: Moment
    background_image_670: str = Field(alias="backgroundImage670")
    background_image_1080: str = Field(alias="backgroundImage1080")
    voucher_value_min: Number
    voucher_value_max: Number
    voucher_possible_discrete_values: tuple[Number, ...] | SkipJsonSchema[None] = optional(
        "the values offered; only where values are discrete"
    )
    discounts: tuple[Discount, ...]

    @model_validator(mode="after")
    def _coherent(self) -> Self:
        if self.voucher_with_continuous_value == (self.voucher_possible_discrete_values is not None):
            raise _incoherent(
                "voucherPossibleDiscreteValues",
                f"voucherWithContinuousValue is {str(self.voucher_with_continuous_value).lower()}. "
                "voucherPossibleDiscreteValues belongs to discrete values, and to them only. Change one of them.",
            )
        low, high = self.voucher_value_min, self.voucher_value_max
        if not 0 < low <= high:
            raise _incoherent(
                "voucherValueMin",
                f"The lowest value is {low} and the highest {high}. The lowest is more than 0 and at most the "
                "highest. Correct voucherValueMin or voucherValueMax.",
            )
        for rate in (discount.discount_rate for discount in self.discounts):
            if not -100 <= rate < 100:
                raise _incoherent(
                    "discounts",
                    f"The discountRate is {rate}. It is a percentage from -100 to below 100. Give one of these.",
                )
        return self


def _incoherent(name: str, why: str) -> PydanticCustomError:
    """What is wrong with a store as a whole, and at which of its properties that is reported."""
    return PydanticCustomError("incoherent", "{why}", {"why": why, "property": name})


class Change(Shape):
    """What a property was and what it is now."""

    previous_value: Any
    new_value: Any


class StoreEnabled(Shape):
    """The ``message`` of store/enabled."""

    store_id: str
    data: Store


class StoreDisabled(Shape):
    """The ``message`` of store/disabled."""

    store_id: str


class StoreUpdated(Shape):
    """The ``message`` of store/update: all properties after the change, and what changed."""

    store_id: str
    data: Store
    removed_attributes: tuple[str, ...] | SkipJsonSchema[None] = optional("only present where not empty")
    added_attributes: tuple[str, ...] | SkipJsonSchema[None] = optional("only present where not empty")
    updated_attributes: dict[str, Change] | SkipJsonSchema[None] = optional("only present where not empty")


class Coupon(Shape):
    """The ``message`` of every coupon event; amounts are texts ("80.00"), what has not happened is null."""

    id: str
    state: VoucherState
    value: Money
    initial_amount: Money
    reservation_date: Moment
    validity_date: Day
    resa_expire_date: Moment
    coupon_id: str
    confirm_date: Moment | None
    send_date: Moment | None
    canceled_date: Moment | None
    store_name: str
    price: Money
    email: str | None
    notification_key: str | SkipJsonSchema[None] = optional("only where the session's JWT had one")
    signed_url: str | SkipJsonSchema[None] = optional("the voucher's PDF, for one hour; only when READY")


class _Event(Shape):
    # The event's name has a default and is always written, so it is documented as always there.
    model_config = ConfigDict(json_schema_serialization_defaults_required=True)
    id: str
    created_at: Moment


class StoreEnabledEvent(_Event):
    """A store appears in the catalogue."""

    event: Literal["store/enabled"] = "store/enabled"
    message: StoreEnabled


class StoreDisabledEvent(_Event):
    """A store leaves the catalogue."""

    event: Literal["store/disabled"] = "store/disabled"
    message: StoreDisabled


class StoreUpdateEvent(_Event):
    """Properties of a store changed."""

    event: Literal["store/update"] = "store/update"
    message: StoreUpdated


CouponName = Literal[
    "coupon/reserved",
    "coupon/canceled",
    "coupon/confirmed",
    "coupon/ready",
    "coupon/refunded",
    "coupon/refund_rejected",
]


class CouponEvent(_Event):
    """A voucher's state changed."""

    event: CouponName
    message: Coupon


StoreEvent = StoreEnabledEvent | StoreDisabledEvent | StoreUpdateEvent
Notification = Annotated[StoreEvent | CouponEvent, Field(discriminator="event")]


def about(event: Notification) -> tuple[str, ...]:
    """The names of what an event is about: the voucher and its notificationKey, or the store."""
    message = event.message
    if not isinstance(message, Coupon):
        return (message.store_id,)
    key = message.notification_key
    return (message.id,) if key is None else (message.id, key)


_notification: TypeAdapter[Notification] = TypeAdapter(Notification)

# REFUNDING raises no event.
EVENT_OF: Final[dict[VoucherState, CouponName]] = {
    VoucherState.RESERVED: "coupon/reserved",
    VoucherState.CANCELED: "coupon/canceled",
    VoucherState.CONFIRMED: "coupon/confirmed",
    VoucherState.READY: "coupon/ready",
    VoucherState.REFUNDED: "coupon/refunded",
    VoucherState.REFUND_REJECTED: "coupon/refund_rejected",
}
STATE_OF: Final = {name: state for state, name in EVENT_OF.items()}
STORE_EVENTS: Final = ("store/enabled", "store/disabled", "store/update")
EVENTS: Final[tuple[str, ...]] = (*STORE_EVENTS, *STATE_OF)

_FIRST: Final = ("event", "id", "createdAt", "message")


def fields(event: Notification) -> dict[str, Any]:
    """``event`` as JSON values in the documented order, numbers as exact decimals."""
    written = event.model_dump()
    return {name: written[name] for name in _FIRST}


def encode(event: Notification) -> bytes:
    """Write ``event`` as JSON bytes."""
    return decimal_json.dumps(fields(event))


def name(event: Notification) -> str:
    """The event's name, its word in the history."""
    return event.event


def parse(body: bytes | str) -> Notification:
    """Read an event; raises ValueError (pydantic's ValidationError among them) where it is malformed."""
    return _notification.validate_python(decimal_json.loads(body))


def read(answer: Answer) -> Meaning:
    """Say what the CLIENT's ``answer`` to a webhook means: 200 alone acknowledges (*Notification URL*)."""
    if answer.status == ACKNOWLEDGED:
        return Meaning(Status.OK)
    return Meaning(Status.REFUSED if 400 <= answer.status < 500 else Status.UNCLEAR)


class Voucher(Shape):
    """The voucher object that the widget's callback and the reservation give: amounts are numbers."""

    id: str
    state: VoucherState
    value: Number
    price: Number
    reservation_date: Moment
    validity_date: DayMoment
    resa_expire_date: Moment
    coupon_id: str
    confirm_date: Moment | None
    send_date: Moment | None
    url: str | None = Field(description="the voucher's PDF, for one hour; null unless READY")


class VoucherDetails(Voucher):
    """What a server call sees of a voucher: the documented object, and what ties it to its session.

    The documents are silent on ``GET /v2/vouchers/{id}``; its names are those of the coupon events.
    """

    canceled_date: Moment | None
    store_name: str
    notification_key: str | SkipJsonSchema[None] = optional("only where the session's JWT had one")
