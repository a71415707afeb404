"""How fast it is played."""

import threading
import time


class RoundPace:
    """Lets so many begin each second, whoever plays them, as ``rate`` says; what was missed is not made up for."""

    def __init__(self, rate: float) -> None:
        self._step = 1 / rate
        self._next = time.monotonic()
        self._lock = threading.Lock()

    def turn(self, ended: threading.Event) -> bool:
        """Wait until it is time for one more; False where ``ended`` was set first."""
        with self._lock:
            now = time.monotonic()
            at = max(self._next, now)
            self._next = at + self._step
        return not ended.wait(at - now)
