"""Consoles for tests: as ``pitboss serve`` runs one, and in this process over a history that the test writes."""

import re
import signal
import subprocess
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from types import MappingProxyType

from scenarios.console.app import THREADS, Console, create_app
from scenarios.console.control.client import PLACE
from scenarios.console.providers import ServedProviders
from scenarios.hosting.host import hosted
from scenarios.hosting.ports import free_port
from scenarios.target.loading import load
from simulators.exchanges.history import Answer, Direction, Exchange, History, Purpose, Request, Status
from simulators.operator.delivery import Callbacks, Operator
from simulators.operator.dialect import SPORTSBOOK
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.providers import OPERATOR
from simulators.server.access.gate import Gate
from simulators.server.wsgi_server import Server
from simulators.transport.route import Route
from simulators.wallet.transactions import Kind, Transaction
from simulators.webhooks.retry_queue import Schedule
from tests.support.programs.commanding import serving
from tests.support.programs.reference import Reference, reference

JACKPOT_SECRETS = ("demo-jackpot-api-key", "demo-jackpot-api-signature", "demo-jackpot-client-secret")
CONTROL_TOKEN = "control-token-of-the-tests"
CHECKOUT_KEY = "demo-checkout-key-of-32-bytes-or-more"


@dataclass
class Scene:
    """A served console at ``url``, in ``folder``, and the CLIENT beside it; ``said`` is what the command printed."""

    url: str
    operator: str
    jackpot: str
    client: Reference
    said: str
    process: subprocess.Popen[str]
    folder: Path


def sections(client: str) -> str:
    """[jackpot] and [checkout] that fit the reference CLIENT, as TOML; one secret comes from the environment."""
    key, _, secret = JACKPOT_SECRETS
    return (
        f'\n[jackpot]\nnotification_url = "{client}/jackpot/notifications"\napi_key = "{key}"\n'
        f'api_signature = "env:TEST_API_SIGNATURE"\nclient_secret = "{secret}"\n'
        f'[checkout]\nmerchant_id = "demo-merchant"\nkey = "{CHECKOUT_KEY}"\n'
        f'decision_url = "{client}/checkout/decisions"\n'
        f'[driver]\nbalance = {{ get = "{client}/players/{{player}}/balance", read = "balance" }}\n'
        f'launch = {{ post = "{client}/sportsbook/launch", json = {{ user_id = "{{player}}", '
        'currency = "{currency}", lang = "{lang}" }, read = "url" }\n'
    )


# What ``pitboss serve`` is told of each server, with the port that it has by default.
SERVERS = {"operator": 8701, "jackpot": 8702, "checkout": 8703, "console": 8700}


@contextmanager
def served_console(
    folder: Path,
    mutant: str | None = None,
    ports: Mapping[str, int] | None = None,
    public: Mapping[str, str] = MappingProxyType({}),
) -> Iterator[Scene]:
    """``pitboss serve`` beside the reference CLIENT or a mutant of it, with every provider.

    ``ports`` are those of SERVERS (None: free ones); ``public`` is where a proxy before them has each.
    """
    ports = ports or {name: free_port() for name in SERVERS}
    reached = {name: f"http://127.0.0.1:{port}" for name, port in ports.items()} | dict(public)
    apis = {
        "operator_api_url": reached["operator"],
        "jackpot_url": reached["jackpot"],
        "checkout_url": reached["checkout"],
    }
    with reference(folder, mutant, **apis) as client:
        path = client.target(folder)
        path.write_text(path.read_text() + sections(client.url))
        options: list[object] = []
        for name, port in ports.items():
            options += [f"--{name}-port", port]
        for name, url in public.items():
            options += ["--public-url" if name == "operator" else f"--{name}-public-url", url]
        environment = {"TEST_API_SIGNATURE": JACKPOT_SECRETS[1], "PITBOSS_CONTROL_TOKEN": CONTROL_TOKEN}
        with serving(*options, cwd=folder, **environment) as (process, said):
            url = re.search(r"CONSOLE +(https?://\S+)", said)[1]
            yield Scene(url, apis["operator_api_url"], apis["jackpot_url"], client, said, process, folder)
            process.send_signal(signal.SIGINT)  # does nothing where the test ended it
            rest, wrong = process.communicate(timeout=90)
            assert process.returncode == 0, rest + wrong
            assert "Traceback" not in wrong, wrong
            assert not (folder / PLACE).exists()


@dataclass
class Inside:
    """A console of this process: its parts, and where it is."""

    console: Console
    providers: ServedProviders
    url: str

    def write(
        self,
        number: int = 1,
        *,
        kind: str = "bet",
        user: str = "p-1",
        error: str | None = None,
        http: int = 200,
        race: int | None = None,
    ) -> Exchange:
        """Put ``number`` answered exchanges into the history; return the last."""
        for each in range(number):
            message = Transaction(Kind.BET, f"t-{each}", user, "EUR", Decimal("1.50"))
            body = SPORTSBOOK.encode(message)
            request = Request(
                "POST", "http://127.0.0.1:9/operator/transaction", (("X-Security-Hash", "0"),), body
            )
            invoked = self.providers.history.invoke(
                request, provider="operator", label=kind, purpose=Purpose.SCENARIO, message=message, race=race
            )
            answer = b'{"error": null, "transaction_id": "c-1"}' if error is None else error.encode()
            last = self.providers.history.complete(
                invoked.number,
                answer=Answer(http, (("Content-Type", "application/json"),), answer),
                status=Status.OK if error is None else Status.REFUSED,
                error=error,
            )
        return last

    def ask(self, path: str, body: bytes = b"") -> Exchange:
        """Put a request of the CLIENT that has no answer yet into the history."""
        request = Request("POST", f"http://127.0.0.1:9{path}", (), body)
        return self.providers.history.invoke(
            request,
            provider="operator",
            label="auth",
            purpose=Purpose.CLIENT,
            direction=Direction.FROM_CLIENT,
        )


TARGET = """[operator]
callback_url = "%s"
security_hash = "security-hash-of-the-tests"
username = "client"
password = "password-of-the-tests"
timeout = 5.0
[players]
ids = ["p-1", "p-2"]
"""


@contextmanager
def console_inside(
    folder: Path, callback_url: str = "http://127.0.0.1:9/operator", *, guarded: bool = False
) -> Iterator[Inside]:
    """A console over the OPERATOR alone; nothing is sent of itself. Where ``guarded`` its token is CONTROL_TOKEN."""
    file = folder / "pitboss.toml"
    file.write_text(TARGET % callback_url)
    target, history = load(file), History()
    with ExitStack() as stack:
        route = stack.enter_context(closing(Route(history)))
        queue = Callbacks(Operator(callback_url, "security-hash-of-the-tests", route), Schedule(window=0))
        simulator = OperatorSimulator(
            Agreement("client", "password-of-the-tests", ("EUR", "USD")), queue, seed=1
        )
        one = stack.enter_context(hosted(simulator, ("127.0.0.1", 0)))
        providers = ServedProviders(target, history, {OPERATOR: one})
        console = stack.enter_context(
            closing(Console(providers, gate=Gate(CONTROL_TOKEN if guarded else None, asks=guarded)))
        )
        with Server(create_app(console), threads=THREADS) as server:
            yield Inside(console, providers, server.url)
            console.feed.close()
