"""A family of cases, and which of its members a run takes.

A rule that speaks of *any* copy, amount or id is judged by a family, not by the example that came to mind.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Generic, TypeVar

from scenarios.run.planning.effort import Effort

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class Case(Generic[T]):
    """One member: its ``name`` for reports, its ``value``, and whether it is a ``core`` one.

    Core members are those that the contract names, and those that real back-ends are most often wrong about.
    """

    name: str
    value: T
    core: bool = False


@dataclass(frozen=True, slots=True)
class Family(Generic[T]):
    """The members of a family, in the order in which they are tried."""

    members: tuple[Case[T], ...]

    def chosen(self, effort: Effort, seed: int) -> list[Case[T]]:
        """The members that a run with ``effort`` and ``seed`` tries.

        All of them, or where ``effort.family_share`` is n > 1 the core members and every n-th of the others,
        another n-th for the next seed, so that n runs see the whole family.
        """
        others = [member for member in self.members if not member.core]
        taken = others[-seed % effort.family_share :: effort.family_share]
        return [member for member in self.members if member.core or member in taken]


def family(core: Sequence[tuple[str, T]], others: Sequence[tuple[str, T]] = ()) -> Family[T]:
    """A family of named values: ``core`` members first, then the ``others``."""
    return Family(
        (
            *(Case(name, value, core=True) for name, value in core),
            *(Case(name, value) for name, value in others),
        )
    )


@dataclass(frozen=True, slots=True)
class Cases:
    """What a run with ``effort`` and ``seed`` tries of each family."""

    effort: Effort
    seed: int

    def __call__(self, whole: Family[T]) -> list[Case[T]]:
        """The members of ``whole`` that this run tries."""
        return whole.chosen(self.effort, self.seed)
