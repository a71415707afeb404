"""Jackpot's simulator as the target file has it: as the judge holds it, and to be played with."""

import fcntl
import os
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from pathlib import Path
from typing import Final

import click

from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from scenarios.target.sections import Jackpot as Section
from simulators.exchanges.history import Direction, Exchange, Status
from simulators.jackpot import state
from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import VoucherState
from simulators.jackpot.service import Agreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import Notification
from simulators.providers import JACKPOT
from simulators.transport.route import Route
from simulators.webhooks.retry_queue import QueuedMessage, Schedule

# The five minutes of the retry window pass in one and a half seconds, as all that the provider waits for.
_SCALE: Final = 0.005
# How often the state is written while nobody asks anything, in seconds; a kill loses what time alone changed after it.
_SAVE_SECONDS: Final = 5.0
# The store that the judge buys at: any price to the cent, at one discount.
_STORE = {
    "voucherWithContinuousValue": True,
    "voucherPossibleDiscreteValues": None,
    "voucherValueMin": 1,
    "voucherValueMax": 1_000_000,
    "discounts": [{"voucherValueMin": 1, "voucherValueMax": 1_000_000, "discountRate": Decimal(10)}],
}


class Jackpot(JackpotSimulator):
    """The simulator as the judge holds it. ``store_id`` is a store that sells at any price from 0.90 EUR on.

    ``confirmed_by_client`` is False once the CLIENT left a reservation unconfirmed that it should confirm;
    ``purse`` (smallest units) and ``strolls_in_vain`` belong to the conversions that only pass the time;
    ``longest_wait`` (seconds), ``vain_waits`` and ``closes`` (sessions) tell the CLIENT's pace so far, and
    ``costs`` what conversions cost with it when nothing goes wrong.
    """

    def __init__(self, run: Run) -> None:
        agreed = run.settings.target.need_jackpot()
        self._shift = 0.0
        self.confirmed_by_client = agreed.confirmation == "manual"
        self.purse = self.strolls_in_vain = self.vain_waits = 0
        self.longest_wait = 0.0
        self.costs: dict[VoucherState, Decimal] = {}
        self.closes = True
        super().__init__(
            agreed_on(agreed),
            run.route,
            habits=_habits(agreed, _SCALE),
            schedule=Schedule().scaled(_SCALE),
            seed=run.settings.seed,
            clock=lambda: time.time() + self._shift,
            files_url=agreed.files_url,
        )
        self.store_id = self.account.listings[0].store.id
        self.account.update_store(self.store_id, _STORE)
        self.endpoint.url = agreed.notification_url

    @contextmanager
    def shifted(self, seconds: float) -> Iterator[None]:
        """Let the provider's clock be ``seconds`` ahead (below zero: behind) meanwhile."""
        self._shift = seconds
        try:
            yield
        finally:
            self._shift = 0.0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Keep webhooks back meanwhile, to be sent by hand in any order; what is left goes out then."""
        self.queue.hold()
        try:
            yield
        finally:
            self.queue.resume()

    @contextmanager
    def unready(self) -> Iterator[None]:
        """Let no confirmed voucher become READY by itself meanwhile."""
        habits = self.account.habits
        usual, habits.ready_seconds = habits.ready_seconds, None
        try:
            yield
        finally:
            habits.ready_seconds = usual

    def posted(self, voucher_id: str, name: str) -> QueuedMessage[Notification]:
        """The last webhook ``name`` about a voucher so far; raises LookupError."""
        for delivery in reversed(self.queue.deliveries):
            event = delivery.event
            if event.event == name and getattr(event.message, "id", None) == voucher_id:
                return delivery
        raise LookupError(f"there was no {name} for this voucher")


def agreed_on(section: Section) -> Agreement:
    """What ``[jackpot]`` says, as the provider has it."""
    return Agreement(
        section.api_key.get_secret_value(),
        section.api_signature.get_secret_value(),
        section.client_secret.get_secret_value(),
        client_id=section.client_id,
    )


def _habits(section: Section, scale: float = 1.0) -> Habits:
    return Habits(confirmation=section.confirmation, ready_seconds=section.ready_after * scale)


def build(section: Section, route: Route, *, seed: int = 0) -> JackpotSimulator:
    """Return the simulator of what ``[jackpot]`` of the target file says, not started."""
    return JackpotSimulator(
        agreed_on(section),
        route,
        notification_url=section.notification_url,
        habits=_habits(section),
        files_url=section.files_url,
        seed=seed,
    )


@contextmanager
def kept(simulator: JackpotSimulator, file: Path | None) -> Iterator[None]:
    """Give ``simulator``, not started, its state from ``file``. It is written back before each answer of its API, so
    that what the CLIENT was told outlives a kill, every few seconds for what time changes, and at the end.

    Raises UsageProblem where the file will not do, or another process keeps its state there.
    """
    if file is None:
        yield
        return
    with _alone(file):
        _restore(simulator, file)
        keeper = _Keeper(simulator, file)
        now_and_then = threading.Thread(target=keeper.keep, name="jackpot-state", daemon=True)
        now_and_then.start()
        listeners = simulator.endpoint.route.history.listeners
        listeners.append(keeper.answered)
        try:
            yield
        finally:
            listeners.remove(keeper.answered)
            keeper.ended.set()
            now_and_then.join()
            keeper.save()


@contextmanager
def _alone(file: Path) -> Iterator[None]:
    """Keep other processes from ``file``. Raises UsageProblem where one has it."""
    # Not the file itself, in whose place a new one is put each time.
    beside = file.with_name(f".{file.name}.lock")
    try:
        handle = os.open(beside, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise _cannot_use(file, error) from None
    try:
        fcntl.lockf(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        os.close(handle)
        raise UsageProblem(
            f"--state {file} is in use by another pitboss serve",
            "a file for each: two would overwrite what the other remembers",
            "end the other, or name another file",
        ) from None
    try:
        yield
    finally:
        os.close(handle)


def _cannot_use(file: Path, error: OSError) -> UsageProblem:
    return UsageProblem(
        f"--state {file} cannot be used: {error.strerror or error}",
        "a file that can be read and written, there or to be made",
        "name another file",
    )


@dataclass
class _Keeper:
    """Writes the state of ``simulator`` to ``file``, one writer at a time."""

    simulator: JackpotSimulator
    file: Path
    ended: threading.Event = field(default_factory=threading.Event)
    _turn: threading.Lock = field(default_factory=threading.Lock)

    def save(self) -> None:
        """Write it as it is now; a line tells where that cannot be."""
        try:
            with self._turn:
                state.save(self.simulator, self.file)
        except OSError as error:
            click.echo(f"pitboss: --state {self.file} cannot be written: {error.strerror or error}", err=True)

    def keep(self) -> None:
        """Write it now and then, until it is ``ended``."""
        while not self.ended.wait(_SAVE_SECONDS):
            self.save()

    def answered(self, exchange: Exchange) -> None:
        """Write it once a request of the CLIENT was carried out: the history is told before the answer leaves."""
        asked = exchange.provider == JACKPOT and exchange.direction is Direction.FROM_CLIENT
        if asked and exchange.status is not Status.PENDING and exchange.request.method != "GET":
            self.save()


def _restore(simulator: JackpotSimulator, file: Path) -> None:
    try:
        if file.exists():
            state.load(simulator, file)
        state.save(simulator, file)
    except state.StateError as error:
        raise UsageProblem(error.came, error.expected, error.next_step) from None
    except OSError as error:
        raise _cannot_use(file, error) from None
