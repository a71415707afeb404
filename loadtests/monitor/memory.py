"""How much memory a run's processes take: a few points of it, however long it lasts. Plain data.

Resident memory, in bytes, as the operating system counts it; ``loadtests.monitor.memory_watch`` reads it.
"""

from collections.abc import Sequence
from typing import Final

from scenarios.report.schema.load import LoadMemory

# How many points are kept, an even number, and how many of them are shown at most.
KEPT: Final = 20
SHOWN: Final = 10


def point(at: float, sizes: Sequence[int]) -> LoadMemory:
    """What processes take, ``sizes`` bytes, of which there must be one at least, ``at`` seconds after the start."""
    return LoadMemory(at=round(at, 1), bytes=sum(sizes), greatest=max(sizes), processes=len(sizes))


class Series:
    """LoadMemorys in order of time, at even distances: where there are too many, every second one goes."""

    def __init__(self) -> None:
        self._kept: list[LoadMemory] = []
        self._latest: LoadMemory | None = None
        self._came = 0
        # One of so many that come is kept.
        self._every = 1

    def add(self, point: LoadMemory) -> None:
        """Take one more point."""
        if self._came % self._every == 0:
            if len(self._kept) == KEPT:
                del self._kept[1::2]
                self._every *= 2
            self._kept.append(point)
        self._latest = point
        self._came += 1

    def shown(self, until: float = float("inf")) -> list[LoadMemory]:
        """At most SHOWN points up to ``until`` seconds, spread evenly: the first is among them, and the last."""
        latest = [] if self._latest is None or self._latest in self._kept else [self._latest]
        points = [point for point in (*self._kept, *latest) if point.at <= until]
        count = min(len(points), SHOWN)
        if count < 2:
            return points
        return [points[round(place * (len(points) - 1) / (count - 1))] for place in range(count)]
