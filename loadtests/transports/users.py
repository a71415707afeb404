"""The user: one greenlet of Locust that plays one player's rounds, each request over a connection that it keeps."""

import time
from collections.abc import Callable
from functools import partial

import gevent
from locust import User, task
from locust.env import Environment
from locust.exception import CatchResponseError, StopUser

from loadtests import run
from loadtests.traffic.driving import drive
from loadtests.traffic.player_script import Seen, Send, of_each
from loadtests.transports.connection import Connection
from loadtests.transports.disturbed import disturbed
from simulators.exchanges.history import History


class Bettor(User):
    """Plays rounds for one player until the gate is closed or the user is stopped."""

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        try:
            traffic = run.of(environment)
        except LookupError:
            raise StopUser("there is no traffic: see the error above") from None
        self.traffic = traffic
        # The player's index in the ledger.
        self.player: int | None = None
        self._connection = Connection(
            traffic.base_url, traffic.timeout, traffic.target.ca_file, traffic.target.route(History()).headers
        )
        self._disturbed = partial(
            disturbed,
            base_url=traffic.base_url,
            route=lambda: traffic.target.route(History(), timeout=traffic.timeout),
            read=traffic.callbacks.dialect.read,
        )
        self._fire: Callable[..., None] = environment.events.request.fire

    def on_start(self) -> None:
        """Take a player, where this worker has any, and let the ledger make it ready."""
        self.player = self.traffic.take()
        if self.player is not None:
            self.traffic.prepare(self.player)
            self._script = self.traffic.script(self.player)

    def on_stop(self) -> None:
        """Leave the player to another user, and end the connection."""
        if self.player is not None:
            self.traffic.give_back(self.player)
        self._connection.close()

    @task
    def play(self) -> None:
        """Play one round; Locust sees to the next."""
        if self.player is None:
            raise StopUser("this worker has no players")
        if not self.traffic.ledger.gate_open:
            raise StopUser("the gate is closed")
        drive(self._script.round(), self._carry, of_each(self._report))

    def _carry(self, sends: list[Send]) -> list[Seen]:
        first = sends[0]
        if first.wait:
            gevent.sleep(first.wait)
        if len(sends) > 1 or first.faults:
            return self._disturbed(sends)
        return [self._connection.ask(first)]

    def _report(self, send: Send, seen: Seen) -> None:
        self._fire(
            request_type=send.method,
            name=send.name,
            response_time=seen.seconds * 1000,
            response_length=len(seen.body),
            exception=None if seen.problem is None else CatchResponseError(seen.problem),
            context={},
            response=None,
            start_time=time.time() - seen.seconds,
            url=self.traffic.base_url + send.path,
        )
