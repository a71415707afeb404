"""What leaves together, or with a fault: over ``simulators.transport``, each request on a connection of its own.

The faults are the documented ones, the race is the one of the last bytes. Their sockets, threads and selectors
cooperate under gevent, since Locust replaces Python's own.
"""

from collections.abc import Callable, Sequence

from loadtests.traffic.player_script import Seen, Send
from simulators.exchanges.history import Exchange, FailureKind, Purpose, Request
from simulators.providers import OPERATOR
from simulators.transport.delivery import Delivery, Read
from simulators.transport.route import Route
from simulators.transport.sending import deliver


def disturbed(sends: Sequence[Send], base_url: str, route: Callable[[], Route], read: Read) -> list[Seen]:
    """Send several ``sends`` so that their last bytes leave together, or one with its faults.

    Returns what came to each, in their order; of one with faults, what came to each time that it was sent.
    ``route`` makes a way to the CLIENT, ``read`` says what an answer means in its dialect.
    """
    way = route()
    deliveries = [delivery(base_url, send, read) for send in sends]
    if len(sends) > 1:
        return [seen(exchange) for exchange in deliver(deliveries, way, together=True)]
    return [seen(exchange) for exchange in deliver(deliveries, way, sends[0].faults)]


def delivery(base_url: str, send: Send, read: Read) -> Delivery:
    """What ``send`` is, to the callback URL ``base_url``; ``read`` says what an answer means."""
    request = Request(send.method, base_url + send.path, tuple(send.headers.items()), send.body)
    return Delivery(request, read, OPERATOR, send.name, Purpose.TRAFFIC)


def seen(exchange: Exchange) -> Seen:
    """What came back in ``exchange``; that an answer was lost as planned is no problem."""
    seconds = exchange.seconds or 0.0
    if exchange.answer is not None:
        return Seen(exchange.answer.status, exchange.answer.body, seconds)
    failure = exchange.failure
    planned = failure is None or failure.kind in (FailureKind.PLANNED_LOSS, FailureKind.PLANNED_RESET)
    return Seen(0, b"", seconds, None if planned else str(failure))
