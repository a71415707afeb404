"""Jackpot's simulator as the target file has it: as the judge holds it, and to be played with."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Final

from scenarios.run.run import Run
from scenarios.target.sections import Jackpot as Section
from scenarios.tokens.session_token import SessionToken
from simulators.exchanges.history import Exchange
from simulators.jackpot.account import Habits
from simulators.jackpot.lifecycle import VoucherState
from simulators.jackpot.service import Agreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import Notification
from simulators.transport.route import Route
from simulators.values.clocks import increasing_time
from simulators.webhooks.message_log import QueuedMessage
from simulators.webhooks.retry_queue import Schedule

# The five minutes of the retry window pass in one and a half seconds, as all that the provider waits for.
_SCALE: Final = 0.005
# The store that the judge buys at: any price to the cent, at one discount.
_STORE = {
    "voucherWithContinuousValue": True,
    "voucherPossibleDiscreteValues": None,
    "voucherValueMin": 1,
    "voucherValueMax": 1_000_000,
    "discounts": [{"voucherValueMin": 1, "voucherValueMax": 1_000_000, "discountRate": Decimal(10)}],
}


class JudgedJackpot(JackpotSimulator):
    """The simulator as the judge holds it. ``store_id`` is a store that sells at any price from 0.90 EUR on.

    ``confirmed_by_client`` is False once the CLIENT left a reservation unconfirmed that it should confirm;
    ``purse`` (smallest units) is what the player has left, since it was given that at exchange ``filled``, whose
    conversions only pass the time; ``failed_meanwhile`` counts those that did not go through;
    ``longest_wait`` (seconds), ``vain_waits`` and ``closes`` (sessions) tell the CLIENT's pace so far, and
    ``costs`` what conversions cost with it when nothing goes wrong. ``tokens`` are all that the CLIENT minted so far.
    ``learning`` is held while one of these is found out for all scenarios.
    """

    def __init__(self, run: Run) -> None:
        agreed = run.settings.target.need_jackpot()
        self._shift = 0.0
        self.confirmed_by_client = agreed.confirmation == "manual"
        self.purse = self.filled = self.failed_meanwhile = self.vain_waits = 0
        self.learning = threading.Lock()
        self.longest_wait = 0.0
        self.costs: dict[VoucherState, Decimal] = {}
        self.closes = True
        self.tokens: list[tuple[SessionToken, tuple[Exchange, ...]]] = []
        super().__init__(
            agreed_on(agreed),
            run.route,
            habits=_habits(agreed, _SCALE),
            schedule=Schedule().scaled(_SCALE),
            seed=run.settings.seed,
            clock=lambda: increasing_time() + self._shift,
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
