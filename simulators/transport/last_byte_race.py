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
from contextlib import nullcontext
from dataclasses import dataclass

from simulators.exchanges.history import (
    RACE_NOTE,
    Answer,
    Exchange,
    Failure,
    FaultNote,
    History,
    Request,
    Status,
)
from simulators.transport.concurrency import Slot
from simulators.transport.delivery import Delivery
from simulators.transport.raw_connection import Connection, failure_of, network
from simulators.transport.route import Route
from simulators.values.clocks import running_time

_DIALLERS = 16


@dataclass
class _Racer:
    """One request of the race: its connection, the byte held back, when that left, and how it ended."""

    delivery: Delivery
    connection: Connection | None = None
    last: bytes = b""
    number: int = -1
    left: float | None = None
    answer: Answer | None = None
    failure: Failure | None = None


def race(deliveries: Sequence[Delivery], route: Route, *, alone: bool = False) -> list[Exchange]:
    """Send ``deliveries`` so that their last bytes leave together; return the exchanges in their order.

    A request equal to an earlier one of this race is its copy, unless it is said to be one of another. The route's
    timeout holds for dialling and again, from the release on, for the answers; what is not answered by then is unknown,
    and so is what was refused or reset, with the failure in words. ``invoked`` is when the last byte left; the faults
    tell how far apart the last bytes left. ``alone`` has it wait until nothing else is under way: what others send at
    its side would change what meets in the CLIENT.

    Raises ValueError where a request cannot be written, or where the race is wider than the limits allow.
    """
    racers = [_Racer(delivery) for delivery in deliveries]
    if not racers:
        return []
    # Who lines up may open all its connections.
    line = route.concurrency.alone(len(racers)) if alone else nullcontext(Slot(len(racers)))
    with line as own, route.slots(len(racers)):
        try:
            # Before anything is sent: a CLIENT cuts off what comes too slowly.
            route.limits.request(len(racers))
            _warm(racers, route)
            route.concurrency.turn(own)
            firsts: dict[Request, int] = {}
            number = route.history.new_race()
            for racer in racers:
                one = racer.delivery
                racer.number = one.leaving(route.history, copy_of=firsts.get(one.request), race=number).number
                firsts.setdefault(one.request, racer.number)
            return _run(racers, route, own)
        finally:
            for racer in racers:
                if racer.connection is not None:
                    racer.connection.cut()


def _warm(racers: list[_Racer], route: Route) -> None:
    """Connect every racer and send all but its last byte; a racer that cannot be reached keeps its failure."""
    timeout = route.timeout

    def prepare(racer: _Racer) -> None:
        try:
            racer.connection = route.connect(racer.delivery.request)
            whole = racer.connection.head + racer.connection.body
            racer.connection.push(whole[:-1], running_time() + timeout)
            # Its TLS record is made now, so that at the release only raw sends are left.
            racer.last = racer.connection.seal(whole[-1:])
        except Exception as error:
            if not network(error):
                raise
            racer.failure = failure_of(error, timeout)

    with ThreadPoolExecutor(min(_DIALLERS, len(racers)), thread_name_prefix="race") as pool:
        list(pool.map(prepare, racers))
    ready = [racer.connection for racer in racers if racer.connection is not None]
    # One deadline for all: a CLIENT that serves one connection at a time leaves the others' bytes waiting.
    deadline = running_time() + timeout
    for connection in ready:
        connection.flush(deadline - running_time())
        connection.socket.setblocking(False)
    if ready:
        # Between the arrival of all but the last bytes and the release the server accepts and reads.
        time.sleep(route.concurrency.settled(len(ready)))


def _run(racers: list[_Racer], route: Route, own: Slot) -> list[Exchange]:
    history = route.history
    runners = [racer for racer in racers if racer.failure is None]
    spread = _release(runners, history)
    route.concurrency.sent(own)
    text = f"race of {len(runners)}, last bytes within {spread * 1000:.1f} ms"
    note = (FaultNote(RACE_NOTE, text),) if runners else ()
    done: dict[int, Exchange] = {}

    def finish(racer: _Racer) -> None:
        if racer.connection is not None:
            # A CLIENT that serves one connection at a time turns to the next only now.
            racer.connection.cut()
        faults = (*racer.delivery.faults, *note)
        done[racer.number] = racer.delivery.ended(
            history, racer.number, racer.answer, racer.failure, faults=faults, invoked=racer.left
        )

    try:
        for racer in racers:
            if racer.failure is not None and racer.left is None:
                finish(racer)
        _collect(runners, route.timeout, finish)
    except BaseException as error:
        for racer in racers:
            if racer.number not in done and history[racer.number].status is Status.PENDING:
                history.complete(racer.number, answer=None, failure=failure_of(error, route.timeout))
        raise
    answered = [one.answered for one in done.values() if one.answered is not None and one.answer is not None]
    if len(answered) == len(racers):
        route.concurrency.raced(len(racers), max(answered) - min(answered))
    return [done[racer.number] for racer in racers]


def _release(racers: list[_Racer], history: History) -> float:
    """Send the last bytes in a tight loop; return how many seconds passed from the first to the last."""
    starts = [(racer.connection.socket, racer.last) for racer in racers if racer.connection is not None]
    times = [0.0] * len(starts)
    now = history.now
    for index, (sock, last) in enumerate(starts):
        times[index] = now()
        try:  # noqa: SIM105 - suppress() would cost more than the send
            sock.send(last)
        except OSError:
            pass  # the CLIENT may have answered early and gone; reading tells
    end = now()
    for racer, left in zip(racers, times, strict=True):
        racer.left = left
    return end - times[0] if times else 0.0


def _collect(racers: list[_Racer], timeout: float, finish: Callable[[_Racer], None]) -> None:
    """Read all answers together and finish each racer as it ends, after ``timeout`` seconds all of them."""
    deadline = running_time() + timeout
    with selectors.DefaultSelector() as selector:
        for racer in racers:
            assert racer.connection is not None
            selector.register(racer.connection.socket, selectors.EVENT_READ, racer)
        while selector.get_map() and (left := deadline - running_time()) > 0:
            for key, _ in selector.select(left):
                racer = key.data
                try:
                    racer.answer = racer.connection.take()
                except BlockingIOError:
                    continue
                except Exception as error:
                    if not network(error):
                        raise
                    racer.failure = failure_of(error, timeout)
                if racer.answer is not None or racer.failure is not None:
                    selector.unregister(key.fileobj)
                    finish(racer)
        for key in list(selector.get_map().values()):
            key.data.failure = failure_of(TimeoutError(), timeout)
            finish(key.data)
