"""Driver entries of the kind ``sql``: one SELECT of one value, over SQLAlchemy."""

from collections.abc import Mapping
from typing import Any

import sqlalchemy
from sqlalchemy.exc import NoSuchModuleError, SQLAlchemyError
from sqlalchemy.pool import NullPool

from scenarios.problems.errors import DriverProblem


def select_one(name: str, sql: str, url: str, fields: Mapping[str, str]) -> Any:
    """Return the first column of the only row of ``sql``; ``:player`` and the like are bound, not pasted in.

    Raises DriverProblem for a database that cannot be reached, a statement that fails, no row, or several.
    The address, which may hold a password, is not quoted.
    """
    try:
        # No pool: nothing of ours stays open in the CLIENT's database between two readings.
        engine = sqlalchemy.create_engine(url, poolclass=NullPool)
        statement = sqlalchemy.text(sql)
        wanted = statement.compile().params
        with engine.connect() as connection:
            rows = connection.execute(statement, {key: fields.get(key) for key in wanted}).fetchmany(2)
    except (SQLAlchemyError, ImportError) as error:
        raise DriverProblem(
            f"[driver] {name}: {_reason(error)}",
            "a SELECT that the database answers",
            f"correct sql or url in the entry {name}: the address is SQLAlchemy's, such as sqlite:////path/to/file",
        ) from None
    if len(rows) != 1:
        raise DriverProblem(
            f"[driver] {name}: the SELECT found {'no row' if not rows else 'several rows'}",
            "one row with one value",
            "look whether the player exists, and whether :player is in the WHERE of the statement",
        )
    return rows[0][0]


def _reason(error: Exception) -> str:
    if isinstance(error, NoSuchModuleError | ImportError):
        return f"the database's kind is unknown or its package is not installed ({error})"
    cause = getattr(error, "orig", None) or error
    lines = str(cause).splitlines() or [""]
    return f"{type(cause).__name__}: {lines[0]}"
