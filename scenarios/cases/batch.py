"""Requests that must move nothing, checked many at a time.

Each is worth twice the one before. So one reading of the balance says whether any of them
moved money, and the difference says which: no two sets of them add up to the same.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from typing import Literal

from scenarios.run.judge import Judge, Undecided
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange
from simulators.values import money
from simulators.wallet.transactions import Transaction

Action = Literal["bet", "result", "rollback"]
TRANSACTIONS: tuple[Literal["bet", "result"], ...] = ("bet", "result")
ACTIONS: tuple[Action, ...] = ("result", "bet", "rollback")

# Requests to one reading.
_SIZE = 12
# The first is worth this many smallest units: a quarter of a euro, which binary fractions hold exactly, so
# that a CLIENT with another fault in its money is not blamed here. The last is then worth 512.00 EUR.
STEP = 25
_FUNDS = STEP * 2 ** (_SIZE + 1)


@dataclass(frozen=True, slots=True)
class _Entry:
    case: str
    gain: int
    exchange: Exchange
    optional: bool = False

    @property
    def counted(self) -> int:
        """What the request may rightly have moved, as its answer says: smallest units."""
        return self.gain if self.optional and self.exchange.ok else 0


@dataclass
class Batch:
    """Wagers that a CLIENT must not, or need not, carry out, sent for ``player`` and judged by ``rule``.

    ``blindly``: where the balance cannot be read any more, go on without reading it, since answers can still
    be judged. Otherwise the scenario is then undecided.
    """

    rule: str
    judge: Judge
    operator: Verbs
    player: Player
    blindly: bool = False
    _balance: Decimal | None = None
    _entries: list[_Entry] = field(default_factory=list)

    def wager(
        self,
        action: Action,
        case: str,
        send: Callable[[Transaction], Exchange],
        *,
        optional: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> Exchange:
        """Hand a new ``action`` to ``send``, return its exchange; a rollback is one of a bet just placed.

        An ``optional`` one may be carried out or refused, as long as what is answered is what was moved.
        """
        if len(self._entries) == _SIZE:
            self.settle()
        if not self._entries:
            self._fund()
        units: int = STEP * 2 ** len(self._entries)
        amount = self.player.money(units)
        message: Transaction
        if action == "rollback":
            bet = self.operator.bet(self.player, amount)
            self.judge.needs(
                bet.ok or self._balance is None, "the bet that was to be rolled back was refused"
            )
            if self._balance is not None:
                self._balance -= amount
            message = self.operator.undo(bet, id=id)
        else:
            message = self.operator.transaction(action, self.player, amount, id=id)
        exchange = send(message)
        self._entries.append(_Entry(case, -units if action == "bet" else units, exchange, optional))
        return exchange

    def settle(self) -> None:
        """Read the balance and blame, by name, the requests that moved money."""
        entries, self._entries = self._entries, []
        if self._balance is None or not entries:
            return
        self._balance += self.player.money(sum(entry.counted for entry in entries))
        exchanges = [entry.exchange for entry in entries]
        seen = self.judge.one_of(
            self.rule,
            self.player,
            self._possible(entries),
            *exchanges,
            case=f"{len(entries)} requests together",
        )
        if seen in self._possible(entries):
            return
        guilty = self._guilty(seen, entries)
        if guilty:
            found = self.judge.result.findings[-1]
            self.judge.result.findings[-1] = replace(
                found,
                case=", ".join(entry.case for entry in guilty),
                exchanges=tuple(entry.exchange.number for entry in guilty) + found.exchanges[-6:],
            )

    def _possible(self, entries: Sequence[_Entry]) -> list[Decimal]:
        """The balances that the answers allow: an optional request that got none may have been carried out."""
        assert self._balance is not None
        possible = [self._balance]
        for entry in entries:
            if entry.optional and entry.exchange.unknown:
                possible += [balance + self.player.money(entry.gain) for balance in possible]
        return possible

    def _guilty(self, seen: Decimal, entries: Sequence[_Entry]) -> list[_Entry]:
        """Those whose amounts add up to the difference, or else those that were not refused."""
        assert self._balance is not None
        sums = addends(seen - self._balance, self.player.currency, [entry.gain for entry in entries])
        exact = [entries[index] for index in sums]
        done = [entry for entry in entries if not entry.exchange.refused]
        # Spoiled amounts can move others than their own, and then add up to something by chance.
        return done if done and any(entry not in done for entry in exact) else exact or done

    def _fund(self) -> None:
        try:
            self._balance = self.judge.fund(self.player, _FUNDS)
        except Undecided:
            if not self.blindly:
                raise
            self._balance = None


def addends(difference: Decimal, currency: str, gains: Sequence[int]) -> list[int]:
    """Which of ``gains`` (different powers of two of one unit, rising, of any sign) add up to ``difference``."""
    try:
        left = money.to_minor(difference, currency)
    except ValueError:
        return []
    found = []
    for index, gain in enumerate(gains):
        if left % (2 * abs(gain)):
            found.append(index)
            left -= gain
    return found if left == 0 else []


def look(judge: Judge, player: Player, guess: Decimal) -> Decimal:
    """Read the balance without judging it; ``guess`` is what it probably is. Raises Unreadable."""
    player.known = judge.run.probe.read(player, guess).amount
    return player.known
