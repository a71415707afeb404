"""One way of sending, measured in a process of its own: requests, seconds, CPU seconds.

Run as ``python -m loadtests.benchmarks.traffic.sender WAY PORT USERS SECONDS [CORE]``; prints one line of
JSON. All ways run
under Locust's own local runner with the same users; what the start costs is not counted.
"""

import argparse
import itertools
import json
import os
import resource
import sys
import time
from collections.abc import Iterator
from typing import Final

import gevent
from locust import FastHttpUser, events, task
from locust.argument_parser import parse_options
from locust.env import Environment

from loadtests import options, run
from loadtests.benchmarks.traffic import bodies
from loadtests.benchmarks.traffic.ratios import BARE, OURS
from loadtests.traffic.callbacks import Written
from loadtests.transports.users import Bettor

# Seconds of sending before anything is counted: connections are open then, and caches warm.
_WARM_UP: Final = 0.5


class Bare(FastHttpUser):
    """The least that Locust's own fast user can do: post bodies that were written and signed beforehand."""

    requests: Iterator[Written]

    @task
    def post(self) -> None:
        """Post the next body; its answer is not read."""
        body = next(self.requests)
        self.client.post(body.path, data=body.body, headers=body.headers)  # type: ignore[arg-type]  # bytes are sent as they are


def _environment(way: str, base_url: str, users: int) -> Environment:
    # A hash is checked by nobody here, so that a forged request would be accepted and counted as a failure.
    asked = ["--players", "load-{n}", "--player-count", str(users), "--forgeries", "0", "--host", base_url]
    if way == BARE:
        Bare.requests = itertools.cycle(bodies.bodies())
        return Environment(user_classes=[Bare], host=base_url, events=events)
    options.register(events)
    run.register(events)
    parsed = parse_options(asked)
    return Environment(user_classes=[Bettor], host=base_url, events=events, parsed_options=parsed)


def _spent(environment: Environment) -> tuple[int, int, float, float]:
    """Requests and failures, wall and CPU seconds so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    total = environment.stats.total
    return total.num_requests, total.num_failures, time.perf_counter(), usage.ru_utime + usage.ru_stime


def measure(way: str, port: int, users: int, seconds: float) -> dict[str, float]:
    """Send for ``seconds``; requests, failures, seconds of wall time and of CPU."""
    environment = _environment(way, f"http://127.0.0.1:{port}/operator", users)
    runner = environment.create_local_runner()
    events.init.fire(environment=environment, runner=runner, web_ui=None)
    runner.start(users, spawn_rate=100)
    while runner.user_count < users:
        gevent.sleep(0.01)
    gevent.sleep(_WARM_UP)
    before = _spent(environment)
    gevent.sleep(seconds)
    requests, failures, wall, cpu = (b - a for a, b in zip(before, _spent(environment), strict=True))
    runner.quit()
    return {"requests": requests, "failures": failures, "wall": wall, "cpu": cpu}


def main() -> int:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("way", choices=(BARE, OURS))
    parser.add_argument("port", type=int)
    parser.add_argument("users", type=int)
    parser.add_argument("seconds", type=float)
    parser.add_argument("core", type=int, nargs="?")
    given = parser.parse_args()
    if given.core is not None:
        os.sched_setaffinity(0, {given.core})
    print(json.dumps(measure(given.way, given.port, given.users, given.seconds)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
