"""What one player does, on its way through the engine: its generator hears what was seen and says what comes next."""

import time
from collections.abc import Callable
from typing import Protocol

from loadtests.traffic.player_script import Play as Rounds
from loadtests.traffic.player_script import Seen, Send
from loadtests.transports.epoll.lines import Line
from loadtests.transports.epoll.target import Target

# A player whose connections fail waits before the next try, so that a CLIENT that is down is not hammered.
FIRST_PAUSE = 0.05
LONGEST_PAUSE = 1.0
_now = time.perf_counter


class Recorder(Protocol):
    """Takes what each request came to; ``seconds`` of waiting, ``length`` of the body in bytes."""

    def record(self, name: str, seconds: float, length: int, problem: str | None) -> None:
        """One request ended; with a ``problem`` it counts as failed."""

    def flush(self) -> None:
        """Hand over what was kept back."""

    def tick(self) -> None:
        """Say that time has passed: hand over when it is time to."""


class Stage(Protocol):
    """What plays need of their engine."""

    target: Target
    recorder: Recorder

    def line(self) -> Line:
        """A line that is free."""

    def free(self, line: Line) -> None:
        """Take back a line."""

    def after(self, seconds: float, call: Callable[[], None]) -> None:
        """Make ``call`` when ``seconds`` have passed."""

    def later(self, call: Callable[[], None]) -> None:
        """Make ``call`` in the next turn."""

    def over(self, play: "Play", problem: BaseException | None) -> None:
        """The generator of ``play`` ended, or failed with ``problem``."""


class Play:
    """One generator, one line of its own, and for copies at once some more.

    ``done`` is called once: with None when the generator ended, or with what it raised.
    """

    __slots__ = (
        "_generator",
        "_line",
        "_pause",
        "_request",
        "_send",
        "_stage",
        "_volley",
        "done",
    )

    def __init__(self, stage: Stage, generator: Rounds, done: Callable[[BaseException | None], None]) -> None:
        self._stage = stage
        self._generator = generator
        self._line = stage.line()
        self._pause = FIRST_PAUSE
        # What is under way or waits to be, and its bytes.
        self._send: Send | None = None
        self._request = b""
        self._volley: Volley | Unheard | None = None
        self.done = done

    def begin(self) -> None:
        """Ask the generator what to send first."""
        self._step(None)

    def stop(self) -> int:
        """Stop here and now; return how many requests that were sent are given up without an answer."""
        given_up = self._volley.stop() if self._volley is not None else int(self._line.busy)
        self._line.close()
        self._send = self._volley = None
        self._generator.close()
        return given_up

    def seen(self, line: Line, seen: Seen) -> None:  # noqa: ARG002  # a play has one line, a volley several
        """The request came to ``seen``: tell the generator, send what it says next, then record."""
        send = self._send
        assert send is not None
        if seen.status:
            self._pause = FIRST_PAUSE
        elif seen.problem is not None:
            # The pause is the player's, not the CLIENT's: it is in no latency.
            self._stage.after(self._longer(), lambda: self._tell(send, seen))
            return
        self._step(seen)
        self._stage.recorder.record(send.name, seen.seconds, len(seen.body), seen.problem)

    def volley_seen(self, all_seen: list[Seen]) -> None:
        """Copies that were sent at once came to ``all_seen``."""
        send, self._volley = self._send, None
        assert send is not None
        self._step(all_seen)
        for seen in all_seen:
            self._stage.recorder.record(send.name, seen.seconds, len(seen.body), seen.problem)

    def has_left(self, seen: Seen) -> None:
        """The request whose answer nobody is to hear has left, or, with a problem in ``seen``, could not."""
        self._volley = None
        self.seen(self._line, seen)

    def _tell(self, send: Send, seen: Seen) -> None:
        if self._send is send:
            self._step(seen)
            self._stage.recorder.record(send.name, seen.seconds, len(seen.body), seen.problem)

    def _longer(self) -> float:
        pause = self._pause
        self._pause = min(pause * 2, LONGEST_PAUSE)
        return pause

    def _step(self, seen: Seen | list[Seen] | None) -> None:
        try:
            send = next(self._generator) if seen is None else self._generator.send(seen)
            self._request = self._stage.target.request(send.path, send.headers, send.body)
        except StopIteration:
            self._end(None)
            return
        except Exception as problem:
            self._end(problem)
            return
        self._send = send
        if send.wait > 0:
            self._stage.after(send.wait, lambda: self._leave_after_wait(send))
        else:
            self._leave(send)

    def _leave_after_wait(self, send: Send) -> None:
        if self._send is send:
            self._leave(send)

    def _leave(self, send: Send) -> None:
        if send.together > 1:
            self._volley = Volley(self._stage, self, send.together, self._request)
            self._volley.begin()
        elif send.cut and send.lingers:
            self._volley = Unheard(self._stage, self)
            self._volley.begin(self._request)
        else:
            self._line.exchange(self, self._request, Line.cut_off if send.cut else None)

    def _end(self, problem: BaseException | None) -> None:
        self._send = None
        self._stage.free(self._line)
        self._stage.over(self, problem)


class Volley:
    """Copies of one request at once: all sent but their last byte, released when every line is that far.

    Released together they meet in the CLIENT as closely as a network allows.
    """

    __slots__ = ("_lines", "_play", "_ready", "_released", "_request", "_seen", "_stage")

    def __init__(self, stage: Stage, play: Play, count: int, request: bytes) -> None:
        self._stage = stage
        self._play = play
        self._request = request
        self._lines = [stage.line() for _ in range(count)]
        # The lines that lack nothing but the last byte.
        self._ready: list[Line] = []
        self._released = False
        self._seen: list[Seen] = []

    def begin(self) -> None:
        """Send all but the last bytes."""
        start = self._request[:-1]
        for line in self._lines:
            line.exchange(self, start, self._is_held_back)

    def stop(self) -> int:
        """Give up; return how many copies were under way."""
        busy = [line for line in self._lines if line.busy]
        for line in self._lines:
            line.close()
        return len(busy)

    def seen(self, line: Line, seen: Seen) -> None:
        """One copy came to ``seen``."""
        self._lines.remove(line)
        if self._released:
            self._stage.free(line)
        else:
            # Answered, or broken, before it was sent whole: nothing of it may follow.
            if line in self._ready:
                self._ready.remove(line)
            line.close()
        self._seen.append(seen)
        if not self._lines:
            self._play.volley_seen(self._seen)
        else:
            self._release()

    def _is_held_back(self, line: Line) -> None:
        self._ready.append(line)
        self._release()

    def _release(self) -> None:
        if not self._released and len(self._ready) == len(self._lines):
            self._released = True
            for line in tuple(self._lines):
                line.release(self._request[-1:])


class Unheard:
    """One request whose answer nobody hears: its play goes on when the last byte has left, on a line of its own."""

    __slots__ = ("_line", "_play", "_stage")

    def __init__(self, stage: Stage, play: Play) -> None:
        self._stage = stage
        # None once the play has gone on.
        self._play: Play | None = play
        self._line = stage.line()

    def begin(self, request: bytes) -> None:
        """Send the whole ``request``."""
        self._line.exchange(self, request, self._left)

    def stop(self) -> int:
        """Give up, before the play has gone on; return how many requests were under way."""
        self._play = None
        self._line.close()
        return 1

    def seen(self, line: Line, seen: Seen) -> None:
        """It was answered, which the play does not hear of, or failed."""
        self._stage.free(line)
        self._go_on(Seen(0, b"", seen.seconds, None if seen.status else seen.problem))

    def _left(self, line: Line) -> None:
        seen = Seen(0, b"", _now() - line.started)
        # In the loop's next turn: whoever writes on this line finds it as it was.
        self._stage.later(lambda: self._go_on(seen))

    def _go_on(self, seen: Seen) -> None:
        play, self._play = self._play, None
        if play is not None:
            play.has_left(seen)
