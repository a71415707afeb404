"""The probe that asks for balances by the dialect's own call, and lets wagers prove what it tells."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Final

from scenarios.wallet.noticed import Noticed
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Likely, Reading, WagersProbe, nothing_likely
from simulators.exchanges.history import Exchange

# The rule that what a balance call tells is what wagers prove.
TOLD_BY_CALL: Final = "BAL-02"


@dataclass
class CallProbe(WagersProbe):
    """Asks for balances in the dialect's own words; wagers prove what is not expected, was raced, or was cut.

    Once they proved something else than what was reported, it is broken (BAL-02), and wagers alone read.
    """

    name: str = "call"
    # The number of the exchange after the last reading.
    _looked: int = 0

    def read(
        self, player: Player, expected: Decimal, likely: Likely = nothing_likely, *, last: bool = False
    ) -> Reading:
        """One request where that tells what is ``expected``, else wagers. Raises Unreadable."""
        asked = self._asked(player)
        if asked is None:
            return super().read(player, expected, likely, last=last)
        exchange, reported = asked
        if reported == expected and not self._unsure(exchange.number):
            return Reading(reported, (exchange.number,))
        return self.proved(player, exchange, reported, likely)

    def proved(
        self, player: Player, exchange: Exchange, reported: Decimal, likely: Likely = nothing_likely
    ) -> Reading:
        """What wagers prove of what ``exchange`` reported; BAL-02 is broken where it is something else."""
        proof = super().read(player, reported, likely)
        proof = replace(proof, exchanges=(exchange.number, *proof.exchanges))
        if proof.amount != reported:
            self.operator.noticed.append(
                Noticed(
                    TOLD_BY_CALL,
                    f"the balance call reports {player.show(proof.amount)}, which wagers prove",
                    f"it reports {player.show(reported)}",
                    proof.exchanges,
                    abs(reported - proof.amount),
                )
            )
        return proof

    def empty(self, player: Player, guess: Decimal | None = None) -> Decimal:
        """Bet away what is reported, and prove that it was all."""
        asked = self._asked(player)
        return super().empty(player, guess) if asked is None else self._emptied(player, asked[1])

    @property
    def trusted(self) -> bool:
        """Whether nothing that was reported was proved wrong."""
        return not any(one.rule == TOLD_BY_CALL for one in self.operator.noticed)

    def _asked(self, player: Player) -> tuple[Exchange, Decimal] | None:
        """The balance call and what it tells; None where it is not trusted, or tells nothing."""
        asked = self.operator.ask(player) if self.trusted else None
        return None if asked is None or asked[1] is None else (asked[0], asked[1])

    def _unsure(self, number: int) -> bool:
        """Whether anything since the last reading went together or with a fault."""
        looked, self._looked = self._looked, number
        history = self.operator.channel.route.history
        return any(one.race is not None or one.faulty for one in history.since(looked))
