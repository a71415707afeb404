"""Sums of one choice from each of several small sets of integers: listed while few, else still decidable."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from math import gcd

# How many sums are listed; how many a half may have when membership is decided by meeting in the middle.
LISTED = 1 << 16
HALF = 1 << 20


def _add(sums: set[int], options: Iterable[int]) -> set[int]:
    return {total + option for option in options for total in sums}


def listed(start: int, choices: Iterable[frozenset[int]], limit: int = LISTED) -> frozenset[int] | None:
    """Return every sum of ``start`` and one option of each choice, None where there are more than
    ``limit``.
    """
    sums = {start}
    for options in choices:
        sums = _add(sums, options)
        if len(sums) > limit:
            return None
    return frozenset(sums)


@dataclass(frozen=True)
class Sums:
    """All sums of ``start`` and one option of each choice. ``in`` is exact while two halves can be listed.

    Beyond that (more than about forty choices of different sizes) ``in`` says yes to every number between
    the lowest and the highest sum that the options' common divisor allows: it may then accept too much,
    never too little.
    """

    start: int
    choices: Sequence[frozenset[int]] = field(default=())

    @cached_property
    def all(self) -> frozenset[int] | None:
        """Every sum, None where there are too many to list."""
        return listed(self.start, self.choices)

    @property
    def lowest(self) -> int:
        """The lowest sum."""
        return self.start + sum(map(min, self.choices))

    @property
    def highest(self) -> int:
        """The highest sum."""
        return self.start + sum(map(max, self.choices))

    @cached_property
    def _halves(self) -> tuple[frozenset[int], frozenset[int]] | None:
        # Choices alike stand together, so that their sums coincide.
        rest = sorted(self.choices, key=sorted)
        left = frozenset({self.start})
        while rest and (grown := listed(0, [left, rest[0]])) is not None:
            left = grown
            rest.pop(0)
        right = listed(0, rest, HALF)
        return None if right is None else (left, right)

    @property
    def exact(self) -> bool:
        """Whether ``in`` is exact."""
        return self.all is not None or self._halves is not None

    def __contains__(self, number: int) -> bool:
        if self.all is not None:
            return number in self.all
        if not self.lowest <= number <= self.highest:
            return False
        if self._halves is not None:
            left, right = self._halves
            return any(number - total in right for total in left)
        return (number - self.lowest) % self._divisor == 0

    @cached_property
    def _divisor(self) -> int:
        return gcd(*(option - min(options) for options in self.choices for option in options)) or 1
