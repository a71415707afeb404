"""The Jackpot half of ``pitboss serve``: API, widget and back-office, with a state that survives a restart."""

import contextlib
import os
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import click

from scenarios.hosting.ports import Stall, listening
from scenarios.problems.errors import UsageProblem
from scenarios.target.sections import EXAMPLE_ORIGIN, Jackpot
from simulators.jackpot import state
from simulators.jackpot.account import Habits
from simulators.jackpot.api import create_app
from simulators.jackpot.pages import backoffice, widget
from simulators.jackpot.service import Agreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.transport.http_client import Sender

# What `pitboss client` uses where no secret is set; fit for one's own machine only.
DEMO_JACKPOT_API_KEY: Final = "demo-jackpot-api-key"
DEMO_JACKPOT_CLIENT_SECRET: Final = "demo-jackpot-client-secret"  # noqa: S105
DEMO_JACKPOT_API_SIGNATURE: Final = "demo-jackpot-api-signature"
DEMO_NOTIFICATION_URL: Final = f"{EXAMPLE_ORIGIN}/jackpot/notifications"
# How often the state is written while the server runs, in seconds; a crash loses what came after.
_SAVE_SECONDS: Final = 5.0


def demo_section() -> dict[str, str]:
    """The section [jackpot] that fits `pitboss client` by default."""
    return {
        "notification_url": DEMO_NOTIFICATION_URL,
        "api_key": os.environ.get("JACKPOT_API_KEY") or DEMO_JACKPOT_API_KEY,
        "client_secret": os.environ.get("JACKPOT_CLIENT_SECRET") or DEMO_JACKPOT_CLIENT_SECRET,
        "api_signature": os.environ.get("JACKPOT_API_SIGNATURE") or DEMO_JACKPOT_API_SIGNATURE,
    }


def build(jackpot: Jackpot, sender: Sender, *, seed: int = 0) -> JackpotSimulator:
    """Return the twin of what ``[jackpot]`` of the target file says, not started."""
    agreement = Agreement(
        jackpot.api_key.get_secret_value(),
        jackpot.api_signature.get_secret_value(),
        jackpot.client_secret.get_secret_value(),
        jackpot.client_id,
    )
    return JackpotSimulator(
        agreement,
        sender,
        notification_url=jackpot.notification_url,
        habits=Habits(confirmation=jackpot.confirmation),
        seed=seed,
    )


@contextlib.contextmanager
def serving(
    twin: JackpotSimulator, host: str, port: int, *, public_url: str | None = None, file: Path | None = None
) -> Iterator[Stall]:
    """Serve ``twin`` and say where. ``public_url`` is where browsers reach it, ``file`` keeps its state.

    Raises UsageProblem where the port or the file will not do.
    """
    with listening(create_app(twin), host, port, "Jackpot's API", "--jackpot-port") as server:
        twin.platform.public_url = (public_url or server.url).rstrip("/")
        with _kept(twin, file):
            url = twin.platform.public_url
            click.echo(f"JACKPOT         {server.url}  (API under /v2, {url}/documentation)")
            click.echo(f"notifies        {twin.endpoint.url or 'nobody: no notification URL is set'}")
            click.echo(f"widget          {url}{widget.SCRIPT}")
            click.echo(f"back-office     {url}{backoffice.PREFIX}")
            yield server
    for given_up in twin.queue.given_up:
        click.echo(f"given up: {given_up.event.event} {given_up.event.id}")


@contextlib.contextmanager
def _kept(twin: JackpotSimulator, file: Path | None) -> Iterator[None]:
    """Run ``twin`` with its state from ``file``, written back every few seconds and at the end."""
    if file is not None:
        _restore(twin, file)
    ended = threading.Event()
    keeper = threading.Thread(target=_keep, args=(twin, file, ended), name="jackpot-state", daemon=True)
    twin.start()
    keeper.start()
    try:
        yield
    finally:
        ended.set()
        keeper.join()
        twin.stop()
        _save(twin, file)


def _restore(twin: JackpotSimulator, file: Path) -> None:
    try:
        if file.exists():
            state.load(twin, file)
        state.save(twin, file)
    except state.StateError as error:
        came, *expected, next_step = str(error).rstrip(".").split(". ")
        raise UsageProblem(came, ". ".join(expected), next_step) from None
    except OSError as error:
        raise UsageProblem(
            f"--state {file} cannot be used: {error.strerror or error}",
            "a file that can be read and written, there or to be made",
            "name another file",
        ) from None


def _keep(twin: JackpotSimulator, file: Path | None, ended: threading.Event) -> None:
    while not ended.wait(_SAVE_SECONDS):
        _save(twin, file)


def _save(twin: JackpotSimulator, file: Path | None) -> None:
    if file is None:
        return
    try:
        state.save(twin, file)
    except OSError as error:
        click.echo(f"pitboss: --state {file} cannot be written: {error.strerror or error}", err=True)
