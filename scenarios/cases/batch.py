"""Requests that must move nothing, checked many at a time.

Each is worth twice the one before. So one reading of the balance says whether any of them
moved money, and the difference says which: no two sets of them add up to the same.
"""

from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass, field, replace
from decimal import Decimal
from functools import partial
from typing import Literal

from scenarios.cases.at_once import holds
from scenarios.cases.kinds import answered_alike
from scenarios.run.balances import Undecided
from scenarios.run.judge import Judge
from scenarios.wallet.operator_client import Verbs
from scenarios.wallet.player import Player
from simulators.exchanges.history import Exchange, Purpose
from simulators.values import money
from simulators.wallet.transactions import Transaction

Action = Literal["bet", "result", "rollback"]
ACTIONS: tuple[Action, ...] = ("result", "bet", "rollback")

# Requests to one reading.
MOST = 12
# The first is worth this many smallest units: a quarter of a euro, which binary fractions hold exactly, so
# that a CLIENT with another fault in its money is not blamed here. The last is then worth 512.00 EUR.
STEP = 25
FUNDS = STEP * 2 ** (MOST + 1)


@dataclass(frozen=True, slots=True)
class _Planned:
    """A request that is to be sent: ``then`` judges its answer."""

    action: Action
    case: str
    send: Callable[[Transaction], Exchange]
    then: Callable[[Exchange], object]
    optional: bool
    id: str | None


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


def _nothing(exchange: Exchange) -> None:
    """For requests that may be answered in any way."""


@dataclass
class Batch:
    """Wagers that a CLIENT must not, or need not, carry out, sent for ``player`` and judged by ``rule``.

    They go out together. ``blindly``: where the balance cannot be read any more, go on without reading it, since
    answers can still be judged. Otherwise the scenario is then undecided. ``few``: no more than so many at once, as
    each may stop the CLIENT.
    """

    rule: str
    judge: Judge
    operator: Verbs
    player: Player
    blindly: bool = False
    few: int = MOST
    _balance: Decimal | None = None
    _planned: list[_Planned] = field(default_factory=list)

    def wager(
        self,
        action: Action,
        case: str,
        send: Callable[[Transaction], Exchange],
        *,
        then: Callable[[Exchange], object] = _nothing,
        optional: bool = False,
        id: str | None = None,  # noqa: A002
    ) -> None:
        """Plan a new ``action``, to be handed to ``send``; a rollback is one of a bet placed just before.

        ``then`` gets its exchange. An ``optional`` one may be carried out or refused, as long as what is answered
        is what was moved.
        """
        self._planned.append(_Planned(action, case, send, then, optional, id))

    def refused(self, action: Action, case: str, send: Callable[[Transaction], Exchange]) -> None:
        """Plan a new ``action`` that must be refused."""
        self.wager(action, case, send, then=partial(self.judge.refused, self.rule, case=case))

    def settle(self) -> None:
        """Send what is planned, read the balance and blame, by name, the requests that moved money."""
        planned, self._planned = self._planned, []
        if len(planned) > MOST and self._nothing_moves(planned):
            return
        for start in range(0, len(planned), MOST):
            self._settle(planned[start : start + MOST])

    def _nothing_moves(self, planned: Sequence[_Planned]) -> bool:
        """Whether all of ``planned``, sent with one reading for each kind of action, do what they must.

        Requests of one kind are wrong in one direction, so that none makes up for another.
        """
        if self.judge.again or self.few < MOST or any(one.optional for one in planned):
            return False
        kinds = [[one for one in planned if one.action == action] for action in ACTIONS]
        return all(holds(self.judge, partial(self._move_nothing, same)) for same in kinds if same)

    def _move_nothing(self, planned: Sequence[_Planned]) -> None:
        self._balance = self.judge.fund(self.player, STEP * len(planned) * (len(planned) + 1))
        sent = self._sent(planned, [STEP * place for place in range(1, len(planned) + 1)])
        exchanges = [entry.exchange for entry in sent]
        self.judge.one_of(self.rule, self.player, [self._balance], *exchanges, last=True)

    def _settle(self, planned: Sequence[_Planned]) -> None:
        self._fund()
        entries = self._sent(planned, [STEP * 2**place for place in range(len(planned))])
        if self._balance is None:
            return
        self._balance += self.player.money(sum(entry.counted for entry in entries))
        exchanges, before = [entry.exchange for entry in entries], len(self.judge.result.findings)
        seen = self.judge.one_of(
            self.rule,
            self.player,
            self._possible(entries),
            *exchanges,
            case=_together([entry.case for entry in entries]),
            last=True,
        )
        if len(self.judge.result.findings) == before:
            return
        guilty = self._guilty(seen, entries)
        if self._plainly_off(planned):
            del self.judge.result.findings[-1]
            raise Undecided(
                "the same bets, results and rollbacks move other amounts than they say, too, with nothing odd about "
                "them: rules about money report it"
            )
        blame(self.judge, before, [entry.exchange for entry in guilty], [entry.case for entry in guilty])

    def _plainly_off(self, planned: Sequence[_Planned]) -> bool:
        """Whether what is ``planned``, sent in the same way and with nothing odd about it, is off as well."""
        self._fund()
        plain = [
            replace(one, send=self.operator.send, then=_nothing, optional=True, id=None) for one in planned
        ]
        entries = self._sent(plain, [STEP * 2**place for place in range(len(plain))])
        if self._balance is None:
            return False
        expected = self._balance + self.player.money(sum(entry.counted for entry in entries))
        return self.judge.measure(self.player, expected) != expected

    def _sent(self, planned: Sequence[_Planned], units: Sequence[int]) -> list[_Entry]:
        """Send all of ``planned``, each worth so many ``units``, and judge the answers, in their order."""
        messages = self._messages(planned, units)
        sends = [partial(one.send, message) for one, message in zip(planned, messages, strict=True)]
        at_once = self.few if self.few < MOST else len(sends)
        exchanges: list[Exchange] = []
        for start in range(0, len(sends), at_once):
            sent = self.judge.together(sends[start : start + at_once])
            exchanges += sent
            for one, exchange in zip(planned[start : start + at_once], sent, strict=True):
                one.then(exchange)
        return [
            _Entry(one.case, -worth if one.action == "bet" else worth, exchange, one.optional)
            for one, worth, exchange in zip(planned, units, exchanges, strict=True)
        ]

    def _messages(self, planned: Sequence[_Planned], units: Sequence[int]) -> list[Transaction]:
        """What is to be sent, each worth so many ``units``; the bets that are to be rolled back are placed."""
        operator, player = self.operator, self.player
        amounts = [player.money(worth) for worth in units]
        undone = [place for place, one in enumerate(planned) if one.action == "rollback"]
        placed = self.judge.together([partial(operator.bet, player, amounts[place]) for place in undone])
        bets = dict(zip(undone, placed, strict=True))
        messages: list[Transaction] = []
        for place, one in enumerate(planned):
            if one.action != "rollback":
                messages.append(operator.transaction(one.action, player, amounts[place], id=one.id))
                continue
            bet = bets[place]
            self.judge.needs(
                bet.ok or self._balance is None, "the bet that was to be rolled back was refused", bet
            )
            if self._balance is not None:
                self._balance -= amounts[place]
            messages.append(operator.undo(bet, id=one.id))
        return messages

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
            self._balance = self.judge.fund(self.player, FUNDS)
        except Undecided:
            if not self.blindly:
                raise
            self._balance = None


def addends(difference: Decimal, currency: str, gains: Sequence[int], base: int = 2) -> list[int]:
    """Which of ``gains`` (different powers of ``base`` of one unit, rising, of any sign) add up to ``difference``.

    Each of them once where ``base`` is two, else less than half of ``base`` times, in either direction.
    """
    try:
        left = money.to_minor(difference, currency)
    except ValueError:
        return []
    found = []
    for index, gain in enumerate(gains):
        whole = base * abs(gain)
        over = left % whole
        if over % abs(gain):
            return []
        if over:
            found.append(index)
            left -= gain if base == 2 else over - whole if 2 * over > whole else over
    return found if left == 0 else []


def blame(
    judge: Judge,
    before: int,
    did: Sequence[Exchange],
    names: Sequence[str] = (),
    *,
    case: str = "",
    last: Sequence[Exchange] = (),
) -> None:
    """Say that ``did``, by their ``names``, made the balance wrong that was found since there were ``before`` findings.

    Where it is not known which did (none is given), all that were judged with that reading may have. ``last`` is after
    what the balance should have been as the finding says.
    """
    if len(judge.result.findings) == before:
        return
    found = judge.result.findings[-1]
    numbers = tuple(one.number for one in did)
    read = [one for one in found.exchanges if judge.run.history[one].purpose is Purpose.PROBE]
    if numbers:
        shown = tuple(dict.fromkeys([*numbers, *(one.number for one in last), *read]))
        found = replace(found, case=judge.result.case(case), cases=tuple(names), exchanges=shown)
    else:
        numbers = tuple(one for one in found.exchanges if one not in read)
    judge.result.findings[-1] = replace(found, blamed=numbers)


def _together(names: Sequence[str]) -> str:
    """What one reading judges: ``names``, or how many there are, of which not all need be at fault."""
    return ", ".join(names) if len(names) < 3 else f"one or more of {len(names)}"


def settled_together(
    rule: str,
    judge: Judge,
    player: Player,
    case: str,
    sent: Sequence[tuple[str, list[Exchange]]],
    base: int = 2,
    *,
    last: bool = False,
) -> None:
    """One reading for all that was ``sent``: by name, exchanges that are about different powers of ``base`` of STEP
    units.

    The balance is to be the model's; the difference names those that moved something else, by their last exchange.
    """
    if not sent:
        return
    exchanges = [exchange for _, mine in sent for exchange in mine]
    before = len(judge.result.findings)
    prefix = f"{case}: " if case else ""
    named = _together([name for name, _ in sent])
    judge.settled(rule, player, *exchanges, case=prefix + named, last=last)
    if len(judge.result.findings) == before:
        return
    worth = [int(mine[-1].message.amount / player.unit) for _, mine in sent]
    culprits = addends(judge.result.findings[-1].off, player.currency, worth, base)
    guilty = [sent[place] for place in culprits]
    did = [exchange for _, mine in guilty for exchange in mine]
    blame(judge, before, did, [name for name, _ in guilty], case=case, last=exchanges[-1:])


def late_copies(
    rule: str,
    operator: Verbs,
    judge: Judge,
    player: Player,
    when: str,
    firsts: Sequence[tuple[str, Exchange, Exchange]],
    *,
    during: AbstractContextManager[None] | None = None,
    last: bool = False,
) -> None:
    """Send copies once more ``when`` something has passed since ``firsts``: the same answers, and no money.

    They are sent ``during`` what then is over when the balance is read.
    ``firsts`` are by kind, with a copy that came at once: how that is answered is IDM-01's matter; here it must not be
    answered otherwise later.
    """
    with during or nullcontext():
        late = judge.together([partial(operator.again, first) for _, first, _ in firsts])
    for (kind, first, copy), later in zip(firsts, late, strict=True):
        if answered_alike(first, copy):
            judge.same_client_id(rule, first, later, case=f"{kind}, {when}")
    sent = [(kind, [first, later]) for (kind, first, _), later in zip(firsts, late, strict=True)]
    settled_together(rule, judge, player, when, sent, last=last)
