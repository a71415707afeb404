"""Waits for what the CLIENT does: the longer it takes, the more seldom it is looked at."""

import time
from collections.abc import Callable
from typing import Final

# Seconds until the second look, and what part of the time waited for passes before each later one.
_FIRST: Final = 0.01
_SHARE: Final = 0.1
# More seconds than this one look does not count, however long it takes.
_LOOK: Final = 0.25


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait until it ``happened``, for so many ``seconds``; say whether it did.

    Pauses count as they were meant, and what a look takes only in part: where this program, the CLIENT or the
    machine stands still, nobody's time is over, and the last look begins when all of it has passed.
    """
    waited = 0.0
    while True:
        began = time.monotonic()
        if happened():
            return True
        if waited > seconds:
            return False
        pause = max(_FIRST, waited * _SHARE)
        waited += min(time.monotonic() - began, _LOOK) + pause
        time.sleep(pause)
