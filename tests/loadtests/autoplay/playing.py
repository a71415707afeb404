"""The OPERATOR of ``serve`` with autoplay, in this process, beside a CLIENT."""

import threading
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path

from loadtests.autoplay.autoplay import Autoplay
from loadtests.autoplay.sizes import SIZES
from scenarios.console.control.events import Events
from scenarios.console.form_input import FormInput
from scenarios.console.providers import ServedProviders
from scenarios.hosting.served import Address, Play, served
from scenarios.target.loading import load
from simulators.exchanges.history import Exchange, History
from simulators.providers import JACKPOT, OPERATOR
from tests.support.programs.commanding import target_file
from tests.support.programs.reference import Reference, converting_reference, reference

USUAL = {name: size.default for name, size in SIZES.items()}
# As many rounds as the machine makes, with much of everything that can come between.
BUSY = USUAL | {
    "rate": 50.0,
    "copies": 0.3,
    "races": 0.2,
    "orphans": 0.3,
    "late_bets": 0.7,
    "cuts": 0.2,
    "forgeries": 0.2,
    "voids": 0.2,
}
QUIET = BUSY | dict.fromkeys(("copies", "races", "orphans", "cuts", "forgeries", "voids"), 0.0)


@dataclass
class Scene:
    """Autoplay of ``providers``; ``said`` are the lines that it printed."""

    providers: ServedProviders
    autoplay: Autoplay
    said: list[str]
    client: Reference | None = None
    changed: threading.Condition = field(default_factory=threading.Condition)

    def __post_init__(self) -> None:
        self.providers.history.listeners.append(self._heard)

    def _heard(self, _: Exchange) -> None:
        with self.changed:
            self.changed.notify_all()

    def start(self, **asked: object) -> None:
        self.autoplay.start(FormInput(asked))

    def await_(self, fits: Callable[[], object]) -> None:
        """Wait until what is sent and answered makes it so."""
        with self.changed:
            assert self.changed.wait_for(fits, 300), self.autoplay.shown()

    def await_rounds(self, number: int) -> None:
        self.await_(lambda: self.autoplay.shown()["rounds"] >= number)

    def act(self, event: str, **asked: object) -> list[int]:
        """Raise an event by hand; the numbers of its exchanges."""
        return Events(self.providers).raise_event(FormInput({"event": event, "player": "p-1", **asked}))[
            "exchanges"
        ]

    def stop(self) -> dict:
        """Stop; the verdict."""
        self.autoplay.finish(threading.Event())
        return self.autoplay.shown()["verdict"]


@contextmanager
def operator_for(target_path: Path, usual: dict = BUSY, client: Reference | None = None) -> Iterator[Scene]:
    target, history, said = load(target_path), History(), []
    with ExitStack() as stack:
        providers = ServedProviders(target, history)
        for name in (OPERATOR, JACKPOT) if target.jackpot else (OPERATOR,):
            port = target.jackpot.listen_address[1] if name == JACKPOT else 0
            one = served(target, history, name, Address("127.0.0.1", port), Play())
            providers.served[name] = stack.enter_context(one)
        scene = Scene(providers, Autoplay(providers, usual, 1, said.append), said, client)
        try:
            yield scene
        finally:
            given_up = threading.Event()
            given_up.set()
            scene.autoplay.finish(given_up)


@contextmanager
def playing(folder: Path, mutant: str | None = None, usual: dict = BUSY) -> Iterator[Scene]:
    """Beside the reference, or a mutant of it."""
    with reference(folder, mutant) as client, operator_for(client.target(folder), usual, client) as scene:
        yield scene


@contextmanager
def converting(folder: Path, mutant: str | None = None) -> Iterator[Scene]:
    """Beside the reference, or a mutant of it, whose players buy vouchers, no more than a busy machine makes."""
    usual = QUIET | {
        "rate": 2.0,
        "conversions": 4.0,
        "copies": 1.0,
        "cancels": 0.3,
        "refunds": 0.5,
        "store_changes": 0.3,
    }
    with converting_reference(folder, mutant, balance=Decimal(10_000)) as (client, port):
        target = client.target(folder, more=client.converting(port))
        with operator_for(target, usual, client) as scene:
            yield scene


@contextmanager
def alone(folder: Path, url: str) -> Iterator[Scene]:
    """Beside a CLIENT at ``url``, which may be nobody."""
    with operator_for(target_file(folder, url)) as scene:
        yield scene
