"""What the audit finds: one result of each worker, added up to one verdict. Plain data and arithmetic.

Results travel from worker to master as dictionaries of numbers and texts (pydantic's); what ``report.json`` tells in
the same words is its own model. Amounts are integers in minor units of the run's currency.
"""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from math import exp, lgamma
from typing import Any, Protocol

from pydantic import BaseModel

from scenarios.contract import RULES, Level
from scenarios.problems.errors import Exit
from scenarios.report.schema.load import Breach, Doubt, FailedRound, LoadMemory

# How many players, and how many breaches, are listed one by one; all are counted.
TOLD = 50
# What overload alone makes of answers, of proxies too: reported, but no verdict on the money.
_OVERLOAD = frozenset({"MSG-01", "MSG-02"})
# How sure the result about a sample is.
CONFIDENCE = 0.95


class AuditFinding(StrEnum):
    """The verdict in one word."""

    CLEAN = "clean"
    BROKEN = "broken"
    UNDECIDED = "undecided"


CODES = {
    AuditFinding.CLEAN: Exit.HOLDS,
    AuditFinding.BROKEN: Exit.BROKEN,
    AuditFinding.UNDECIDED: Exit.UNDECIDED,
}


@dataclass(slots=True)
class WrongBalance:
    """A player whose balance is none of the acceptable ones. ``off`` is how far from the nearest, in minor units.

    ``why`` says what was acceptable and seen, and the simplest mistake that explains the difference;
    ``transactions`` are the provider ids that make this difference, as far as they are known.
    """

    player: str
    off: int
    why: str
    transactions: list[str] = field(default_factory=list)


class WorkerResult(BaseModel):
    """What one worker found.

    ``played`` players had transactions; of these ``read`` balances were read and ``right`` were acceptable.
    ``resolved`` operations were open when the traffic ended and are decided now.
    """

    probe: str = ""
    played: int = 0
    read: int = 0
    right: int = 0
    transactions: int = 0
    resolved: int = 0
    off: int = 0
    off_count: int = 0
    wrong: list[WrongBalance] = []
    undecided: list[Doubt] = []
    breach_count: dict[str, int] = {}
    breaches: list[Breach] = []
    ids: int = 0
    kept: int = 0
    settled: int = 0
    notes: list[str] = []
    # The kinds of traffic of which something was sent (names of shares of Rates).
    kinds: list[str] = []

    def add_wrong(self, off: WrongBalance) -> None:
        """Count one more player whose balance is off; the farthest off are listed."""
        self.off_count += 1
        self.off += abs(off.off)
        self.wrong = farthest([*self.wrong, off])

    def add_undecided(self, why: str, *players: str, count: int | None = None) -> None:
        """Count ``players`` that could not be judged, and why; ``count`` where not all of them are named."""
        known = {one.why: place for place, one in enumerate(self.undecided)}
        if why not in known and len(known) >= TOLD:
            why = "other reasons"
        if why not in known:
            known[why] = len(self.undecided)
            self.undecided.append(Doubt(why=why, count=0))
        before = self.undecided[known[why]]
        more = len(players) if count is None else count
        named = [*before.players, *players][:TOLD]
        self.undecided[known[why]] = Doubt(why=why, count=before.count + more, players=named)

    def add_breach(self, breach: Breach) -> None:
        """Count one more answer that broke the contract."""
        self.breach_count[breach.rule] = self.breach_count.get(breach.rule, 0) + 1
        self.breaches.append(breach)


@dataclass(frozen=True, slots=True)
class Sample:
    """How sure a sample makes: of ``played`` players ``read`` were drawn by chance.

    ``at_most`` players could be off without one of them being drawn, with a chance of no more than 5 %.
    """

    played: int
    read: int
    at_most: int

    def __str__(self) -> str:
        share = 100 * self.at_most / self.played if self.played else 0.0
        return (
            f"{self.read} of {self.played} players, drawn by chance: with a confidence of {CONFIDENCE:.0%} "
            f"at most {self.at_most} of them ({share:.2g} %) are off"
        )


class Ramp(Protocol):
    """What a ramp found so far, as the audit shows and reports it."""

    @property
    def steps(self) -> Sequence[object]:
        """The steps that were judged, each with its figures as text."""

    def verdict(self) -> str:
        """What was found, in words."""

    def as_plain(self) -> dict[str, Any]:
        """All of it as numbers, texts, lists and dictionaries."""


@dataclass(slots=True)
class AuditVerdict:
    """What the whole run comes to. ``lost`` are workers that were not heard, in words.

    ``never_sent`` are kinds of traffic that were asked for, and of which nothing was sent.

    ``shared`` are groups of provider ids that were answered with one CLIENT id. ``memory`` is what the run's own
    processes took, and no part of the finding.
    """

    currency: str
    workers: int
    whole: WorkerResult
    lost: list[str] = field(default_factory=list)
    shared: list[list[str]] = field(default_factory=list)
    compared: bool = True
    sample: Sample | None = None
    memory: list[LoadMemory] = field(default_factory=list)
    failed_rounds: list[FailedRound] = field(default_factory=list)
    never_sent: list[str] = field(default_factory=list)

    @property
    def rules(self) -> dict[str, int]:
        """The MUST rules whose breach decides the verdict, each with how often it was seen."""
        found: Counter[str] = Counter()
        for rule, count in self.whole.breach_count.items():
            if rule not in _OVERLOAD and (rule not in RULES or RULES[rule].level is Level.MUST):
                found[rule] += count
        if self.whole.off_count:
            found["INV-05"] += self.whole.off_count
        if self.shared:
            found["MSG-05"] += len(self.shared)
        return dict(sorted(found.items()))

    @property
    def undecided_count(self) -> int:
        """How many players could not be judged."""
        return sum(group.count for group in self.whole.undecided)

    @property
    def finding(self) -> AuditFinding:
        """Broken where anything is; else undecided where anything is not known; else clean."""
        if self.rules:
            return AuditFinding.BROKEN
        whole = self.whole
        if whole.undecided or self.lost or self.failed_rounds or not self.compared or not whole.transactions:
            return AuditFinding.UNDECIDED
        return AuditFinding.CLEAN

    @property
    def code(self) -> Exit:
        """The exit code that says so."""
        return CODES[self.finding]


def added(results: Iterable[WorkerResult]) -> WorkerResult:
    """All ``results`` as one."""
    whole = WorkerResult()
    for one in results:
        whole.probe = whole.probe or one.probe
        for name, info in WorkerResult.model_fields.items():
            if info.annotation is int:
                setattr(whole, name, getattr(whole, name) + getattr(one, name))
        whole.wrong = farthest([*whole.wrong, *one.wrong])
        for group in one.undecided:
            whole.add_undecided(group.why, *group.players, count=group.count)
        whole.breach_count = dict(Counter(whole.breach_count) + Counter(one.breach_count))
        whole.breaches = [*whole.breaches, *one.breaches][:TOLD]
        whole.kinds = sorted({*whole.kinds, *one.kinds})
        whole.notes += [note for note in one.notes if note not in whole.notes]
    return whole


def farthest(wrong: Sequence[WrongBalance]) -> list[WrongBalance]:
    """Those of ``wrong`` that are listed: the farthest off first."""
    return sorted(wrong, key=lambda off: (-abs(off.off), off.player))[:TOLD]


def sample_of(played: int, read: int) -> Sample:
    """What ``read`` balances of ``played`` players, drawn by chance and all right, say about the others.

    The largest number of wrong ones that is missed with a chance above 5 % (drawing without putting back).
    """
    low, high = 0, max(0, played - read)
    while low < high:
        middle = (low + high + 1) // 2
        if _missed(played, read, middle) > 1 - CONFIDENCE:
            low = middle
        else:
            high = middle - 1
    return Sample(played, read, low)


def _missed(played: int, read: int, wrong: int) -> float:
    """The chance that none of ``wrong`` players is among ``read`` drawn of ``played``."""
    if wrong > played - read:
        return 0.0
    logs = lgamma(played - wrong + 1) - lgamma(played - wrong - read + 1)
    logs += lgamma(played - read + 1) - lgamma(played + 1)
    return exp(logs)


def share_of(sample: int, mine: int, all_players: int) -> int:
    """How many of a sample fall to a worker on which ``mine`` of ``all_players`` played: rounded up."""
    if not sample or not all_players:
        return 0
    return min(mine, -(-sample * mine // all_players))
