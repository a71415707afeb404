"""Everything that a load test of ours is made of, tied to Locust's events in one place."""

from weakref import WeakSet

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
    options.register(events)
    run.register(events)
    memory_watch.register(events)
    locust_events.register(events)
    shapes.register(events)
    vouchers.register(events)
    request_limit.register(events)
