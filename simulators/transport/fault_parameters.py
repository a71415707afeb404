"""How the parameters of a fault are checked, written and read."""

import re
from collections.abc import Callable
from dataclasses import MISSING, dataclass, field
from decimal import Decimal
from functools import partial
from typing import Any

_UNITS = {"us": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "": 1.0}
FIRST_BYTE = "first-byte"


class UnfitFault(ValueError):
    """A fault that cannot be: what was given, what was expected and why, what to do next, each in words."""

    def __init__(self, came: str, expected: str, next_step: str) -> None:
        super().__init__(f"{came}; {expected}; {next_step}")
        self.came, self.expected, self.next_step = came, expected, next_step


@dataclass(frozen=True, slots=True)
class Form:
    """A form of parameters: what is expected in words; how one is read from text, checked, written."""

    expected: str
    read: Callable[[str], Any]
    valid: Callable[[Any], bool]
    write: Callable[[Any], str] = str


def parameter(form: Form, meaning: str, default: Any = MISSING) -> Any:
    """A dataclass field of ``form``; ``meaning`` says what it does, for the documentation."""
    metadata = {"form": form, "meaning": meaning}
    return field(metadata=metadata) if default is MISSING else field(default=default, metadata=metadata)


def show_seconds(seconds: float) -> str:
    """Write ``seconds`` for people: "20 ms", "1.5 s"."""
    return f"{seconds * 1000:g} ms" if 0 < seconds < 1 else f"{seconds:g} s"


def _read_seconds(text: str) -> float:
    found = re.fullmatch(r"(\d+(?:\.\d+)?)(us|ms|s|m|)", text)
    if found is None:
        raise ValueError(text)
    return float(found[1]) * _UNITS[found[2]]


def _write_seconds(seconds: float) -> str:
    return f"{Decimal(repr(seconds)):f}s"


def _is_whole(value: Any, least: int = 0) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and value >= least


def _is_seconds(value: Any) -> bool:
    return _is_whole(value) or (isinstance(value, float) and 0 <= value < float("inf"))


def _several(form: Form) -> Form:
    return Form(
        f"{form.expected}, several of them with / between",
        lambda text: tuple(form.read(part) for part in text.split("/")) if text else (),
        lambda values: isinstance(values, tuple) and all(form.valid(value) for value in values),
        lambda values: "/".join(form.write(value) for value in values),
    )


def _choice(*words: str) -> Form:
    return Form(" or ".join(words), str, lambda value: value in words)


SECONDS = Form("a time such as 20ms or 1.5s", _read_seconds, _is_seconds, _write_seconds)
COUNT = Form("a whole number from 1", int, partial(_is_whole, least=1))
WHOLE = Form("a whole number from 0", int, _is_whole)
MAYBE_WHOLE = Form(
    "a whole number from 0, or nothing",
    lambda text: int(text) if text else None,
    lambda value: value is None or _is_whole(value),
    lambda value: "" if value is None else str(value),
)
TIMES = _several(SECONDS)
COUNTS = _several(COUNT)
PLACES = _several(WHOLE)
INSTANT = Form(
    f"a time such as 20ms, or {FIRST_BYTE}",
    lambda text: text if text == FIRST_BYTE else _read_seconds(text),
    lambda value: value == FIRST_BYTE or _is_seconds(value),
    lambda value: value if value == FIRST_BYTE else _write_seconds(value),
)
ENDS = _choice("reset", "close")
KILLS = _choice("before", "sent", "answered")
