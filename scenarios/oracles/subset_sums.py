"""Sums of one choice from each of several small sets of integers: listed while few, else still decidable.

Where they lie close together a bit for each says which there are, whatever the number of choices; where they lie far
apart they are put in sets, while few.
"""

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import groupby
from math import gcd

# How many sums are listed; how many a half may have when membership is decided by meeting in the middle.
LISTED = 1 << 16
HALF = 1 << 20
# How many numbers, from the lowest sum to the highest, may have a bit each: eight megabytes of them.
BITS = 1 << 26

_SOME = re.compile(rb"[^\0]")
_PLACES = [[bit for bit in range(8) if octet >> bit & 1] for octet in range(256)]


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


def _runs(places: Iterable[int]) -> Iterator[tuple[int, int]]:
    """Where each run of consecutive ones among sorted ``places`` begins, and how long it is."""
    for _, run in groupby(enumerate(places), key=lambda numbered: numbered[1] - numbered[0]):
        places_in_it = [place for _, place in run]
        yield places_in_it[0], len(places_in_it)


def _spread(bits: int, length: int) -> int:
    """``bits`` moved by nothing, by one, and so on, ``length`` times, all put together."""
    done = 1
    while done < length:
        step = min(done, length - done)
        bits |= bits << step
        done += step
    return bits


@dataclass(frozen=True)
class Sums:
    """All sums of ``start`` and one option of each choice. ``in`` is exact where they lie close together, or few.

    Beyond that (more than about forty choices, whose sums lie very far apart) ``in`` says yes to every number between
    the lowest and the highest sum that the options' common divisor allows: it may then accept too much,
    never too little.
    """

    start: int
    choices: Sequence[frozenset[int]] = field(default=())

    @cached_property
    def all(self) -> frozenset[int] | None:
        """Every sum, None where there are too many to list."""
        if self._bits is None:
            return listed(self.start, self.choices)
        if self._bits.bit_count() > LISTED:
            return None
        octets = self._bits.to_bytes(self._bits.bit_length() // 8 + 1, "little")
        there = (
            8 * found.start() + bit for found in _SOME.finditer(octets) for bit in _PLACES[ord(found[0])]
        )
        return frozenset(self.lowest + place * self._divisor for place in there)

    @cached_property
    def _bits(self) -> int | None:
        """A bit for each sum, the n-th for ``lowest`` and n times the divisor; None where too many would be empty."""
        if self.highest - self.lowest >= BITS * self._divisor:
            return None
        bits = 1
        for options in self.choices:
            least, grown = min(options), 0
            for place, length in _runs(sorted((option - least) // self._divisor for option in options)):
                grown |= _spread(bits, length) << place
            bits = grown
        return bits

    @cached_property
    def lowest(self) -> int:
        """The lowest sum."""
        return self.start + sum(map(min, self.choices))

    @cached_property
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
        return self._bits is not None or self.all is not None or self._halves is not None

    def __contains__(self, number: int) -> bool:
        if not self.lowest <= number <= self.highest:
            return False
        if self._bits is not None:
            place, rest = divmod(number - self.lowest, self._divisor)
            return not rest and bool(self._bits >> place & 1)
        if self.all is not None:
            return number in self.all
        if self._halves is not None:
            left, right = self._halves
            return any(number - total in right for total in left)
        return (number - self.lowest) % self._divisor == 0

    @cached_property
    def _divisor(self) -> int:
        lows = map(min, self.choices)
        return (
            gcd(
                *(option - low for options, low in zip(self.choices, lows, strict=True) for option in options)
            )
            or 1
        )
