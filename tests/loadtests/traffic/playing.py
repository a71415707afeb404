"""Generators played by the engine to their ends, for its tests."""

import ssl
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import gevent
from gevent.event import AsyncResult

from loadtests.traffic.player_script import Play, Send
from loadtests.transports.epoll.loop import Engine
from loadtests.transports.epoll.target import Target
from tests.support.scripted_server import Asked, Scripted

Script = Callable[[Asked], bytes]
PATIENCE = 20


@dataclass
class Recorded:
    """A recorder that keeps everything."""

    requests: list[tuple[str, str | None]] = field(default_factory=list)
    lengths: int = 0
    flushed: int = 0

    def record(self, name: str, seconds: float, length: int, problem: str | None) -> None:
        assert 0 <= seconds < PATIENCE
        self.requests.append((name, problem))
        self.lengths += length

    def flush(self) -> None:
        self.flushed += 1

    def tick(self) -> None:
        """Nothing is kept back."""


def send(**changes: Any) -> Send:
    given: dict[str, Any] = {
        "path": "/transaction",
        "body": b'{"amount":1}',
        "name": "bet",
        "headers": {"X-Security-Hash": "00"},
    }
    return Send(**given | changes)


def play(sends: list[Send], seen: list[Any]) -> Play:
    for each in sends:
        seen.append((yield each))  # noqa: PERF401


def engine(base_url: str, timeout: float = PATIENCE, tls: ssl.SSLContext | None = None) -> Engine:
    return Engine(Target(base_url, tls), Recorded(), timeout)


def run(engine: Engine, *plays: Play) -> None:
    """Play all of ``plays`` to their ends; raises what one of them raised."""
    ends: list[AsyncResult[None]] = [AsyncResult() for _ in plays]
    for each, end in zip(plays, ends, strict=True):
        engine.play(
            each, lambda problem, end=end: end.set(None) if problem is None else end.set_exception(problem)
        )
    with gevent.Timeout(PATIENCE):
        for end in ends:
            end.get()


def asked(script: Script, *sends: Send, timeout: float = PATIENCE) -> tuple[list[Any], Scripted, Engine]:
    """What the generator of ``sends`` sees of a CLIENT that does ``script``."""
    server, seen = Scripted(script), list[Any]()
    with server.running() as base_url:
        made = engine(base_url, timeout)
        run(made, play(list(sends), seen))
    return seen, server, made


def requests(engine: Engine) -> list[tuple[str, str | None]]:
    assert isinstance(engine.recorder, Recorded)
    return engine.recorder.requests
