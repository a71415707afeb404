"""Serving: WSGI apps on a production server inside this process, and servers that die with their parent."""

import contextlib
import errno
import logging
import os
import select
import socket
import sys
import threading
import time
from collections.abc import Callable, Iterable
from types import TracebackType
from typing import IO, Any, Self

from waitress.server import create_server  # type: ignore[import-untyped]

from simulators.server import strict_channel
from simulators.server.open_files import room_for

App = Callable[..., Iterable[bytes]]

_POLL_SECONDS = 0.5
# Connections at once. From three quarters on idle ones of those who have the most make room, so that nobody can take
# a port from others.
_CONNECTIONS = 1000
_IDLE_SECONDS = 60
_BODY_BYTES = 16 * 1024 * 1024


class PortInUse(OSError):
    """Another program listens on the port that was asked for."""


def bind(host: str, port: int) -> socket.socket:
    """Return a socket bound to ``host`` and ``port`` (0: any free one); PortInUse where it is taken."""
    family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
    bound = socket.socket(family, socket.SOCK_STREAM)
    # Without it a port stays blocked for a minute after its server ended; on Windows it would share the port.
    if os.name == "posix":
        bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((host, port))
    except OSError as error:
        bound.close()
        if error.errno != errno.EADDRINUSE:
            raise
        raise PortInUse(
            errno.EADDRINUSE,
            f"Port {port} on {host} is taken by another program. "
            "A server needs a port of its own, or it would answer in the other's name. "
            "Stop the other program, or choose another port (0 takes any free one).",
        ) from None
    return bound


def below(app: App, path: str) -> App:
    """Return ``app`` as it is reached below ``path`` of a proxy that takes it off: its links begin with it."""

    def reached(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        environ["SCRIPT_NAME"] = path
        return app(environ, start_response)

    return reached


class Server:
    """Runs a WSGI ``app`` on waitress with ``threads`` threads; usable as a context manager.

    The port is bound at once (``port`` 0 takes any free one), so ``url`` is known before ``start``. Raises
    PortInUse where the port is taken.
    """

    def __init__(self, app: App, host: str = "127.0.0.1", port: int = 0, *, threads: int = 16) -> None:
        # A burst that waits for a free thread is ordinary here, and no news to the user.
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        self._socket = bind(host, port)
        self.host = host
        self.port: int = self._socket.getsockname()[1]
        self._map: dict[int, Any] = {}
        self._most = room_for(_CONNECTIONS)
        self._server = create_server(
            app,
            map=self._map,
            sockets=[self._socket],
            threads=threads,
            connection_limit=self._most,
            channel_timeout=_IDLE_SECONDS,
            max_request_body_size=_BODY_BYTES,
            clear_untrusted_proxy_headers=True,
            ident=None,
        )
        self._server.channel_class = strict_channel.Channel
        self._thread: threading.Thread | None = None
        self._stopping = False
        self._looked = 0.0

    @property
    def url(self) -> str:
        """Where the server is reached, without a slash at the end."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}"

    def start(self) -> Self:
        """Serve from a thread in the background; requests are answered once this returns."""
        if self._thread is None:
            self._thread = threading.Thread(target=self._run, name=f"server-{self.port}", daemon=True)
            self._thread.start()
        return self

    def stop(self) -> None:
        """Close the port and every connection, and end the threads. Does nothing the second time."""
        if self._stopping:
            return
        self._stopping = True
        if self._thread is not None:
            # The loop polls its sockets; the trigger wakes it, so that it sees the flag at once.
            self._server.trigger.pull_trigger()
            self._thread.join()
        self._server.task_dispatcher.shutdown(cancel_pending=True, timeout=1)
        for channel in list(self._map.values()):
            channel.close()

    def _run(self) -> None:
        while not self._stopping:
            self._server.asyncore.loop(timeout=1, use_poll=True, map=self._map, count=1)
            self._make_room()

    def _make_room(self) -> None:
        """End connections that are late, once a second, and idle ones where there are many."""
        channels, now = list(self._map.values()), time.time()
        if now - self._looked >= 1:
            self._looked = now
            strict_channel.end_late(channels, now)
        if len(channels) > self._most * 3 // 4:
            strict_channel.end_idlest(channels, self._most // 8)

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()


def watch_parent(
    pipe: IO[bytes] | None = None, *, parent: int | None = None, die: Callable[[], None] | None = None
) -> None:
    """End this process when its parent does, however the parent died. To be called once, early, by a child.

    ``parent`` is the parent's process id, given where the parent may be gone before this is called. Where
    ``pipe`` is given (``sys.stdin.buffer``), the parent closing its end counts as well. ``die`` is what to do
    then, by default to end at once, without cleaning up.
    """
    watched = os.getppid() if parent is None else parent
    end = die or _die
    threading.Thread(target=_watch, args=(watched, end), name="parent-watch", daemon=True).start()
    if pipe is not None:
        threading.Thread(target=_drain, args=(pipe, end), name="parent-pipe", daemon=True).start()


def _watch(parent: int, die: Callable[[], None]) -> None:
    # Linux tells at once. PR_SET_PDEATHSIG would, too, but also when merely the thread that forked ends.
    if sys.platform == "linux" and os.getppid() == parent:
        with contextlib.suppress(OSError):
            handle = os.pidfd_open(parent)
            select.select([handle], [], [])
            os.close(handle)
    pause = threading.Event()
    while os.getppid() == parent:
        pause.wait(_POLL_SECONDS)
    die()


def _drain(pipe: IO[bytes], die: Callable[[], None]) -> None:
    while pipe.read(4096):
        pass
    die()


def _die() -> None:
    os._exit(1)
