"""A Locust user whose requests the engine sends: Locust starts and stops it, the engine plays its generator."""

import ssl
from typing import Any, ClassVar
from weakref import WeakKeyDictionary

from gevent.event import AsyncResult
from locust import User, task
from locust.env import Environment
from locust.exception import StopTest, StopUser
from locust.user.task import LOCUST_STATE_STOPPING

from loadtests.traffic.player_script import Play as Rounds
from loadtests.transports.epoll.loop import Engine
from loadtests.transports.epoll.recording import recorder
from loadtests.transports.epoll.target import Target

_Key = tuple[str, float, str | None]
_engines: "WeakKeyDictionary[Environment, dict[_Key, Engine]]" = WeakKeyDictionary()


def engine_of(environment: Environment, base_url: str, timeout: float, ca_file: str | None) -> Engine:
    """The engine of this worker for the CLIENT at ``base_url``, made when first asked for.

    Raises ValueError where the URL cannot be, OSError where ``ca_file`` (the system's authorities without one) cannot
    be read.
    """
    engines = _engines.setdefault(environment, {})
    key = base_url, timeout, ca_file
    if key not in engines:
        https = base_url.startswith("https:")
        tls = ssl.create_default_context(cafile=ca_file) if https else None
        engines[key] = Engine(Target(base_url, tls), recorder(environment, base_url), timeout)
    return engines[key]


def engines_of(environment: Environment) -> list[Engine]:
    """The engines that were made in this worker so far."""
    return list(_engines.get(environment, {}).values())


class EngineUser(User):
    """One player for Locust. Subclasses say what it plays: ``rounds``.

    ``timeout`` is seconds to wait for an answer, ``ca_file`` holds the authorities of an https host.
    """

    abstract = True
    timeout: ClassVar[float] = 5.0
    ca_file: ClassVar[str | None] = None

    def __init__(self, environment: Environment) -> None:
        super().__init__(environment)
        if self.host is None:
            raise StopTest(
                "no host came; expected the CLIENT's callback URL, to which everything is sent. Give it with --host."
            )

    @property
    def leaving(self) -> bool:
        """Whether Locust wants this user to come to an end: no new round should begin."""
        return self._state == LOCUST_STATE_STOPPING

    def rounds(self) -> Rounds:
        """Return what this user plays, fresh: called in its own greenlet, once for each play."""
        raise NotImplementedError(f"{type(self).__name__} does not say which rounds it plays")

    def engine(self) -> Engine:
        """The engine that this user plays with."""
        assert self.host is not None
        return engine_of(self.environment, self.host, self.timeout, self.ca_file)

    @task
    def play(self) -> None:
        """Have the engine play the rounds, and wait for their end."""
        engine = self.engine()
        ended: AsyncResult[Any] = AsyncResult()

        def done(problem: BaseException | None) -> None:
            if problem is None:
                ended.set(None)
            else:
                ended.set_exception(problem)

        playing = engine.play(self.rounds(), done)
        try:
            ended.get()
        finally:
            # Where Locust kills this user in the middle of a request; an ended play is stopped already.
            engine.stop(playing)
        raise StopUser
