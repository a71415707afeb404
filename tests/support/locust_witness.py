"""Our locustfile for tests: the run ends after PITBOSS_TEST_REQUESTS requests, whatever time that takes."""

import os

import gevent
from locust import events
from locust.runners import WorkerRunner

from loadtests.locustfile import Bettor

__all__ = ["Bettor"]


@events.init.add_listener
def _watch(environment, runner, **_):
    if not isinstance(runner, WorkerRunner):
        gevent.spawn(_end, environment, int(os.environ["PITBOSS_TEST_REQUESTS"]))


def _end(environment, requests):
    while environment.stats.total.num_requests < requests:
        gevent.sleep(0.05)
    environment.runner.quit()
