"""The live feed: what changes in the history and in the providers, as server-sent events in batches.

A stream that was cut goes on where it stood: each frame's id names how many changes it has seen. Nothing is kept
for a stream but that number, so that a slow browser costs no memory and loses nothing.
"""

import json
import secrets
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from scenarios.console.control.filters import ALL, Filter
from scenarios.console.rows import row
from simulators.exchanges.history import Exchange, History
from simulators.exchanges.redaction import Redactor

# So many browsers may watch at once; one more, and the one that has watched longest is let go.
STREAMS: Final = 8
# A frame gathers what happens in so many seconds, and holds so many rows at most.
GATHERED_SECONDS: Final = 0.1
FRAME_ROWS: Final = 2000
# A new page begins with so many exchanges; older ones are in the history.
OPENING_ROWS: Final = 5000
# A page holds so many, so it starts no further back for the sake of one of them.
KEPT_ROWS: Final = 100_000
# How often news other than exchanges are looked for, and a quiet line is kept open, in seconds.
_LOOK_SECONDS: Final = 0.5
_QUIET_SECONDS: Final = 5.0

News = Callable[[], Any]


@dataclass(frozen=True, slots=True)
class Subscription:
    """What a page wants of its stream.

    ``filter`` says of each row whether it is shown, ``exchange`` is the number of one that it must begin with or
    before. A page that goes on with another stream has rows from number ``oldest`` on; its ``page`` names it, so that
    the stream before ends at once.
    """

    filter: Filter = ALL
    exchange: int | None = None
    oldest: int = 0
    page: str = ""


EVERYTHING: Final = Subscription()


@dataclass(eq=False)
class _Stream:
    page: str
    ended: threading.Event = field(default_factory=threading.Event)


class Feed:
    """Streams of what changes. ``news`` are values by event name, sent whenever they differ from before."""

    def __init__(self, history: History, redactor: Redactor, news: Mapping[str, News]) -> None:
        self.history = history
        self._redactor = redactor
        self._news = dict(news)
        # Ids of another run of the server mean nothing here.
        self._epoch = secrets.token_hex(4)
        self._changes: list[int] = [each.number for each in history]
        self._changed = threading.Condition()
        self._streams: list[_Stream] = []
        self._closed = False
        history.listeners.append(self._heard)

    def _heard(self, exchange: Exchange) -> None:
        with self._changed:
            self._changes.append(exchange.number)
            self._changed.notify_all()

    def poke(self) -> None:
        """Look for news at once."""
        with self._changed:
            self._changed.notify_all()

    def wait_until(self, satisfied: Callable[[], bool], deadline: float) -> None:
        """Wait until ``satisfied``, which is asked again after every change, or ``deadline`` of the monotonic clock."""
        while not satisfied():
            with self._changed:
                left = deadline - time.monotonic()
                if left <= 0 or self._closed:
                    return
                self._changed.wait(min(left, _LOOK_SECONDS))

    def close(self) -> None:
        """End every stream, and listen no more."""
        if self._heard in self.history.listeners:
            self.history.listeners.remove(self._heard)
        with self._changed:
            self._closed = True
            for stream in self._streams:
                stream.ended.set()
            self._changed.notify_all()

    @property
    def watching(self) -> int:
        """How many streams are open."""
        return len(self._streams)

    def stream(self, last_id: str | None = None, watched: Subscription = EVERYTHING) -> Iterator[bytes]:
        """Frames of server-sent events, until the browser goes or ``close``; ``last_id`` is the last one seen."""
        mine = _Stream(watched.page)
        with self._changed:
            for other in self._streams:
                if mine.page and other.page == mine.page:
                    other.ended.set()
            self._streams.append(mine)
            for oldest in [each for each in self._streams if not each.ended.is_set()][:-STREAMS]:
                oldest.ended.set()
            self._changed.notify_all()
        try:
            yield from self._frames(mine, watched, *self._start(last_id, watched.exchange))
        finally:
            with self._changed:
                self._streams.remove(mine)

    def _start(self, last_id: str | None, exchange: int | None) -> tuple[int, bool]:
        """Where a stream begins in the changes, and whether it goes on where another stood."""
        epoch, _, number = (last_id or "").partition("-")
        if epoch == self._epoch and number.isdecimal() and int(number) <= len(self._changes):
            return int(number), True
        # An exchange changes twice at most: invoked, completed.
        start = max(0, len(self._changes) - 2 * OPENING_ROWS)
        if exchange is not None and len(self.history) - KEPT_ROWS <= exchange < len(self.history):
            with self._changed:
                start = min(start, self._changes.index(exchange))
        return start, False

    def _frames(self, mine: _Stream, watched: Subscription, cursor: int, resumed: bool) -> Iterator[bytes]:
        hello = {
            "resumed": resumed,
            "total": len(self.history),
            "now": time.time() * 1000,
            # Which of the rows that the page has already are shown (null: all); those that come say so one by one.
            "fit": self._fitting(watched) if resumed and watched.filter.words else None,
        }
        yield self._frame("hello", hello, cursor)
        sent: dict[str, str] = {}
        spoke = time.monotonic()
        while not (mine.ended.is_set() or self._closed):
            began = cursor
            cursor, rows = self._rows(cursor, watched.filter)
            batch = {"now": time.time() * 1000, "rows": rows}
            frames = [self._frame("exchanges", batch, cursor)] if rows else []
            for name, look in self._news.items():
                text = json.dumps(look(), sort_keys=True)
                if sent.get(name) != text:
                    sent[name] = text
                    frames.append(f"event: {name}\ndata: {text}\n\n".encode())
            if not frames and time.monotonic() - spoke > _QUIET_SECONDS:
                frames.append(b": still here\n\n")
            if frames:
                spoke = time.monotonic()
                yield b"".join(frames)
            if cursor - began < FRAME_ROWS:
                self._wait(mine, cursor)
        if mine.ended.is_set():
            yield b"event: bye\ndata: {}\n\n"

    def _fitting(self, watched: Subscription) -> list[int]:
        held = self.history.since(watched.oldest)
        return [each.number for each in held if watched.filter.fits(each, self._redactor)]

    def _rows(self, cursor: int, wanted: Filter) -> tuple[int, list[dict[str, Any]]]:
        with self._changed:
            numbers = self._changes[cursor : cursor + FRAME_ROWS]
        # Of several changes of one exchange the last is enough.
        found = [self.history[number] for number in dict.fromkeys(numbers)]
        rows = [row(each, self._redactor) | {"fit": wanted.fits(each, self._redactor)} for each in found]
        return cursor + len(numbers), rows

    def _wait(self, mine: _Stream, cursor: int) -> None:
        with self._changed:
            if len(self._changes) <= cursor and not self._closed:
                self._changed.wait(_LOOK_SECONDS)
        # A moment for more of the same to come, and to be sent together.
        mine.ended.wait(GATHERED_SECONDS)

    def _frame(self, event: str, value: Any, cursor: int) -> bytes:
        text = json.dumps(value, separators=(",", ":"))
        return f"id: {self._epoch}-{cursor}\nevent: {event}\ndata: {text}\n\n".encode()
