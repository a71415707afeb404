"""Ctrl-C, SIGTERM and SIGHUP end a run in order: players put back, report written, servers ended."""

import contextlib
import gc
import signal
import sys
import threading
import weakref
from collections.abc import Callable, Iterable, Iterator
from types import FrameType
from typing import Final
from weakref import WeakSet

# The signals that end a command: of the terminal, of whoever manages services, and of a terminal that is closed.
ENDING: Final = (
    signal.SIGINT,
    signal.SIGTERM,
    *((signal.SIGHUP,) if sys.platform != "win32" else ()),
)
# Seconds until an interrupt that would have been lost is tried again.
_AGAIN: Final = 0.01
# Where the standard library's callbacks of weak references stand.
_WEAK: Final = frozenset({weakref.__file__, WeakSet.__init__.__code__.co_filename})


@contextlib.contextmanager
def interruptible() -> Iterator[None]:
    """Let SIGTERM and SIGHUP raise KeyboardInterrupt as Ctrl-C does, and let none be lost.

    Python drops what is raised by whatever the collector of garbage calls, and libraries have callbacks there: one
    Ctrl-C in ten would do nothing. In any thread but the main one, which alone hears of signals, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    heard = ENDING
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        heard = tuple(number for number in heard if number != signal.SIGINT)
    with handled(_interrupt, heard):
        yield


@contextlib.contextmanager
def said_once(tell: Callable[[], None]) -> Iterator[None]:
    """Answer the first signal to end by ``tell``, and let only the second raise KeyboardInterrupt.

    Where these signals mean something else than to interrupt, nothing changes.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    said = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal said
        if said:
            _interrupt(number, frame)
        said = True
        tell()

    interrupting = (signal.default_int_handler, _interrupt)
    with handled(hear, [number for number in ENDING if signal.getsignal(number) in interrupting]):
        yield


@contextlib.contextmanager
def handled(
    handler: Callable[[int, FrameType | None], object], numbers: Iterable[signal.Signals]
) -> Iterator[None]:
    """Let ``handler`` hear of the signals ``numbers``, and put back who heard of them before. In the main thread."""
    # What nohup has turned off stays off.
    numbers = [number for number in numbers if signal.getsignal(number) is not signal.SIG_IGN]
    before = {number: signal.signal(number, handler) for number in numbers}
    try:
        yield
    finally:
        for number, earlier in before.items():
            signal.signal(number, earlier)


def _interrupt(number: int, frame: FrameType | None) -> None:
    if not _dropped(frame):
        raise KeyboardInterrupt
    main = threading.main_thread().ident
    assert main is not None
    again = threading.Timer(_AGAIN, signal.pthread_kill, (main, number))
    again.daemon = True
    again.start()


def _dropped(frame: FrameType | None) -> bool:
    """Whether nobody hears of what is raised in ``frame``: in callbacks of the collector, destructors, weak references.

    Where it is said of too many, they are interrupted a moment later.
    """
    callbacks = {getattr(callback, "__code__", None) for callback in gc.callbacks}
    while frame is not None:
        code = frame.f_code
        if code in callbacks or code.co_name == "__del__" or code.co_filename in _WEAK:
            return True
        frame = frame.f_back
    return False
