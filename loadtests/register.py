"""Everything that a load test of ours is made of, tied to Locust's events in one place."""

from functools import partial
from typing import Any
from weakref import WeakSet

from gevent.event import Event
from locust.env import Environment
from locust.event import Events

from loadtests import options, run, vouchers
from loadtests.audit import locust_events
from loadtests.monitor import memory_watch
from loadtests.shapes import request_limit, shapes

_registered: "WeakSet[Events]" = WeakSet()


def register(events: Events) -> None:
    """Tie all parts to ``events``, once. The order counts: what listens later finds what was made before."""
    if events in _registered:
        return
    _registered.add(events)
    made = Event()
    events.test_start.add_listener(partial(_await_runner, made))
    options.register(events)
    run.register(events)
    memory_watch.register(events)
    locust_events.register(events)
    shapes.register(events)
    vouchers.register(events)
    request_limit.register(events)
    events.init.add_listener(lambda **_: made.set())


def _await_runner(made: Event, environment: Environment, **_: Any) -> None:
    """Wait until this process is ``made``: a master in the middle of a test tells a worker to start before it has
    a runner, which says whose players it plays.
    """
    if environment.runner is None:
        made.wait()
