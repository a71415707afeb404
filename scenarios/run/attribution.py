"""Whose finding it is: what plain transactions do wrong is reported once, by the rule that is about them.

Implements ``contract.md``, *What a verdict may rest on*: one act is one rule's finding.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from scenarios.oracles.plain_faults import PlainFault
from scenarios.run.balances import Balances
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Kind, Transaction


@dataclass
class Attributing(Balances):
    """Leaves to other rules what their faults explain."""

    def _mark(self, rule: str) -> None:
        if rule not in self.result.rules:
            raise LookupError(
                f"{rule} is not among the rules of this scenario: {', '.join(self.result.rules)}"
            )
        self.result.judged.add(rule)

    def left_to(self, rule: str, player: Player, right: Sequence[Decimal], seen: Decimal) -> bool:
        """Whether what plain transactions do wrong explains that balance; then ``rule`` is left open."""
        sent = self._since_funded(player)
        fault = self.run.plain_faults.explain(rule, sent, (player.id, player.currency), right, seen)
        return self._leave(rule, fault)

    def _leave(self, rule: str, fault: PlainFault | None) -> bool:
        if fault is not None:
            self.result.undecided[rule] = fault.description
        return fault is not None

    def _since_funded(self, player: Player) -> list[Exchange]:
        """What was sent since ``player`` was funded: what that paid may be wrong, and what the reading before."""
        # What is tried for others is tried one by one where it shows anything.
        return (
            []
            if self.tentative or not self.run.plain_faults.found
            else self.run.history.since(player.funded.paid)
        )

    def short_of_money(self, rule: str, exchanges: Sequence[Exchange]) -> bool:
        """Whether a bet among ``exchanges`` was refused for money that other rules' faults may have kept from it."""
        for player in self.run.players if self.run.plain_faults.found else ():
            bets = [
                one.message.amount
                for one in exchanges
                if one.refused
                and isinstance(one.message, Transaction)
                and (one.message.kind, one.message.player) == (Kind.BET, player.id)
            ]
            sent, whose = self._since_funded(player), (player.id, player.currency)
            if bets and self._leave(rule, self.run.plain_faults.too_little(rule, sent, whose, max(bets))):
                return True
        return False
