"""``pitboss serve``: run the fake OPERATOR, Jackpot and checkout beside a CLIENT, to be played with."""

import contextlib
import os
import sys
import threading
from collections.abc import Iterator, Mapping
from itertools import starmap
from pathlib import Path
from typing import Any, Final

import click

from loadtests.autoplay.autoplay import Autoplay
from loadtests.autoplay.sizes import CONVERSIONS, SIZES, option
from scenarios.cli.options import TARGET_OR_CLIENT, Option, all_of, tell_made_up
from scenarios.cli.options import config as config_option
from scenarios.cli.options import public_url as public
from scenarios.cli.reference_client import with_vouchers
from scenarios.console.app import THREADS, Console
from scenarios.console.app import create_app as create_console
from scenarios.console.control.autoplay import Size
from scenarios.console.control.client import CONTROL_TOKEN, announced
from scenarios.console.form_input import FormInput
from scenarios.console.providers import ServedProviders
from scenarios.hosting import state_file
from scenarios.hosting.host import listening
from scenarios.hosting.served import Address, Play, served
from scenarios.hosting.state_file import StateFile
from scenarios.problems.errors import UsageProblem
from scenarios.problems.signals import ENDING, handled
from scenarios.target.demo import target_to_serve
from simulators.exchanges.har import write_har
from simulators.exchanges.history import History
from simulators.exchanges.jsonl import write_jsonl
from simulators.exchanges.redaction import Redactor
from simulators.operator.simulator import TOKEN_SECONDS
from simulators.providers import CHECKOUT, JACKPOT, OPERATOR, PROVIDERS
from simulators.server.access.gate import Gate, reached_by_others
from simulators.server.wsgi_server import App, watch_parent

# Addresses to listen on that none can be called by.
_EVERYWHERE: Final = ("0.0.0.0", "::")


def _size(name: str, size: Size) -> Option[Any]:
    """An option for a size of autoplay, named and described as that of ``pitboss load``."""
    known = size.default is not None
    words = "" if known else f"  [default: {CONVERSIONS:g} where the target has them, else 0]"
    of = None if known else float
    return click.option(
        option(name), name, type=of, default=size.default, show_default=known, help=size.words + words
    )


def _port(name: str, default: int, words: str) -> Option[Any]:
    ports = click.IntRange(0, 65535)
    return click.option(f"--{name}-port", type=ports, default=default, show_default=True, help=words)


_PORTS: Final = all_of(
    *(
        _port(name, PROVIDERS[name].port, f"Port of {what}; 0 takes a free one.")
        for name, what in (
            (OPERATOR, "the OPERATOR's API and pages"),
            (JACKPOT, "Jackpot's API, widget and back-office"),
            (CHECKOUT, "the checkout's API, widget and pages"),
        )
    ),
    _port("console", 8700, "Port of the console, a page to watch and steer all of it from; 0 leaves it out."),
)


@click.command(
    "serve",
    epilog="Exit codes with --play: 0 the audit is clean, 1 money or a rule is broken, 2 usage or configuration, "
    "4 the audit is undecided; a second Ctrl-C gives it up.",
)
@config_option(TARGET_OR_CLIENT)
@_PORTS
@click.option(
    "--host",
    default="127.0.0.1",
    show_default=True,
    help="Address to listen on. Elsewhere than on this machine the console and Jackpot's back-office ask for a token.",
)
@click.option("--require-token", is_flag=True, help="Ask for the token on this machine, too.")
@click.option("--public-url", type=public, metavar="URL", help="Where players' browsers reach the OPERATOR.")
@click.option(
    "--jackpot-public-url", type=public, metavar="URL", help="Where players' browsers reach Jackpot."
)
@click.option(
    "--checkout-public-url", type=public, metavar="URL", help="Where players' browsers reach the checkout."
)
@click.option(
    "--console-public-url", type=public, metavar="URL", help="Where your browser reaches the console."
)
@click.option(
    "--state",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Keep the providers' state in FILE, and go on from it: what they promised, and what they owe.",
)
@click.option("--detached", is_flag=True, help="Go on when the process that started this one has ended.")
@click.option("--seed", default=0, show_default=True, help="Makes events, teams, odds and stores.")
@click.option(
    "--token-seconds", default=TOKEN_SECONDS, show_default=True, help="How long /auth tokens are valid."
)
@click.option(
    "--play",
    is_flag=True,
    help="Play by itself: rounds of every test player, until Ctrl-C; then every "
    "balance is audited. The options that follow are its sizes, also where it is switched on in the console.",
)
@all_of(*starmap(_size, SIZES.items()))
@click.option(
    "--history",
    type=click.Path(dir_okay=False, path_type=Path),
    metavar="FILE",
    help="Append every exchange to FILE, as JSON lines; FILE.har holds them at the end.",
)
def command(
    config: Path | None,
    operator_port: int,
    jackpot_port: int,
    checkout_port: int,
    console_port: int,
    host: str,
    require_token: bool,
    public_url: str | None,
    jackpot_public_url: str | None,
    checkout_public_url: str | None,
    console_public_url: str | None,
    state: Path | None,
    seed: int,
    token_seconds: int,
    history: Path | None,
    detached: bool,
    play: bool,
    **sizes: Any,
) -> None:
    """Serve the fake OPERATOR, Jackpot and checkout beside a CLIENT until Ctrl-C.

    Each is served whose section the target file has. The console is a control API for programs as well (its
    documentation is under /documentation), with the token that the variable PITBOSS_CONTROL_TOKEN holds.
    A public URL may have a path, which a proxy before the server takes off.

    \b
    pitboss client &            a CLIENT to play with
    pitboss serve               its OPERATOR, Jackpot and checkout; then open http://127.0.0.1:8700
    curl -X POST -H 'Content-Type: application/json' \\
         -d '{"user_id": "p-1", "currency": "EUR", "lang": "en"}' \\
         http://127.0.0.1:8710/sportsbook/launch
                                answers with the page of p-1's session: open it, bet, settle
    """
    target = with_vouchers(tell_made_up(target_to_serve(config)))
    places = {
        OPERATOR: Address(host, operator_port, public_url),
        JACKPOT: Address(host, jackpot_port, jackpot_public_url),
        CHECKOUT: Address(host, checkout_port, checkout_public_url),
    }
    log = History()
    with contextlib.ExitStack() as stack:
        ended = stack.enter_context(_ended(detached=detached))
        # Entered before what is served, to be closed after it: the history is complete when its file is.
        providers = ServedProviders(target, log)
        stack.enter_context(_recorded(log, history, providers.redactor))
        file = stack.enter_context(state_file.opened(state, log)) if state is not None else None
        gate = Gate(os.environ.get(CONTROL_TOKEN), asks=require_token or reached_by_others(host))
        stack.enter_context(_served(providers, places, Play(seed, token_seconds, file, gate)))
        autoplay = _autoplay(providers, sizes, seed, needed=play)
        if console_port:
            console = Console(providers, console_public_url, gate, autoplay)
            stack.enter_context(_console(console, host, console_port, file))
        if gate.asks:
            given = f"that of {CONTROL_TOKEN}" if os.environ.get(CONTROL_TOKEN) else gate.token
            click.echo(f"TOKEN           {given}")
        click.echo(f"secrets         as in {target.path or 'the defaults of pitboss client'}")
        _wait(ended, autoplay, play=play)
    if play and autoplay is not None and autoplay.code:
        sys.exit(int(autoplay.code))


@contextlib.contextmanager
def _console(console: Console, host: str, port: int, file: StateFile | None) -> Iterator[None]:
    """Serve ``console`` and say where; raises UsageProblem."""
    providers = console.providers
    app: App = create_console(console)
    with (
        contextlib.closing(console),
        listening(
            app if file is None else file.saving(app),
            (host, port),
            "the console",
            "choose another --console-port (or --host)",
            threads=THREADS,
        ) as server,
    ):
        if providers.operator is not None:
            # The console shows the player's page in a frame of its own.
            own = (server.url, f"http://localhost:{server.port}")
            providers.operator.simulator.framers += [*own, *console.public_urls]
        click.echo(f"CONSOLE         {(*console.public_urls, server.url)[0]}")
        here = f"http://localhost:{server.port}" if host in _EVERYWHERE else server.url
        with announced(here, console.gate.token, providers.target):
            yield
        # Streams are ended first: the server waits for its threads.
        console.feed.close()


@contextlib.contextmanager
def _served(providers: ServedProviders, places: Mapping[str, Address], play: Play) -> Iterator[None]:
    """Serve, as ``providers``, those that the target file has a section of. Raises UsageProblem."""
    target, log = providers.target, providers.history
    named = [name for name in PROVIDERS if getattr(target, name) is not None]
    with contextlib.ExitStack() as stack:
        for name in named or [OPERATOR]:
            providers.served[name] = stack.enter_context(served(target, log, name, places[name], play))
        yield


def _autoplay(
    providers: ServedProviders, sizes: Mapping[str, Any], seed: int, *, needed: bool
) -> Autoplay | None:
    """Who plays ``providers`` with ``sizes``, None where nobody can; raises UsageProblem where that is ``needed``."""
    if providers.target.players is not None and providers.operator is not None:
        return Autoplay(providers, sizes, seed, click.echo)
    if needed:
        raise UsageProblem(
            "--play was given, and there is nobody to play, or nothing to play at",
            "sections [operator] and [players] in the target file",
            "add both, or leave --play out",
        )
    return None


def _wait(ended: threading.Event, autoplay: Autoplay | None, *, play: bool) -> None:
    """Wait until it is ended, and for the audit of ``autoplay``, which a second end gives up.

    ``play`` lets it play from the beginning. Raises UsageProblem.
    """
    if play and autoplay is not None:
        autoplay.start(FormInput({}))
    click.echo("Ctrl-C ends it.")
    ended.wait()
    if autoplay is not None:
        ended.clear()
        autoplay.finish(ended)


@contextlib.contextmanager
def _ended(*, detached: bool) -> Iterator[threading.Event]:
    """Set when the command is to end: by Ctrl-C, by SIGTERM, or with the process that started it."""
    ended = threading.Event()
    if not detached:
        watch_parent(die=ended.set)
    with handled(lambda *_: ended.set(), ENDING):
        yield ended


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
