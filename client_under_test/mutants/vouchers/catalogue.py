"""Faults in the catalogue of stores (CAT)."""

from collections.abc import Callable
from dataclasses import replace
from typing import ClassVar

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.changes import Document as Data
from client_under_test.mutants.changes import without
from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.copies import ArrivalCounts
from client_under_test.mutants.vouchers.voucher_mutant import jackpot_mutant
from client_under_test.schema import stores
from client_under_test.values import decimal_json
from client_under_test.values.refusals import Refused
from client_under_test.vouchers.catalogue import Catalogue, Store
from client_under_test.vouchers.notifications import StoreNotification

_VALUES = "voucherPossibleDiscreteValues"
_CONTINUOUS = "voucherWithContinuousValue"
_LIMITS = ("voucherValueMin", "voucherValueMax")
# What the first page showed has columns.
_SHOWN = ("id", "name", "slug", "storeLogoSmall", "discounts", _VALUES, _CONTINUOUS)


def _merged(change: Callable[[Data, Data | None, str], Data | None]) -> type[Catalogue]:
    """Keeps what ``change`` makes of an event's properties, those kept before (None: none) and its name."""

    class Merged(Catalogue):
        @override
        def merged(self, store: Store, notification: StoreNotification) -> Data | None:
            return change(notification.data or {}, store.data, notification.name)

    return Merged


def _plain(value: object) -> object:
    return value.replace("<p>", "").replace("</p>", "").strip() if isinstance(value, str) else value


def _only_changed(data: Data, kept: Data | None, name: str) -> Data:
    """Updates the properties that it has, as updatedAttributes says."""
    if name != "store/update" or kept is None:
        return data
    return {each: data.get(each, value) for each, value in kept.items()}


def _nothing_added(data: Data, kept: Data | None, name: str) -> Data:
    if name != "store/update" or kept is None:
        return data
    return {each: value for each, value in data.items() if each in kept}


def _as_before(data: Data, kept: Data | None, name: str) -> Data:
    """Shows a store that it has had before as it was then."""
    return kept if kept and name == "store/enabled" else data


def _name_only(data: Data, kept: Data | None, name: str) -> Data:
    """Takes an update for a new name."""
    return data if name != "store/update" or kept is None else {**kept, "name": data.get("name")}


def _values_stay(data: Data, kept: Data | None, _name: str) -> Data:
    return {_VALUES: kept[_VALUES], **data} if kept is not None and _VALUES in kept else data


def _one_way(data: Data, kept: Data | None, _name: str) -> Data:
    """Once continuous, always continuous."""
    if kept is None or kept.get(_CONTINUOUS) is not True:
        return data
    return {**without(_VALUES)(data), _CONTINUOUS: True}


def _looks_stay(data: Data, kept: Data | None, _name: str) -> Data:
    """Forgets pictures and colours when it writes a row again."""
    looks = {each: value for each, value in (kept or {}).items() if each.endswith(("Color", "1080", "Large"))}
    return data | looks


def _cut(data: Data, _kept: Data | None, _name: str) -> Data:
    return {each: value[:255] if isinstance(value, str) else value for each, value in data.items()}


def _joined(data: Data, _kept: Data | None, _name: str) -> Data:
    """Has one column for all categories."""
    return {**data, "categories": ",".join(data["categories"]).split(",")}


class _Namesakes(Catalogue):
    """Finds the row of an event in ``by_name`` by the store's name."""

    by_name: ClassVar[str]

    @override
    def apply(self, connection: sa.Connection, notification: StoreNotification) -> None:
        known = self.kept(connection, notification.store_id)
        super().apply(connection, notification)
        if notification.name != self.by_name or known is None or known.data is None:
            return
        name, right = known.data["name"], self.kept(connection, notification.store_id)
        for text in connection.scalars(sa.select(stores.c.data).where(stores.c.data.is_not(None))).all():
            data = decimal_json.loads(text)
            if right is not None and data["name"] == name:
                changed = replace(right, data={**(right.data or {}), "id": data["id"]})
                self.keep(connection, data["id"], changed)


class _UpdatesNamesakes(_Namesakes):
    """An update changes every store of that name."""

    by_name = "store/update"


class _WithdrawsNamesakes(_Namesakes):
    """store/disabled withdraws every store of that name."""

    by_name = "store/disabled"


class _NeverWithdrawn(Catalogue):
    """store/disabled is ignored."""

    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        if notification.name == "store/disabled":
            return store or Store(None, False)
        return super().after(store, notification)


class _UnknownFails(Catalogue):
    """Refuses to withdraw what it does not know."""

    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        if store is None and notification.name == "store/disabled":
            raise Refused("UNKNOWN_STORE")
        return super().after(store, notification)


class _UpdatesOfKnown(Catalogue):
    """An unknown store's update is dropped."""

    @override
    def apply(self, connection: sa.Connection, notification: StoreNotification) -> None:
        if notification.name != "store/update" or self.kept(connection, notification.store_id) is not None:
            super().apply(connection, notification)


class _UpdatesOfKnownOnly(Catalogue):
    """Refuses an update of what it does not know."""

    @override
    def apply(self, connection: sa.Connection, notification: StoreNotification) -> None:
        if notification.name == "store/update" and self.kept(connection, notification.store_id) is None:
            raise Refused("UNKNOWN_STORE")
        super().apply(connection, notification)


class _EnabledWins(Catalogue):
    """Compares moments for updates only, so that a late store/enabled wins."""

    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        if store is not None and notification.name == "store/enabled":
            store = replace(store, listed_at=None, data_at=None)
        return super().after(store, notification)


class _GoneForEver(Catalogue):
    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        changed = super().after(store, notification)
        if store is not None and not store.enabled:
            return replace(changed, enabled=False)
        return changed


class _OneClock(Catalogue):
    """Takes an event for late where one about any store was newer."""

    @override
    def apply(self, connection: sa.Connection, notification: StoreNotification) -> None:
        known = connection.scalar(sa.select(sa.func.max(stores.c.listed_at)))
        if self.newer(notification.created_at, known):
            super().apply(connection, notification)


class _NothingToWithdraw(Catalogue):
    """Notes nothing of a store that is withdrawn before it was heard of."""

    @override
    def apply(self, connection: sa.Connection, notification: StoreNotification) -> None:
        if notification.name != "store/disabled" or self.kept(connection, notification.store_id):
            super().apply(connection, notification)


class _BackEmpty(Catalogue):
    """Forgets the properties of a withdrawn store, and looks for them only where it is new."""

    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        changed = super().after(store, notification)
        if notification.name == "store/disabled":
            return replace(changed, data=None)
        if store is not None and store.data is None and notification.name == "store/enabled":
            return replace(changed, data=None)
        return changed


MUTANTS: tuple[Mutant, ...] = (
    jackpot_mutant(
        "cat-few-columns",
        ("CAT-01",),
        "Only some properties are kept.",
        catalogue=_merged(
            lambda data, _kept, _name: {each: value for each, value in data.items() if each in _SHOWN}
        ),
    ),
    jackpot_mutant(
        "cat-stripped",
        ("CAT-01",),
        "Markup is stripped from texts.",
        catalogue=_merged(lambda data, _kept, _name: {each: _plain(value) for each, value in data.items()}),
    ),
    jackpot_mutant(
        "cat-texts",
        ("CAT-01",),
        "Numbers are kept as texts.",
        catalogue=_merged(
            lambda data, _kept, _name: {
                each: str(value) if each in _LIMITS else value for each, value in data.items()
            }
        ),
    ),
    jackpot_mutant("cat-cut-texts", ("CAT-01",), "Texts are cut to 255 characters.", catalogue=_merged(_cut)),
    jackpot_mutant(
        "cat-joined", ("CAT-01",), "A comma in a category makes two of it.", catalogue=_merged(_joined)
    ),
    jackpot_mutant(
        "cat-looks-stay", ("CAT-03",), "Updates forget some pictures.", catalogue=_merged(_looks_stay)
    ),
    jackpot_mutant("cat-updates-namesakes", ("CAT-03",), catalogue=_UpdatesNamesakes),
    jackpot_mutant("cat-withdraws-namesakes", ("CAT-02",), catalogue=_WithdrawsNamesakes),
    jackpot_mutant("cat-never-withdrawn", ("CAT-02",), catalogue=_NeverWithdrawn),
    jackpot_mutant("cat-unknown-fails", ("CAT-02",), catalogue=_UnknownFails),
    jackpot_mutant(
        "cat-merging",
        ("CAT-03", "CAT-06"),
        "Updates are laid over old data.",
        catalogue=_merged(lambda data, kept, _: {**(kept or {}), **data}),
    ),
    jackpot_mutant(
        "cat-nulls",
        ("CAT-03", "CAT-06"),
        "A removed property becomes null.",
        catalogue=_merged(lambda data, kept, _: {**dict.fromkeys(kept or {}), **data}),
    ),
    jackpot_mutant(
        "cat-only-changed",
        ("CAT-03", "CAT-06"),
        "Only changed properties change.",
        catalogue=_merged(_only_changed),
    ),
    jackpot_mutant(
        "cat-nothing-added",
        ("CAT-03", "CAT-06"),
        "Added properties are dropped.",
        catalogue=_merged(_nothing_added),
    ),
    jackpot_mutant(
        "cat-name-only",
        ("CAT-03", "CAT-06"),
        "An update changes the name only.",
        catalogue=_merged(_name_only),
    ),
    jackpot_mutant("cat-update-dropped", ("CAT-04",), catalogue=_UpdatesOfKnown),
    jackpot_mutant("cat-update-fails", ("CAT-04",), catalogue=_UpdatesOfKnownOnly),
    jackpot_mutant("cat-last-wins", ("CAT-05",), "The last delivery wins.", catalogue=ArrivalCounts),
    jackpot_mutant("cat-enabled-wins", ("CAT-05",), catalogue=_EnabledWins),
    jackpot_mutant(
        "cat-values-stay",
        ("CAT-06", "CAT-03"),
        "Discrete values outlive the change.",
        catalogue=_merged(_values_stay),
    ),
    jackpot_mutant(
        "cat-one-way", ("CAT-06", "CAT-03"), "Continuous never becomes discrete.", catalogue=_merged(_one_way)
    ),
    jackpot_mutant("cat-one-clock", ("CAT-01",), catalogue=_OneClock),
    jackpot_mutant("cat-nothing-to-withdraw", ("CAT-05",), catalogue=_NothingToWithdraw),
    jackpot_mutant("cat-gone", ("CAT-07",), "A withdrawn store never returns.", catalogue=_GoneForEver),
    jackpot_mutant("cat-back-empty", ("CAT-07",), catalogue=_BackEmpty),
    jackpot_mutant(
        "cat-back-as-before", ("CAT-07",), "A store comes back as it was.", catalogue=_merged(_as_before)
    ),
)
