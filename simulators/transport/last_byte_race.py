"""Races by last-byte synchronisation: N requests whose last bytes leave together.

Every request is sent on its own warmed connection, all but its last byte; the servers have read the rest when
the last bytes are released at once from one thread. The network's delay is spent before the start, so what
reaches the CLIENT is N complete requests within a fraction of a millisecond.

Limit: HTTP/1.1 only. A proxy that collects whole requests before passing them on spreads them as it likes.
"""

import selectors
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Any

from simulators.exchanges.history import (
    RACE_NOTE,
    Answer,
    Exchange,
    Failure,
    FaultNote,
    History,
    Purpose,
    Request,
    Status,
)
from simulators.transport.http_client import Meaning, Read, interrupted
from simulators.transport.rate_limits import Limits
from simulators.transport.raw_connection import Connection, network, why

# Seconds between the arrival of all but the last bytes and the release: a server accepts and reads meanwhile.
SETTLE = 0.02
_DIALLERS = 16


@dataclass
class _Lane:
    """One request of the race: its connection, the byte held back, when that left, and how the lane ended."""

    request: Request
    connection: Connection | None = None
    last: bytes = b""
    number: int = -1
    left: float | None = None
    answer: Answer | None = None
    failure: Failure | None = None


def race(
    requests: Sequence[Request],
    history: History,
    read: Read,
    *,
    provider: str,
    labels: str | Sequence[str],
    purpose: Purpose,
    messages: Sequence[Any] | None = None,
    genuine: bool = True,
    copies_of: Sequence[int | None] | None = None,
    faults: tuple[FaultNote, ...] = (),
    timeout: float = 5.0,
    ca_file: str | None = None,
    settle: float = SETTLE,
    limits: Limits | None = None,
) -> list[Exchange]:
    """Send ``requests`` so that their last bytes leave together; return the exchanges in the order of
    ``requests``.

    ``labels`` and ``messages`` say what each is (see Exchange). Where ``copies_of`` is not given, a request
    equal to an earlier one of this race is its copy. ``timeout`` is seconds for dialling and again, from the
    release on, for the answers; what is not answered by then is unknown, and so is what was refused or reset,
    with the failure in words. ``invoked`` is when the last byte left; ``faults`` tells how far apart the last
    bytes left.

    Raises ValueError where a request cannot be written, where the sequences differ in length, or where the
    race is wider than ``limits`` allow.
    """
    told = _told(requests, labels, messages, copies_of)
    gate = limits or Limits()
    lanes = [_Lane(request) for request in requests]
    with gate.connection(len(lanes)):
        try:
            _warm(lanes, timeout, ca_file, settle)
            if lanes:
                gate.request(len(lanes))
            firsts: dict[Request, int] = {}
            number = history.new_race()
            for lane, label, message, copied in zip(lanes, *told, strict=True):
                lane.number = history.invoke(
                    lane.request,
                    provider=provider,
                    label=label,
                    purpose=purpose,
                    message=message,
                    genuine=genuine,
                    copy_of=firsts.get(lane.request) if copies_of is None else copied,
                    race=number,
                    faults=faults,
                ).number
                firsts.setdefault(lane.request, lane.number)
            return _run(lanes, history, read, timeout, faults)
        finally:
            for lane in lanes:
                if lane.connection is not None:
                    lane.connection.cut()


def _told(
    requests: Sequence[Request],
    labels: str | Sequence[str],
    messages: Sequence[Any] | None,
    copies_of: Sequence[int | None] | None,
) -> tuple[list[str], list[Any], list[int | None]]:
    """The label of each request, what it means, and what it is a copy of."""
    names = [labels] * len(requests) if isinstance(labels, str) else list(labels)
    meant = [None] * len(requests) if messages is None else list(messages)
    copies: list[int | None] = [None] * len(requests) if copies_of is None else list(copies_of)
    if not len(names) == len(meant) == len(copies) == len(requests):
        raise ValueError("labels, messages and copies_of must have one entry for each request of the race")
    return names, meant, copies


def _warm(lanes: list[_Lane], timeout: float, ca_file: str | None, settle: float) -> None:
    """Connect every lane and send all but its last byte; a lane that cannot be reached keeps its failure."""
    if not lanes:
        return

    def prepare(lane: _Lane) -> None:
        try:
            lane.connection = Connection(lane.request, timeout=timeout, ca_file=ca_file)
            whole = lane.connection.head + lane.connection.body
            lane.connection.push(whole[:-1])
            # Its TLS record is made now, so that at the release only raw sends are left.
            lane.last = lane.connection.seal(whole[-1:])
        except Exception as error:
            if not network(error):
                raise
            lane.failure = why(error, timeout)

    with ThreadPoolExecutor(min(_DIALLERS, len(lanes)), thread_name_prefix="race") as pool:
        list(pool.map(prepare, lanes))
    ready = [lane.connection for lane in lanes if lane.connection is not None]
    # One deadline for all: a CLIENT that serves one connection at a time leaves the others' bytes waiting.
    deadline = time.monotonic() + timeout
    for connection in ready:
        connection.flush(deadline - time.monotonic())
        connection.socket.setblocking(False)
    if ready:
        time.sleep(settle)


def _run(
    lanes: list[_Lane], history: History, read: Read, timeout: float, faults: tuple[FaultNote, ...]
) -> list[Exchange]:
    runners = [lane for lane in lanes if lane.failure is None]
    spread = _release(runners, history)
    told = faults
    if runners:
        text = f"race of {len(runners)}, last bytes within {spread * 1000:.1f} ms"
        told = (*faults, FaultNote(RACE_NOTE, text))
    done: dict[int, Exchange] = {}

    def finish(lane: _Lane) -> None:
        if lane.connection is not None:
            # A CLIENT that serves one connection at a time turns to the next only now.
            lane.connection.cut()
        meaning = Meaning(Status.UNKNOWN) if lane.answer is None else read(lane.answer)
        done[lane.number] = history.complete(
            lane.number,
            answer=lane.answer,
            failure=lane.failure,
            status=meaning.status,
            error=meaning.error,
            client_id=meaning.client_id,
            faults=told,
            invoked=lane.left,
        )

    try:
        for lane in lanes:
            if lane.failure is not None and lane.left is None:
                finish(lane)
        _collect(runners, timeout, finish)
    except BaseException as error:
        for lane in lanes:
            if lane.number not in done and history[lane.number].status is Status.PENDING:
                history.complete(lane.number, answer=None, failure=interrupted(error))
        raise
    return [done[lane.number] for lane in lanes]


def _release(lanes: list[_Lane], history: History) -> float:
    """Send the last bytes in a tight loop; return how many seconds passed from the first to the last."""
    starts = [(lane.connection.socket, lane.last) for lane in lanes if lane.connection is not None]
    times = [0.0] * len(starts)
    now = history.now
    for index, (sock, last) in enumerate(starts):
        times[index] = now()
        try:  # noqa: SIM105 - suppress() would cost more than the send
            sock.send(last)
        except OSError:
            pass  # the CLIENT may have answered early and gone; reading tells
    end = now()
    for lane, left in zip(lanes, times, strict=True):
        lane.left = left
    return end - times[0] if times else 0.0


def _collect(lanes: list[_Lane], timeout: float, finish: Callable[[_Lane], None]) -> None:
    """Read all answers together and finish each lane as it ends, after ``timeout`` seconds all of them."""
    deadline = time.monotonic() + timeout
    with selectors.DefaultSelector() as selector:
        for lane in lanes:
            assert lane.connection is not None
            selector.register(lane.connection.socket, selectors.EVENT_READ, lane)
        while selector.get_map() and (left := deadline - time.monotonic()) > 0:
            for key, _ in selector.select(left):
                lane = key.data
                try:
                    lane.answer = lane.connection.take()
                except BlockingIOError:
                    continue
                except Exception as error:
                    if not network(error):
                        raise
                    lane.failure = why(error, timeout)
                if lane.answer is not None or lane.failure is not None:
                    selector.unregister(key.fileobj)
                    finish(lane)
        for key in list(selector.get_map().values()):
            key.data.failure = why(TimeoutError(), timeout)
            finish(key.data)
