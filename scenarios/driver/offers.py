"""What the CLIENT offers: a store as driver ``store`` reads it, beside what it has to be."""

from collections.abc import Collection, Mapping
from typing import Any

import jmespath

from scenarios.driver.driver import Driver
from simulators.values import decimal_json


def offered(driver: Driver, store_id: str) -> dict[str, Any] | None:
    """The properties of a store as the CLIENT offers it, None where it does not."""
    raw = driver.raw("store", store=store_id)
    if raw.status >= 400:
        return None
    try:
        document = decimal_json.loads(raw.body)
    except ValueError:
        return None
    entry = driver.target.driver.store
    if entry is not None and entry.read is not None:
        document = jmespath.search(entry.read, document)
    if (
        not isinstance(document, dict)
        or document.get("enabled") is False
        or document.get("available") is False
    ):
        return None
    return document


def wrong(shown: Mapping[str, Any] | None, data: Mapping[str, Any], names: Collection[str]) -> list[str]:
    """The properties among ``names`` that are not ``shown`` as they are in ``data``, or are and should not."""
    if shown is None:
        return ["the store"]
    # Numbers as decimals, to be compared.
    known = decimal_json.loads(decimal_json.dumps(data))
    return [
        name
        for name in names
        if (name in known and (name not in shown or not _same(shown[name], known[name])))
        or (name not in known and name in shown)
    ]


def _same(one: Any, other: Any) -> bool:
    """Whether both are the same JSON value: 20 is 20.0, and in no depth is true 1, as it is to Python."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_same(each, other[name]) for name, each in one.items())
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_same, one, other))
    return isinstance(one, bool) == isinstance(other, bool) and one == other
