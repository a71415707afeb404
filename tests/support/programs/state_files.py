"""Files of ``serve --state``, read and damaged by hand."""

import json
import shutil
import sqlite3
from contextlib import closing
from decimal import Decimal
from pathlib import Path
from typing import Any

from scenarios.hosting.state_file import opened
from simulators.exchanges.history import History
from simulators.simulator import Simulator


def kept_in(file: Path, *simulators: Simulator[Any]) -> None:
    """Give ``simulators`` the state in ``file``, and write it there as it is then."""
    with opened(file, History()) as made:
        for each in simulators:
            made.keep(each)


def as_a_kill_leaves_it(file: Path, to: Path) -> None:
    """Copy the state file that is in use as it is on disk now."""
    for suffix in ("", "-wal"):
        shutil.copy(f"{file}{suffix}", f"{to}{suffix}")


def records(file: Path, provider: str, name: str) -> list[Any]:
    """The records of one table, as JSON values, the oldest first."""
    asked = "SELECT value FROM record WHERE (provider, name) = (?, ?) ORDER BY rowid"
    with closing(sqlite3.connect(file)) as database:
        return [json.loads(text) for (text,) in database.execute(asked, (provider, name))]


def everything(simulator: Simulator[Any]) -> dict[str, dict[Any, Any]]:
    """All records of ``simulator``."""
    return {name: dict(table) for name, table in simulator.tables().items()}


def put(file: Path, provider: str, name: str, key: Any, text: str) -> None:
    """Write a record that a run did not: ``text`` as its value."""
    with closing(sqlite3.connect(file)) as database, database:
        database.execute("INSERT OR REPLACE INTO record VALUES (?, ?, ?, ?)", (provider, name, key, text))


def change(file: Path, provider: str, name: str, **fields: Any) -> None:
    """Give the fields of the oldest record of a table other values; None takes a field away."""
    first = "SELECT key, value FROM record WHERE (provider, name) = (?, ?) ORDER BY rowid"
    with closing(sqlite3.connect(file)) as database:
        key, text = database.execute(first, (provider, name)).fetchone()
    changed = json.loads(text, parse_float=Decimal) | fields
    put(
        file,
        provider,
        name,
        key,
        json.dumps({n: v for n, v in changed.items() if v is not None}, default=str),
    )
