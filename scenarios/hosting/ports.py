"""Taking a port for a fake provider, with errors for users; a check may borrow it meanwhile."""

import threading
from types import TracebackType
from typing import Self

from scenarios.problems.errors import UsageProblem
from simulators.server.wsgi_server import App, PortInUse, Server


class Stall:
    """A server of ``app`` at an address that can be lent to somebody else and taken back.

    ``threads`` answer at once. Usable as a context manager, which starts and stops it. Raises what Server does.
    """

    def __init__(self, app: App, host: str, port: int, *, threads: int = 16) -> None:
        self._app, self._threads = app, threads
        self._server = Server(app, host, port, threads=threads)
        self.host, self.port, self.url = host, self._server.port, self._server.url
        self._lent = False
        self._lock = threading.Lock()

    @property
    def lent(self) -> bool:
        """Whether the port is somebody else's just now."""
        return self._lent

    def lend(self) -> None:
        """Close the port, so that another can open it. Does nothing the second time."""
        with self._lock:
            if not self._lent:
                self._server.stop()
                self._lent = True

    def take_back(self) -> None:
        """Open the port again; raises PortInUse where somebody still holds it."""
        with self._lock:
            if self._lent:
                self._server = Server(self._app, self.host, self.port, threads=self._threads).start()
                self._lent = False

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


def listening(app: App, host: str, port: int, provider: str, option: str, *, threads: int = 16) -> Stall:
    """Return a server of ``app`` that is bound, not started; ``option`` names the port on the command line.

    Raises UsageProblem where the address cannot be taken.
    """
    try:
        return Stall(app, host, port, threads=threads)
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            f"a free port for {provider}",
            f"stop the other program, or choose another {option}",
        ) from None
    except OSError as error:
        raise UsageProblem(
            f"{provider} cannot listen on {host}, port {port}: {error.strerror or error}",
            "an address of this machine, and a port that this user may take",
            f"correct --host or {option}",
        ) from None
