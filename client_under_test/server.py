"""Serves the CLIENT with production WSGI servers: granian for the reference, waitress for everything else.

Measured: granian with one worker and blocking threads answers twice as many requests as waitress.
"""

import errno
import logging
import os
import signal
import socket
import sys
import threading
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

import waitress.server  # type: ignore[import-untyped]
from flask import Flask
from granian import Granian
from granian.constants import Interfaces

from client_under_test import parent_watch
from client_under_test.app import create_app
from client_under_test.config import Config
from client_under_test.database import CONNECTIONS
from client_under_test.values.misuse import Misuse

# As many as the database has connections: each request needs one.
THREADS = CONNECTIONS
# Copies that arrive together should be handled together.
WAITRESS_THREADS = 24
_READY_WITHIN = 10.0
_FREED_WITHIN = 0.5


class CannotListen(Misuse):
    """The address is taken or not ours."""


def serve(
    config: Config,
    host: str = "127.0.0.1",
    port: int = 8710,
    processes: int = 1,
    *,
    build: Callable[[Config], Flask] | None = None,
    attached: bool = True,
    say: Callable[[str], None] = print,
) -> None:
    """Serve until interrupted; prints one line with the address when requests are answered.

    ``port`` 0 takes a free one. ``processes`` above 1 are for PostgreSQL; SQLite is safe with them, not
    faster. ``build`` makes another CLIENT than the reference, in this one process. An ``attached`` server
    ends with its parent.
    Raises CannotListen, DatabaseUnreachable.
    """
    if attached:
        parent_watch.watch(os.getppid())
    port = free_port(host, port)
    if build is None:
        _serve_workers(config, host, port, processes, say)
    else:
        _serve_here(build(config), host, port, say)


def free_port(host: str, port: int) -> int:
    """Return ``port``, or a free one for 0; raises CannotListen where another server listens there."""
    deadline = time.monotonic() + _FREED_WITHIN
    while True:
        try:
            return _bound(host, port)
        except OSError as error:
            # One that was killed a moment ago may hold it still.
            if error.errno == errno.EADDRINUSE and time.monotonic() < deadline:
                time.sleep(0.02)
                continue
            raise CannotListen(
                f"{host}:{port} cannot be listened on: {error.strerror}",
                "a free port, so that the OPERATOR's callbacks reach the CLIENT and nobody else",
                "end the other server, or choose another --port",
            ) from None


def _bound(host: str, port: int) -> int:
    with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        probe.bind((host, port))
        # Listening too, because granian's own sockets would share a port that is taken.
        probe.listen()
        return int(probe.getsockname()[1])


def _serve_workers(config: Config, host: str, port: int, processes: int, say: Callable[[str], None]) -> None:
    # Tables and players first, once, and in a way that leaves no connection to be shared by a fork.
    create_app(config).extensions["database"].close()
    supervisor = os.getpid()
    built, tell = os.pipe()

    def load() -> Flask:
        parent_watch.die_with(supervisor)
        app = create_app(config)
        app.extensions["worker"].start()
        os.write(tell, b".")
        return app

    server = Granian(
        "client_under_test.app:create_app",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=processes,
        blocking_threads=THREADS,
        backpressure=1024,
        log_enabled=False,
        # A request in work is given this many seconds at the end.
        workers_kill_timeout=5,
    )
    threading.Thread(
        target=_announce, args=(built, processes, f"http://{host}:{port}", say), daemon=True
    ).start()
    server.serve(target_loader=load, wrap_loader=False)


def _announce(built: int, processes: int, address: str, say: Callable[[str], None]) -> None:
    # Blocked until every worker is forked and has built its application: no fork may meet this at work.
    for _ in range(processes):
        os.read(built, 1)
    deadline = time.monotonic() + _READY_WITHIN
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(f"{address}/healthz", timeout=1):  # noqa: S310 - our own http address
                return say(f"the CLIENT listens at {address}")
        except OSError:
            time.sleep(0.01)
    return say(f"the CLIENT does not answer at {address}")


def _serve_here(app: Flask, host: str, port: int, say: Callable[[str], None]) -> None:
    with threaded(app, host, port) as address:
        say(f"the CLIENT listens at {address}")
        sys.stdout.flush()
        done = threading.Event()
        for number in (signal.SIGINT, signal.SIGTERM):
            signal.signal(number, lambda *_: done.set())
        done.wait()


@contextmanager
def threaded(app: Flask, host: str = "127.0.0.1", port: int = 0) -> Iterator[str]:
    """Serve ``app`` by threads of this process and yield its address, such as ``http://127.0.0.1:40123``."""
    logging.getLogger("waitress.queue").setLevel(logging.ERROR)
    if "worker" in app.extensions:
        app.extensions["worker"].start()
    server: Any = waitress.server.create_server(
        app,
        host=host,
        port=port,
        threads=WAITRESS_THREADS,
        # Reads on while a request is in work, and so notices when its sender is gone.
        channel_request_lookahead=1,
        connection_limit=1000,
        clear_untrusted_proxy_headers=True,
    )
    runner = threading.Thread(target=server.run, name="waitress", daemon=True)
    runner.start()
    try:
        yield f"http://{host}:{server.effective_port}"
    finally:
        # A request that ends now may close it before this one has written.
        with suppress(OSError):
            server.trigger.pull_trigger(lambda: _close(server))
        server.task_dispatcher.shutdown()
        runner.join(5)
        app.extensions["database"].close()


def _close(server: Any) -> None:
    # Connections kept alive would keep the server's loop alive too.
    for channel in list(server.active_channels.values()):
        channel.handle_close()
    server.close()
