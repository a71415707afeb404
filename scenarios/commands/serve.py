"""``pitboss serve``: run the fake OPERATOR beside a CLIENT, to be played with."""

import contextlib
import os
import signal
import threading
from collections.abc import Iterator
from pathlib import Path

import click

from scenarios.errors import UsageProblem
from scenarios.target import Target, load
from scenarios.target_model import DEFAULT_FILE, EXAMPLE_ORIGIN
from simulators.export import Redactor, write_har, write_jsonl
from simulators.history import History
from simulators.operator.api import create_app
from simulators.operator.delivery import Courier, Operator
from simulators.operator.twin import TOKEN_SECONDS, Agreement, Twin
from simulators.sending import Sender
from simulators.serving import App, PortInUse, Server, watch_parent

# What `pitboss client` uses where no secret is set; fit for one's own machine only.
DEMO_SECURITY_HASH = "demo-security-hash"
DEMO_PASSWORD = "demo-password"  # noqa: S105
DEMO_CALLBACK_URL = f"{EXAMPLE_ORIGIN}/operator"
USERNAME = "client"


@click.command("serve")
@click.option(
    "-c",
    "--config",
    type=click.Path(path_type=Path),
    metavar="FILE",
    help="The target file.  [default: pitboss.toml where there is one, else `pitboss client`]",
)
@click.option(
    "--operator-port",
    type=click.IntRange(0, 65535),
    default=8701,
    show_default=True,
    help="Port of the OPERATOR's API and pages; 0 takes a free one.",
)
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option("--public-url", metavar="URL", help="Where players' browsers reach the OPERATOR.")
@click.option("--detached", is_flag=True, help="Go on when the process that started this one has ended.")
@click.option("--seed", default=0, show_default=True, help="Makes events, teams and odds.")
@click.option(
    "--token-seconds", default=TOKEN_SECONDS, show_default=True, help="How long /auth tokens are valid."
)
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append every exchange to FILE, as JSON lines; FILE.har holds them at the end.",
)
def command(
    config: Path | None,
    operator_port: int,
    host: str,
    public_url: str | None,
    seed: int,
    token_seconds: int,
    history: Path | None,
    detached: bool,
) -> None:
    """Serve the fake OPERATOR beside a CLIENT until Ctrl-C.

    \b
    pitboss client &            a CLIENT to play with
    pitboss serve               its OPERATOR
    curl -X POST -H 'Content-Type: application/json' \\
         -d '{"user_id": "p-1", "currency": "EUR", "lang": "en"}' \\
         http://127.0.0.1:8710/sportsbook/launch
                                answers with the page of p-1's session: open it, bet, settle
    """
    target = target_or_demo(config)
    operator, _ = target.need_operator()
    if operator.password is None:
        raise UsageProblem(
            "[operator] has no password",
            "the password that the CLIENT sends to /auth",
            "add it to the target file",
        )
    log = History()
    sender = Sender(log, timeout=operator.timeout, ca_file=operator.ca_file)
    channel = Operator(
        operator.callback_url, operator.security_hash.get_secret_value(), sender, operator.amount_format
    )
    courier = Courier(channel)
    agreement = Agreement(
        operator.username or USERNAME,
        operator.password.get_secret_value(),
        operator.currencies,
        operator.languages,
    )
    twin = Twin(agreement, courier, seed=seed, token_seconds=token_seconds, public_url=public_url)
    ended = _ended(detached=detached)
    with contextlib.closing(sender), _recorded(log, history, Redactor(target.secrets())):
        with _listening(create_app(twin), host, operator_port) as server:
            courier.start()
            click.echo(f"OPERATOR        {server.url}  (POST /auth, POST /start-session)")
            click.echo(f"calls back      {operator.callback_url}")
            click.echo(f"CLIENT_USERNAME {agreement.username}")
            click.echo(f"secrets         as in {target.path or 'the defaults of pitboss client'}")
            click.echo("Ctrl-C ends it.")
            ended.wait()
        courier.stop()
    for pending in courier.given_up:
        click.echo(f"given up: {pending.message.action} {pending.message.transaction_id}")


def _ended(*, detached: bool) -> threading.Event:
    """Set when the command is to end: by Ctrl-C, by SIGTERM, or with the process that started it."""
    ended = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: ended.set())
    if not detached:
        watch_parent(die=ended.set)
    return ended


def _listening(app: App, host: str, port: int) -> Server:
    try:
        return Server(app, host, port)
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            "a free port for the OPERATOR's API",
            "stop the other program, or choose another --operator-port",
        ) from None
    except OSError as error:
        raise UsageProblem(
            f"the OPERATOR cannot listen on {host}, port {port}: {error.strerror or error}",
            "an address of this machine, and a port that this user may take",
            "correct --host or --operator-port",
        ) from None


@contextlib.contextmanager
def _recorded(log: History, file: Path | None, redactor: Redactor) -> Iterator[None]:
    """Write ``log`` to ``file`` as it grows, and as HAR beside it at the end."""
    if file is None:
        yield
        return
    try:
        lines = write_jsonl(log, file, redactor)
    except OSError as error:
        raise UsageProblem(
            f"--history {file} cannot be written: {error.strerror or error}",
            "a file, there or to be made",
            "name another file",
        ) from None
    try:
        yield
    finally:
        lines.close()
        write_har(log, file.with_name(f"{file.name}.har"), redactor)


def target_or_demo(config: Path | None) -> Target:
    """The target file, or without one what fits `pitboss client` by default. Raises UsageProblem."""
    if config is not None or Path(DEFAULT_FILE).exists():
        return load(config)
    return Target.model_validate(
        {
            "operator": {
                "callback_url": DEMO_CALLBACK_URL,
                "security_hash": os.environ.get("SECURITY_HASH") or DEMO_SECURITY_HASH,
                "username": USERNAME,
                "password": os.environ.get("OPERATOR_PASSWORD") or DEMO_PASSWORD,
            },
            "players": {"ids": ["p-1", "p-2"]},
        }
    )
