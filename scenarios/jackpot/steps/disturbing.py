"""What goes wrong at Jackpot while scenarios look at the CLIENT."""

from collections.abc import Iterator
from contextlib import contextmanager

from scenarios.hosting.jackpot import JudgedJackpot
from simulators.exchanges.owners import ALL

# How long the provider's own answers take, in seconds: longer than any webhook waits for its acknowledgement.
_SLOW = 60.0


@contextmanager
def slow(simulator: JudgedJackpot) -> Iterator[None]:
    """Let the provider's own answers come late meanwhile."""
    for kind in ("confirm", "voucher", "token"):
        simulator.disturb(kind, None, delay_seconds=_SLOW, about=ALL)
    try:
        yield
    finally:
        simulator.calm(ALL)
