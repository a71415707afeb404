"""The plain transport: Locust's FastHttpUser, one greenlet for each user, who plays one player's rounds.

Ordinary requests go over FastHttpUser's own connections, one that is kept open for each user, without its session:
what FastHttpSession adds (redirects, cookies, retries) an OPERATOR does not do. Lost answers and copies at once have
connections of their own, as the judge's races do. Certificates of https targets are verified.
"""

import contextlib
import logging
import select
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

from loadtests import settings
from loadtests.rounds import Play, Seen, Send
from simulators.connection import Connection, network, why
from simulators.history import Request
from simulators.sending import ANSWER_LIMIT

log = logging.getLogger(__name__)

METHOD: Final = "POST"


def _alive(sock: Any) -> bool:
    """Whether an idle connection is still there. The pool's own look (select) takes no more than 1024 sockets."""
    if sock is None or sock.fileno() < 0:
        return False
    poll = select.poll()
    poll.register(sock, select.POLLIN)
    return not poll.poll(0)


class Bettor(FastHttpUser):
    """Plays rounds for one player until the gate is closed or the user is stopped."""

    insecure = False
    concurrency = 1

    def __init__(self, environment: Environment) -> None:
        try:
            self.traffic = settings.of(environment)
        except LookupError:
            raise StopUser("there is no traffic: see the error above") from None
        self.network_timeout = self.connection_timeout = self.traffic.timeout
        self.ssl_context_factory = self._context
        super().__init__(environment)
        self.player: int | None = None
        self._base = self.traffic.base_url
        self._url = URL(self._base)
        self._path = self._url.path.rstrip("/")
        self._http: HTTPClient = self.client.client.clientpool.get_client(self._url)
        pool: ConnectionPool = self._http._connection_pool
        pool._is_socket_alive = _alive  # type: ignore[method-assign]
        self._fire: Callable[..., None] = environment.events.request.fire

    def _context(self, **_: Any) -> Any:
        return gevent.ssl.create_default_context(cafile=self.traffic.ca_file)

    def on_start(self) -> None:
        """Take a player and let the ledger make it ready."""
        self.player = self.traffic.take()
        if self.player is None:
            raise StopUser("this worker has no players")
        self.traffic.prepare(self.player)

    def on_stop(self) -> None:
        """Leave the player to another user."""
        if self.player is not None:
            self.traffic.give_back(self.player)
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
                seen = self._at_once(send)
            elif send.cut:
                seen = self._cut(send)
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

    def _request(self, send: Send) -> Request:
        return Request(METHOD, self._base + send.path, tuple(send.headers.items()), send.body)

    def _dial(self, send: Send) -> Connection:
        return Connection(self._request(send), timeout=self.traffic.timeout, ca_file=self.traffic.ca_file)

    def _cut(self, send: Send) -> Seen:
        """Send every byte and close the connection at once: whatever is answered is lost."""
        began = time.perf_counter()
        try:
            with self._dial(send) as line:
                line.push(line.head + line.body)
        except Exception as error:
            if not network(error):
                raise
            return Seen(0, b"", time.perf_counter() - began, why(error, self.traffic.timeout))
        return Seen(0, b"", time.perf_counter() - began)

    def _at_once(self, send: Send) -> list[Seen]:
        """Send copies on as many connections, all but their last bytes; then these leave together."""
        began = time.perf_counter()
        with contextlib.ExitStack() as stack:
            lines: list[Connection] = []
            try:
                for _ in range(send.together):
                    lines.append(stack.enter_context(self._dial(send)))  # noqa: PERF401 - those before must close
                for line in lines:
                    line.push(line.head + line.body[:-1])
            except Exception as error:
                if not network(error):
                    raise
                # None was complete, so that none should have had an effect; the ledger does not rely on it.
                problem = why(error, self.traffic.timeout)
                return [Seen(0, b"", time.perf_counter() - began, problem) for _ in range(send.together)]
            began = time.perf_counter()
            failed = [self._release(line) for line in lines]
            waits: list[Any] = [
                gevent.spawn(self._wait, *each, began) for each in zip(lines, failed, strict=True)
            ]
            try:
                gevent.joinall(waits, raise_error=True)
            finally:
                gevent.killall(waits)
            return [each.value for each in waits]

    def _release(self, line: Connection) -> Exception | None:
        try:
            line.push(line.body[-1:])
        except OSError as error:
            return error
        return None

    def _wait(self, line: Connection, failed: Exception | None, began: float) -> Seen:
        try:
            if failed is not None:
                raise failed
            answer = line.wait(self.traffic.timeout)
        except Exception as error:
            if not network(error):
                raise
            return Seen(0, b"", time.perf_counter() - began, why(error, self.traffic.timeout))
        return Seen(answer.status, answer.body, time.perf_counter() - began)
