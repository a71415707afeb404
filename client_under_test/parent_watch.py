"""A server must not outlive whoever started it, however that one ended."""

import ctypes
import os
import signal
import sys
import threading
import time

_PR_SET_PDEATHSIG = 1
_EVERY = 0.2
_GRACE = 3.0


def die_with(parent: int) -> None:
    """End this process, a worker, when process ``parent``, which forked it from its main thread, is gone."""
    if sys.platform == "linux":
        # The kernel's own way works at once, also where this process is stuck.
        ctypes.CDLL(None, use_errno=True).prctl(_PR_SET_PDEATHSIG, signal.SIGKILL)
    watch(parent)


def watch(parent: int) -> None:
    """End this process, by a thread of its own, as soon as ``parent`` is no longer its parent.

    It is asked to end first, so that it can clean up behind itself, and killed where it does not.

    The kernel's signal is not asked for here: it comes when the *thread* that started us ends, and a test
    that starts a server from a thread would lose it.
    """

    def look() -> None:
        while os.getppid() == parent:
            time.sleep(_EVERY)
        os.kill(os.getpid(), signal.SIGTERM)
        time.sleep(_GRACE)
        os.kill(os.getpid(), signal.SIGKILL)

    threading.Thread(target=look, name="parent-watch", daemon=True).start()
