"""Probes: read what a player's balance is.

``wagers`` needs no help from the CLIENT: a bet of B is accepted and a bet of the smallest unit is then
refused, so the balance was B. ``call`` asks in the dialect's own words, and believes only what it expects or wagers
prove. ``http`` and ``sql`` ask the driver. Every probe leaves the balance as it found it, or says so.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor, wait
from contextvars import copy_context
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Protocol, Self

from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose

# A search whose bet (or result) has more binary digits has offered more than any balance can hold.
_DIGITS = 50
# How many times larger each bet is than the one before, while all are taken.
_LEAP = 8
# What players are often opened with, in smallest units.
_ROUND = [digit * 10**power for power in range(2, 13) for digit in (1, 2, 5)]
# How many of the largest bets that a CLIENT takes are tried on one balance.
LARGEST_BETS = 200


class Unreadable(Exception):
    """The balance cannot be read; the text says why. ``exchanges`` are the numbers of those that show it.

    ``rule`` is the rule that only a CLIENT which breaks it gets us here by, where that is certain.
    """

    def __init__(self, why: str, exchanges: tuple[int, ...] = (), *, rule: str = "") -> None:
        super().__init__(why)
        self.exchanges = exchanges
        self.rule = rule


class Unanswered(Unreadable):
    """The probe's own requests get no usable answer; other rules are about that."""


class Declined(Unreadable):
    """The CLIENT refuses bets for other reasons than missing funds, which it may: no balance can be read then."""


def reason(refused: Exchange) -> str:
    """The error of a refusal, without the id that it was about, and where it is a sentence without numbers, too."""
    error = str(refused.error).replace(refused.message.id, "")
    return re.sub(r"[\d.,:]+", "", error) if " " in error else error


@dataclass(frozen=True, slots=True)
class Reading:
    """A balance as read. ``restored`` is False where the probe could not leave it as found.

    ``left`` is what was left of it on purpose, None for all.
    """

    amount: Decimal
    exchanges: tuple[int, ...] = ()
    restored: bool = True
    left: Decimal | None = None

    @property
    def now(self) -> Decimal:
        """What the balance is after it was read."""
        return self.amount if self.left is None else self.left


# Balances that there may be instead of the one that is expected; asked for where it was not.
Likely = Callable[[], Iterable[Decimal]]


def nothing_likely() -> Iterable[Decimal]:
    """No balance is likelier than others."""
    return ()


class Probe(Protocol):
    """Reads balances; ``name`` is shown in the report."""

    name: str

    def read(
        self, player: Player, expected: Decimal, likely: Likely = nothing_likely, *, last: bool = False
    ) -> Reading:
        """Read the balance, which is probably ``expected``, else one of ``likely``. Raises Unreadable.

        The ``last`` reading before the player is funded anew need not leave it as found.
        """

    def empty(self, player: Player, guess: Decimal | None = None) -> Decimal:
        """Bring the balance, which may be ``guess``, to exactly zero; return what it was. Raises Unreadable."""


@dataclass
class WagersProbe:
    """Reads balances through bets and results alone."""

    operator: Verbs
    name: str = "wagers"
    # The largest bet that the CLIENT takes in a currency, in smallest units, where it was seen to limit single bets.
    limits: dict[str, int] = field(default_factory=dict)
    # Why bets of one unit were refused while the probe tested itself, one by one, and whether those are all.
    errors: list[str] = field(default_factory=list)
    tested: bool = False
    # Seconds after which the second bet of a reading leaves, answered or not as the first may be; None: once it is.
    ahead: float | None = None
    _sent: list[int] = field(default_factory=list)

    def over(self, operator: Verbs) -> Self:
        """This probe, over other verbs; both may read at the same time."""
        return replace(self, operator=operator, _sent=[])

    def read(
        self, player: Player, expected: Decimal, likely: Likely = nothing_likely, *, last: bool = False
    ) -> Reading:
        """Three requests where the balance is ``expected``, two for the ``last``, else a bounded search.

        Raises Unreadable.
        """
        balance = self._take(player, player.units(expected), likely)
        if last and balance > 0:
            return Reading(player.money(balance), tuple(self._sent), left=Decimal(0))
        restored = self._put_back(player, balance)
        return Reading(player.money(balance), tuple(self._sent), restored)

    def _take(self, player: Player, units: int, likely: Likely = nothing_likely) -> int:
        """Bet all of the balance away, which is probably ``units``, or pay what is owed; return what it was."""
        self._sent.clear()
        lift = self.lift(player, 1 - units) if units < 1 else 0
        first = units + lift
        if self.ahead is not None and player.currency not in self.limits and self._is(player, first):
            found = first
        elif self.takes(player, first):
            found = (
                first if not self.takes(player, 1) else self._search(player, first + 1, None, lift, likely)
            )
        else:
            found = self._search(player, 0, first, lift, likely)
        return found - lift

    def _is(self, player: Player, units: int) -> bool:
        """Whether the balance is exactly ``units``, which are taken then; else what was taken is given back.

        One unit more is bet before the first bet is answered: where both meet in another order, or do not get on with
        each other, it is not said here.
        """
        with ThreadPoolExecutor(1) as pool:
            sent = pool.submit(copy_context().run, self._bet, player, units)
            wait([sent], self.ahead)
            more = self._bet(player, 1)
            whole = sent.result()
        if whole.ok and more.refused and (not self.reasons or reason(more) in self.reasons):
            return True
        if taken := units * whole.ok + more.ok:
            self.give(player, taken)
        return False

    def _search(self, player: Player, taken: int, bound: int | None, lift: int, likely: Likely) -> int:
        """Take the rest of a balance of which ``taken`` units are gone and which is below ``bound``; return all of it.

        What is ``likely`` is tried first, from the middle: each answer rules out half of it. ``lift`` was paid in.
        """
        if player.currency not in self.limits:
            known = sorted({player.units(amount) + lift for amount in likely()})
            taken, bound = self._narrowed(player, taken, bound, known)
            if bound is not None:
                if taken:
                    if not self.takes(player, 1):
                        return taken
                    taken += 1
                taken += self._below(player, bound - taken)
        return taken + (self.drain(player) if taken else self._drain_from_below(player))

    def _narrowed(
        self, player: Player, taken: int, bound: int | None, known: Sequence[int]
    ) -> tuple[int, int | None]:
        """``taken`` and ``bound`` once no balance that is ``known`` lies between them: each bet rules out half."""
        while known := [one for one in known if one > taken and (bound is None or one < bound)]:
            middle = known[len(known) // 2]
            if self.takes(player, middle - taken):
                taken = middle
            else:
                bound = middle
        return taken, bound

    def _below(self, player: Player, span: int) -> int:
        """Take what is there, which is less than ``span`` units, halving what it may be; return how much it was."""
        taken, step = 0, 1 << span.bit_length() >> 1
        while step:
            if taken + step < span and self.takes(player, step):
                taken += step
            step //= 2
        return taken

    def empty(self, player: Player, guess: Decimal | None = None) -> Decimal:
        """As a reading that puts nothing back; at the first look bet until a unit is refused, and prove it no debt."""
        if player.touched and guess is not None:
            return self._emptied(player, guess)
        self._sent.clear()
        whole = player.units(guess) if guess else 0
        taken = whole if whole > 0 and self.takes(player, whole) else 0
        more = self.drain(player)
        # Where the balance was what it was likely to be, it was no debt.
        if more or not taken:
            lifted = self.lift(player, 1)
            if not self.takes(player, lifted):
                more += self._drain_from_below(player) - lifted
        return player.money(taken + more)

    def _emptied(self, player: Player, guess: Decimal) -> Decimal:
        return player.money(self._take(player, player.units(guess)))

    def takes(self, player: Player, units: int) -> bool:
        """Whether a bet of ``units`` smallest units is accepted (and so taken). Raises Unreadable."""
        bet = self._bet(player, units)
        if bet.refused and units == 1:
            self._short(reason(bet))
        return bet.ok

    def _bet(self, player: Player, units: int) -> Exchange:
        return self._resolved(self.operator.bet(player, player.money(units), purpose=Purpose.PROBE))

    @property
    def reasons(self) -> set[str]:
        """The reasons seen in the test, where they come back; none where each refusal has words of its own."""
        found = set(self.errors)
        return found if len(found) < len(self.errors) else set()

    def _short(self, error: str) -> None:
        """Hear that not even one unit is taken. Raises Declined where that is not for missing funds."""
        if not self.tested:
            self.errors.append(error)
        elif self.reasons and error not in self.reasons:
            usual = " or ".join(map(repr, sorted(self.reasons)))
            raise Declined(
                f"a bet of one unit was refused with {error!r}, not {usual}: the CLIENT refuses bets for another "
                "reason than missing funds (a limit of the player?)",
                tuple(self._sent),
            )

    def give(self, player: Player, units: int) -> Exchange:
        """Put ``units`` smallest units on the balance. Raises Unreadable where the CLIENT refuses."""
        history = self.operator.channel.route.history
        start = len(history)
        exchange = self.operator.pay(player, player.money(units), Purpose.PROBE)
        self._sent += [one.number for one in history.since(start) if one.scenario == history.scenario]
        if exchange.unknown:
            raise Unanswered(f"the probe's own {exchange.title} got no usable answer", tuple(self._sent))
        if not exchange.ok:
            why = f"a result of {player.show(player.money(units))} was refused"
            raise Unreadable(why, tuple(self._sent), rule="RES-01")
        return exchange

    def lift(self, player: Player, units: int) -> int:
        """Put ``units`` on the balance, or what an old bet was where results are refused; return how many came.

        A CLIENT may wrongly refuse results below zero (RES-06). Raises Unreadable.
        """
        try:
            self.give(player, units)
        except Unanswered:
            raise
        except Unreadable:
            # Until wagers are tested it is open whether any result is paid at all.
            back = self.operator.undo_bet(player, player.money(units)) if self.tested else None
            if back is None:
                raise
            self._sent.append(back.number)
            return player.units(back.message.amount)
        return units

    def _resolved(self, exchange: Exchange) -> Exchange:
        self._sent += [exchange.number] if exchange.copy_of is None else [exchange.copy_of, exchange.number]
        if exchange.answer is None or exchange.not_now:
            raise Unanswered(f"the probe's own {exchange.title} got no usable answer", tuple(self._sent))
        return exchange

    def drain(self, player: Player) -> int:
        """Take all that is there, in about half as many bets again as it has binary digits, fewer for round sums.

        Where single bets are limited it takes as many of the largest as there are. Raises Unreadable.
        """
        taken, refused = self._drain_once(player)
        while taken and self.takes(player, 1):
            taken += 1
            if player.currency in self.limits or not self._is_limit(player, refused):
                raise Unreadable(
                    f"bets of {player.show(player.money(taken))} took everything, yet one more unit could be bet",
                    tuple(self._sent),
                )
            self.limits[player.currency] = refused // 2
            more, _ = self._drain_once(player, taken)
            taken += more
        return taken

    def _drain_once(self, player: Player, before: int = 0) -> tuple[int, int]:
        """Bet ever more, then ever less; return what was taken and the least bet that was refused on the way, in units.

        Where it gives up it gives that back, and what was taken ``before``.
        """
        limit = self.limits.get(player.currency)
        taken, step, largest = 0, 1, 0
        while self.takes(player, step):
            taken += step
            if step == limit:
                largest += 1
                if largest == LARGEST_BETS:
                    self.give(player, before + taken)
                    shown = player.show(player.money(step))
                    raise Unreadable(
                        f"the CLIENT takes no single bet above {shown}, and {largest} of those did not take all",
                        tuple(self._sent),
                    )
            step = step * _LEAP if limit is None else min(step * _LEAP, limit)
            if step.bit_length() > _DIGITS:
                raise Unreadable("every bet is accepted, however large", tuple(self._sent), rule="BET-03")
        whole, bound = self._narrowed(player, taken, taken + step, _ROUND if limit is None else ())
        if whole > taken:
            if not self.takes(player, 1):
                return whole, step
            # It was none of these, or single bets are limited, which tells by halves.
            taken = whole + 1
        elif bound is not None:
            step = bound - taken
        refused, before_all = step, True
        # The powers of two below it.
        step = (1 << (step - 1).bit_length()) >> 1
        while step:
            if self.takes(player, step):
                taken, before_all = taken + step, False
            elif before_all:
                refused = step
            step //= 2
        return taken, refused

    def _is_limit(self, player: Player, units: int) -> bool:
        """Whether a bet of ``units``, refused before, is refused with that much paid in, and its halves are taken."""
        if units < 2:
            return False
        self.give(player, units)
        return not self.takes(player, units) and all(self.takes(player, units // 2) for _ in range(2))

    def _drain_from_below(self, player: Player) -> int:
        """Like ``drain`` where the balance may be negative: results lift it first."""
        taken, lifted = self.drain(player), 0
        step = 1
        while not taken:
            lifted += self.lift(player, step)
            taken = self.drain(player)
            step *= 2
            if step.bit_length() > _DIGITS:
                raise self.never_taken()
        return taken - lifted

    def never_taken(self) -> Unreadable:
        """Why no bet is accepted, whatever is paid in: it is not paid, unless bets are refused for another reason."""
        why = "no bet is accepted, whatever is paid in"
        usual = self.operator.channel.dialect.insufficient_funds
        if not self.errors or usual in self.errors:
            return Unreadable(why, tuple(self._sent), rule="RES-01")
        seen = " or ".join(map(repr, sorted(set(self.errors))[:2]))
        return Declined(
            f"{why}: bets are refused with {seen}, not {usual!r} (may the player bet at all? is nothing paid?)",
            tuple(self._sent),
        )

    def _put_back(self, player: Player, units: int) -> bool:
        if units > 0:
            self.give(player, units)
        if units >= 0:
            return True
        # A debt cannot be bet; a result that was spent and is rolled back leaves one.
        loan = self.give(player, -units)
        spent = in_parts(player.money(-units), player.unit, partial(self._spend, player))
        return self._resolved(self.operator.rollback(loan, purpose=Purpose.PROBE)).ok and spent

    def _spend(self, player: Player, amount: Decimal) -> bool:
        return self.takes(player, player.units(amount))


def in_parts(amount: Decimal, unit: Decimal, move: Callable[[Decimal], bool]) -> bool:
    """Move ``amount``, at once if it can be: a part that ``move`` says no to is halved. Tells whether all was moved."""
    part = amount
    for _ in range(LARGEST_BETS):
        if amount <= 0:
            break
        part = min(part, amount)
        if move(part):
            amount -= part
        elif (part := part // 2 // unit * unit) < unit:
            break
    return amount <= 0
