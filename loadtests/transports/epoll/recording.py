"""Every request into Locust's statistics, in batches.

Locust counts one request in about 5 us, twice what sending it costs; here one is an append, and four times a second
what came together is added up. The figures are the same: each request counts in its own second, at its own time.
"""

import time
from collections import Counter
from collections.abc import Callable
from typing import Final

from locust import stats as locust_stats
from locust.env import Environment
from locust.stats import RequestStats, StatsEntry, StatsError

from loadtests.transports.epoll.plays import Recorder
from loadtests.transports.fast_http_user import METHOD

_BATCHES_A_SECOND: Final = 4


class _Row:
    __slots__ = ("length", "problems", "times")

    def __init__(self) -> None:
        self.times: list[float] = []
        self.length = 0
        self.problems: Counter[str] = Counter()


class BatchRecorder:
    """Adds to ``stats`` in batches, never across the border of a second."""

    def __init__(self, stats: RequestStats, clock: Callable[[], float] = time.time) -> None:
        self._stats = stats
        self._clock = clock
        self._rows: dict[str, _Row] = {}
        self._second = int(clock())
        self._due = 0.0

    def record(self, name: str, seconds: float, length: int, problem: str | None) -> None:
        """Keep one request until the next batch."""
        row = self._rows.get(name)
        if row is None:
            row = self._rows[name] = _Row()
        row.times.append(seconds)
        row.length += length
        if problem is not None:
            row.problems[problem] += 1

    def tick(self) -> None:
        """Hand over four times a second, and where a new second begins."""
        now = self._clock()
        if now >= self._due or now < self._second:
            self.flush()

    def flush(self) -> None:
        """Add what was kept to the statistics."""
        now = self._clock()
        moment = min(now, self._second + 0.999)
        for name, row in self._rows.items():
            self._add(name, row, max(moment, self._second))
        self._rows.clear()
        self._second = int(now)
        self._due = (int(now * _BATCHES_A_SECOND) + 1) / _BATCHES_A_SECOND

    def _add(self, name: str, row: _Row, moment: float) -> None:
        times = [seconds * 1000 for seconds in row.times]
        # Looked up at each use: Locust documents that it may be replaced.
        buckets = Counter(map(locust_stats.bucket_response_time, times))
        entry = self._stats.entries[(name, METHOD)]
        for each in (self._stats.total, entry):
            _log(each, moment, times, buckets)
            each.total_content_length += row.length
        for problem, count in row.problems.items():
            for each in (self._stats.total, entry):
                each.num_failures += count
                each.num_fail_per_sec[int(moment)] += count
            key = StatsError.create_key(METHOD, name, problem)
            error = self._stats.errors.get(key)
            if error is None:
                error = self._stats.errors[key] = StatsError(METHOD, name, problem)
            error.occurrences += count


def _log(entry: StatsEntry, moment: float, times: list[float], buckets: Counter[int]) -> None:
    """What ``StatsEntry.log`` does, for many requests of one second."""
    second, last = int(moment), entry.last_request_timestamp
    if entry.use_response_times_cache and last and second > int(last):
        entry._cache_response_times(second - 1)
    entry.num_requests += len(times)
    entry.num_reqs_per_sec[second] += len(times)
    entry.last_request_timestamp = moment
    entry.total_response_time += sum(times)  # type: ignore[assignment]  # a float in Locust too
    least, most = min(times), max(times)
    known = entry.min_response_time
    entry.min_response_time = least if known is None else min(known, least)  # type: ignore[assignment]
    entry.max_response_time = max(entry.max_response_time, most)  # type: ignore[assignment]
    for bucket, count in buckets.items():
        entry.response_times[bucket] += count


class EventRecorder:
    """Fires Locust's ``request`` event for each request: where a plug-in listens for it, at Locust's own price."""

    def __init__(self, environment: Environment, base_url: str) -> None:
        self._fire: Callable[..., None] = environment.events.request.fire
        self._base_url = base_url

    def record(self, name: str, seconds: float, length: int, problem: str | None) -> None:
        """Fire the event."""
        self._fire(
            request_type=METHOD,
            name=name,
            response_time=seconds * 1000,
            response_length=length,
            exception=problem,
            context={},
            response=None,
            start_time=time.time() - seconds,
            url=self._base_url,
        )

    def flush(self) -> None:
        """Nothing is kept back."""

    def tick(self) -> None:
        """Nothing is kept back."""


def recorder(environment: Environment, base_url: str) -> Recorder:
    """The cheapest way to record that every listener of ``environment`` still hears of."""
    # Locust's runner has one listener of its own, which BatchRecorder stands for.
    own = 1 if environment.runner is not None else 0
    if len(environment.events.request._handlers) > own:
        return EventRecorder(environment, base_url)
    return BatchRecorder(environment.stats)
