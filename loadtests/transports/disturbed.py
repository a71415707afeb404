"""What leaves together, or with a fault: over ``simulators.transport``, each request on a connection of its own.

The faults are the documented ones, the race is the one of the last bytes. Their sockets, threads and selectors
cooperate under gevent, since Locust replaces Python's own.
"""

from collections.abc import Sequence

from loadtests.traffic.player_script import Seen, Send
from simulators.exchanges.history import Exchange, FailureKind, History, Purpose, Request
from simulators.providers import OPERATOR
from simulators.transport.faults.delivery import Link, Parcel, deliver
from simulators.transport.http_client import Read
from simulators.transport.last_byte_race import race


def disturbed(
    sends: Sequence[Send], base_url: str, timeout: float, ca_file: str | None, read: Read
) -> list[Seen]:
    """Send several ``sends`` so that their last bytes leave together, or one with its faults.

    Returns what came to each, in their order; of one with faults, what came to each time that it was sent.
    ``timeout`` is seconds for an answer, ``read`` says what one means in the CLIENT's dialect.
    """
    history = History()
    if len(sends) > 1:
        exchanges = race(
            [request(base_url, send) for send in sends],
            history,
            read,
            provider=OPERATOR,
            labels=[send.name for send in sends],
            purpose=Purpose.TRAFFIC,
            timeout=timeout,
            ca_file=ca_file,
        )
    else:
        (send,) = sends
        parcel = Parcel(request(base_url, send), read, OPERATOR, send.name, Purpose.TRAFFIC)
        exchanges = deliver(parcel, send.faults, Link(history, timeout, ca_file))
    return [seen(exchange) for exchange in exchanges]


def request(base_url: str, send: Send) -> Request:
    """The request of ``send`` to the callback URL ``base_url``."""
    return Request("POST", base_url + send.path, tuple(send.headers.items()), send.body)


def seen(exchange: Exchange) -> Seen:
    """What came back in ``exchange``; that an answer was lost as planned is no problem."""
    seconds = exchange.seconds or 0.0
    if exchange.answer is not None:
        return Seen(exchange.answer.status, exchange.answer.body, seconds)
    failure = exchange.failure
    planned = failure is None or failure.kind in (FailureKind.PLANNED_LOSS, FailureKind.PLANNED_RESET)
    return Seen(0, b"", seconds, None if planned else str(failure))
