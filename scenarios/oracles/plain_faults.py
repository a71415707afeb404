"""What a CLIENT was seen to do wrong with plain transactions, and whether that explains another rule's finding.

Implements ``contract.md``, *What a verdict may rest on*: one act is one rule's finding. Who does not pay the result
that follows a rollback breaks one rule, however many scenarios pay a result behind a rollback.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from fractions import Fraction
from math import ceil, floor
from typing import Final

from scenarios.oracles.attempts import messages_of, places, to_units
from scenarios.oracles.subset_sums import Sums
from simulators.exchanges.history import Exchange
from simulators.wallet.transactions import Kind, Transaction

BET: Final = "bet"
RESULT: Final = "result"
BET_UNDONE: Final = "rollback of a bet"
RESULT_UNDONE: Final = "rollback of a result"
ORPHAN: Final = "orphan rollback"
REFUSED_BET: Final = "refused bet"

# The rule that an act breaks which moves alone another amount than it should, and all others that are about it.
_RULES: Final = {
    BET: ("BET-01", "BET-02", "BET-03", "BET-10", "BET-11", "BET-12", "BET-13"),
    RESULT: ("RES-01", "RES-03", "RES-04", "RES-05", "RES-06", "BET-10", "BET-12", "BET-13"),
    BET_UNDONE: ("RBK-01",),
    RESULT_UNDONE: ("RBK-02", "RBK-03"),
    ORPHAN: ("RBK-04", "RBK-07", "RBK-08"),
}
# Further rules that are about what comes behind another transaction.
_BEHIND: Final = {RESULT: ("RES-03", "RES-05", "RBK-13")}


def rule_of(kind: str) -> str:
    """The rule that tells of what plain transactions of ``kind`` move."""
    return _RULES[kind][0]


def rules_about(kind: str) -> tuple[str, ...]:
    """The rules that are about what plain transactions of ``kind`` move alone; none where it is no plain one."""
    return _RULES.get(kind, ())


@dataclass(frozen=True, slots=True)
class Act:
    """One plain transaction that was sent: of which ``kind``, and the amount that it is about, signed as it moves it.

    An orphan moves nothing; its amount is what would be paid.
    """

    kind: str
    amount: Decimal


@dataclass(frozen=True, slots=True)
class PlainFault:
    """A transaction of ``kind`` moves another amount than it says, where one of the kind ``after`` came before it.

    ``after`` is "" where nothing has to. ``times`` is how many times its amount it moves too much, None where that is
    now this, now that.
    """

    kind: str
    after: str
    times: Fraction | None

    @property
    def rule(self) -> str:
        """The rule that tells of it."""
        return rule_of(self.kind)

    @property
    def about(self) -> tuple[str, ...]:
        """The rules that are about it."""
        return (self.rule, *_BEHIND.get(self.kind, ())) if self.after else rules_about(self.kind)

    @property
    def description(self) -> str:
        """Why a rule is left open that it explains the finding of."""
        return f"what breaks here is what {self.rule} reports ({self}): fix that first, then judge this again"

    def __str__(self) -> str:
        text = f"a {self.kind} after a {self.after}" if self.after else f"a {self.kind} alone"
        return text.replace("a orphan", "an orphan")


@dataclass
class PlainFaults:
    """All that was found of one CLIENT; ``known`` once it was looked for, ``alone`` once each kind was tried alone.

    ``of_nothing`` says whether bets and results of 0 move nothing, as far as was tried.
    ``at_once`` says whether plain wagers lose one another where they leave together, None where that was not tried.
    ``reported`` are the rules that report it: what they do not report is left to none.
    """

    found: list[PlainFault] = field(default_factory=list)
    reported: set[str] = field(default_factory=set)
    known: bool = False
    alone: bool = False
    of_nothing: bool = True
    at_once: bool | None = None

    def sound(self, kind: str) -> bool:
        """Whether transactions of ``kind`` were not seen to move alone another amount than they say."""
        return all(fault.after or fault.kind != kind for fault in self.found)

    @property
    def bets_behind(self) -> bool:
        """Whether bets were seen to move another amount behind others, and so what balances are read by."""
        return any(fault.after and fault.kind == BET for fault in self.found)

    def explain(
        self,
        rule: str,
        sent: Sequence[Exchange],
        whose: tuple[str, str],
        right: Sequence[Decimal],
        seen: Decimal,
    ) -> PlainFault | None:
        """The fault that explains the balance ``seen`` where others would be ``right``, after what was ``sent``.

        ``whose`` is the player and the currency. None where nothing does, or where ``rule`` is about it.
        """
        matching = list(self._matching(rule, sent, whose))
        if not matching or not right:
            return None
        loose = sum(abs(act.amount) for fault, act in matching if fault.times is None)
        if min(abs(seen - one) for one in right) <= loose:
            return matching[0][0]
        decimals = places(sent, seen, *right)
        sums = Sums(0, [_options(fault, act, 10**decimals) for fault, act in matching])
        exact = any(to_units(seen - one, decimals) in sums for one in right)
        return matching[0][0] if exact else None

    def too_little(
        self, rule: str, sent: Sequence[Exchange], whose: tuple[str, str], needed: Decimal
    ) -> PlainFault | None:
        """The fault that may have kept from the player of ``whose`` what is ``needed`` after what was ``sent``."""
        lost = [
            (fault, -_most(fault, act))
            for fault, act in self._matching(rule, sent, whose)
            if _most(fault, act) < 0
        ]
        return lost[0][0] if needed and sum(amount for _, amount in lost) >= needed else None

    def _matching(
        self, rule: str, sent: Sequence[Exchange], whose: tuple[str, str]
    ) -> Iterator[tuple[PlainFault, Act]]:
        # What came before may have come long before.
        for act in acts(sent, *whose):
            for fault in self.found:
                if fault.kind == act.kind and fault.rule in self.reported and rule not in fault.about:
                    yield fault, act


def acts(sent: Sequence[Exchange], player: str, currency: str) -> Iterator[Act]:
    """The plain transactions of ``player`` in ``currency`` among what was ``sent`` and taken; copies are none."""
    first = min((exchange.number for exchange in sent), default=0)
    ids = {message.id for exchange in sent for message in messages_of(exchange)}
    taken: dict[str, Transaction] = {}
    handled: set[str] = set()
    for exchange in sent:
        for message in messages_of(exchange):
            mine = (message.player, message.currency) == (player, currency)
            if not mine or not exchange.genuine or not exchange.ok or message.id in handled:
                continue
            handled.add(message.id)
            if exchange.copy_of is not None and exchange.copy_of < first:
                continue
            if message.kind is not Kind.ROLLBACK:
                taken[message.id] = message
                yield Act(message.kind, -message.amount if message.kind is Kind.BET else message.amount)
                continue
            original = taken.pop(message.of or "", None)
            if original is None and message.of not in ids:
                yield Act(ORPHAN, message.amount)
            elif original is None:
                # Of another player, of what was refused, or once more: rules of their own are about those.
                continue
            elif original.kind is Kind.BET:
                yield Act(BET_UNDONE, original.amount)
            else:
                yield Act(RESULT_UNDONE, -original.amount)


def _options(fault: PlainFault, act: Act, units: int) -> frozenset[int]:
    moved = Fraction(act.amount) * (fault.times or 0) * units
    return frozenset({0, floor(moved), ceil(moved)})


def _most(fault: PlainFault, act: Act) -> Decimal:
    """The most that ``fault`` takes from (or, above zero, adds to) what ``act`` should move."""
    if fault.times is None:
        return -abs(act.amount)
    return act.amount * Decimal(fault.times.numerator) / Decimal(fault.times.denominator)
