"""Watches the memory of the processes that make up a run, from its start to its audit.

Every process looks at itself: Locust's own figures come every ten seconds, and are 0 before the first, so that a run
of a minute would have five of them. Workers tell theirs with their statistics, every three seconds; the master adds
its own. A worker that is lost is left out from then on.
"""

import time
from typing import Any, Final
from weakref import WeakKeyDictionary

import gevent
import psutil
from locust.env import Environment
from locust.event import Events
from locust.runners import STATE_MISSING, MasterRunner, WorkerRunner

from loadtests.monitor.memory import Series, point
from scenarios.report.schema.load import LoadMemory

# The key in the workers' reports.
KEY: Final = "pitboss_memory"
# Seconds between two looks.
_EVERY: Final = 1.0


class Watch:
    """The memory of one run, as the master, or a run of one process, sees it."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._series = Series()
        self._began = 0.0
        self._process = psutil.Process()
        # What each worker reported last, by its id.
        self._reported: dict[str, int] = {}
        self._looking: gevent.Greenlet[..., None] | None = None

    def on_test_start(self, **_: Any) -> None:
        """Begin again."""
        self._end()
        self._series, self._began = Series(), time.monotonic()
        if not isinstance(self.environment.runner, WorkerRunner):
            self._looking = gevent.spawn(self._look)

    def on_report_to_master(self, data: dict[str, Any], **_: Any) -> None:
        """A worker tells its memory."""
        data[KEY] = self._own()

    def on_worker_report(self, client_id: str, data: dict[str, Any], **_: Any) -> None:
        """The master keeps the newest of each."""
        if KEY in data:
            self._reported[client_id] = data[KEY]

    def points(self, seconds_after: float) -> list[LoadMemory]:
        """End the watch; return its points without those of the last ``seconds_after`` seconds."""
        self._end()
        return self._series.shown(time.monotonic() - self._began - seconds_after)

    def _end(self) -> None:
        if self._looking is not None:
            self._looking.kill(block=False)
            self._looking = None

    def _look(self) -> None:
        while True:
            sizes = self._sizes()
            if sizes:
                self._series.add(point(time.monotonic() - self._began, sizes))
            gevent.sleep(_EVERY)

    def _sizes(self) -> list[int]:
        """Bytes of each process; nothing as long as a worker has reported none: the sum would be too small."""
        runner = self.environment.runner
        if not isinstance(runner, MasterRunner):
            return [self._own()]
        workers = [each.id for each in runner.clients.values() if each.state != STATE_MISSING]
        if any(worker not in self._reported for worker in workers):
            return []
        return [self._own(), *(self._reported[worker] for worker in workers)]

    def _own(self) -> int:
        return int(self._process.memory_info().rss)


_watches: WeakKeyDictionary[Environment, Watch] = WeakKeyDictionary()


def register(events: Events) -> None:
    """Watch every test that is run with ``events``."""
    events.init.add_listener(_on_init)


def _on_init(environment: Environment, **_: Any) -> None:
    watch = _watches[environment] = Watch(environment)
    environment.events.test_start.add_listener(watch.on_test_start)
    environment.events.report_to_master.add_listener(watch.on_report_to_master)
    environment.events.worker_report.add_listener(watch.on_worker_report)


def points(environment: Environment, seconds_after: float) -> list[LoadMemory]:
    """End the watch over the run of ``environment``; return at most ten points, without its last seconds.

    Empty where nothing was seen: no test has started, or it ended before every worker had reported its memory.
    """
    watch = _watches.get(environment)
    return [] if watch is None else watch.points(seconds_after)
