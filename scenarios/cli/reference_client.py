"""Starts the reference CLIENT as a process of its own, as in life, and makes the target that fits it."""

import contextlib
import os
import secrets
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Literal

import urllib3

from scenarios.dialects.file import read_dialect
from scenarios.hosting.ports import free_port
from scenarios.problems.errors import TargetProblem, UsageProblem
from scenarios.target.demo import DEMO_CALLBACK_URL
from scenarios.target.driver_entries import DriverSection
from scenarios.target.loading import Target, with_dialect
from scenarios.target.sections import EXAMPLE_ORIGIN
from scenarios.toml_files.problems import Origin
from simulators.dialects import DEFAULT, SHIPPED
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR
from simulators.wallet.signers import Signer

# The module that serves the reference CLIENT. Named, not imported: the judge shares no code with what it
# judges.
_MODULE = "client_under_test"
_PLAYERS = ("p-1", "p-2", "p-3", "p-4")
# What most of them have.
CURRENCY = "EUR"
# Players in currencies with other decimals.
_OTHERS = {"JPY": ["p-jpy"], "KWD": ["p-kwd"]}
# What it sells: prices with and without tax, in currencies with 2, 0 and 3 decimals.
_VARIANTS = (
    "mug-blue",
    "scarf-red",
    "rulebook",
    "heater-s",
    "lamp-desk",
    "chair-oak",
    "fan-paper",
    "pearl-box",
)
Confirmation = Literal["manual", "automatic"]
_READY_SECONDS = 20.0
_POLL_SECONDS = 0.02
# A CLIENT that does not even start is not started again for ever.
_STARTS = 200


@dataclass(frozen=True)
class JackpotAgreed:
    """What a reference CLIENT and the fake Jackpot at ``port`` agreed on."""

    port: int
    api_key: str = field(repr=False)
    api_signature: str = field(repr=False)
    client_secret: str = field(repr=False)
    confirmation: Confirmation = "manual"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that tell the CLIENT its secrets."""
        return {
            "JACKPOT_API_KEY": self.api_key,
            "JACKPOT_API_SIGNATURE": self.api_signature,
            "JACKPOT_CLIENT_SECRET": self.client_secret,
        }

    def section(self, site: str) -> dict[str, str]:
        """``[jackpot]`` for a CLIENT at address ``site``."""
        return {
            "notification_url": f"{site}/jackpot/notifications",
            "api_key": self.api_key,
            "api_signature": self.api_signature,
            "client_secret": self.client_secret,
            "confirmation": self.confirmation,
            "listen": f"127.0.0.1:{self.port}",
        }


@dataclass(frozen=True)
class CheckoutAgreed:
    """What a reference CLIENT and the fake checkout at ``port`` agreed on."""

    port: int
    key: str = field(repr=False)
    merchant_id: str = "demo-merchant"

    @property
    def environment(self) -> dict[str, str]:
        """The variables that tell the CLIENT its secrets."""
        return {"CHECKOUT_KEY": self.key}

    def section(self, site: str) -> dict[str, Any]:
        """``[checkout]`` for a CLIENT at address ``site``."""
        return {
            "merchant_id": self.merchant_id,
            "key": self.key,
            "variants": _VARIANTS,
            "decision_url": f"{site}/checkout/decisions",
            "listen": f"127.0.0.1:{self.port}",
        }


@contextlib.contextmanager
def reference_client(
    folder: Path,
    mutant: str | None = None,
    *,
    database: str | None = None,
    processes: int = 1,
    confirmation: Confirmation = "manual",
    api_version: str | None = None,
    further: Sequence[str] = (),
    dialect: str = DEFAULT,
) -> Iterator[Target]:
    """Serve the reference CLIENT (or a mutant) from ``folder``, with every driver entry; yield the target.

    ``database`` is a SQLAlchemy URL (default: SQLite in ``folder``), ``confirmation`` who confirms
    reservations, ``api_version`` stands in the addresses of the OPERATOR that it calls, ``further`` are currencies
    that are agreed on beside EUR, ``dialect`` is whose words callbacks are in. Raises TargetProblem where it does not
    start.
    """
    (signs, checks), password = new_secrets(dialect), secrets.token_hex(16)
    keys = [secrets.token_hex(16) for _ in range(3)]
    agreed = JackpotAgreed(free_port(), keys[0], keys[1], keys[2], confirmation)
    checkout = CheckoutAgreed(free_port(), secrets.token_hex(32))
    port, api_port = free_port(), free_port()
    arguments = ["--port", str(port), "--database", database or str(folder / "client.sqlite")]
    operator = f"http://127.0.0.1:{api_port}" + (f"/{api_version}" if api_version else "")
    arguments += ["--operator", operator, "--processes", str(processes)]
    arguments += ["--jackpot", f"http://127.0.0.1:{agreed.port}", "--jackpot-confirmation", confirmation]
    arguments += ["--checkout", f"http://127.0.0.1:{checkout.port}", "--merchant-id", checkout.merchant_id]
    site = f"http://127.0.0.1:{port}"
    arguments += ["--public-url", site]
    arguments += ["--dialect", dialect] if dialect != DEFAULT else []
    # Mutants keep the timing that they are known to be caught with.
    arguments += ["--mutant", mutant] if mutant else ["--no-fsync"]
    # It is killed in the end, and cannot clean up after itself: its temporary files go with the folder.
    environment = {
        **os.environ,
        "TMPDIR": str(folder),
        "SECURITY_HASH": checks,
        "OPERATOR_PASSWORD": password,
    }
    environment |= agreed.environment | checkout.environment
    with _Supervised([sys.executable, "-m", _MODULE, *arguments], environment, folder) as client:
        client.wait_ready(f"{site}/healthz")
        kill = client.kill_command
        yield target_at(site, api_port, signs, password, kill, agreed, checkout, further, dialect)


class _Supervised:
    """A process that is started again whenever it ends, until this context is left; dies with this one."""

    def __init__(self, arguments: list[str], environment: dict[str, str], folder: Path) -> None:
        self.arguments, self.environment = arguments, environment
        self.pid_file, self.log = folder / "client.pid", folder / "client.log"
        self._process: subprocess.Popen[bytes] | None = None
        self._leaving = threading.Event()
        self._refused = False
        self._thread = threading.Thread(target=self._supervise, name="client", daemon=True)
        self._log: IO[bytes] | None = None

    def __enter__(self) -> "_Supervised":
        self._log = self.log.open("ab")
        self._start()
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._leaving.set()
        self._kill()
        self._thread.join()
        if self._log is not None:
            self._log.close()

    @property
    def kill_command(self) -> str:
        """A shell command that kills the process and its workers at once; it is started again by itself."""
        return f"kill -9 -$(cat {self.pid_file})"

    def wait_ready(self, url: str) -> None:
        """Wait until ``url`` answers; raises TargetProblem with the process's own words where it does not."""
        deadline = time.monotonic() + _READY_SECONDS
        while time.monotonic() < deadline and not self._leaving.is_set():
            try:
                urllib3.request("GET", url, retries=False, timeout=1.0)
            except urllib3.exceptions.HTTPError:
                self._leaving.wait(_POLL_SECONDS)
            else:
                return
        words = self.log.read_text(errors="replace").strip().splitlines()[-3:]
        if self._refused:
            raise UsageProblem(
                "the reference CLIENT refuses to start so: " + " ".join(words),
                "options that pitboss client takes",
                "correct --mutant or --dialect, or leave it out",
            )
        raise TargetProblem(
            "the reference CLIENT did not start: " + (" ".join(words) or "it said nothing"),
            f"an answer at {url} within {_READY_SECONDS:g} s",
            "run pitboss client with the same options by hand and read what it says",
        )

    def _start(self) -> None:
        # A session of its own: Ctrl-C must not reach it before the players have been put back.
        self._process = subprocess.Popen(
            self.arguments, env=self.environment, stdout=self._log, stderr=self._log, start_new_session=True
        )
        self.pid_file.write_text(str(self._process.pid))

    def _supervise(self) -> None:
        for _ in range(_STARTS):
            if self._process is not None:
                code = self._process.wait()
                if self._leaving.is_set():
                    return
                if code == 2:  # the command line was refused: it would be again
                    self._refused = True
                    self._leaving.set()
                    return
            self._start()
            if self._leaving.is_set():
                self._kill()
                return

    def _kill(self) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)


def target_at(
    site: str,
    api_port: int,
    security_hash: str,
    password: str,
    restart: str | None = None,
    jackpot: JackpotAgreed | None = None,
    checkout: CheckoutAgreed | None = None,
    further: Sequence[str] = (),
    dialect: str = DEFAULT,
) -> Target:
    """The target that fits a reference CLIENT at address ``site``, which calls the OPERATOR at ``api_port``.

    Opens the players in other currencies, of which ``further`` are agreed on; callbacks are in ``dialect``.
    ``restart`` is the shell command that kills it, where it is started again.
    """
    others = _OTHERS | {code: [f"p-{code.lower()}-{number}" for number in (1, 2)] for code in further}
    for currency, player in ((code, name) for code, names in others.items() for name in names):
        urllib3.request(
            "POST",
            f"{site}/players",
            json={"id": player, "currency": currency, "balance": "100"},
            timeout=10.0,
        )
    driver: dict[str, dict[str, Any]] = {
        "balance": {"get": f"{site}/players/{{player}}/balance", "read": "balance"},
        "ban": {"post": f"{site}/players/{{player}}/ban"},
        "unban": {"post": f"{site}/players/{{player}}/unban"},
        "launch": {
            "post": f"{site}/sportsbook/launch",
            "json": {"user_id": "{player}", "currency": "{currency}", "lang": "{lang}"},
            "read": "url",
        },
    }
    if jackpot is not None:
        driver |= _voucher_entries(site)
    if checkout is not None:
        driver |= _checkout_entries(site)
    target = Target.model_validate(
        {
            JACKPOT: None if jackpot is None else jackpot.section(site),
            CHECKOUT: None if checkout is None else checkout.section(site),
            OPERATOR: {
                "callback_url": f"{site}/operator",
                "security_hash": security_hash,
                "dialect": dialect,
                "username": "client",
                "password": password,
                "listen": f"127.0.0.1:{api_port}",
            }
            | ({"currencies": (CURRENCY, *further)} if further else {}),
            "players": {"ids": _PLAYERS, "currency": CURRENCY, "others": others},
            "driver": driver if restart is None else driver | {"restart": {"run": restart}},
        }
    )
    return with_dialect(target, Origin("the reference CLIENT", {}))


def new_secrets(dialect: str) -> tuple[str, str]:
    """New secrets for ``dialect``: what the OPERATOR signs with, and what the CLIENT checks signatures with."""
    signer = read_dialect(SHIPPED[dialect]).signer if dialect != DEFAULT else Signer()
    return signer.new_secrets()


def with_vouchers(target: Target) -> Target:
    """``target``; where it is that of `pitboss client` without settings, with the entries by which players convert."""
    at = target.operator.callback_url if target.operator is not None else None
    if target.path is not None or at != DEMO_CALLBACK_URL or target.driver != DriverSection():
        return target
    entries = _voucher_entries(EXAMPLE_ORIGIN)
    return target.model_copy(update={"driver": DriverSection.model_validate(entries)})


def _voucher_entries(site: str) -> dict[str, dict[str, Any]]:
    return {
        "voucher_session": {
            "post": f"{site}/vouchers/session",
            "json": {"user_id": "{player}", "amount": "{amount}"},
            "read": "token",
        },
        "voucher": {"get": f"{site}/vouchers/{{notification_key}}", "read": "state"},
        "store": {"get": f"{site}/stores/{{store}}"},
        "sweep": {"post": f"{site}/vouchers/sweep", "json": {"now": "{now}"}},
    }


def _checkout_entries(site: str) -> dict[str, dict[str, Any]]:
    return {
        "checkout_token": {"get": f"{site}/checkout/token?variant={{variant}}", "read": "token"},
        "checkout_page": {"get": f"{site}/checkout/page?variant={{variant}}"},
        "checkout_start": {"post": f"{site}/checkout/orders/{{merchant_reference}}/start"},
        "order": {"get": f"{site}/checkout/orders/{{merchant_reference}}", "read": "granted"},
    }
