"""Ends a run once ``--requests`` were sent: as much on a slow machine as on a fast one, whatever time that takes.

On a master the count is that of its workers' reports, every three seconds: what they send meanwhile comes on top.
"""

import logging
from typing import Any, Final

import gevent
from locust.env import Environment
from locust.event import Events
from locust.runners import WorkerRunner

from loadtests.audit import locust_events
from loadtests.run import refusing
from scenarios.problems.errors import UsageProblem

log = logging.getLogger(__name__)

# Seconds between two looks at the count.
_LOOK: Final = 0.05


class RequestLimit:
    """Watches the count of the run of ``environment``, on a master or in a run of one process."""

    def __init__(self, environment: Environment) -> None:
        self.environment = environment
        self._looking: gevent.Greenlet[..., None] | None = None
        environment.events.test_start.add_listener(self._on_test_start)

    def _on_test_start(self, **_: Any) -> None:
        if self._looking is not None:
            self._looking.kill(block=False)
        parsed = self.environment.parsed_options
        assert parsed is not None
        # The web form may have changed it.
        self._looking = gevent.spawn(self._look, parsed.requests) if parsed.requests else None

    def _look(self, most: int) -> None:
        judge = locust_events.of(self.environment)
        while self.environment.stats.total.num_requests < most:
            gevent.sleep(_LOOK)
        if judge.state != "playing":  # something else ended it meanwhile
            return
        log.info("--requests %d were sent: the run ends", most)
        runner, parsed = self.environment.runner, self.environment.parsed_options
        assert runner is not None
        assert parsed is not None
        if parsed.headless:
            runner.quit()
        else:
            runner.stop()


def register(events: Events) -> None:
    """Watch every test that is run with ``events``. After the audit, whose state tells whether the test runs."""
    events.init.add_listener(_on_init)


def _on_init(environment: Environment, **_: Any) -> None:
    parsed = environment.parsed_options
    assert parsed is not None
    if parsed.requests < 0:
        with refusing():
            raise UsageProblem(
                f"--requests is {parsed.requests}",
                "how many requests to send, or 0 for as many as the time allows",
                "correct --requests",
            )
    if not isinstance(environment.runner, WorkerRunner):
        RequestLimit(environment)
