"""BalanceReaders read balances and send what is still open: the audit's own requests, beside the traffic.

Each has its own connection and a history of its own that is thrown away after each errand, so that memory does not grow
with the number of players. They cooperate under gevent, as all of Python's sockets do in a Locust process.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

import gevent
from gevent.queue import LifoQueue

from loadtests.traffic.callbacks import Callbacks
from loadtests.traffic.player_script import Seen, Send
from loadtests.transports.disturbed import delivery, seen
from scenarios.driver.driver import Driver
from scenarios.target.loading import Target
from scenarios.wallet.call_probe import CallProbe
from scenarios.wallet.driver_probe import DriverProbe
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Probe, Reading, WagersProbe
from simulators.exchanges.history import History
from simulators.operator.delivery import Operator
from simulators.transport.rate_limits import Limits
from simulators.transport.sending import deliver

# More requests at once than this make a small CLIENT slower, not the audit faster.
AT_ONCE = 16


class BalanceReader:
    """One who sends one request at a time."""

    def __init__(self, channel: Operator, probe: Probe, currency: str) -> None:
        self.channel = channel
        self.probe = probe
        self.currency = currency

    def read(self, player: str, expected: Decimal) -> Reading:
        """Read the balance of ``player``, which is probably ``expected``. Raises Unreadable."""
        self._forget()
        return self.probe.read(Player(player, self.currency), expected)

    def carry(self, sends: list[Send]) -> list[Seen]:
        """Send the one of ``sends`` after its wait; what came."""
        self._forget()
        (send,) = sends
        gevent.sleep(send.wait)
        sent = delivery((self.channel.url or "").rstrip("/"), send, self.channel.read)
        return [seen(exchange) for exchange in deliver(sent, self.channel.route)]

    def _forget(self) -> None:
        self.channel.route.history = History()


@dataclass
class BalanceReaders:
    """All readers of one process; ``borrowed()`` lends one out, waiting until one is free.

    ``base_url`` is the callback URL. Raises UsageProblem where the target's Python driver cannot be had.
    """

    target: Target
    base_url: str
    callbacks: Callbacks
    count: int = 0
    _free: Any = field(init=False, repr=False)
    _all: list[BalanceReader] = field(init=False, repr=False)

    def __post_init__(self) -> None:
        limits = self.target.target
        shared = Limits(limits.max_connections, limits.max_requests_per_second or None)
        driver = Driver(self.target)
        self.count = self.count or min(AT_ONCE, limits.max_connections)
        self._all = [self._made(shared, driver) for _ in range(self.count)]
        self._free = LifoQueue()
        for reader in self._all:
            self._free.put(reader)

    @property
    def probe_name(self) -> str:
        """What reads balances, for reports."""
        return self._all[0].probe.name

    @property
    def moves(self) -> bool:
        """Whether a reading moves money, which it then puts back."""
        return isinstance(self._all[0].probe, WagersProbe)

    @contextmanager
    def borrowed(self) -> Iterator[BalanceReader]:
        """A reader that nobody else uses meanwhile."""
        reader: BalanceReader = self._free.get()
        try:
            yield reader
        finally:
            self._free.put(reader)

    def close(self) -> None:
        """Close every connection."""
        for reader in self._all:
            reader.channel.route.close()

    def _made(self, limits: Limits, driver: Driver) -> BalanceReader:
        operator, _ = self.target.need_operator()
        route = self.target.route(History(), timeout=operator.timeout, connections=1, limits=limits)
        channel = Operator(self.base_url, operator.security_hash.get_secret_value(), route, operator.words)
        verbs = Verbs(channel)
        return BalanceReader(
            channel, _probe(verbs, driver, self.target.target.probe), self.callbacks.currency
        )


def _probe(verbs: Verbs, driver: Driver, wanted: str) -> Probe:
    """What reads balances. Nothing tries the dialect's balance call before: it is believed only where that is asked."""
    match wanted:
        case "" | "wagers":
            return WagersProbe(verbs)
        case "call":
            return CallProbe(verbs)
        case _:
            return DriverProbe(verbs, driver, wanted)
