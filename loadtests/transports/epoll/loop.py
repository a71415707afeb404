"""The engine of one worker: an epoll loop in one greenlet, which sends for all its players.

It shares its thread with Locust's greenlets and yields to them: after every few milliseconds of work, and whenever
nothing is ready, when Locust's own hub watches the epoll and wakes the engine with the next answer. No threads and
so no locks: generators, ledger and statistics are only ever touched from the hub's thread.

Measured with requests that cost nothing to make, per second of CPU: this loop 86,000, the same in a thread of its own
86,000, without the millisecond of patience 76,000, a greenlet that only polls and yields 38,000.
"""

import heapq
import itertools
import time
from collections.abc import Callable
from typing import Any, Final

import gevent
from gevent import monkey
from gevent.event import Event

from loadtests.traffic.player_script import Play as Rounds
from loadtests.transports.epoll.answers import Heads
from loadtests.transports.epoll.lines import Line
from loadtests.transports.epoll.plays import Play, Recorder
from loadtests.transports.epoll.target import SPARE, Target
from loadtests.transports.epoll.tls import TlsLine

Epoll = monkey.get_original("select", "epoll")
# Seconds of work after which the other greenlets have their turn: Locust's heartbeats, its web page.
_SLICE: Final = 0.005
# Events taken at once, so that a slice stays short with any number of players.
_EVENTS: Final = 128
# Seconds that the thread may be held waiting for an answer before it is left to the hub. A millisecond is the least
# epoll knows, and about what a fast CLIENT takes.
_PATIENCE: Final = 0.001
_LONGEST_WAIT: Final = 0.25
_READ: Final = 1
_now = time.perf_counter


class Engine:
    """Sends for all players of one worker to one CLIENT.

    A request without an answer within ``timeout`` seconds counts as unanswered. ``given_up`` counts the requests that
    were sent and are in no statistics, because their player was stopped meanwhile (as Locust's own users do).
    """

    def __init__(self, target: Target, recorder: Recorder, timeout: float = 5.0) -> None:
        self.target = target
        self.recorder = recorder
        self.timeout = timeout
        self.heads = Heads()
        self.given_up = 0
        self._epoll = Epoll()
        self._lines: dict[int, Line] = {}
        self._spare: list[Line] = []
        self._plays: set[Play] = set()
        self._calls: list[Callable[[], None]] = []
        self._timers: list[tuple[float, int, Callable[[], None]]] = []
        self._order = itertools.count()
        self._address: tuple[int, Any] | None = None
        self._unresolved: OSError | None = None
        self._next_sweep = 0.0
        self._wake = Event()
        self._greenlet: gevent.Greenlet[..., None] | None = None

    # What users call, from their own greenlets.

    def play(self, rounds: Rounds, done: Callable[[BaseException | None], None]) -> Play:
        """Play ``rounds`` to their end; ``done`` is called then, with None or with what they raised."""
        play = Play(self, rounds, done)
        self._plays.add(play)
        self.later(play.begin)
        self._wake.set()
        if self._greenlet is None:
            self._greenlet = gevent.spawn(self._run)
        return play

    def stop(self, play: Play) -> None:
        """Stop ``play`` here and now, also in the middle of a request; nothing happens where it has ended."""
        if play in self._plays:
            self._plays.discard(play)
            self.given_up += play.stop()
            if not self._plays:
                self.recorder.flush()

    # What plays and lines call, from the loop.

    def over(self, play: Play, problem: BaseException | None) -> None:
        """``play`` ended, for the reason ``problem`` if there is one."""
        self._plays.discard(play)
        if not self._plays:
            # The answer of its last request is recorded in this turn.
            self.later(self.recorder.flush)
        self.later(lambda: play.done(problem))

    def line(self) -> Line:
        """A line that is free, by preference one that is connected."""
        if self._spare:
            return self._spare.pop()
        target = self.target
        return Line(self) if target.tls is None else TlsLine(self, target.tls, target.host)

    def free(self, line: Line) -> None:
        """Take back ``line``, and keep it where few are kept."""
        if line.sock is not None and not line.busy and len(self._spare) < SPARE:
            self._spare.append(line)
        else:
            line.close()

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Make ``call`` when ``seconds`` have passed."""
        heapq.heappush(self._timers, (_now() + seconds, next(self._order), call))

    def later(self, call: Callable[[], None]) -> None:
        """Make ``call`` in the next turn."""
        self._calls.append(call)

    def watch(self, line: Line, events: int, known: bool) -> None:
        """Call ``line.ready`` when one of ``events`` is there."""
        if known:
            self._epoll.modify(line.fd, events)
        else:
            self._epoll.register(line.fd, events)
            self._lines[line.fd] = line

    def forget(self, line: Line) -> None:
        """Close the connection of ``line``.

        Its number may be given anew at once: a line is only closed when its own event of this turn has been handled.
        """
        if self._lines.pop(line.fd, None) is not None:
            self._epoll.unregister(line.fd)
        line.sock.close()

    def address(self) -> tuple[int, Any]:
        """Family and address of the CLIENT; OSError where its name has none."""
        if self._address is None:
            raise self._unresolved or OSError("the host's address is not known yet")
        return self._address

    # The loop.

    def _run(self) -> None:
        watcher = gevent.get_hub().loop.io(self._epoll.fileno(), _READ)
        try:
            self._resolve()
            pause = _now() + _SLICE
            while self._plays or self._calls:
                if not self._turn():
                    self._rest(watcher)
                elif _now() < pause:
                    continue
                else:
                    gevent.sleep(0)
                pause = _now() + _SLICE
        except BaseException as problem:
            # No user may wait for an engine that is gone.
            for play in tuple(self._plays):
                self.stop(play)
                play.done(problem)
            raise
        finally:
            watcher.close()
            self._greenlet = None
            self._close_lines()

    def _turn(self) -> bool:
        """Do what can be done now; False where there was nothing."""
        calls, self._calls = self._calls, []
        for call in calls:
            call()
        timers = self._timers
        while timers and timers[0][0] <= _now():
            heapq.heappop(timers)[2]()
        events = self._epoll.poll(0 if calls else _PATIENCE, _EVENTS)
        lines = self._lines
        for fd, event in events:
            line = lines.get(fd)
            if line is not None:
                line.ready(event)
        self.recorder.tick()
        if _now() >= self._next_sweep:
            self._sweep()
        return bool(calls or events)

    def _rest(self, watcher: Any) -> None:
        """Leave the thread to the hub until something is ready, or due."""
        seconds = _LONGEST_WAIT
        if self._timers:
            seconds = min(seconds, max(0.0, self._timers[0][0] - _now()))
        self._wake.clear()
        watcher.start(self._wake.set)
        try:
            self._wake.wait(seconds)
        finally:
            watcher.stop()

    def _sweep(self) -> None:
        """Give up what has waited too long."""
        now = _now()
        self._next_sweep = now + min(_LONGEST_WAIT, self.timeout / 10)
        if self._address is None:
            self._resolve()
        for line in tuple(self._lines.values()):
            if line.busy and now - line.started > self.timeout:
                line.lost(f"no answer within {self.timeout:g} s")

    def _resolve(self) -> None:
        try:
            self._address = self.target.address(self.timeout)
        except OSError as problem:
            self._unresolved = problem

    def _close_lines(self) -> None:
        for line in (*self._lines.values(), *self._spare):
            line.close()
        self._spare.clear()
