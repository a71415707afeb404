"""Everything that a load test of ours is made of, tied to Locust's events in one place."""

from weakref import WeakSet

from locust.event import Events

from loadtests import jackpot_traffic, memory_watch, options, settings, shapes
from loadtests.audit import hooks
from loadtests.engine import bettor

_registered: "WeakSet[Events]" = WeakSet()


def register(events: Events) -> None:
    """Tie all parts to ``events``, once. The order counts: what listens later finds what was made before."""
    if events in _registered:
        return
    _registered.add(events)
    options.register(events)
    settings.register(events)
    memory_watch.register(events)
    hooks.register(events)
    shapes.register(events)
    jackpot_traffic.register(events)
    bettor.register(events)
