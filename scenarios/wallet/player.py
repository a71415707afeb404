"""The test players a scenario may move money of."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from decimal import ROUND_FLOOR, Decimal
from typing import Final

from simulators.values import money


@dataclass(frozen=True, slots=True)
class Known:
    """A balance as it was read or brought about: ``amount``, before exchange ``since`` left."""

    amount: Decimal
    since: int


@dataclass(frozen=True, slots=True)
class Funded(Known):
    """A balance from which what is sent since then is judged.

    ``paid`` is the last exchange before the wagers that brought it about, which put back what a reading took;
    ``covered`` is whether it is so much that no result is spent before it is rolled back.
    """

    paid: int
    covered: bool = False


@dataclass(eq=False)
class Player:
    """One test player of the CLIENT.

    ``opening`` is what the player owned before the judge took it over (``touched``), None where that could not be
    read; ``lent`` of it came from the judge's own first wager. ``known`` are its balances as they were read, one after
    the other; ``off`` is how far the last was seen to be from what was sent since it was ``funded``. All are in
    ``currency``.

    ``coarse`` is how many smallest units of the currency a CLIENT takes at least, where it takes no smaller amount.
    """

    id: str
    currency: str
    opening: Decimal | None = None
    touched: bool = False
    lent: Decimal = Decimal(0)
    known: list[Known] = field(default_factory=list)
    off: Decimal = Decimal(0)
    coarse: int = 1

    @property
    def last(self) -> Decimal | None:
        """The balance as it was read last, None before the first look."""
        return self.known[-1].amount if self.known else None

    @property
    def funded(self) -> Funded:
        """What the player was brought to for the scenario under way; nothing, before the first."""
        return next((one for one in reversed(self.known) if isinstance(one, Funded)), _NEVER)

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


_NEVER: Final = Funded(Decimal(0), 0, 0)


@dataclass
class FreePlayers:
    """Test players that no scenario acts for just now, while scenarios run side by side.

    Safe from any thread that holds ``changed``, which is notified when a player is free. ``kept`` is whether
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
