"""To which scenario an exchange belongs, also where several run side by side."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from enum import Enum
from typing import Final, Literal, TypeAlias


class All(Enum):
    """In place of names: whatever anything is about."""

    ALL = "all"


ALL: Final = All.ALL
# Vouchers, sessions, stores or checkouts that something is about, or said outright: all of them.
Names: TypeAlias = Collection[str] | Literal[All.ALL]

# The scenario of this context, where several run side by side.
_BESIDE: ContextVar[str | None] = ContextVar("scenario", default=None)


@dataclass(kw_only=True)
class Owners:
    """Knows the scenario of what leaves now, and those of what is theirs alone. Safe to use from several threads."""

    _scenario: str | None = None
    # The scenarios at each other's side, by the names of what is theirs alone.
    _owners: dict[str, str] = field(default_factory=dict)

    @property
    def scenario(self) -> str | None:
        """The scenario to which belongs what leaves now, None where none runs."""
        return _BESIDE.get() or self._scenario

    @scenario.setter
    def scenario(self, name: str | None) -> None:
        self._scenario = name

    @contextmanager
    def during(self, scenario: str) -> Iterator[None]:
        """What leaves meanwhile in this context belongs to ``scenario``, whatever runs at its side."""
        token = _BESIDE.set(scenario)
        try:
            yield
        finally:
            _BESIDE.reset(token)

    def belong(self, name: str) -> None:
        """Whatever is about ``name`` belongs to the scenario of this context from now on, whoever sends it."""
        if (scenario := _BESIDE.get()) is not None:
            self._owners[name] = scenario

    @contextmanager
    def about(self, names: Iterable[str]) -> Iterator[None]:
        """What leaves meanwhile belongs to the scenario of what it is about, if that has one and this context none."""
        owner = next((self._owners[name] for name in names if name in self._owners), None)
        if owner is None or _BESIDE.get() is not None:
            yield
        else:
            with self.during(owner):
                yield

    def forget_owners(self) -> None:
        """Whatever anything is about belongs to the scenario of the context in which it leaves again."""
        self._owners.clear()
