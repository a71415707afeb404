"""How many requests of a judge's own choice are under way at once: fewer where the CLIENT can hardly answer them, and
no others while a race has it to itself.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Final

# The share of the timeout that an answer may take while others are under way: the rest is for slow moments.
_SHARE: Final = 0.25
# Where this context has the CLIENT to itself.
_ALONE: ContextVar["Room | None"] = ContextVar("alone", default=None)


class Room:
    """Room for ``most`` requests at once; for half as many each time that one took long. Safe from any thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._under_way = 0
        # Those with faults, which are no part of the judge's choice.
        self._faulty = 0
        # How many wait to have the CLIENT to themselves, or do.
        self._alone = 0
        self._taken = False
        self._narrowed_at = float("-inf")
        self._changed = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for room for one request, and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: self._open and self._under_way < self.most)
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
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
        return not self._alone or _ALONE.get() is self

    @contextmanager
    def alone(self) -> Iterator[None]:
        """Let nothing leave but what is sent in this context; what is under way may end meanwhile (``emptied``).

        Whoever waits for this comes before single requests, one after the other.
        """
        if _ALONE.get() is self:
            yield
            return
        with self._changed:
            self._alone += 1
        try:
            with self._changed:
                self._changed.wait_for(lambda: not self._taken)
                self._taken = True
            token = _ALONE.set(self)
            try:
                yield
            finally:
                _ALONE.reset(token)
                self._taken = False
        finally:
            with self._changed:
                self._alone -= 1
                self._changed.notify_all()

    def emptied(self) -> None:
        """Wait until nothing is under way, where this context is ``alone``."""
        if _ALONE.get() is self:
            with self._changed:
                self._changed.wait_for(lambda: not (self._under_way or self._faulty))

    def took(self, left: float, seconds: float, timeout: float) -> None:
        """A request that holds a place, and ``left`` then, was answered after ``seconds``, of ``timeout`` at most.

        What is under way when it becomes narrower says nothing more.
        """
        with self._changed:
            if seconds > _SHARE * timeout and self._under_way > 1 and left >= self._narrowed_at:
                self.most = max(1, self.most // 2)
                self._narrowed_at = left + seconds

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
