"""One way to run a provider's simulator: for the length of a check, until Ctrl-C, or beside load."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from types import TracebackType
from typing import Any, Final, Generic, Self, TypeVar
from urllib.parse import urlsplit

from scenarios.problems.errors import UsageProblem
from simulators.exchanges.owners import ALL
from simulators.providers import PROVIDERS, Provider
from simulators.server.access.gate import Gate, reached_by_others
from simulators.server.wsgi_server import App, PortInUse, Server, below, bind
from simulators.simulator import Simulator

S = TypeVar("S", bound=Simulator[Any])
# How long a port that was lent is waited for, and how often it is tried, in seconds.
_PATIENCE: Final = 10.0
_KNOCK: Final = 0.1


class Listener:
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
        """Open the port again once it is free; raises UsageProblem where somebody holds it for too long."""
        deadline = time.monotonic() + _PATIENCE
        with self._lock:
            while self._lent:
                try:
                    self._server = Server(self._app, self.host, self.port, threads=self._threads).start()
                except PortInUse:
                    if time.monotonic() > deadline:
                        raise UsageProblem(
                            f"port {self.port} on {self.host} is taken",
                            "the provider's own port, which was lent to a check",
                            "stop the other program and start `pitboss serve` again",
                        ) from None
                    time.sleep(_KNOCK)
                else:
                    self._lent = False

    def __enter__(self) -> Self:
        self._server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._server.stop()


@dataclass(frozen=True)
class Hosted(Generic[S]):
    """A simulator that is served: where it listens, and where browsers reach it."""

    simulator: S
    listener: Listener
    public_url: str


def listening(
    app: App, address: tuple[str, int], what: str, other_port: str, *, threads: int = 16
) -> Listener:
    """Return a server of ``app`` that is bound to ``address``, not started.

    ``what`` says who needs the port, ``other_port`` how another one is chosen. Raises UsageProblem.
    """
    with _address_said(address, what, other_port):
        return Listener(app, *address, threads=threads)


def try_address(provider: str, address: tuple[str, int]) -> None:
    """Find out, without its simulator, whether ``provider`` can be served at ``address``. Raises UsageProblem."""
    with _address_said(address, _what(PROVIDERS[provider]), _other_port(PROVIDERS[provider])):
        bind(*address).close()


def _what(provider: Provider) -> str:
    return f"the simulator of the {provider.label}'s API, where the CLIENT {provider.asked}"


def _other_port(provider: Provider) -> str:
    return f"change listen in [{provider.name}] of the target file and the CLIENT's API URL with it"


@contextmanager
def _address_said(address: tuple[str, int], what: str, other_port: str) -> Iterator[None]:
    host, port = address
    try:
        yield
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            f"a free port for {what}",
            f"stop the other program (another check, or pitboss serve?), or {other_port}",
        ) from None
    except OSError as error:
        raise UsageProblem(
            f"nothing can listen on {host}, port {port}: {error.strerror or error}",
            f"an address of this machine, and a port that this user may take, for {what}",
            f"correct the address, or {other_port}",
        ) from None


@contextmanager
def _files(files_app: Callable[[Any], App], simulator: Any, host: str, other_port: str) -> Iterator[None]:
    """Serve the files of ``simulator`` at a port of their own, unless it is settled where they are."""
    if simulator.has_files_url:
        yield
        return
    with listening(files_app(simulator), (host, 0), "files that are signed for", other_port) as listener:
        simulator.files_at(listener.url)
        yield


@contextmanager
def hosted(
    simulator: S,
    address: tuple[str, int],
    other_port: str | None = None,
    *,
    public_url: str | None = None,
    around: Callable[[App], App] | None = None,
) -> Iterator[Hosted[S]]:
    """Serve ``simulator`` and let it send, until this ends; then its faults end and it stops.

    Where it has files, and nothing says where they are, they get a port of their own: another host than the API's.
    ``public_url`` is where browsers reach it, through a proxy that takes its path off, if it has one; ``other_port``
    says how another port is chosen (None: in the target file), ``around`` wraps its app. Where it has no gate, and
    others reach the address, nobody is let through to pages that need one. Raises UsageProblem where the address cannot
    be taken.
    """
    if simulator.gate is None and reached_by_others(address[0]):
        simulator.gate = Gate(asks=True)
    provider = PROVIDERS[simulator.provider]
    app: App = below(provider.app(simulator), urlsplit(public_url or "").path.rstrip("/"))
    app, other = around(app) if around else app, other_port or _other_port(provider)
    with listening(app, address, _what(provider), other) as listener, ExitStack() as stack:
        if provider.files_app is not None and public_url is None:
            stack.enter_context(_files(provider.files_app, simulator, address[0], other))
        reached = (public_url or listener.url).rstrip("/")
        simulator.reached_at(listener.url, public_url and reached)
        simulator.start()
        try:
            yield Hosted(simulator, listener, reached)
        finally:
            simulator.calm(ALL)
            simulator.stop()
