"""Waits for what the CLIENT does: the longer it takes, the more seldom it is looked at."""

import time
from collections.abc import Callable
from typing import Final

# Seconds until the second look, and what part of the time waited for passes before each later one.
_FIRST: Final = 0.01
_SHARE: Final = 0.1


def wait_until(happened: Callable[[], bool], seconds: float) -> bool:
    """Wait until it ``happened``, for so many ``seconds``; say whether it did."""
    began = time.monotonic()
    while not (done := happened()) and (waited := time.monotonic() - began) <= seconds:
        time.sleep(max(_FIRST, waited * _SHARE))
    return done
