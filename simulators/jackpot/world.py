"""The world of vouchers: a voucher and an event give a new voucher and the events to send. Pure.

Which webhooks follow (``voucher-webhook.txt``, *Voucher update notifications*): every new state raises its
own, REFUNDING alone none.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, Final

from simulators.jackpot import wire
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.field_types import Money, NewId, Shape
from simulators.jackpot.lifecycle import LIFECYCLE, VoucherEvent, VoucherState
from simulators.values import money

# Letters of the human friendly id: none that is mistaken for a digit.
_LETTERS: Final = "ABCDEFGHJKLMNPQRSTUVWXYZ"
_COUPON_ID_LENGTH: Final = 10

Effects = tuple[wire.CouponEvent, ...]


@dataclass(frozen=True, slots=True)
class Voucher:
    """A voucher; ``value`` is what it is worth, ``price`` what it costs (EUR).

    ``manual`` says that the CLIENT confirms it; ``url_key`` counts how often its signed URLs were made void.
    """

    id: str
    coupon_id: str
    store_id: str
    store_name: str
    offer_id: str
    value: Money
    price: Money
    reservation_date: datetime
    validity_date: date
    resa_expire_date: datetime
    email: str | None
    notification_key: str | None
    user_id: str | None
    manual: bool
    state: VoucherState = LIFECYCLE.initial
    confirm_date: datetime | None = None
    send_date: datetime | None = None
    canceled_date: datetime | None = None
    url_key: int = 0


@dataclass(frozen=True, slots=True)
class Environment:
    """What the world needs from outside: the moment, new ids, and a voucher's signed URL from then on."""

    now: datetime
    new_id: NewId
    sign: Callable[[Voucher, datetime], str]


@dataclass(frozen=True, slots=True)
class Reservation:
    """What a player asks for: a ``value`` or a ``price`` (EUR), perhaps of one offer, within ``limit``.

    ``seconds`` is for how long the reservation waits to be confirmed.
    """

    limit: Decimal
    seconds: float
    manual: bool
    price: Decimal | None = None
    value: Decimal | None = None
    offer_id: str | None = None
    email: str | None = None
    notification_key: str | None = None
    user_id: str | None = None


def reserve(store: wire.Store, asked: Reservation, environment: Environment) -> tuple[Voucher, Effects]:
    """Return a new voucher of ``store`` and its events.

    Raises pricing.Unacceptable where the store does not sell it or it costs more than the limit.
    """
    if asked.value is not None:
        value, price = asked.value, pricing.price_of(store, asked.value)
    elif asked.price is not None:
        value, price = pricing.value_of(store, asked.price), asked.price
    else:
        raise ValueError("a reservation is by price or by value; give one of them")
    offer = pricing.offer_of(store, value)
    if asked.offer_id is not None and offer.id != asked.offer_id:
        raise pricing.Unacceptable(
            "VALUE_OUT_OF_OFFER",
            f"A voucher of {money.show(value, pricing.CURRENCY)} is not under this offer, so it would cost "
            "another price. Reserve it under its own offer, or without one.",
        )
    if price > asked.limit:
        raise pricing.Unacceptable(
            "AMOUNT_EXCEEDED",
            f"The voucher costs {money.show(price, pricing.CURRENCY)}. The session may reserve "
            f"{money.show(asked.limit, pricing.CURRENCY)} at most, the amount of its JWT. "
            "Reserve a cheaper one, or mint a JWT for more.",
        )
    voucher = Voucher(
        id=environment.new_id(),
        coupon_id=_coupon_id(environment.new_id()),
        store_id=store.id,
        store_name=store.name,
        offer_id=offer.id,
        value=value,
        price=price,
        reservation_date=environment.now,
        validity_date=store.validity_date.date(),
        resa_expire_date=environment.now + timedelta(seconds=asked.seconds),
        email=asked.email,
        notification_key=asked.notification_key,
        user_id=asked.user_id,
        manual=asked.manual,
    )
    return voucher, (announce(voucher, wire.EVENT_OF[voucher.state], environment),)


def handle(voucher: Voucher, event: VoucherEvent, environment: Environment) -> tuple[Voucher, Effects]:
    """Return the voucher after ``event`` and the webhooks to send; raises lifecycle.IllegalTransition."""
    state = LIFECYCLE.after(voucher.state, event)
    after = replace(voucher, state=state)
    if state is VoucherState.CONFIRMED:
        after = replace(after, confirm_date=environment.now)
    elif state is VoucherState.READY:
        after = replace(after, send_date=environment.now)
    elif state is VoucherState.CANCELED:
        after = replace(after, canceled_date=environment.now)
    name = wire.EVENT_OF.get(state)
    return after, () if name is None else (announce(after, name, environment),)


def announce(voucher: Voucher, name: wire.CouponName, environment: Environment) -> wire.CouponEvent:
    """Return the webhook ``name`` for ``voucher`` as if it were in that state, which it need not be."""
    state = wire.STATE_OF[name]
    notice = _shared(voucher, wire.Coupon) | {
        "state": state,
        "initial_amount": voucher.price,
        "confirm_date": _happened(voucher.confirm_date, state in _CONFIRMED, environment),
        "send_date": _happened(voucher.send_date, state is VoucherState.READY, environment),
        "canceled_date": _happened(voucher.canceled_date, state is VoucherState.CANCELED, environment),
        "signed_url": environment.sign(voucher, environment.now) if state is VoucherState.READY else None,
    }
    coupon = wire.Coupon(**notice)
    return wire.CouponEvent(event=name, id=environment.new_id(), created_at=environment.now, message=coupon)


# States that a voucher only has when it was confirmed.
_CONFIRMED: Final = frozenset(
    {VoucherState.CONFIRMED, VoucherState.READY, VoucherState.REFUNDED, VoucherState.REFUND_REJECTED}
)


def _happened(when: datetime | None, must: bool, environment: Environment) -> datetime | None:
    return environment.now if when is None and must else when


def details(voucher: Voucher, environment: Environment) -> wire.VoucherDetails:
    """What a server call sees of ``voucher``."""
    return wire.VoucherDetails(**_shared(voucher, wire.VoucherDetails), url=_url(voucher, environment))


def seen(voucher: Voucher, environment: Environment) -> wire.Voucher:
    """What the player's session sees: the documented voucher object (``voucher-widget.txt``)."""
    return wire.Voucher(**_shared(voucher, wire.Voucher), url=_url(voucher, environment))


def _url(voucher: Voucher, environment: Environment) -> str | None:
    return environment.sign(voucher, environment.now) if voucher.state is VoucherState.READY else None


def _shared(voucher: Voucher, model: type[Shape]) -> dict[str, Any]:
    """The fields of ``model`` that a voucher has under the same names."""
    return {name: getattr(voucher, name) for name in model.model_fields if hasattr(voucher, name)}


def next_step(voucher: Voucher, ready_seconds: float | None) -> tuple[datetime, VoucherEvent] | None:
    """What time itself does next to ``voucher``, and when; None where nothing.

    A reservation expires; ``ready_seconds`` after its confirmation a voucher is ready (None: by hand only).
    """
    if voucher.state is VoucherState.RESERVED:
        return voucher.resa_expire_date, VoucherEvent.EXPIRE
    if (
        voucher.state is VoucherState.CONFIRMED
        and ready_seconds is not None
        and voucher.confirm_date is not None
    ):
        return voucher.confirm_date + timedelta(seconds=ready_seconds), VoucherEvent.MAKE_READY
    return None


def _coupon_id(text: str) -> str:
    """A human friendly id made of ``text``, a hexadecimal UUID."""
    number = int("".join(char for char in text if char in "0123456789abcdef") or "0", 16)
    letters = []
    for _ in range(_COUPON_ID_LENGTH):
        number, index = divmod(number, len(_LETTERS))
        letters.append(_LETTERS[index])
    return "".join(letters)
