"""The fake Jackpot for the length of a check: its API, its webhooks, and the judge's hand on its clock."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal

from scenarios.problems.errors import UsageProblem
from scenarios.run.run import Run
from simulators.jackpot.account import Habits
from simulators.jackpot.api import create_app
from simulators.jackpot.lifecycle import State
from simulators.jackpot.service import Agreement
from simulators.jackpot.simulator import JackpotSimulator
from simulators.jackpot.wire import Notification
from simulators.server.wsgi_server import PortInUse, Server
from simulators.webhooks.retry_queue import Delivery, Schedule

# The five minutes of the retry window pass in one and a half seconds.
_SCALE = 0.005
# The store that the judge buys at: any price to the cent, at one discount.
_STORE = {
    "voucherWithContinuousValue": True,
    "voucherPossibleDiscreteValues": None,
    "voucherValueMin": 1,
    "voucherValueMax": 1_000_000,
    "discounts": [{"voucherValueMin": 1, "voucherValueMax": 1_000_000, "discountRate": Decimal(10)}],
}


class Jackpot(JackpotSimulator):
    """The twin as the judge holds it. ``store_id`` is a store that sells at any price from 0.90 EUR on.

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
        self.costs: dict[State, Decimal] = {}
        self.closes = True
        super().__init__(
            Agreement(
                agreed.api_key.get_secret_value(),
                agreed.api_signature.get_secret_value(),
                agreed.client_secret.get_secret_value(),
                client_id=agreed.client_id,
            ),
            run.sender,
            habits=Habits(confirmation=agreed.confirmation),
            schedule=Schedule().scaled(_SCALE),
            seed=run.settings.seed,
            clock=lambda: time.time() + self._shift,
        )
        self.store_id = self.platform.listings[0].store.id
        self.platform.update_store(self.store_id, _STORE)
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

    def posted(self, voucher_id: str, name: str) -> Delivery[Notification]:
        """The last webhook ``name`` about a voucher so far; raises LookupError."""
        for delivery in reversed(self.queue.deliveries):
            event = delivery.event
            if event.event == name and getattr(event.message, "id", None) == voucher_id:
                return delivery
        raise LookupError(f"there was no {name} for this voucher")


@contextmanager
def jackpot_twin(run: Run) -> Iterator[Jackpot]:
    """Serve Jackpot's API at ``listen`` of the target file; all that passes lands in the run's history.

    Raises UsageProblem where the port is taken.
    """
    twin = Jackpot(run)
    host, port = run.settings.target.need_jackpot().listen_address
    try:
        server = Server(create_app(twin), host, port)
    except PortInUse:
        raise UsageProblem(
            f"port {port} on {host} is taken",
            "a free port for the fake Jackpot's API, where the CLIENT asks for tokens and confirms vouchers",
            "stop the other program (another check, or pitboss serve?), or change listen in [jackpot] "
            "and the CLIENT's API URL with it",
        ) from None
    with server:
        twin.platform.public_url = server.url
        twin.start()
        try:
            yield twin
        finally:
            twin.calm()
            twin.stop()
