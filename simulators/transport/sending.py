"""The one way out: everything that goes to the CLIENT is a delivery, and leaves here.

Alone over a connection that is kept, together as a race, or on a connection of its own with faults.
"""

from collections.abc import Sequence

from simulators.exchanges.history import Answer, Exchange, Failure, FailureKind, Request, header
from simulators.transport.concurrency import Slot
from simulators.transport.delivery import Deliver, Delivery, Fault, Handling, KillInstant
from simulators.transport.fault_parameters import FIRST_BYTE, UnfitFault
from simulators.transport.last_byte_race import race
from simulators.transport.pace import Pace
from simulators.transport.raw_connection import Connection, Cut, failure_of, network, remaining
from simulators.transport.route import Route, reachable
from simulators.values.clocks import running_time

# A receive buffer this small makes the CLIENT wait for a slow reader, also with short answers.
_SMALL_BUFFER = 1024
_UNAVAILABLE = 503
# Seconds for which a CLIENT may still work on what it was not heard to answer.
_STILL = 1.0
_PLAIN = Handling()


class _LostError(Exception):
    """The fault ended the exchange; ``failure`` says how."""

    def __init__(self, kind: FailureKind, text: str) -> None:
        super().__init__(text)
        self.failure = Failure(kind, text)


def deliver(
    deliveries: Delivery | Sequence[Delivery],
    route: Route,
    faults: Sequence[Fault] = (),
    *,
    together: bool = False,
    alone: bool = False,
) -> list[Exchange]:
    """Send ``deliveries`` over ``route`` and return their exchanges; never raises for the network.

    One after the other, or ``together``, as a race, with nothing else under way where it is ``alone``, or with
    ``faults`` round them, the first named outermost. Copies that a fault made are among the exchanges, which are in the
    order of leaving; those of a race are in the order of ``deliveries``. What has no answer is unknown. Ends every
    fault. Raises UnfitFault where a fault does not fit the deliveries, lacks something of the route, or is asked for in
    a race, and ValueError where a request cannot be written or a race is wider than the route's limits allow.
    """
    group = [deliveries] if isinstance(deliveries, Delivery) else list(deliveries)
    if together:
        if faults:
            raise UnfitFault(
                "a race was asked for with faults",
                "a race holds the last bytes back itself, so that no fault can act on them",
                "leave one out",
            )
        raced = race(group, route, alone=alone)
        return raced if route.pace is None else _after_race(group, raced, route, route.pace)
    step: Deliver = lambda items: [_send(item, route, pooled=not faults) for item in items]  # noqa: E731
    for fault in reversed(faults):
        step = fault.around(step, route)
    try:
        return step(group)
    finally:
        for fault in faults:
            fault.clean_up(group, route)


def _after_race(
    group: Sequence[Delivery], raced: Sequence[Exchange], route: Route, pace: Pace
) -> list[Exchange]:
    """What came of the ``group`` that ``raced`` once all that the CLIENT did not take then was sent again."""
    ended = pace.clock()
    took = sum(not _refused(one, other) for one, other in zip(group, raced, strict=True))
    if took < len(raced):
        # Twice what was taken: that is halved.
        route.concurrency.refused(2 * took, raced[0].invoked, route.history.now() - raced[0].invoked)
    done = list(raced)
    # How many were taken tells at which pace the others are sent again.
    for place in sorted(range(len(raced)), key=lambda place: raced[place].not_now):
        # Each waits from the race on, not from when the one before was taken.
        ago = pace.clock() - ended
        done[place] = _taken(group[place], raced[place], route, beside=len(raced) > 1, ago=ago)
    return done


def _send(delivery: Delivery, route: Route, *, pooled: bool) -> Exchange:
    """Send ``delivery`` with the faults it is marked with, and again while the CLIENT says *not now*."""
    exchange, beside = _once(delivery, route, pooled=pooled)
    return _taken(delivery, exchange, route, beside=beside)


def _taken(
    delivery: Delivery, exchange: Exchange, route: Route, *, beside: bool, ago: float = 0.0
) -> Exchange:
    """``exchange``, or the copy of it that the CLIENT took, or the last one where it took none.

    It left alone or ``beside`` others, and was answered so many seconds ``ago``.
    """
    if route.pace is None or exchange.answer is None:
        return exchange
    first, attempt, waited = exchange.number, 1, 0.0
    while exchange.not_now:
        assert exchange.answer is not None
        if _unacknowledged(delivery, exchange.answer):
            return exchange
        pause = route.pace.wait(exchange.answer, exchange.number, attempt, waited, ago=ago, beside=beside)
        if pause is None:
            return exchange
        exchange, beside = _once(delivery.copy(first, attempt), route, pooled=True)
        attempt, waited, ago = attempt + 1, waited + pause, 0.0
    if exchange.answer is not None and route.pace.taken(exchange.number):
        route.concurrency.widen()
    return exchange


def _refused(delivery: Delivery, exchange: Exchange) -> bool:
    """Whether the CLIENT had no time for it now."""
    answer = exchange.answer
    return exchange.not_now and answer is not None and not _unacknowledged(delivery, answer)


def _unacknowledged(delivery: Delivery, answer: Answer) -> bool:
    """Whether 503 is no matter of pace: who cannot reach the provider says so, too, and is sent the event again."""
    return (
        delivery.retried and answer.status == _UNAVAILABLE and header(answer.headers, "Retry-After") is None
    )


def _once(delivery: Delivery, route: Route, *, pooled: bool) -> tuple[Exchange, bool]:
    """Send ``delivery`` once with the faults it is marked with; record the exchange. Says whether others were under
    way.
    """
    acting = [fault for fault in delivery.wire if delivery.attempt < fault.attempts]
    handling = _PLAIN
    for fault in acting:
        handling = fault.handle(handling)
    if "before" in handling.kill:
        _kill("before", handling, route)
        reachable(delivery.request, route.timeout)
    with route.slot(pooled=pooled) as own:
        # A kept connection may be closed while it waits, so the waiting comes first.
        route.limits.request()
        connection, failure = _connection(delivery.request, route, handling, pooled=pooled)
        try:
            # What leaves first has the lower number.
            exchange = delivery.leaving(route.history, wire=(fault.note for fault in acting))
            done = _record(exchange, delivery, handling, route, connection, failure, own)
            # What has faults is not of the judge's own choice.
            beside = not pooled or own.together > 1 or done.invoked < route.concurrency.lost_at + _STILL
            if not pooled and done.answer is None:
                route.concurrency.lost_at = route.history.now()
            if connection is not None and pooled:
                if route.pace is not None:
                    # Who minds the CLIENT's pace minds how much it can bear, too; serve and load send as asked.
                    route.concurrency.took(done.invoked, done.seconds or 0.0, route.timeout)
                    if _refused(delivery, done) and own.together > 1:
                        route.concurrency.refused(own.together, done.invoked, done.seconds or 0.0)
                route.keep(connection, delivery.request)
                connection = None
        finally:
            if connection is not None:
                connection.cut()
    _kill("answered", handling, route)
    return done, beside


def _connection(
    request: Request, route: Route, handling: Handling, *, pooled: bool
) -> tuple[Connection | None, Failure | None]:
    buffer = None if handling.read_chunk is None else _SMALL_BUFFER
    try:
        return route.connect(request, pooled=pooled, buffer=buffer), None
    except Exception as error:
        if not network(error):
            raise
        return None, failure_of(error, route.timeout)


def _kill(instant: KillInstant, handling: Handling, route: Route) -> None:
    if instant in handling.kill and route.restart is not None:
        route.restart()


def _record(
    exchange: Exchange,
    delivery: Delivery,
    handling: Handling,
    route: Route,
    connection: Connection | None,
    failure: Failure | None,
    own: Slot,
) -> Exchange:
    answer = None
    if connection is not None:
        try:
            answer = _converse(connection, handling, route, own)
        except _LostError as error:
            failure = error.failure
        except BaseException as error:
            failure = failure_of(error, route.timeout)
            if not network(error):
                route.history.complete(exchange.number, answer=None, failure=failure)
                raise
    return delivery.ended(route.history, exchange.number, answer, failure)


def _converse(connection: Connection, handling: Handling, route: Route, own: Slot) -> Answer:
    deadline = running_time() + route.timeout
    # A CLIENT may answer before it has read all, and close: then the answer is there to be read.
    early = not _push(connection, handling, route, deadline)
    route.concurrency.sent(own)
    if handling is _PLAIN:
        return connection.wait(deadline)
    connection.flush(route.timeout)
    _kill("sent", handling, route)
    if handling.lose is not None and not early:
        _lose(connection, handling.lose, handling.cut, route)
    # The faults' own seconds are not the CLIENT's.
    return _read(connection, handling, route, running_time() + route.timeout)


def _push(connection: Connection, handling: Handling, route: Route, deadline: float) -> bool:
    """Send the request; False where the CLIENT went away before all was sent. Raises _LostError once reset."""
    head, body = connection.head, connection.body
    try:
        if handling is _PLAIN:
            connection.push(head + body, deadline)
            return True
        if handling.reset_after is not None:
            head = head if body else head[:-1]
            body = body[: max(0, min(handling.reset_after, len(body) - 1))]
        chunk = handling.chunk or len(body) or 1
        connection.push(head, running_time() + route.timeout)
        for start in range(0, len(body), chunk):
            route.sleep(handling.pause) if handling.pause else None
            connection.push(body[start : start + chunk], running_time() + route.timeout)
    except (BrokenPipeError, ConnectionResetError):
        return False
    if handling.reset_after is not None:
        connection.flush(route.timeout)
        connection.cut("reset")
        text = f"reset after {len(body)} of {len(connection.body)} bytes of the body, as planned"
        raise _LostError(FailureKind.PLANNED_RESET, text)
    return True


def _lose(connection: Connection, instant: float | str, how: Cut, route: Route) -> None:
    if instant == FIRST_BYTE:
        deadline = running_time() + route.timeout
        while not connection.heard:
            connection.socket.settimeout(remaining(deadline))
            connection.take(1)
    elif isinstance(instant, int | float) and instant > 0:
        route.sleep(instant)
    connection.cut(how)
    raise _LostError(FailureKind.PLANNED_LOSS, "the answer was lost, as planned")


def _read(connection: Connection, handling: Handling, route: Route, deadline: float) -> Answer:
    if handling.read_chunk is None:
        return connection.wait(deadline)
    while True:
        connection.socket.settimeout(remaining(deadline))
        answer = connection.take(handling.read_chunk)
        if answer is not None:
            return answer
        route.sleep(handling.read_pause)
