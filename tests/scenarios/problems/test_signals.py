"""Ctrl-C, SIGTERM and SIGHUP are heard at any moment, also where Python drops what is raised."""

import gc
import os
import signal
import threading
import weakref

import pytest

from scenarios.problems.signals import interruptible, said_once

SIGNALS = [signal.SIGINT, signal.SIGTERM, signal.SIGHUP]
PATIENCE = 20


def wait_after(do):
    """Do it, and give a signal that comes later its time."""
    do()
    threading.Event().wait(PATIENCE)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_interrupts_and_the_handlers_are_put_back(number):
    before = [signal.getsignal(each) for each in SIGNALS]
    with pytest.raises(KeyboardInterrupt), interruptible():
        wait_after(lambda: os.kill(os.getpid(), number))
    assert [signal.getsignal(each) for each in SIGNALS] == before


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_a_callback_of_the_collector_is_not_lost(number):
    sent = []

    def callback(phase, info):
        if not sent:
            sent.append(phase)
            signal.raise_signal(number)

    gc.callbacks.append(callback)
    try:
        with pytest.raises(KeyboardInterrupt), interruptible():
            wait_after(gc.collect)
    finally:
        gc.callbacks.remove(callback)
    assert sent


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_a_destructor_is_not_lost(number):
    class Dying:
        def __del__(self):
            signal.raise_signal(number)

    with pytest.raises(KeyboardInterrupt), interruptible():
        wait_after(Dying)


@pytest.mark.parametrize("number", SIGNALS)
def test_a_signal_in_a_callback_of_a_weak_reference_is_not_lost(number, monkeypatch):
    class Kept:
        pass

    class Signalling(weakref.WeakSet):
        def __init__(self):
            super().__init__()
            self._pending_removals = Pending()
            # The set's own callback asks whether somebody goes through it.
            self._iterating = True

    class Pending(list):
        def append(self, item):
            signal.raise_signal(number)

    kept, held = Signalling(), [Kept()]
    kept.data.add(weakref.ref(held[0], kept._remove))
    with pytest.raises(KeyboardInterrupt), interruptible():
        wait_after(held.clear)
    # Nothing is pending when it is gone.
    kept._iterating, kept._pending_removals = set(), []


def test_who_ignores_ctrl_c_goes_on_to():
    before = signal.signal(signal.SIGINT, signal.SIG_IGN)
    try:
        with interruptible():
            os.kill(os.getpid(), signal.SIGINT)
            assert signal.getsignal(signal.SIGINT) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGINT, before)


def test_another_thread_changes_nothing():
    before, seen = [signal.getsignal(each) for each in SIGNALS], []

    def run():
        with interruptible():
            seen.extend(signal.getsignal(each) for each in SIGNALS)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    assert seen == before


def test_the_first_signal_is_answered_and_the_second_interrupts():
    reported = []

    def twice():
        signal.raise_signal(signal.SIGTERM)
        assert reported == ["once more to stop now"]
        signal.raise_signal(signal.SIGHUP)

    with interruptible():
        with pytest.raises(KeyboardInterrupt), said_once(lambda: reported.append("once more to stop now")):
            wait_after(twice)
        assert reported == ["once more to stop now"]
        with pytest.raises(KeyboardInterrupt):
            wait_after(lambda: signal.raise_signal(signal.SIGINT))


def test_what_nohup_turned_off_stays_off():
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with interruptible():
            signal.raise_signal(signal.SIGHUP)
    finally:
        signal.signal(signal.SIGHUP, before)
