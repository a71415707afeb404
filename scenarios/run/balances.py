"""What a scenario knows of its players' balances: what they should be, how far they are off, how they are funded."""

from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial

from scenarios.oracles.acceptable import Acceptable, acceptable
from scenarios.oracles.model import DOCUMENTED, JUDGED_CHOICES
from scenarios.run.together import Together
from scenarios.wallet.player import Funded, Player
from scenarios.wallet.probes import Likely, Reading, Unreadable
from simulators.exchanges.history import Exchange, Purpose

# How often a balance is corrected before a CLIENT is taken to be beyond it.
_CORRECTIONS = 4


class Undecided(Exception):
    """The scenario cannot be judged; the text says why."""


@dataclass
class Balances(Together):
    """Reads and funds the players of one scenario."""

    def expected(self, player: Player, until: Exchange | None = None) -> Acceptable:
        """The balances that are right after what was sent since ``player`` was funded, up to ``until``."""
        funded, model = player.funded, self.run.model
        sent = self.run.wagers(funded.since)
        if until is not None:
            sent = [one for one in sent if one.number <= until.number]
        if funded.covered:
            # What a CLIENT chooses for results that are spent does not matter then.
            model = replace(model, spent=DOCUMENTED.spent)
        for choice in map(JUDGED_CHOICES.get, self.result.rules):
            if choice is not None:
                model = replace(model, **{choice: getattr(DOCUMENTED, choice)})
        return acceptable(sent, player.id, funded.amount, player.currency, model)

    def _likely(self, player: Player, allowed: Acceptable) -> Decimal:
        """What the balance probably is: the nearest ``allowed`` to what it was, and off by as much as it was."""
        return allowed.nearest((player.last or Decimal(0)) - player.off) + player.off

    def _mistaken(self, player: Player) -> list[Decimal]:
        """What else the balance may be: right, or wrong by one mistake, and off by as much as it was."""
        return [amount + player.off for amount in self.expected(player).likely()]

    def _keep(self, player: Player, reading: Reading, allowed: Acceptable) -> Decimal:
        """Keep in mind how far what was read is off what is ``allowed``, and return what of it was not off before.

        What the last reading left is what all that comes is judged from.
        """
        wrong = reading.amount - player.off
        wrong -= allowed.nearest(wrong)
        player.off += wrong
        if reading.left is not None:
            self._begin(player, replace(player.funded, amount=reading.left, since=len(self.run.history)))
        return wrong

    def _begin(self, player: Player, funded: Funded) -> None:
        player.known.append(funded)
        player.off = Decimal(0)

    def measure(
        self,
        player: Player,
        expected: Decimal | None = None,
        likely: Likely | None = None,
        *,
        last: bool = False,
    ) -> Decimal:
        """Probe the balance, which is probably ``expected``, else one of ``likely``, without judging it.

        After the ``last`` time the player is to be funded anew. Where a bet behind another transaction goes wrong, a
        result of 0 is sent before: a balance is read by bets, too, and what they do there is no effect of what is
        judged. Raises Unreadable.
        """
        if self.run.plain_faults.bets_behind:
            self.run.verbs.result(player, Decimal(0))
        allowed = self.expected(player)
        if expected is None:
            expected = self._likely(player, allowed)
        reading = self.run.read(player, expected, likely or partial(self._mistaken, player), last=last)
        self._keep(player, reading, allowed)
        return reading.amount

    def rested(self, player: Player) -> Decimal:
        """How far off the balance is, read anew where a bet behind another transaction goes wrong."""
        if self.run.plain_faults.bets_behind:
            self.measure(player)
        return player.off

    def fund(self, player: Player, units: int, *, covered: bool = False) -> Decimal:
        """Bring ``player`` to exactly ``units`` smallest units, whatever it had, and return that amount.

        ``covered`` promises that no result will be spent before it is rolled back.
        """
        amount = player.money(units)
        paid = max(0, len(self.run.history) - 1)
        try:
            if not self._moved_to(player, amount):
                self.run.fresh(player, self._likely(player, self.expected(player)) if player.known else None)
                if units:
                    self._pay(player, amount)
            if self.run.suspicion.why:
                self._correct(player, amount)
        except Unreadable as error:
            raise Undecided(f"the player could not be funded: {error}") from error
        self._begin(player, Funded(amount, len(self.run.history), paid, covered))
        return amount

    def _moved_to(self, player: Player, amount: Decimal) -> bool:
        """Bring a balance that is known to ``amount``; False where it is not, or below zero, or the CLIENT refuses."""
        known = self.run.proved(player)
        if known is None or known < 0 or self.run.suspicion.why or (amount - known) % player.unit:
            return False
        if amount > known:
            self._pay(player, amount - known)
        return amount >= known or self.run.verbs.bet(player, known - amount, purpose=Purpose.FUNDING).ok

    def _correct(self, player: Player, amount: Decimal) -> None:
        """Bring the balance to ``amount`` where wagers are known to move other amounts than they say."""
        for _ in range(_CORRECTIONS):
            off = amount - self.run.read(player, amount).amount
            if not off:
                return
            move = self.run.verbs.result if off > 0 else self.run.verbs.bet
            if (
                off % player.unit
                or not move(player, abs(off), label="correction", purpose=Purpose.FUNDING).ok
            ):
                break
        raise Unreadable(f"{player.show(amount)} was not reached: {self.run.suspicion.why}")

    def _pay(self, player: Player, amount: Decimal) -> None:
        paid = self.run.verbs.pay(player, amount, Purpose.FUNDING)
        if not paid.ok:
            how = "got no answer" if paid.unknown else "was refused"
            raise Unreadable(f"the result that funds the player {how}")
