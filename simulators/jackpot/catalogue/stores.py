"""The stores: invented by Faker under a seed, and what their changes are to the CLIENT.

Implements ``voucher-webhook.txt``, *Offer catalog update notifications*. Pictures are paths below
IMAGES here and get their host when they are published.
"""

import random
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any, Final, Literal

from faker import Faker
from pydantic import ValidationError

from simulators.jackpot import wire
from simulators.jackpot.field_types import NewId

IMAGES: Final = "/images"
PICTURES: Final = {
    "storeLogoSmall": (64, 64),
    "storeLogoMedium": (128, 128),
    "storeLogoLarge": (256, 256),
    "storeImage315": (315, 177),
    "storeImage1080": (1080, 608),
    "backgroundImage670": (670, 377),
    "backgroundImage1080": (1080, 608),
}
_CATEGORIES: Final = ("Alimentation", "Culture", "Loisirs", "Maison", "Mode", "Sport", "Voyage")
_DISCRETE: Final = ((20, 30, 50), (10, 25, 50, 100), (15, 30, 60, 120), (20, 50, 100, 150))
_RATES: Final = ("5", "7.5", "10", "12", "14")

StoreEventName = Literal["store/enabled", "store/disabled", "store/update"]


# What makes a store sell any value from its lowest to its highest.
CONTINUOUS: Final = {"voucherWithContinuousValue": True, "voucherPossibleDiscreteValues": None}


class Unfit(ValueError):
    """Properties that make no store; ``problems`` says why, by documented name ("" for the store as a whole)."""

    def __init__(self, problems: Mapping[str, str]) -> None:
        super().__init__("; ".join(f"{name}: {why}" if name else why for name, why in problems.items()))
        self.problems = problems


@dataclass(frozen=True, slots=True)
class Listing:
    """A store in the catalogue: whether it is offered, and what it was before its last update."""

    store: wire.Store
    enabled: bool = True
    before: wire.Store | None = None


def _slug(name: str) -> str:
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    return re.sub(r"[^a-z0-9]+", "-", plain).strip("-")


def _discounts(low: int, high: int, rng: random.Random) -> list[dict[str, Any]]:
    rates = sorted(rng.sample(_RATES, 2), key=Decimal)
    middle = (low + high) // 2
    if rng.random() < 0.5 or middle <= low:
        spans = [(Decimal(low), Decimal(high), rates[0])]
    else:
        spans = [
            (Decimal(low), Decimal(middle), rates[0]),
            (Decimal(middle) + Decimal("0.01"), Decimal(high), rates[1]),
        ]
    return [
        {"voucherValueMin": first, "voucherValueMax": last, "discountRate": Decimal(rate)}
        for first, last, rate in spans
    ]


def invent(seed: int, opening: datetime, count: int = 8) -> tuple[wire.Store, ...]:
    """Return the ``count`` stores of ``seed``, always the same; every other one has continuous values.

    Their vouchers are valid for a year from the day of ``opening``.
    """
    faker = Faker("fr_FR")
    faker.seed_instance(seed)
    rng = random.Random(seed)
    stores: list[wire.Store] = []
    for number in range(count):
        name = faker.unique.company()
        slug = f"{_slug(name)}-{number + 1}"
        values = rng.choice(_DISCRETE)
        low, high = values[0], values[-1]
        continuous = number % 2 == 1
        document: dict[str, Any] = {
            "id": faker.uuid4(),
            "name": name,
            "slug": slug,
            "baseColor": faker.hex_color(),
            "voucherWithContinuousValue": continuous,
            "mentions": f"<p>{faker.sentence(12)}</p>\n",
            "shippingTime": str(rng.choice((0, 0, 24, 48))),
            "shippingInfos": rng.choice(("Envoi immédiat", "Envoi sous 24 h", "Envoi par e-mail")),
            "categories": rng.sample(_CATEGORIES, rng.randint(1, 2)),
            "description": f"<p>{faker.paragraph()}</p>\n",
            "validityDate": opening.replace(microsecond=0) + timedelta(days=365),
            "voucherValueMin": low,
            "voucherValueMax": high,
            "discounts": _discounts(low, high, rng),
            **drawn(slug),
        }
        if not continuous:
            document["voucherPossibleDiscreteValues"] = list(values)
        stores.append(wire.Store.model_validate(document))
    return tuple(stores)


def published(store: wire.Store, base_url: str) -> wire.Store:
    """``store`` with the whole addresses of its pictures, under ``base_url``."""
    document = store.model_dump()
    for picture in PICTURES:
        if document[picture].startswith("/"):
            document[picture] = base_url.rstrip("/") + document[picture]
    return wire.Store.model_validate(document)


def drawn(slug: str) -> dict[str, str]:
    """Where the pictures of a store are that are drawn here."""
    return {picture: f"{IMAGES}/{slug}/{picture}.svg" for picture in PICTURES}


def made(properties: Mapping[str, Any]) -> wire.Store:
    """The store of ``properties``; a slug is made of its name, and pictures are drawn, where there are none.

    Raises Unfit.
    """
    slug = properties.get("slug") or _slug(str(properties.get("name", "")))
    return _store({**drawn(slug), **properties, "slug": slug})


def changed(store: wire.Store, changes: Mapping[str, Any]) -> wire.Store:
    """``store`` with ``changes`` by documented names; None takes a property away.

    Numbers are int or Decimal. Raises Unfit where the result is no store; an unknown name is one.
    """
    known = {info.alias for info in wire.Store.model_fields.values()}
    if unknown := [name for name in changes if name not in known]:
        name = unknown[0]
        raise Unfit({name: f"{name!r} is no property; known are {', '.join(sorted(map(str, known)))}"})
    if changes.get("id", store.id) != store.id:
        raise Unfit({"id": "never changes; leave it as it is"})
    document = {**store.model_dump(), **changes}
    return _store({name: value for name, value in document.items() if value is not None})


def _store(document: Mapping[str, Any]) -> wire.Store:
    try:
        return wire.Store.model_validate(document)
    except ValidationError as error:
        problems: dict[str, str] = {}
        for each in error.errors(include_url=False, include_input=False):
            name = each.get("ctx", {}).get("property") or ".".join(map(str, each["loc"]))
            problems.setdefault(str(name), each["msg"].removeprefix("Value error, "))
        raise Unfit(problems) from None


def discrete(values: Iterable[Decimal | int]) -> dict[str, Any]:
    """What makes a store sell ``values`` (EUR) only; its lowest and highest value stay as they are."""
    return {"voucherWithContinuousValue": False, "voucherPossibleDiscreteValues": tuple(sorted(values))}


def difference(before: wire.Store, after: wire.Store) -> dict[str, Any]:
    """What changed, as the three attributes of store/update; those that would be empty are left out."""
    old, new = before.model_dump(), after.model_dump()
    removed = tuple(name for name in old if name not in new)
    added = tuple(name for name in new if name not in old)
    updated = {
        name: wire.Change(previous_value=_list(old[name]), new_value=_list(new[name]))
        for name in new
        if name in old and old[name] != new[name]
    }
    parts = {"removed_attributes": removed, "added_attributes": added, "updated_attributes": updated}
    return {name: part for name, part in parts.items() if part}


def _list(value: Any) -> Any:
    return list(value) if isinstance(value, tuple) else value


def event(
    name: StoreEventName, listing: Listing, now: datetime, new_id: NewId, base_url: str
) -> wire.StoreEvent:
    """Return the event ``name`` for a store as it is now; an update tells of its last one."""
    store = published(listing.store, base_url)
    if name == "store/enabled":
        enabled = wire.StoreEnabled(store_id=store.id, data=store)
        return wire.StoreEnabledEvent(id=new_id(), created_at=now, message=enabled)
    if name == "store/disabled":
        return wire.StoreDisabledEvent(
            id=new_id(), created_at=now, message=wire.StoreDisabled(store_id=store.id)
        )
    before = published(listing.before or listing.store, base_url)
    updated = wire.StoreUpdated(store_id=store.id, data=store, **difference(before, store))
    return wire.StoreUpdateEvent(id=new_id(), created_at=now, message=updated)
