"""Test players that no scenario acts for just now, while scenarios run side by side."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from scenarios.wallet.player import Player


@dataclass
class FreePlayers:
    """Safe from any thread that holds ``changed``, which is told when a player is free.

    ``kept`` is whether scenarios wait for them; only once none does, one that runs takes more than its own.
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
