"""Records that outlive a restart: tables that know what changed in them, and how a record is written."""

import threading
from collections.abc import Callable, Iterator, Mapping, MutableMapping, ValuesView
from dataclasses import dataclass
from typing import Any, Literal, TypeVar

from pydantic import TypeAdapter

K = TypeVar("K", int, str)
V = TypeVar("V")


class Table(MutableMapping[K, V]):
    """Records by their key, in the order in which they came, and which of them changed since that was last asked.

    A record is put in whole and never changed in place. Each call is safe from any thread; what belongs together
    is its owner's to lock.
    """

    def __init__(self, records: Mapping[K, V] | None = None) -> None:
        self._records: dict[K, V] = dict(records or {})
        self._changed: dict[K, None] = dict.fromkeys(self._records)
        self._lock = threading.Lock()

    def __getitem__(self, key: K) -> V:
        return self._records[key]

    def __setitem__(self, key: K, record: V) -> None:
        with self._lock:
            self._records[key] = record
            self._changed[key] = None

    def __delitem__(self, key: K) -> None:
        with self._lock:
            del self._records[key]
            self._changed[key] = None

    def __iter__(self) -> Iterator[K]:
        return iter(self._records)

    def __len__(self) -> int:
        return len(self._records)

    def values(self) -> ValuesView[V]:
        """The records, the oldest first."""
        return self._records.values()

    def take_changes(self) -> dict[K, V | None]:
        """What changed since the last call: each key with its record as it is now, None where it is gone."""
        with self._lock:
            changed, self._changed = self._changed, {}
            return {key: self._records.get(key) for key in changed}

    def untaken(self, changes: Mapping[K, V | None]) -> None:
        """Count ``changes``, which were taken and not kept, as changes again."""
        with self._lock:
            self._changed = {**dict.fromkeys(changes), **self._changed}

    def fill(self, records: Mapping[K, V]) -> None:
        """Hold ``records``, which are kept already, in the place of all others."""
        with self._lock:
            self._records, self._changed = dict(records), {}


@dataclass(frozen=True, slots=True)
class Form:
    """How the records of a table are kept: ``write`` returns JSON values, floats among them, ``read`` the record again.

    ``read`` raises KeyError, TypeError, AttributeError or ValueError where the values are no record.
    """

    write: Callable[[Any], Any]
    read: Callable[[Any], Any]


def form(of: Any, *, texts: bool = False) -> Form:
    """The form of a type that pydantic knows, with its numbers as numbers; ``texts``: moments and decimals as texts."""
    adapter = TypeAdapter[Any](of)
    mode: Literal["json", "python"] = "json" if texts else "python"
    return Form(lambda record: adapter.dump_python(record, mode=mode), adapter.validate_python)
