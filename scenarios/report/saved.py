"""report.json read back, harmless to show."""

import json
import re
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from scenarios.contract import RULES
from scenarios.problems.errors import UsageProblem
from scenarios.problems.plain_text import printable, whole
from scenarios.report.files import LAST, REPORT
from scenarios.report.schema.report import VERSION, Report

NEXT = f"name the folder that pitboss check wrote its report into: {LAST}, or that of --report DIR"
# Outcomes that leave something to fix or to decide.
_BROKEN = ("failed", "warned")
_OPEN = (*_BROKEN, "undecided")

_PLAIN = re.compile(r"[\x20-\x7e\n]*")


def read_json(file: Path) -> tuple[Path, Any]:
    """Parse ``file``, or the report.json in the folder ``file``: its path and its JSON. Raises UsageProblem."""
    path = file / REPORT if file.is_dir() else file
    try:
        return path, json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise unreadable(
            path, error, f"a {REPORT}, the folder that holds it, or a story in its failures folder"
        ) from None
    except (ValueError, RecursionError) as error:
        raise _no_report(path, str(error)) from None


def unreadable(path: Path, error: OSError, expected: str) -> UsageProblem:
    """Why nothing is read from ``path``, where there should be what is ``expected``."""
    if not LAST.exists() and LAST in (path, *path.parents):
        return UsageProblem(
            "there is no report in this folder yet",
            f"{LAST}, which pitboss check, demo and replay write",
            "run pitboss check first; what --report DIR wrote elsewhere, pitboss replay DIR/report.json judges again",
        )
    return UsageProblem(f"{path} cannot be read: {error.strerror}", expected, NEXT)


def read_report(file: Path) -> Report:
    """Read a report.json, or the one in the folder ``file``. Raises UsageProblem where it is none."""
    return report_at(*read_json(file))


def report_at(path: Path, saved: object) -> Report:
    """The report that ``saved``, the parsed JSON of ``path``, holds. Raises UsageProblem where it is none."""
    try:
        return report_of(saved)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        raise _no_report(path, f"{place or 'all of it'}: {first['msg']}") from None
    except RecursionError as error:
        raise _no_report(path, str(error)) from None


def _no_report(path: Path, why: str) -> UsageProblem:
    return UsageProblem(
        f"{path} is no report of pitboss: {why}",
        f"the {REPORT} that check, demo or load wrote, of version {VERSION}",
        "run pitboss check once more, as one that is stopped while it writes leaves a part; or name another report",
    )


def open_rules(report: Report) -> list[str]:
    """The ids of the rules that are broken or undecided, and that the contract still has."""
    return [rule.id for rule in report.rules if rule.outcome in _OPEN and rule.id in RULES]


def broken_rules(report: Report) -> list[str]:
    """The ids of the rules that are broken, a SHOULD too."""
    return [rule.id for rule in report.rules if rule.outcome in _BROKEN]


def report_of(saved: object) -> Report:
    """The report that parsed JSON holds, harmless to show. Raises pydantic's ValidationError, a ValueError."""
    return Report.model_validate(_harmless(saved))


def _harmless(value: Any, key: str = "") -> Any:
    """``value`` with what a screen would obey written as escapes; a command line keeps all but half characters."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value):
            return value
        return whole(value) if key == "curl" else printable(whole(value))
    if isinstance(value, list):
        return [_harmless(one, key) for one in value]
    if isinstance(value, dict):
        return {printable(name): _harmless(one, name) for name, one in value.items()}
    return value
