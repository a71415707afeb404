"""Faults in the catalogue of stores (CAT)."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from typing_extensions import override

from client_under_test.mutants.mutant import Mutant
from client_under_test.mutants.vouchers.voucher_mutant import jackpot_mutant
from client_under_test.values.refusals import Refused
from client_under_test.vouchers.catalogue import Catalogue, Store
from client_under_test.vouchers.notifications import StoreNotification

_VALUES = "voucherPossibleDiscreteValues"
_CONTINUOUS = "voucherWithContinuousValue"


class _FewColumns(Catalogue):
    """Has a column for what the first page showed."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        shown = ("id", "name", "slug", "storeLogoSmall", "discounts", _VALUES, _CONTINUOUS)
        return {name: value for name, value in (notification.data or {}).items() if name in shown}


class _Stripped(Catalogue):
    """Takes the markup out of texts."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        return {
            name: value.replace("<p>", "").replace("</p>", "").strip() if isinstance(value, str) else value
            for name, value in (notification.data or {}).items()
        }


class _Texts(Catalogue):
    """Keeps numbers as texts."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        return {
            name: str(value) if name in ("voucherValueMin", "voucherValueMax") else value
            for name, value in (notification.data or {}).items()
        }


class _NeverWithdrawn(Catalogue):
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


class _Merging(Catalogue):
    """Lays the new properties over the old ones."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        return {**(store.data or {}), **(notification.data or {})}


class _Nulls(Catalogue):
    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        return {**dict.fromkeys(store.data or {}), **(notification.data or {})}


class _OnlyChanged(Catalogue):
    """Updates the properties that it has, as updatedAttributes says."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        data = notification.data or {}
        if notification.name != "store/update" or store.data is None:
            return data
        return {name: data.get(name, value) for name, value in store.data.items()}


class _NothingAdded(Catalogue):
    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        data = notification.data or {}
        if notification.name != "store/update" or store.data is None:
            return data
        return {name: value for name, value in data.items() if name in store.data}


class _NameOnly(Catalogue):
    """Takes an update for a new name."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        if notification.name != "store/update" or store.data is None:
            return notification.data
        return {**store.data, "name": (notification.data or {}).get("name")}


class _UpdatesOfKnown(Catalogue):
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


class _LastWins(Catalogue):
    @override
    def newer(self, created_at: int, known: int | None) -> bool:
        return True


class _EnabledWins(Catalogue):
    """Compares moments for updates only."""

    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        if store is not None and notification.name == "store/enabled":
            store = replace(store, listed_at=None, data_at=None)
        return super().after(store, notification)


class _ValuesStay(Catalogue):
    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        data = dict(notification.data or {})
        if store.data is not None and _VALUES in store.data:
            data.setdefault(_VALUES, store.data[_VALUES])
        return data


class _OneWay(Catalogue):
    """Once continuous, always continuous."""

    @override
    def merged(self, store: Store, notification: StoreNotification) -> dict[str, Any] | None:
        data = dict(notification.data or {})
        if store.data is not None and store.data.get(_CONTINUOUS) is True:
            data[_CONTINUOUS] = True
            data.pop(_VALUES, None)
        return data


class _GoneForEver(Catalogue):
    @override
    def after(self, store: Store | None, notification: StoreNotification) -> Store:
        changed = super().after(store, notification)
        if store is not None and not store.enabled:
            return replace(changed, enabled=False)
        return changed


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
    jackpot_mutant("cat-few-columns", "Only some properties are kept.", ("CAT-01",), catalogue=_FewColumns),
    jackpot_mutant("cat-stripped", "Markup is stripped from texts.", ("CAT-01",), catalogue=_Stripped),
    jackpot_mutant("cat-texts", "Numbers are kept as texts.", ("CAT-01",), catalogue=_Texts),
    jackpot_mutant(
        "cat-never-withdrawn", "store/disabled is ignored.", ("CAT-02",), catalogue=_NeverWithdrawn
    ),
    jackpot_mutant(
        "cat-unknown-fails", "store/disabled of an unknown store fails.", ("CAT-02",), catalogue=_UnknownFails
    ),
    jackpot_mutant(
        "cat-merging", "Updates are laid over old data.", ("CAT-03", "CAT-06"), catalogue=_Merging
    ),
    jackpot_mutant("cat-nulls", "A removed property becomes null.", ("CAT-03", "CAT-06"), catalogue=_Nulls),
    jackpot_mutant(
        "cat-only-changed", "Only changed properties change.", ("CAT-03", "CAT-06"), catalogue=_OnlyChanged
    ),
    jackpot_mutant(
        "cat-nothing-added", "Added properties are dropped.", ("CAT-03", "CAT-06"), catalogue=_NothingAdded
    ),
    jackpot_mutant(
        "cat-name-only", "An update changes the name only.", ("CAT-03", "CAT-06"), catalogue=_NameOnly
    ),
    jackpot_mutant(
        "cat-update-dropped", "An unknown store's update is dropped.", ("CAT-04",), catalogue=_UpdatesOfKnown
    ),
    jackpot_mutant(
        "cat-update-fails", "An unknown store's update fails.", ("CAT-04",), catalogue=_UpdatesOfKnownOnly
    ),
    jackpot_mutant("cat-last-wins", "The last delivery wins.", ("CAT-05",), catalogue=_LastWins),
    jackpot_mutant("cat-enabled-wins", "A late store/enabled wins.", ("CAT-05",), catalogue=_EnabledWins),
    jackpot_mutant(
        "cat-values-stay", "Discrete values outlive the change.", ("CAT-06", "CAT-03"), catalogue=_ValuesStay
    ),
    jackpot_mutant(
        "cat-one-way", "Continuous never becomes discrete.", ("CAT-06", "CAT-03"), catalogue=_OneWay
    ),
    jackpot_mutant("cat-gone", "A withdrawn store never returns.", ("CAT-07",), catalogue=_GoneForEver),
    jackpot_mutant("cat-back-empty", "A store returns without data.", ("CAT-07",), catalogue=_BackEmpty),
)
