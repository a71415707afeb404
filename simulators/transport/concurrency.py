"""How many requests of a judge's own choice are under way at once: fewer where the CLIENT can hardly answer them, or
says *not now* to what comes beside others, and no others while a race has it to itself: until the CLIENT had the time
that it takes for one; on a far link answers are still on their way then.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from math import inf
from typing import Final

from simulators.values.clocks import running_time

# The share of the timeout that an answer may take while others are under way: the rest is for slow moments.
_SHARE: Final = 0.25
# Seconds by which what leaves later arrives later, too.
_APART: Final = 0.02
# Seconds that a server is given to accept and read what it is to work at in one moment: at most, and at least.
_SETTLED: Final = (0.02, 0.005)
# How far what was learned of the CLIENT's speed in one race is forgotten until the next.
_KEPT: Final = 0.75
# Where this context has the CLIENT to itself.
_ALONE: ContextVar["Concurrency | None"] = ContextVar("alone", default=None)


@dataclass(eq=False)
class Slot:
    """What a ``number`` of requests that leave together hold while they are under way; ``together`` are the most that
    were, with it. ``left`` is when the last byte did, None before that.
    """

    number: int = 1
    together: int = 1
    left: float | None = None


class Concurrency:
    """Room for ``most`` requests at once; for half as many each time that one took long. Safe from any thread.

    ``at_once`` are so many as the CLIENT takes at once, as learned from what it refused beside others; ``answers`` are
    so many connections as it was seen to answer side by side: it may turn to none beyond before another is closed.
    """

    def __init__(self, most: int) -> None:
        self.most = most
        self.at_once = sys.maxsize
        self.answers = 1
        # When the answer to one with a fault was not waited for: the CLIENT may be at it still.
        self.lost_at = float("-inf")
        self._held: set[Slot] = set()
        # Those with faults, which are no part of the judge's choice.
        self._faulty: set[Slot] = set()
        # Who is to have the CLIENT to themselves, one after the other.
        self._line: list[Slot] = []
        # Seconds that the CLIENT takes for each of those that race; without end until one was seen.
        self._each = inf
        self._narrowed_at = self._refused_at = float("-inf")
        self._changed = threading.Condition()

    @contextmanager
    def slot(self) -> Iterator[Slot]:
        """Wait for room for one request, and hold it."""
        with self._among(self._held, lambda: len(self._held) < min(self.most, self.at_once)) as own:
            yield own

    @contextmanager
    def faulty(self) -> Iterator[Slot]:
        """Wait until nobody is ``alone``, and hold a slot of one's own, however many are under way."""
        with self._among(self._faulty, lambda: True) as own:
            yield own

    @contextmanager
    def _among(self, held: set[Slot], room: Callable[[], bool]) -> Iterator[Slot]:
        own = Slot()
        with self._changed:
            self._await(lambda: self._closed if room() else inf)
            held.add(own)
            for one in held:
                one.together = max(one.together, len(held))
        try:
            yield own
        finally:
            with self._changed:
                held.remove(own)
                # There is room for one more; while others have the CLIENT to themselves, more than room is waited for.
                (self._changed.notify_all if self._line else self._changed.notify)()

    def sent(self, own: Slot) -> None:
        """The last byte of what holds ``own`` left."""
        with self._changed:
            own.left = running_time()
            if self._line:
                self._changed.notify_all()

    def _await(self, seconds: Callable[[], float]) -> None:
        """Wait until there are no ``seconds`` to wait any more; where they are without end, until something changed."""
        while (left := seconds()) > 0:
            self._changed.wait(None if left == inf else left)

    @property
    def _closed(self) -> float:
        """Seconds for which no single request may leave, as others have the CLIENT to themselves."""
        if not self._line or _ALONE.get() is self:
            return 0.0
        # The connections of a race stay open until it is answered.
        if self._up_to(self._line[-1]) + self._busy >= self.beside:
            return inf
        return max(map(self._inside, self._line))

    def _inside(self, one: Slot) -> float:
        """Seconds for which the CLIENT is still at it; later its answer is on the way."""
        return (
            inf
            if one.left is None
            else max(0.0, one.left + _APART + one.number * self._each - running_time())
        )

    @contextmanager
    def alone(self, number: int = 1) -> Iterator[Slot]:
        """Let no single request leave but those of this context, which has the CLIENT to itself from its ``turn`` on.

        Its ``number`` of connections may be opened meanwhile, as far as the CLIENT answers all.
        """
        own = Slot(number)
        if _ALONE.get() is self:
            yield own
            return
        with self._changed:
            self._line.append(own)
        token = _ALONE.set(self)
        try:
            with self._changed:
                # Who is under way has a connection, or gets one: none of theirs is taken by who waits for their end.
                self._changed.wait_for(
                    lambda: self._first(own) or self._up_to(own) + self._busy <= self.beside
                )
            yield own
        finally:
            _ALONE.reset(token)
            with self._changed:
                self._line.remove(own)
                self._changed.notify_all()

    def turn(self, own: Slot) -> None:
        """Wait until the CLIENT is at nothing that left before those that hold ``own``; to be called before they do."""
        with self._changed:
            if own in self._line:
                self._await(lambda: max(map(self._inside, self._before(own)), default=0.0))

    def _before(self, own: Slot) -> list[Slot]:
        return [*self._line[: self._line.index(own)], *self._held, *self._faulty]

    def raced(self, number: int, seconds: float) -> None:
        """So many, whose last bytes left together, were answered within so many ``seconds`` of one another."""
        with self._changed:
            before = 0.0 if self._each == inf else _KEPT * self._each
            self._each = max(before, seconds / number)

    def settled(self, number: int) -> float:
        """Seconds in which the CLIENT accepts so many connections and reads what came: no longer than it takes, as far
        as that was seen, to do the work as well.
        """
        most, least = _SETTLED
        return min(most, max(least, number * self._each))

    @property
    def _busy(self) -> int:
        return len(self._held) + len(self._faulty)

    def _first(self, own: Slot) -> bool:
        """Whether it is the turn of ``own``, and nothing is under way."""
        return self._line[0] is own and not self._busy

    @property
    def beside(self) -> int:
        """How many connections may be open side by side without any that others have to wait for."""
        return min(self.most, self.answers)

    def _up_to(self, last: Slot) -> int:
        """How many connections are open, or are to be, in the line up to ``last``."""
        return sum(one.number for one in self._line[: self._line.index(last) + 1])

    def took(self, left: float, seconds: float, timeout: float) -> None:
        """A request that holds a slot, and ``left`` then, was answered after ``seconds``, of ``timeout`` at most.

        What is under way when it becomes narrower says nothing more.
        """
        with self._changed:
            if seconds > _SHARE * timeout and len(self._held) > 1 and left >= self._narrowed_at:
                self.most = max(1, self.most // 2)
                self._narrowed_at = left + seconds

    def refused(self, together: int, left: float, seconds: float) -> None:
        """One of so many ``together``, that ``left`` then, was answered *not now* after ``seconds``.

        What was under way when there became room for fewer says nothing more.
        """
        with self._changed:
            if left >= self._refused_at:
                self.at_once = max(1, min(self.at_once, together) // 2)
                self._refused_at = left + seconds

    def widen(self) -> None:
        """What was refused was no matter of how many are under way."""
        with self._changed:
            self.at_once = sys.maxsize
            self._changed.notify_all()

    def race(self, n: int) -> int:
        """How wide a race of ``n`` is to be: what comes beside one other can always be tried."""
        return min(n, max(2, self.at_once))

    @contextmanager
    def narrowed(self, most: int) -> Iterator[None]:
        """Let no more than ``most`` be under way; to be called while none is."""
        whole, self.most = self.most, min(self.most, most)
        start = self.most
        try:
            yield
        finally:
            # What was learned meanwhile stays.
            self.most = whole if self.most == start else self.most
