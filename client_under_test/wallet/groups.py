"""Work that is done in groups: what arrives while a group is at work waits, and is the next group.

Whoever arrives first leads the group: there is no thread of its own that must be started, woken and ended.

Those of one group are answered together, and so what they cause arrives together, too. The first of them would
lead a group of one, and the others wait for all of its length; so a leader waits for the others, a fraction of what
the last group took. Who comes alone waits for nobody.
"""

import threading
import time
from collections.abc import Callable, Sequence
from typing import Generic, TypeVar

Item = TypeVar("Item")
Outcome = TypeVar("Outcome")

# The most that one group holds, so that nobody waits for an endless one.
LARGEST = 64
# The part of the last group's length for which a leader waits for as many as were there then.
_PATIENCE = 0.25
# And the longest such wait, in seconds.
_LONGEST = 0.01


class _Place(Generic[Item, Outcome]):
    """A place in the queue. Its owner waits for ``turn``: the outcome is there, or it is to lead."""

    __slots__ = ("error", "item", "outcome", "settled", "turn")

    def __init__(self, item: Item) -> None:
        self.item = item
        self.turn = threading.Lock()
        self.turn.acquire()
        self.settled = False
        self.outcome: Outcome
        self.error: Exception | None = None


class Groups(Generic[Item, Outcome]):
    """Gives items to ``work`` in groups, never two groups at once; safe to use from several threads.

    ``work`` returns the outcomes of a group in the order of its items. What it raises is raised to everyone in
    the group.
    """

    def __init__(self, work: Callable[[Sequence[Item]], Sequence[Outcome]]) -> None:
        self._work = work
        self._mutex = threading.Lock()
        self._gathered = threading.Condition(self._mutex)
        self._waiting: list[_Place[Item, Outcome]] = []
        self._led = False
        # How many there were in the last group and behind it, and how long it took, in seconds.
        self._crowd = 0
        self._took = 0.0
        self._awaited = 0

    def run(self, item: Item) -> Outcome:
        """Return the outcome of ``item`` when its group is done; raises what its group raised."""
        place: _Place[Item, Outcome] = _Place(item)
        with self._mutex:
            self._waiting.append(place)
            leads, self._led = not self._led, True
            if len(self._waiting) == self._awaited:
                self._gathered.notify()
        if not leads:
            place.turn.acquire()
        if not place.settled:
            self._lead()
        if place.error is not None:
            raise place.error
        return place.outcome

    def _lead(self) -> None:
        """Do the work for the first in line, who leads, and for those behind; then let the next one lead."""
        with self._mutex:
            self._gather()
            group = self._waiting[:LARGEST]
            del self._waiting[:LARGEST]
        began = time.perf_counter()
        # Stays where this thread is ended from outside: nobody may wait for it for ever.
        error: Exception | None = RuntimeError("the group was broken off")
        try:
            outcomes = self._work([place.item for place in group])
            for place, outcome in zip(group, outcomes, strict=True):
                place.outcome = outcome
            error = None
        except Exception as problem:
            error = problem
        finally:
            with self._mutex:
                self._led = bool(self._waiting)
                following = self._waiting[:1]
                self._crowd = min(len(group) + len(self._waiting), LARGEST)
                self._took = time.perf_counter() - began
            for place in group:
                place.error, place.settled = error, True
            for place in [*following, *group[1:]]:
                place.turn.release()

    def _gather(self) -> None:
        """Wait a little for those who were there a moment ago; the mutex is held."""
        if len(self._waiting) < self._crowd:
            self._awaited = self._crowd
            self._gathered.wait(min(self._took * _PATIENCE, _LONGEST))
            self._awaited = 0
