"""The plain transport: Locust's FastHttpUser, one greenlet for each user, who plays one player's rounds.

Ordinary requests go over FastHttpUser's own connections, one that is kept open for each user, without its session:
what FastHttpSession adds (redirects, cookies, retries) an OPERATOR does not do. Lost answers and copies at once go over
connections that hold back and cut (``loadtests.transports.last_byte``). Certificates of https targets are verified.
"""

import logging
import time
from collections.abc import Callable
from typing import Any, Final

import gevent
import gevent.ssl
from geventhttpclient.client import HTTPClient
from geventhttpclient.connectionpool import ConnectionPool
from geventhttpclient.response import HTTPConnectionClosed, HTTPParseError
from geventhttpclient.url import URL
from locust import FastHttpUser, task
from locust.env import Environment
from locust.exception import CatchResponseError, StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from loadtests.traffic.player_script import Play, Seen, Send
from loadtests.transports.last_byte import alive
from loadtests.transports.user_base import Seat, traffic_of
from simulators.transport.http_client import ANSWER_LIMIT
from simulators.transport.raw_connection import why

log = logging.getLogger(__name__)

METHOD: Final = "POST"


class Bettor(Seat, FastHttpUser):
    """Plays rounds for one player until the gate is closed or the user is stopped."""

    insecure = False
    concurrency = 1

    def __init__(self, environment: Environment) -> None:
        self.traffic = traffic_of(environment)
        self.network_timeout = self.connection_timeout = self.traffic.timeout
        self.ssl_context_factory = self._context
        super().__init__(environment)
        self._base = self.traffic.base_url
        self._url = URL(self._base)
        self._path = self._url.path.rstrip("/")
        self._http: HTTPClient = self.client.client.clientpool.get_client(self._url)
        pool: ConnectionPool = self._http._connection_pool
        pool._is_socket_alive = alive  # type: ignore[method-assign]
        self._fire: Callable[..., None] = environment.events.request.fire

    def _context(self, **_: Any) -> Any:
        return gevent.ssl.create_default_context(cafile=self.traffic.ca_file)

    def on_stop(self) -> None:
        """Leave the player to another user, and end the connection."""
        super().on_stop()
        self._http.close()

    @task
    def play(self) -> None:
        """Play round after round."""
        assert self.player is not None
        hands, ledger = self.traffic.hands(self.player), self.traffic.ledger
        while ledger.gate_open:
            self._drive(hands.round())
            if self._state == LOCUST_STATE_STOPPING:
                return
        raise StopUser("the gate is closed")

    def _drive(self, play: Play) -> None:
        send = next(play)
        while True:
            if send.wait:
                gevent.sleep(send.wait)
            started = time.time()
            seen: Seen | list[Seen]
            if send.together > 1:
                seen = self.traffic.spares.at_once(send)
            elif send.cut:
                seen = self.traffic.spares.cut(send)
            else:
                seen = self._ask(send)
            try:
                following = play.send(seen)
            except StopIteration:
                following = None
            # Only now: the generator has said what the answer breaks.
            for each in seen if isinstance(seen, list) else (seen,):
                self._report(send, each, started)
            if following is None:
                return
            send = following

    def _report(self, send: Send, seen: Seen, started: float) -> None:
        self._fire(
            request_type=METHOD,
            name=send.name,
            response_time=seen.seconds * 1000,
            response_length=len(seen.body),
            exception=None if seen.problem is None else CatchResponseError(seen.problem),
            context={},
            response=None,
            start_time=started,
            url=self._base + send.path,
        )

    def _ask(self, send: Send) -> Seen:
        began = time.perf_counter()
        try:
            answer = self._http.request(METHOD, self._path + send.path, send.body, send.headers)
            body = bytes(answer.read(ANSWER_LIMIT))
            status = answer.get_code()
            answer.release()
        except (OSError, HTTPParseError) as error:
            return Seen(0, b"", time.perf_counter() - began, self._why(error))
        return Seen(status, body, time.perf_counter() - began)

    def _why(self, error: Exception) -> str:
        if isinstance(error, HTTPConnectionClosed):
            return "the connection was closed without an answer"
        if isinstance(error, HTTPParseError):
            return "the answer is no HTTP"
        return why(error, self.traffic.timeout)
