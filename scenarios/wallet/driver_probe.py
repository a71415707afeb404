"""Probes that read without wagers: the target file's own entry tells balances, or what was answered does."""

from dataclasses import dataclass
from decimal import Decimal

from scenarios.driver.driver import Driver
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from scenarios.wallet.probes import LARGEST_BETS, Likely, Reading, Unreadable, nothing_likely
from simulators.exchanges.history import Purpose


@dataclass
class TakenAtItsWord:
    """Reads nothing: where nothing tells balances, they are taken to be what the CLIENT's answers say."""

    name: str = "nothing"

    def read(
        self,
        player: Player,  # noqa: ARG002
        expected: Decimal,
        likely: Likely = nothing_likely,  # noqa: ARG002
        *,
        last: bool = False,  # noqa: ARG002
    ) -> Reading:
        """What is expected."""
        return Reading(expected)

    def empty(self, player: Player, guess: Decimal | None = None) -> Decimal:  # noqa: ARG002
        """What it may be; nothing is moved."""
        return guess or Decimal(0)


@dataclass
class DriverProbe:
    """Reads balances through the target file's ``balance`` entry; ``name`` is "http", "sql" or "python"."""

    operator: Verbs
    driver: Driver
    name: str

    def read(
        self,
        player: Player,
        expected: Decimal,  # noqa: ARG002
        likely: Likely = nothing_likely,  # noqa: ARG002
        *,
        last: bool = False,  # noqa: ARG002
    ) -> Reading:
        """Ask the driver. Raises Unreadable where it has no answer."""
        return Reading(self._balance(player))

    def empty(self, player: Player, guess: Decimal | None = None) -> Decimal:  # noqa: ARG002
        """Bet what is there, or pay what is owed, until the driver reads zero; a bet that is refused is halved."""
        balance = left = self._balance(player)
        part = abs(left)
        for _ in range(LARGEST_BETS):
            whole = left - left % player.unit
            if not whole:
                return balance
            if whole > 0:
                self.operator.bet(player, min(part, whole), purpose=Purpose.PROBE)
            else:
                self.operator.result(player, -whole, purpose=Purpose.PROBE)
            before, left = left, self._balance(player)
            if left == before and (part := part // 2 // player.unit * player.unit) < player.unit:
                break
        if abs(left) >= player.unit:
            shown = player.show(left)
            raise Unreadable(f"the balance reads {shown} after all of {player.show(balance)} was taken")
        return balance

    def _balance(self, player: Player) -> Decimal:
        try:
            return self.driver.balance(player.id)
        except Exception as error:
            raise Unreadable(f"the driver's balance entry failed: {error}") from error
