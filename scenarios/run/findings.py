"""Verdicts: what was found by scenario and by rule, and the exit code that follows. Pure data, no I/O."""

from collections.abc import Callable, Collection, Iterable, Sequence
from dataclasses import dataclass, field, fields
from decimal import Decimal
from enum import StrEnum
from itertools import accumulate
from math import inf
from typing import Final, NamedTuple

from scenarios.contract import RULES, Level, Observed, Rule
from scenarios.oracles.answers import Answers
from scenarios.oracles.fault_hypotheses import Suspicion
from scenarios.problems.errors import Exit
from scenarios.run.story import Story
from simulators.exchanges.history import Direction, Exchange


class Standing(StrEnum):
    """How a rule, or a scenario, came out. ``undecided`` is never a pass: the check crashed or hit a bound."""

    PASSED = "passed"
    FAILED = "failed"
    WARNED = "warned"
    SKIPPED = "skipped"
    INFO = "info"
    UNDECIDED = "undecided"


# The note of a rule that is not about races, where sending side by side alone showed something.
HELD_ALONE: Final = (
    "it holds one request after the other; with several under way it did not, which rules about races judge"
)
# What is asked where something was seen once.
WHO: Final = "Did somebody else use the player? If not, judge it again"


@dataclass(frozen=True, slots=True)
class Opening:
    """What a player had before exchange ``since``, in ``currency``; everything sent from there on led to a finding."""

    player: str
    currency: str
    amount: Decimal
    since: int


@dataclass(frozen=True, slots=True)
class OrderRead:
    """What decides a finding is what driver ``order`` reads of the checkout called ``reference`` (merchantReference).

    That is another value than before the last of the finding's exchanges, or ``as_approved``: that of an approved one.
    """

    reference: str
    as_approved: bool = False


@dataclass(frozen=True, slots=True)
class Finding:
    """One breach of one rule: what was expected, what was seen, and the numbers of the exchanges that show it.

    ``cases`` are those of many under ``case`` that one reading shows, by name; ``blamed`` are the exchanges that they
    are about, all that was judged together where it is not known which of them did it.
    ``level`` is the level of this breach, which may differ from the rule's; ``off`` is the money at stake in the
    player's currency and ranks the worst case first. ``observed`` is what decides it. ``openings`` say where the
    players began; a finding about a balance has ``right``, the balances that would have been right, of ``whose``, the
    ``currency`` and the ``mistake`` that would explain it; ``before`` is how far off it was already, as others tell.
    ``claims`` are those of the last token in ``exchanges`` that it is about, by path ("alg", "signature"
    and "token" are others); where tokens are ``compared``, the first of these was said before by another token.
    ``order`` is the checkout that it is about.
    """

    rule: str
    level: Level
    expected: str
    seen: str
    exchanges: tuple[int, ...] = ()
    case: str = ""
    off: Decimal = Decimal(0)
    observed: Observed = Observed.OTHER
    openings: tuple[Opening, ...] = ()
    whose: str = ""
    right: tuple[Decimal, ...] = ()
    mistake: Suspicion | None = None
    currency: str = ""
    cases: tuple[str, ...] = ()
    blamed: tuple[int, ...] = ()
    before: Decimal = Decimal(0)
    claims: tuple[str, ...] = ()
    compared: bool = False
    order: OrderRead | None = None

    def about(self, room: float = inf) -> str:
        """The case in words, with as many of ``cases`` as there is ``room`` for characters, at least one of them."""
        names = list(dict.fromkeys(self.cases))
        start = f"{self.case}: " if self.case and names else self.case
        lengths = accumulate(len(one) + 2 for one in names)
        shown = max(1, sum(len(start) + length <= room + 2 for length in lengths))
        left = len(names) - shown
        return start + ", ".join(names[:shown]) + (f" and {left} more" if left > 0 else "")

    def sentence(self) -> str:
        """One line: the case, what was expected and what was seen."""
        case = f"{about}: " if (about := self.about()) else ""
        return f"{case}expected {self.expected}; seen {self.explained}"

    @property
    def explained(self) -> str:
        """What was seen, and the mistake that would explain it."""
        return self.mistake.explaining(self.seen) if self.mistake else self.seen


class Overdue(NamedTuple):
    """Something that was waited for in vain, for which ``rule`` is accused; ``here`` asks whether it has come by now.

    ``came`` says in words that it has.
    """

    rule: str
    came: str
    here: Callable[[], bool]


@dataclass(kw_only=True)
class Found:
    """What a scenario, or a part of one, found: ``findings``, ``notes`` by rule, and which rules it ``judged``.

    ``stories`` are generated histories that broke a rule, each as short as it was found. ``undecided`` says of rules
    why what was seen accuses nobody: it did not come back when it was tried again, say, or another rule tells of it.
    """

    findings: list[Finding] = field(default_factory=list)
    notes: dict[str, list[str]] = field(default_factory=dict)
    judged: set[str] = field(default_factory=set)
    stories: dict[str, Story] = field(default_factory=dict)
    undecided: dict[str, str] = field(default_factory=dict)

    def take(self) -> "Found":
        """All that was found so far, which is forgotten here."""
        mine = {each.name: getattr(self, each.name) for each in fields(Found)}
        vars(self).update(vars(Found()))
        return Found(**mine)

    def add(self, other: "Found") -> None:
        """Have found what ``other`` found, too, after all else."""
        self.findings += other.findings
        self.judged |= other.judged
        self.stories |= other.stories
        self.undecided |= other.undecided
        for rule, notes in other.notes.items():
            self.notes.setdefault(rule, []).extend(notes)

    def of(self, rule: str) -> list[Finding]:
        """The findings about ``rule``, in the order in which they were made."""
        return [finding for finding in self.findings if finding.rule == rule]

    def leave_open(self, findings: Collection[Finding], why: Callable[[str], str]) -> None:
        """Accuse nobody of ``findings``: their rules are undecided, for what ``why`` says behind their words."""
        for rule in dict.fromkeys(one.rule for one in findings):
            self.undecided[rule] = why(message([one for one in findings if one.rule == rule]))
        self.findings = [one for one in self.findings if one not in findings]


@dataclass
class ScenarioResult(Found):
    """One scenario's run: its rules, what it found, and how it ended (``ended`` is None when it ran to its end).

    ``unreported`` says why no balance could be read,
    "" where they could: then only what answers decide is judged. ``went_away_again`` is whether the CLIENT
    went away in it, came back, and went away in it once more. ``answers`` are those that it rests on. ``began`` is
    seconds since the history began, ``seconds`` how long it took. ``currency`` is that in which rules were judged once
    more, "" where it is the players' own.
    """

    id: str
    title: str
    rules: tuple[str, ...]
    ended: Standing | None = None
    reason: str = ""
    first_exchange: int = 0
    nodeid: str = ""
    went_away_again: bool = False
    began: float = 0.0
    seconds: float = 0.0
    unreported: str = ""
    answers: Answers = field(default_factory=Answers)
    currency: str = ""

    def case(self, text: str) -> str:
        """The case ``text`` as a finding tells it: with the currency, where it is not the players' own."""
        if not self.currency:
            return text
        return f"in {self.currency}, {text}" if text else f"in {self.currency}"

    def standing(self, rule: str) -> Standing:
        """How this scenario came out for ``rule``."""
        mine = [finding for finding in self.findings if finding.rule == rule]
        if any(finding.level is Level.MUST for finding in mine):
            return Standing.FAILED
        if mine:
            return Standing.WARNED
        if rule in self.undecided:
            return Standing.UNDECIDED
        if self.ended is not None:
            return self.ended
        if self.unreported and not RULES[rule].by_answers:
            return Standing.UNDECIDED
        return Standing.INFO if RULES[rule].level is Level.INFO else Standing.PASSED


def decided_by(rule: str, exchanges: Sequence[Exchange]) -> Observed:
    """What decides a finding about ``rule`` that ``exchanges`` show and of which nothing else is said."""
    if exchanges and all(exchange.direction is Direction.FROM_CLIENT for exchange in exchanges):
        return Observed.ASKED
    return RULES[rule].decided_by


def observed_in(exchange: Exchange) -> Observed:
    """What the answer to ``exchange``, or the lack of one, is where it is not what it should be."""
    if exchange.answer is None:
        return Observed.SILENT
    if exchange.ok or exchange.refused:
        return Observed.DONE if exchange.ok else Observed.REFUSED
    return Observed.FAILED if exchange.answer.failed else Observed.UNREADABLE


def worst(findings: Sequence[Finding]) -> Finding:
    """The gravest of ``findings``: a MUST before a SHOULD, then the most money; the first of equals."""
    return max(findings, key=lambda finding: (finding.level is Level.MUST, finding.off))


def message(findings: Sequence[Finding]) -> str:
    """The first and the worst of ``findings`` in words, and how many there were."""
    if not findings:
        return ""
    first, gravest = findings[0], worst(findings)
    parts = [first.sentence()]
    if gravest is not first:
        parts.append(f"worst: {gravest.sentence()}")
    if len(findings) > 1:
        parts.append(f"{len(findings)} cases")
    return " | ".join(parts)


# The rule about stories of one request at a time.
_ONE_BY_ONE = "INV-01"
# The gravest standing among a rule's scenarios is the rule's.
GRAVEST_FIRST = (
    Standing.FAILED,
    Standing.WARNED,
    Standing.UNDECIDED,
    Standing.INFO,
    Standing.PASSED,
    Standing.SKIPPED,
)


@dataclass(frozen=True, slots=True)
class RuleVerdict:
    """One rule's verdict over all scenarios that prove it."""

    rule: Rule
    standing: Standing
    reason: str
    results: tuple[ScenarioResult, ...]

    @property
    def causes(self) -> str:
        """The usual causes of the gravest finding, and their fixes; of the rule in general where there is none."""
        found = [finding for result in self.results for finding in result.of(self.rule.id)]
        stories = [one for result in self.results for one in result.stories.values() if one.needs_no_race]
        if found and stories:
            # No lock helps then.
            return RULES[_ONE_BY_ONE].causes
        return self.rule.causes_of(worst(found).observed) if found else self.rule.causes

    @property
    def answers(self) -> Answers:
        """The answers of the CLIENT that it rests on."""
        return sum((result.answers for result in self.results), Answers())


def judge_rule(rule: Rule, results: Iterable[ScenarioResult], *, interrupted: bool = False) -> RuleVerdict:
    """Fold the scenarios of one rule into its verdict; a run may be ``interrupted`` before any is selected."""
    mine = tuple(result for result in results if rule.id in result.rules)
    if not mine:
        why = "not run: the run was interrupted" if interrupted else "no scenario was selected for this rule"
        return RuleVerdict(rule, Standing.SKIPPED, why, ())
    standing = next(
        grave for grave in GRAVEST_FIRST if any(result.standing(rule.id) is grave for result in mine)
    )
    if standing in (Standing.FAILED, Standing.WARNED):
        reason = message([finding for result in mine for finding in result.of(rule.id)])
    elif standing in (Standing.SKIPPED, Standing.UNDECIDED):
        reason = next(
            result.undecided.get(rule.id, result.reason or result.unreported)
            for result in mine
            if result.standing(rule.id) is standing
        )
    else:
        reported = [note for result in mine for note in result.notes.get(rule.id, [])]
        reported += [
            f"judged by answers alone: {why}" for why in dict.fromkeys(one.unreported for one in mine) if why
        ]
        rests = sum((one.answers for one in mine), Answers())
        reported += [rests.words] if rests.lost else []
        reason = "; ".join(reported)
    return RuleVerdict(rule, standing, reason, mine)


def exit_code(verdicts: Iterable[RuleVerdict], *, strict: bool, known: Collection[str] = frozenset()) -> Exit:
    """The exit code of a run that reached its target; rules ``known`` to be broken count for nothing."""
    counted = [verdict for verdict in verdicts if verdict.rule.id not in known]
    standings = [verdict.standing for verdict in counted]
    if Standing.FAILED in standings or (strict and Standing.WARNED in standings):
        return Exit.BROKEN
    if known and not counted:
        return Exit.HOLDS
    # A run in which nothing was judged has shown nothing, and must not look like a pass.
    if Standing.UNDECIDED in standings or all(standing is Standing.SKIPPED for standing in standings):
        return Exit.UNDECIDED
    return Exit.HOLDS
