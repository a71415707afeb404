"""How many requests of a judge's own choice are under way at once: fewer where the CLIENT can hardly answer them, or
says *not now* to what comes beside others, and no others while a race has it to itself.
"""

import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Final

# The share of the timeout that an answer may take while others are under way: the rest is for slow moments.
_SHARE: Final = 0.25
# Where this context has the CLIENT to itself.
_ALONE: ContextVar["Room | None"] = ContextVar("alone", default=None)


@dataclass(eq=False)
class Place:
    """What one request holds while it is under way, or a race; ``together`` are the most that were, with it."""

    together: int = 1


class Room:
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
        self._held: set[Place] = set()
        # Those with faults, which are no part of the judge's choice.
        self._faulty = 0
        # Who is to have the CLIENT to themselves, one after the other; the first does once nothing is under way.
        self._line: list[Place] = []
        self._narrowed_at = self._refused_at = float("-inf")
        self._changed = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[Place]:
        """Wait for room for one request, and hold it."""
        own = Place()
        with self._changed:
            self._changed.wait_for(lambda: self._open and len(self._held) < min(self.most, self.at_once))
            self._held.add(own)
            for one in self._held:
                one.together = max(one.together, len(self._held))
        try:
            yield own
        finally:
            with self._changed:
                self._held.remove(own)
                self._changed.notify_all()

    @contextmanager
    def faulty(self) -> Iterator[None]:
        """Wait until nobody is ``alone``, and hold a place of one's own, however many are under way."""
        with self._changed:
            self._changed.wait_for(lambda: self._open)
            self._faulty += 1
        try:
            yield
        finally:
            with self._changed:
                self._faulty -= 1
                self._changed.notify_all()

    @property
    def _open(self) -> bool:
        return not self._line or _ALONE.get() is self

    @contextmanager
    def alone(self, number: int = 1) -> Iterator[Callable[[], None]]:
        """Let no single request leave but those of this context, which has the CLIENT to itself once it is its turn.

        What is to be called before anything leaves here waits for that: until those who came before are gone, and
        nothing is under way. Its ``number`` of connections may be opened meanwhile, as far as the CLIENT answers all.
        """
        if _ALONE.get() is self:
            yield lambda: None
            return
        own = Place(number)

        def come() -> None:
            with self._changed:
                self._changed.wait_for(lambda: self._first(own))

        with self._changed:
            self._line.append(own)
        token = _ALONE.set(self)
        try:
            with self._changed:
                # Who is under way has a connection, or gets one: none of theirs is taken by who waits for their end.
                self._changed.wait_for(
                    lambda: self._first(own) or self._up_to(own) + self._busy <= self.beside
                )
            yield come
        finally:
            _ALONE.reset(token)
            with self._changed:
                self._line.remove(own)
                self._changed.notify_all()

    @property
    def _busy(self) -> int:
        return len(self._held) + self._faulty

    def _first(self, own: Place) -> bool:
        """Whether it is the turn of ``own``, and nothing is under way."""
        return self._line[0] is own and not self._busy

    @property
    def beside(self) -> int:
        """How many connections may be open side by side without any that others have to wait for."""
        return min(self.most, self.answers)

    def _up_to(self, last: Place) -> int:
        """How many connections are open, or are to be, in the line up to ``last``."""
        return sum(one.together for one in self._line[: self._line.index(last) + 1])

    def took(self, left: float, seconds: float, timeout: float) -> None:
        """A request that holds a place, and ``left`` then, was answered after ``seconds``, of ``timeout`` at most.

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
