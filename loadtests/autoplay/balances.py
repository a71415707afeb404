"""Balances of those who played in ``serve``, held against everything that the OPERATOR sent, by whatever hand.

Beside autoplay somebody may raise events, send again, or bet on the player's page. So it is not the script's own ledger
that says what a player may own but the oracle of scenarios, over the whole history. Readings, too, are in the history,
so that one which goes wrong accuses nobody.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any, Final

from loadtests.autoplay.conversions import Converted
from scenarios.console.providers import Providers
from scenarios.oracles.acceptable import Acceptable, acceptable
from scenarios.oracles.model import DOCUMENTED, Late, Model, RefusedCopy, Returned, Spent
from scenarios.wallet.player import Player
from scenarios.wallet.probes import Unreadable, nothing_likely
from simulators.exchanges.history import OWN, Exchange
from simulators.operator.delivery import Operator
from simulators.providers import OPERATOR
from simulators.values import money
from simulators.wallet.transactions import Transaction

# A CLIENT that takes any way which no MUST forbids.
_FREE: Final = Model(
    late_bet=frozenset(Late),
    late_result=frozenset(Late),
    spent=frozenset(Spent),
    returned=frozenset(Returned) - {Returned.NAMED},
    refused_copy=frozenset(RefusedCopy),
)
# How often a balance is read until nobody else moves money meanwhile.
_READINGS: Final = 5
# So many amounts that conversions may have come to are tried: each takes the whole history.
_CONVERTED: Final = 64


@dataclass(frozen=True, slots=True)
class OpeningBalance:
    """What a player owned when autoplay began.

    ``bases`` is what that makes it have owned before the history began: several amounts where something that was sent
    before has no answer, whose transactions are ``unsure``.
    """

    owned: Decimal
    bases: tuple[Decimal, ...]
    unsure: frozenset[str]


@dataclass(frozen=True, slots=True)
class JudgedBalance:
    """How a player's balance is found: ``owned`` at first, ``owns`` now. Amounts are exact.

    ``off`` is how far it is from the nearest acceptable one, None where it cannot be judged; ``why`` says so in words.
    """

    player: str
    owned: Decimal
    owns: Decimal | None
    off: Decimal | None
    why: str = ""

    @property
    def outcome(self) -> str:
        """In one word: right, wrong or undecided."""
        return "wrong" if self.off else "undecided" if self.off is None else "right"

    def as_plain(self) -> dict[str, Any]:
        """As JSON; amounts are texts."""
        amounts = {"owned": self.owned, "owns": self.owns, "off": self.off}
        shown = {name: None if amount is None else money.plain(amount) for name, amount in amounts.items()}
        return {"player": self.player, "outcome": self.outcome, **shown, "why": self.why}


@dataclass
class Balances:
    """Reads and judges balances in ``currency``. Safe to use from several threads, each with another player."""

    providers: Providers
    currency: str

    def opening(self, player: str) -> OpeningBalance:
        """What ``player`` owns now. Raises Unreadable, DriverProblem."""
        owned = self._read(player, Decimal(0))
        before = self._allowed(player, Decimal(0))
        if not before.listed:
            raise Unreadable("too much that was sent before has no answer")
        bases = tuple(sorted(owned - moved for moved in before.balances))
        return OpeningBalance(owned, bases, frozenset(effect.id for effect in before.unsure))

    def judge(self, player: str, opening: OpeningBalance, converted: Converted) -> JudgedBalance:
        """Read the balance of ``player``, who ``converted`` meanwhile, and say whether it is right.

        Raises Unreadable, DriverProblem.
        """
        moved = converted.moved.all
        if moved is None or len(moved) > _CONVERTED:
            raise Unreadable(f"{len(converted.doubtful)} conversions came to no end that the CLIENT reports")
        bases = [base + money.from_minor(each, self.currency) for base in opening.bases for each in moved]
        allowed = [self._allowed(player, base) for base in bases]
        likeliest = allowed[0]
        owns = self._read(player, min(likeliest.balances), likeliest.likely)
        right = [each for each in allowed if owns in each]
        if right:
            fresh = {effect.id for effect in right[0].unsure} - opening.unsure
            doubt = "transactions had no answer, nor had their copies or rollbacks" if fresh else ""
            if converted.doubtful:
                doubt = f"{len(converted.doubtful)} conversions into vouchers came to no end that the CLIENT reports"
            return JudgedBalance(player, opening.owned, owns, None if doubt else Decimal(0), doubt)
        nearest = min(allowed, key=lambda each: abs(owns - each.nearest(owns)))
        off = owns - nearest.nearest(owns)
        voucher = "" if nearest.mistake(owns) else converted.explain(off)
        explained = f"acceptable: {nearest.alternatives()}; {voucher}" if voucher else nearest.explain(owns)
        why = f"owned {self._show(opening.owned)} at first, owns {self._show(owns)}; {explained}"
        if any(owns in self._allowed(player, base, _FREE) for base in bases):
            choice = (
                f"a choice that the contract leaves or advises on, such as RBK-06, would explain it: {why}"
            )
            return JudgedBalance(player, opening.owned, owns, None, choice)
        return JudgedBalance(player, opening.owned, owns, off, why)

    def _show(self, amount: Decimal) -> str:
        return money.show(amount, self.currency)

    def _allowed(self, player: str, base: Decimal, model: Model = DOCUMENTED) -> Acceptable:
        channel: Operator = self.providers.channel(OPERATOR)
        model = model.spoken_with(channel.dialect.abilities)
        sent = (each for each in self.providers.history if each.provider == OPERATOR)
        return acceptable(sent, player, base, self.currency, model)

    def _read(
        self, player: str, expected: Decimal, likely: Callable[[], Iterable[Decimal]] = nothing_likely
    ) -> Decimal:
        """The balance of ``player`` at a moment when nothing but the reading moved it."""
        history, probe = self.providers.history, self.providers.probe()
        for _ in range(_READINGS):
            start = len(history)
            reading = probe.read(Player(player, self.currency), expected, likely)
            if reading.restored and not any(_moves(each, player) for each in history.since(start)):
                return reading.amount
        raise Unreadable(
            "others moved money of the player meanwhile, or it could not be put back as it was found"
        )


def _moves(exchange: Exchange, player: str) -> bool:
    message = exchange.message
    return isinstance(message, Transaction) and message.player == player and exchange.purpose not in OWN
