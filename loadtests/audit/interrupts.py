"""What Ctrl-C does: the first is taken from Locust, so that balances are audited; the second is Locust's own.

Locust would write its HTML before it tells anyone of the end. Workers on the same terminal are struck, too, and go on
to play their part for the master.
"""

import signal
from collections.abc import Callable
from typing import Any

import gevent


class Interrupts:
    """``first`` is called at the first Ctrl-C, and says whether Locust is to end then."""

    def __init__(self, first: Callable[[], bool]) -> None:
        self._first = first
        self._watcher: Any = None

    def take(self) -> None:
        """Take the first Ctrl-C."""
        # In a greenlet apart from the watcher's own, which forgets everything when it is cancelled.
        self._watcher = gevent.signal_handler(signal.SIGINT, gevent.spawn, self._take_first)

    def _take_first(self) -> None:
        self._watcher.cancel()
        signal.signal(signal.SIGINT, signal.default_int_handler)
        if not self._first():
            return
        # Where Locust waits for the end, as if the signal had come now.
        main = gevent.get_hub().parent
        assert main is not None
        gevent.kill(main, KeyboardInterrupt)
