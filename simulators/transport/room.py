"""How many requests of a judge's own choice are under way at once: fewer where the CLIENT can hardly answer them."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Final

# The share of the timeout that an answer may take while others are under way: the rest is for slow moments.
_SHARE: Final = 0.25


class Room:
    """Room for ``most`` requests at once; for half as many each time that one took long. Safe from any thread."""

    def __init__(self, most: int) -> None:
        self.most = most
        self._under_way = 0
        self._narrowed_at = float("-inf")
        self._changed = threading.Condition()

    @contextmanager
    def place(self) -> Iterator[None]:
        """Wait for room for one request, and hold it."""
        with self._changed:
            self._changed.wait_for(lambda: self._under_way < self.most)
            self._under_way += 1
        try:
            yield
        finally:
            with self._changed:
                self._under_way -= 1
                self._changed.notify()

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
