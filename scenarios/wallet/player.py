"""The test players a scenario may move money of."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal

from simulators.values import money


@dataclass(eq=False)
class Player:
    """One test player of the CLIENT.

    ``known`` is what the balance was last proved or put to, None before the first look; ``opening`` is what the
    player owned before the judge took it over (``touched``), None where that could not be told; ``lent`` of it
    came from the judge's own first wager. All are in ``currency``.

    ``coarse`` is how many smallest units of the currency a CLIENT takes at least, where it takes no smaller amount.

    ``funded`` is what the player was brought to for the scenario under way, before exchange ``since``, ``earlier`` are
    both of the time before; ``off`` is how far the balance was seen to be from what has been sent since then. ``read``
    is the balance as it was read last, before the exchange of that number. ``paid`` is the last exchange before it was
    funded, which put back what a reading took. ``covered`` is whether that was so much that no result is spent before
    it is rolled back.
    """

    id: str
    currency: str
    known: Decimal | None = None
    opening: Decimal | None = None
    touched: bool = False
    lent: Decimal = Decimal(0)
    funded: Decimal = Decimal(0)
    since: int = 0
    earlier: tuple[int, Decimal] = (0, Decimal(0))
    paid: int = 0
    covered: bool = False
    off: Decimal = Decimal(0)
    coarse: int = 1
    read: tuple[int, Decimal] | None = None

    def begins(self, since: int, amount: Decimal) -> None:
        """The player has exactly ``amount``, from which what is sent from exchange ``since`` on is judged."""
        self.earlier = self.since, self.funded
        self.since, self.known, self.funded, self.off = since, amount, amount, Decimal(0)

    @property
    def owned(self) -> Decimal | None:
        """What the player owned when the run began, which is put back at its end."""
        return None if self.opening is None else self.opening - self.lent

    @property
    def unit(self) -> Decimal:
        """The smallest amount of the player's currency, or the smallest that the CLIENT takes."""
        return money.unit(self.currency) * self.coarse

    def money(self, units: int) -> Decimal:
        """``units`` smallest units as an amount (EUR: 1050 is 10.50)."""
        return money.from_minor(units * self.coarse, self.currency)

    def units(self, amount: Decimal) -> int:
        """``amount`` in whole smallest units; what is finer is left out."""
        return int(amount // self.unit)

    def whole(self, amount: Decimal) -> Decimal:
        """What of ``amount`` can be bet: the whole units at or below it."""
        return (amount / self.unit).to_integral_value(ROUND_FLOOR) * self.unit

    def show(self, amount: Decimal) -> str:
        """Write an amount for people, with the currency."""
        return money.show(amount, self.currency)

    def __str__(self) -> str:
        return self.id


@dataclass
class FreePlayers:
    """Test players that no scenario acts for just now, while scenarios run side by side.

    Safe from any thread that holds ``changed``, which is told when a player is free. ``kept`` is whether
    scenarios wait for them; only once none does, one that runs takes more than its own.
    """

    players: list[Player] = field(default_factory=list)
    kept: bool = False
    changed: threading.Condition = field(default_factory=threading.Condition)

    @contextmanager
    def some(self, number: int, own: list[Player]) -> Iterator[list[Player]]:
        """Wait for so many of a scenario's ``own`` players, or of these, and have them."""
        with self.changed:
            self.changed.wait_for(lambda: number <= len(own) + len(self._spare))
            mine, own[:number] = own[:number], []
            more = number - len(mine)
            borrowed, self.players[:more] = self.players[:more], []
        try:
            yield mine + borrowed
        finally:
            with self.changed:
                own += mine
                self.players += borrowed
                self.changed.notify_all()

    @property
    def _spare(self) -> list[Player]:
        return [] if self.kept else self.players
