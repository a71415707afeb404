"""Says that something is waited for while it is: silence on the screen looks like a program that hangs."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

# A quick CLIENT answers within this, in seconds, and nothing needs to be said.
AFTER: Final = 0.5


@contextmanager
def said_if_slow(tell: Callable[[], None], after: float = AFTER) -> Iterator[None]:
    """Call ``tell`` once, from a thread of its own, where what is done within takes longer than ``after`` seconds."""
    timer = threading.Timer(after, tell)
    timer.daemon = True
    timer.start()
    try:
        yield
    finally:
        timer.cancel()
        # What it began to say is said before anything else is.
        timer.join()
