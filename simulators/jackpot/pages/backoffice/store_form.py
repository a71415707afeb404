"""The form of a store: its properties as texts and back. A field is called as the property is documented."""

import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, Final
from urllib.parse import urlsplit

from flask import request

from simulators.jackpot import wire
from simulators.jackpot.catalogue import pricing
from simulators.jackpot.catalogue.stores import CONTINUOUS, IMAGES, PICTURES, Unfit, discrete
from simulators.jackpot.field_types import bounded, moment
from simulators.values import money

# Longer texts are no store's, and would make every answer of the catalogue long.
_LONGEST: Final = 20_000
# Rows for further discounts.
_MORE: Final = 2
_ROW: Final = ("discountFrom", "discountTo", "discountRate")
_YEAR: Final = timedelta(days=365)

Texts = dict[str, str]
Rows = list[tuple[str, ...]]


def written(store: wire.Store) -> tuple[Texts, Rows]:
    """The fields of ``store``, and the rows of its discounts."""
    texts = {
        name: money.plain(value) if isinstance(value, Decimal) else str(value)
        for name, value in store.model_dump().items()
    }
    values = store.voucher_possible_discrete_values
    texts |= {
        "kind": "continuous" if values is None else "discrete",
        "voucherPossibleDiscreteValues": ", ".join(map(money.plain, values or ())),
        "categories": ", ".join(store.categories),
        "validityDate": moment(store.validity_date),
    }
    rows: Rows = [
        (
            money.plain(each.voucher_value_min),
            money.plain(each.voucher_value_max),
            money.plain(each.discount_rate),
        )
        for each in store.discounts
    ]
    return texts, rows


def blank(now: float) -> tuple[Texts, Rows]:
    """The fields of a new store; its vouchers are valid for a year from ``now`` (seconds since the epoch)."""
    texts = {
        "name": "",
        "slug": "",
        "kind": "discrete",
        "voucherPossibleDiscreteValues": "20, 30, 50",
        "voucherValueMin": "20",
        "voucherValueMax": "50",
        "baseColor": "#654cb2",
        "shippingTime": "0",
        "shippingInfos": "Envoi immédiat",
        "categories": "",
        "validityDate": moment(datetime.fromtimestamp(now, UTC).replace(microsecond=0) + _YEAR),
        "mentions": "",
        "description": "",
        **dict.fromkeys(PICTURES, ""),
    }
    return texts, [("20", "50", "10")]


def context(fields: tuple[Texts, Rows]) -> dict[str, Any]:
    """What the page shows: ``fields``, or what was filled in where the form comes back."""
    texts, rows = fields
    if request.method == "POST" and "name" in request.form:
        texts, rows = request.form.to_dict(), _rows()
    empty = [("", "", "")] * _MORE
    return {"texts": texts, "rows": [*rows, *empty], "pictures": tuple(PICTURES)}


def is_drawn(store: wire.Store) -> bool:
    """Whether the small logo of ``store`` is one that is drawn here."""
    return store.store_logo_small.startswith("/")


def read() -> dict[str, Any]:
    """The properties that were filled in, by their documented names; raises Unfit, which tells of every field.

    A slug and pictures that were left empty are left out.
    """
    problems: dict[str, str] = {}

    def field(name: str, reading: Callable[[str], Any]) -> Any:
        try:
            return reading(request.form.get(name, ""))
        except ValueError as error:
            problems[name] = str(error)
            return None

    low, high = field("voucherValueMin", _amount), field("voucherValueMax", _amount)
    properties = {
        "name": field("name", _name),
        "voucherValueMin": low,
        "voucherValueMax": high,
        "discounts": field("discounts", lambda _: tuple(map(_discount, _rows()))),
        "baseColor": field("baseColor", _color),
        "validityDate": field("validityDate", _moment),
        "categories": field("categories", _list),
        **{name: field(name, _text) for name in ("shippingTime", "shippingInfos", "mentions", "description")},
    }
    for name, reading in {"slug": _slug, **dict.fromkeys(PICTURES, _picture)}.items():
        if (value := field(name, reading)) is not None:
            properties[name] = value
    if request.form.get("kind") == "continuous":
        properties |= CONTINUOUS
    else:
        values = field("voucherPossibleDiscreteValues", lambda text: _values(text, low, high))
        properties |= discrete(values or ())
    if problems:
        raise Unfit(problems)
    return properties


def _rows() -> Rows:
    """The rows of discounts that were filled in, also partly."""
    columns = [[each.strip() for each in request.form.getlist(name)] for name in _ROW]
    return [row for row in zip(*columns, strict=False) if any(row)]


def _text(text: str) -> str:
    # Browsers write every end of a line as two characters.
    text = text.replace("\r\n", "\n")
    if len(text) > _LONGEST:
        raise ValueError(
            f"The text has {len(text)} characters. A store's have {_LONGEST} at most. Shorten it."
        )
    return text


def _name(text: str) -> str:
    if not text.strip():
        raise ValueError("There is no name. Players choose a store by it. Give one.")
    return _text(text.strip())


def _slug(text: str) -> str | None:
    text = text.strip()
    if text and not re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", text):
        raise ValueError(
            f"The slug is {text[:40]!r}. It is a part of addresses: small letters, digits and single hyphens. "
            "Write it so, or leave it empty to have it made of the name."
        )
    return text or None


def _color(text: str) -> str:
    if not re.fullmatch(r"#[0-9a-fA-F]{6}", text):
        raise ValueError(
            f"The color is {text[:40]!r}. It is written as # and six hexadecimal digits. Give one: #654cb2."
        )
    return text


def _picture(text: str) -> str | None:
    text = text.strip()
    if text and not text.startswith(f"{IMAGES}/") and urlsplit(text).scheme not in ("http", "https"):
        raise ValueError(
            f"The picture is {text[:40]!r}. Pictures have http or https addresses, or are drawn here. "
            "Give an address, or leave it empty to have one drawn."
        )
    return text or None


def _moment(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text.strip())
    except ValueError:
        instant = None
    if instant is None or instant.tzinfo is None:
        raise ValueError(
            f"The moment is {text.strip()[:40]!r}. It is a day with a time and Z, for UTC. "
            "Write it so: 2030-12-31T00:00:00.000Z."
        )
    return instant


def _list(text: str) -> tuple[str, ...]:
    return tuple(each.strip() for each in _text(text).split(",") if each.strip())


def _amount(text: str) -> Decimal:
    try:
        value = bounded(text.strip())
        money.to_minor(value, pricing.CURRENCY)
    except ValueError:
        raise ValueError(
            f"The value is {text.strip()[:40]!r}. Values are EUR, with two decimals at most. Give a number: 25.50."
        ) from None
    return value


def _values(text: str, low: Decimal | None, high: Decimal | None) -> list[Decimal]:
    values = [_amount(each) for each in _list(text)]
    if not values:
        raise ValueError("No value is given. A store with single values has at least one. List some: 20, 30.")
    for value in values:
        # Where the range itself is wrong, that alone is reported.
        if low is not None and high is not None and low <= high and not low <= value <= high:
            raise ValueError(
                f"The value {money.plain(value)} lies outside {money.plain(low)} to {money.plain(high)}. "
                "What lies outside is never sold. Leave it out, or move the lowest or highest value."
            )
    return values


def _discount(row: tuple[str, ...]) -> dict[str, Decimal]:
    try:
        first, last, rate = map(bounded, row)
        if first > last:
            raise ValueError
    except ValueError:
        raise ValueError(
            f"A discount is {' / '.join(row)[:60]!r}. It has a lowest and a highest value in EUR, in this order, and a "
            "rate in percent. Give three numbers, such as 20, 50 and 10, or empty the row."
        ) from None
    return {"voucherValueMin": first, "voucherValueMax": last, "discountRate": rate}
