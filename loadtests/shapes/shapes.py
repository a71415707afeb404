"""Shapes of the load: how many users there are at which moment. Chosen with ``--shape``.

``steady`` and ``match-day`` are Locust's own: all users at once, for the run time; what makes a match day is in the
traffic (``loadtests.traffic.mix.Match``). The others are classes here; the search of a ramp is in
``loadtests.shapes.ramp_search``.
"""

import logging
from argparse import Namespace
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Final

from locust import LoadTestShape
from locust.env import Environment
from locust.event import Events
from locust.runners import WorkerRunner
from locust.stats import RequestStats, calculate_response_time_percentile

from loadtests.audit import locust_events
from loadtests.audit.judge import Judge
from loadtests.audit.outcome.text import why_not
from loadtests.options import SHAPES
from loadtests.run import refusing
from loadtests.shapes.ramp_search import RampStep, Search
from loadtests.traffic.player_script import FAULTY, METHODS
from scenarios.problems.errors import UsageProblem

log = logging.getLogger(__name__)

Tick = tuple[int, float]

# soak: seconds where no --run-time is given.
_SOAK_SECONDS: Final = 4 * 3600.0
# ramp: a step is measured after this share of it, when its users have settled.
_SETTLING: Final = 0.3
# ramp: seconds without one user more before those that are missing are waited for no longer.
_GATHERING: Final = 60.0
# ramp: seconds for which a step is measured at least before it counts as one in which nothing was answered.
_SILENCE: Final = 5.0


@dataclass
class Meter:
    """What the CLIENT answered to callbacks up to one moment, against which a later one is measured.

    ``times`` counts answers by milliseconds, as Locust rounds them. Those with a fault tell nothing, and are left out.
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
            if method in METHODS and name != FAULTY:
                times.update(entry.response_times)
                requests, failures = requests + entry.num_requests, failures + entry.num_failures
        return cls(seconds, requests, failures, times)

    def until(self, later: "Meter", users: int) -> RampStep:
        """What came between this moment and a ``later`` one."""
        passed = later.seconds - self.seconds
        times = Counter(later.times)
        times.subtract(self.times)
        requests = later.requests - self.requests
        p99 = (
            calculate_response_time_percentile(dict(sorted(times.items())), requests, 0.99) if requests else 0
        )
        return RampStep(users, requests / passed, (later.failures - self.failures) / passed, float(p99))


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
    """Steps of users, each measured and then audited, to the highest rate that holds: see ``Search``.

    ``--users`` is the most. The audit after a step closes the gate, so that all users come to their end; Locust hears
    that there are none any more, the gate is opened, and the next number of users begins. A step is measured from the
    settling of its users until just before its audit, so that no figure holds anything of audits. Steps that were too
    slow are audited as well: what goes wrong in one must not be laid to the next.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.audit: Judge | None = None
        self._forget()

    def _forget(self) -> None:
        self.search: Search | None = None
        self._since = 0.0
        self._seen = -1
        self._before: Meter | None = None
        self._emptying = False

    def reset_time(self) -> None:
        """A new test: forget the last one."""
        super().reset_time()  # type: ignore[no-untyped-call]
        self._forget()

    def tick(self) -> Tick | None:
        """Users and users a second for now; None at the end. It waits while a step is audited."""
        assert self.audit is not None
        if self.search is None:
            self.search = Search(self.users, self.options.p99_limit)
        self.audit.ramp = self.search
        if not self.audit.ending:
            lost = self.audit.lost()
            if lost:
                self.search.stop(lost)
            if self.search.over or self.over():
                return None
            self._advance(self.audit, self.search)
            if self.search.over:
                return None
        # All at once, also those that go.
        if self._emptying:
            return 0, float(self.search.steps[-1].users)
        return self.search.users, float(self.search.users)

    def _advance(self, audit: Judge, search: Search) -> None:
        """Go from emptying to gathering, settling, measuring, and round again."""
        assert self.runner is not None
        now, count = self.passed, self.runner.user_count
        if count != self._seen:
            self._seen, self._since, self._before = count, now, None
        if self._emptying:
            if count == 0:
                cannot = audit.resume()
                if not cannot:
                    self._emptying, self._since = False, now
                elif not audit.ending:
                    search.stop(cannot)
        elif count != search.users:
            # Not all are there: the step has not started.
            if now - self._since > _GATHERING:
                search.stop(
                    f"of {search.users} users only {count} play: the others have no player, or failed"
                )
        elif self._before is None:
            if now - self._since >= self.options.step_time * _SETTLING:
                if audit.flush():
                    # Opening balances are being read: not all play, and the CLIENT has that to do as well.
                    self._since = now
                else:
                    self._before = Meter.read(self.runner.stats, self.passed)
        elif now - self._since >= self.options.step_time:
            audit.flush()
            after = Meter.read(self.runner.stats, self.passed)
            step = self._before.until(after, search.users)
            # A machine that stalls for a moment, in a short step, is not a CLIENT that answers nothing.
            if step.rate > 0 or after.seconds - self._before.seconds >= _SILENCE:
                self._judge(audit, search, step)

    def _judge(self, audit: Judge, search: Search, step: RampStep) -> None:
        """Audit ``step``, and see what is next."""
        log.info("ramp: the step of %d is measured; the gate is closed, and balances are audited", step.users)
        verdict = audit.between()
        if verdict is None:
            return
        self._emptying = True
        step = replace(step, finding=verdict.finding, why=why_not(verdict))
        log.info("ramp: %s", step)
        search.judge(step)
        if search.over:
            log.info("%s", search.verdict())


_SHAPES: Final[dict[str, type[_Shape] | None]] = dict(
    zip(SHAPES, (None, Ramp, Spike, Soak, None), strict=True)
)


def register(events: Events) -> None:
    """Give Locust the shape that ``--shape`` names, which says at the end what it found. After the audit's own."""
    events.init.add_listener(_on_init)


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
    with refusing():
        shape = chosen(parsed)
    if shape is not None and not isinstance(runner, WorkerRunner):
        environment.shape_class = shape
        shape.runner = runner
        if isinstance(shape, Ramp):
            shape.audit = locust_events.of(environment)
            environment.events.quit.add_listener(lambda **_: _conclude(shape))


def _conclude(ramp: Ramp) -> None:
    """Below Locust's tables and the audit."""
    if ramp.search is not None:
        print(ramp.search.verdict(), flush=True)
