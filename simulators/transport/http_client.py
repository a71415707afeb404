"""Delivery, its lowest step: send one request over HTTP and write the exchange into the history."""

import time
from collections.abc import Callable
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import urllib3

from simulators.exchanges.history import (
    Answer,
    Exchange,
    Failure,
    FailureKind,
    FaultNote,
    Headers,
    History,
    Purpose,
    Request,
    Status,
    header,
)
from simulators.transport.rate_limits import Limits

# An answer longer than this is cut: a CLIENT under test must not be able to fill the judge's memory.
ANSWER_LIMIT = 4 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Meaning:
    """What an answer means to the provider that asked.

    ``problem`` is what in it breaks the contract, in words; ``balance`` what it says the player has, where it does.
    """

    status: Status
    error: str | None = None
    client_id: str | int | None = None
    problem: str | None = None
    balance: Decimal | None = None

    @property
    def effect(self) -> Status:
        """Whether it was done: ok, refused, or unknown where the answer does not say."""
        return self.status if self.status in (Status.OK, Status.REFUSED) else Status.UNKNOWN


Read = Callable[[Answer], Meaning]


@dataclass
class Sender:
    """Sends requests and records each in ``history``. ``timeout`` is seconds for the whole answer.

    ``ca_file`` names the certificates that https targets are verified against (None: the system's).
    """

    history: History
    timeout: float = 5.0
    ca_file: str | None = None
    connections: int = 16
    limits: Limits = field(default_factory=Limits)
    _pool: urllib3.PoolManager = field(init=False)

    def __post_init__(self) -> None:
        self._pool = self._new_pool()

    def _new_pool(self) -> urllib3.PoolManager:
        return urllib3.PoolManager(
            num_pools=4, maxsize=self.connections, block=True, retries=False, ca_certs=self.ca_file
        )

    def send(
        self,
        request: Request,
        read: Read,
        *,
        provider: str,
        label: str,
        purpose: Purpose,
        message: Any = None,
        genuine: bool = True,
        copy_of: int | None = None,
        faults: tuple[FaultNote, ...] = (),
    ) -> Exchange:
        """Send ``request`` once and return the completed exchange; never raises for the network."""
        exchange = self.history.invoke(
            request,
            provider=provider,
            label=label,
            purpose=purpose,
            message=message,
            genuine=genuine,
            copy_of=copy_of,
            faults=faults,
        )
        try:
            with self.limits.connection():
                self.limits.request()
                answer = self._ask(request)
        except BaseException as error:
            failure = explain(error, self.timeout) if _network(error) else interrupted(error)
            done = self.history.complete(exchange.number, answer=None, failure=failure)
            if _network(error):
                return done
            raise
        meaning = read(answer)
        return self.history.complete(
            exchange.number,
            answer=answer,
            status=meaning.status,
            error=meaning.error,
            client_id=meaning.client_id,
        )

    def _ask(self, request: Request) -> Answer:
        if (header(request.headers, "Connection") or "").lower() != "close":
            return self._ask_over(self._pool, request)
        # Servers differ in whether they then say close, too; what this connection carries next could be lost.
        with self._new_pool() as pool:
            return self._ask_over(pool, request)

    def _ask_over(self, pool: urllib3.PoolManager, request: Request) -> Answer:
        answer = pool.request(
            request.method,
            request.url,
            body=request.body if request.body or request.method in ("POST", "PUT") else None,
            headers=dict(request.headers),
            timeout=urllib3.Timeout(connect=self.timeout, read=self.timeout),
            redirect=False,
            preload_content=False,
        )
        head = time.monotonic()
        try:
            body = answer.read(ANSWER_LIMIT, decode_content=True)
        finally:
            answer.drain_conn() if (answer.length_remaining or 0) < ANSWER_LIMIT else answer.close()
            answer.release_conn()
        headers: Headers = tuple((str(key), str(value)) for key, value in answer.headers.items())
        return Answer(answer.status, headers, body, time.monotonic() - head)

    def close(self) -> None:
        """Close every connection."""
        self._pool.clear()


def _network(error: BaseException) -> bool:
    return isinstance(error, urllib3.exceptions.HTTPError | OSError | ValueError)


def explain(error: BaseException, timeout: float) -> Failure:
    """Say why there was no answer; ``timeout`` is in seconds."""
    match error:
        # The first two are connect timeouts to urllib3's class tree, so they come first.
        case urllib3.exceptions.NameResolutionError():
            return Failure(FailureKind.NAME, "the host name does not resolve")
        case urllib3.exceptions.NewConnectionError():
            return Failure(FailureKind.REFUSED, "connection refused")
        case urllib3.exceptions.ConnectTimeoutError():
            return Failure(FailureKind.NO_CONNECTION, f"no connection within {timeout:g} s")
        case urllib3.exceptions.TimeoutError():
            return Failure(FailureKind.TIMEOUT, f"no answer within {timeout:g} s")
        case urllib3.exceptions.SSLError():
            return Failure(FailureKind.TLS, f"TLS failed: {error}")
        case urllib3.exceptions.ProtocolError():
            return Failure(FailureKind.CLOSED, "the connection was closed without an answer")
        case _:
            return Failure(FailureKind.OTHER, f"{type(error).__name__}: {error}")


def interrupted(error: BaseException) -> Failure:
    """Say that ``error``, which is none of the network, came while the answer was waited for."""
    return Failure(FailureKind.INTERRUPTED, f"{type(error).__name__} while waiting")
