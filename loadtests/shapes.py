"""Shapes of the load: how many users there are at which moment. Chosen with ``--shape``.

``steady`` and ``match-day`` are Locust's own: all users at once, for the run time; what makes a match day is in the
traffic (``loadtests.rates.Match``). The others are classes here; the search of a ramp is in ``loadtests.saturation``.
"""

import logging
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final

from locust import LoadTestShape
from locust.env import Environment
from locust.event import Events
from locust.runners import WorkerRunner
from locust.stats import RequestStats, calculate_response_time_percentile

from loadtests.options import SHAPES
from loadtests.rounds import LOST
from loadtests.saturation import Search, Step
from loadtests.settings import refuse
from loadtests.users import METHOD
from scenarios.errors import UsageProblem

log = logging.getLogger(__name__)

Tick = tuple[int, float]

# soak: seconds where no --run-time is given.
_SOAK_SECONDS: Final = 4 * 3600.0
# ramp: a step is measured after this share of it, when its users have settled and workers have reported.
_SETTLING: Final = 0.3


@dataclass
class Meter:
    """What the CLIENT answered to callbacks up to one moment, against which a later one is measured.

    ``times`` counts answers by milliseconds, as Locust rounds them. Lost answers tell nothing, and are left out.
    """

    seconds: float
    requests: int
    failures: int
    times: Mapping[int, int]

    @classmethod
    def read(cls, stats: RequestStats, seconds: float) -> "Meter":
        """The sums of ``stats`` now, at ``seconds``."""
        times: Counter[int] = Counter()
        requests = failures = 0
        for (name, method), entry in stats.entries.items():
            if method == METHOD and name != LOST:
                times.update(entry.response_times)
                requests, failures = requests + entry.num_requests, failures + entry.num_failures
        return cls(seconds, requests, failures, times)

    def until(self, later: "Meter", users: int) -> Step:
        """What came between this moment and a ``later`` one."""
        passed = later.seconds - self.seconds
        times = Counter(later.times)
        times.subtract(self.times)
        requests = later.requests - self.requests
        p99 = (
            calculate_response_time_percentile(dict(sorted(times.items())), requests, 0.99) if requests else 0
        )
        return Step(users, requests / passed, (later.failures - self.failures) / passed, float(p99))


class _Shape(LoadTestShape):
    """What ours have in common: they read ``--users``, ``--run-time`` and their own options."""

    abstract = True
    use_common_options: ClassVar[bool] = True

    @property
    def options(self) -> Namespace:
        """Locust's options, as the web form may have changed them."""
        assert self.runner is not None
        parsed = self.runner.environment.parsed_options
        assert isinstance(parsed, Namespace)
        return parsed

    @property
    def users(self) -> int:
        """``--users``, 1 where it is not given."""
        return int(self.options.num_users or 1)

    @property
    def passed(self) -> float:
        """Seconds since the test began."""
        return float(self.get_run_time())  # type: ignore[no-untyped-call]

    def over(self) -> bool:
        """Whether the run time, if any, has passed."""
        return bool(self.options.run_time) and self.passed >= self.options.run_time


class Spike(_Shape):
    """A tenth of the users, all of them at once, a tenth again; and so on for the run time, else once."""

    def tick(self) -> Tick | None:
        """Users and users a second for now; None at the end."""
        phase = int(self.passed // self.options.step_time)
        if self.over() or (not self.options.run_time and phase > 2):
            return None
        users = self.users if phase % 3 == 1 else max(1, self.users // 10)
        return users, float(self.users)


class Soak(_Shape):
    """Half of the users, spawned gently, for the run time, or for hours where none is given."""

    def tick(self) -> Tick | None:
        """Users and users a second for now; None at the end."""
        if self.over() or self.passed >= (self.options.run_time or _SOAK_SECONDS):
            return None
        return max(1, self.users // 2), float(self.options.spawn_rate or 1)


class Ramp(_Shape):
    """Steps of users, each measured, to the highest rate that holds: see ``Search``. ``--users`` is the most."""

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.search: Search | None = None
        self._since = 0.0
        self._before: Meter | None = None

    def reset_time(self) -> None:
        """A new test: forget the last one."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self.search, self._since, self._before = None, 0.0, None

    def tick(self) -> Tick | None:
        """Users and users a second for now; None at the end."""
        assert self.runner is not None
        if self.search is None:
            self.search = Search(self.users, self.options.p99_limit)
        now = self.passed
        if self.over():
            return None
        if self.runner.user_count != self.search.users:
            # Not all are there: the step has not begun.
            self._since, self._before = now, None
        elif self._before is None:
            if now - self._since >= self.options.step_time * _SETTLING:
                self._before = Meter.read(self.runner.stats, now)
        elif now - self._since >= self.options.step_time:
            step = self._before.until(Meter.read(self.runner.stats, now), self.search.users)
            log.info("ramp: %d users: %.0f requests/s, p99 %g ms", step.users, step.rate, step.p99_ms)
            self.search.judge(step)
            self._since, self._before = now, None
            if self.search.over:
                return None
        return self.search.users, float(max(self.search.users, 1))


_SHAPES: Final[dict[str, type[_Shape] | None]] = dict(
    zip(SHAPES, (None, Ramp, Spike, Soak, None), strict=True)
)


def register(events: Events) -> None:
    """Give Locust the shape that ``--shape`` names, and say at the end what a ramp found."""
    events.init.add_listener(_on_init)
    events.quitting.add_listener(_on_quitting)


def found(environment: Environment) -> Search | None:
    """What a ramp found so far; None where the shape is another."""
    shape = environment.shape_class
    return shape.search if isinstance(shape, Ramp) else None


def chosen(parsed: Namespace) -> LoadTestShape | None:
    """The shape that ``parsed`` options name, None where it is Locust's own. Raises UsageProblem."""
    for name in ("step_time", "p99_limit"):
        if getattr(parsed, name) < 1:
            flag = "--" + name.replace("_", "-")
            raise UsageProblem(f"{flag} is {getattr(parsed, name)}", "a number above 0", f"correct {flag}")
    shape = _SHAPES[parsed.shape]
    return None if shape is None else shape()


def _on_init(environment: Environment, **_: Any) -> None:
    parsed, runner = environment.parsed_options, environment.runner
    assert parsed is not None
    try:
        shape = chosen(parsed)
    except UsageProblem as problem:
        refuse(problem)
    if shape is not None and not isinstance(runner, WorkerRunner):
        environment.shape_class = shape
        shape.runner = runner


def _on_quitting(environment: Environment, **_: Any) -> None:
    search = found(environment)
    if search is not None and (search.over or search.best is not None):
        print(search.verdict())
