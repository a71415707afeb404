"""report.json, the one schema of it: what ``check``, ``demo`` and ``load`` write, and all that is read back.

Written are all fields, in this order; read is what an earlier version wrote, too. Keys that it does not know are
left alone.
"""

from typing import Any, Literal, Self

from pydantic import BaseModel

from scenarios.contract.rule import Rule as ContractRule
from scenarios.report.schema.load import Audit, Load
from scenarios.report.schema.parts import PART, Number, Text

VERSION: Literal[1] = 1
Outcome = Literal["passed", "failed", "warned", "skipped", "info", "undecided"]


class _Part(BaseModel):
    model_config = PART


class Message(_Part):
    """A request: headers are pairs, ``body`` is text, shortened where it was long."""

    method: Text = ""
    url: Text = ""
    headers: list[tuple[Text, Text]] = []
    body: Text = ""


class Answer(_Part):
    """An answer in the same form."""

    status: int
    headers: list[tuple[Text, Text]] = []
    body: Text = ""


class Exchange(_Part):
    """A request with its answer or the lack of one. ``at`` is ISO 8601 in UTC, ``seconds`` how long the answer took,
    ``invoked`` when the request left, in seconds since the history began; ``kind`` is its label as it is shown.
    """

    number: int
    provider: Text
    kind: Text
    label: Text = ""
    purpose: Text = ""
    direction: Text = "to CLIENT"
    at: Text = ""
    seconds: Number | None = None
    request: Message
    answer: Answer | None = None
    outcome: Text = "unknown"
    status: Text = ""
    error: Text | None = None
    failure: Text | None = None
    failure_kind: Text | None = None
    copy_of: int | None = None
    race: int | None = None
    faults: list[Text] = []
    fault_names: list[Text] = []
    scenario: Text | None = None
    invoked: Number | None = None
    curl: Text = ""


class Finding(_Part):
    """One breach; ``off`` is the money at stake, as text in the player's currency.

    ``headline`` says in one line what happened; ``cases`` names those of many that one reading shows, which ``case``
    has as one text; ``blamed`` are those of the ``exchanges`` that did it. ``decided_by`` says what shows it: the
    "balance"; an answer, which says "done" or "refused" wrongly, "failed" (5xx), is "unreadable" or "silent", or is
    another "answer" than it should be; a "request" of the CLIENT's own; what it has "shown" to players. Both texts are
    "" in reports that do not say.
    """

    level: Text = "MUST"
    headline: Text = ""
    case: Text = ""
    cases: list[Text] = []
    expected: Text = ""
    seen: Text = ""
    off: Text = "0"
    decided_by: Text = ""
    exchanges: list[int] = []
    blamed: list[int] = []


class BalancePoint(_Part):
    """What the balance may be after an exchange: from ``low`` to ``high``, as texts in the curve's currency."""

    exchange: int
    at: Number
    label: Text = ""
    low: Text
    high: Text


class BalanceCurve(_Part):
    """The model's balance over a generated history, and what was ``seen`` at its end (None where it was not read)."""

    player: Text
    currency: Text
    opening: Text
    points: list[BalancePoint] = []
    seen: Text | None = None


class Scenario(_Part):
    """One scenario's part in a rule's verdict. It rests on so many ``answers``, ``raced`` of them to requests that
    were sent at once; ``lost`` callbacks got none that says what was done. ``currency`` is that in which the rule was
    judged once more, "" where it is the players' own.
    """

    id: Text
    title: Text = ""
    outcome: Outcome
    message: Text = ""
    answers: int | None = None
    raced: int = 0
    lost: int = 0
    currency: Text = ""
    findings: list[Finding] = []
    story: list[Text] = []
    balance: BalanceCurve | None = None
    exchanges: list[Exchange] = []


class Rule(_Part):
    """One rule with its verdict, which rests on so many ``answers`` of the CLIENT; None in reports that do not say.

    ``repro`` is the script beside the report that shows it once more, "" where there is none; then ``no_repro`` says
    why, in a sentence.
    """

    id: Text
    level: Text
    provider: Text = ""
    statement: Text = ""
    source: Text = ""
    why: Text = ""
    causes: Text = ""
    outcome: Outcome
    reason: Text = ""
    replay: Text = ""
    answers: int | None = None
    repro: Text = ""
    no_repro: Text = ""
    scenarios: list[Scenario] = []

    @classmethod
    def of(
        cls,
        rule: ContractRule,
        *,
        outcome: str,
        reason: str,
        replay: str = "",
        causes: str = "",
        answers: int | None = None,
        repro: str = "",
        no_repro: str = "",
        scenarios: list[Scenario] | None = None,
    ) -> Self:
        """The entry of ``rule`` as the contract states it, and how it came out."""
        return cls(
            id=rule.id,
            level=str(rule.level),
            provider=rule.provider,
            statement=rule.statement,
            source=rule.source,
            why=rule.why,
            causes=causes or rule.causes,
            outcome=outcome,
            reason=reason,
            replay=replay,
            answers=answers,
            repro=repro,
            no_repro=no_repro,
            scenarios=scenarios or [],
        )


class ToFix(_Part):
    """What one fault seems to be behind: ``rule`` names it, ``headline`` says what happened, ``rules`` are all that it
    breaks. ``off`` is the most money that one finding is off by, as text in ``currency``, and ``level`` MUST where a
    MUST is broken.
    """

    rule: Text
    rules: list[Text]
    level: Text = "MUST"
    headline: Text = ""
    off: Text = "0"
    currency: Text = ""

    @property
    def stake(self) -> str:
        """The money that is off, in words; "" where none is."""
        return f"up to {self.off} {self.currency} off" if self.off.strip("0.") else ""

    @property
    def sentence(self) -> str:
        """The rule, what happened, and the money."""
        return f"{self.rule}: {self.headline}{self.stake and '; '}{self.stake}"

    @property
    def others(self) -> str:
        """The other rules that it seems to break, in words; "" where there are none."""
        return f"and, as it seems by the same fault: {', '.join(self.rules[1:])}" if self.rules[1:] else ""


class MustTally(_Part):
    """How many MUSTs came out how; a rule of another level that failed is among them."""

    passed: int = 0
    failed: int = 0
    skipped: int = 0
    undecided: int = 0


class ShouldTally(_Part):
    """How many SHOULDs came out how."""

    passed: int = 0
    warned: int = 0
    skipped: int = 0
    undecided: int = 0


class Summary(_Part):
    """The tallies by level."""

    must: MustTally = MustTally()
    should: ShouldTally = ShouldTally()


class Cost(_Part):
    """What a verdict cost: ``in_a_row`` of its exchanges left each after the one before was over. Times are seconds:
    the round trip of the first genuine wagers (None where none was answered), and the scenarios by group of rules.
    """

    exchanges: int = 0
    in_a_row: int = 0
    round_trip_s: Number | None = None
    seconds: dict[str, Number] = {}


class Report(_Part):
    """A whole report.json of version 1. ``duration_s`` is in seconds; ``started`` is ISO 8601 in UTC.

    ``reference`` is the name of the mutant, or "" for the reference CLIENT, where ``pitboss demo`` judged it.
    ``dialect`` is whose words the OPERATOR's callbacks were in, where they were not the documents' own. ``currency`` is
    the players' own, in which money is shown where nothing else is said.
    ``target_gone`` is the rule at which the CLIENT went away for good, "" where it did not. ``to_fix`` are the broken
    rules by what seems to be behind them, worst first; [] in reports that do not say. Only a load run has
    ``audit`` and ``load``, only one that judged rules has ``cost``. It holds no secret.
    """

    version: Literal[1]
    target: Text = ""
    reference: str | None = None
    dialect: Text | None = None
    started: Text = ""
    strict: bool = False
    interrupted: bool = False
    target_gone: Text = ""
    seed: int | None = None
    effort: Text = ""
    probe: Text = ""
    currency: Text = ""
    duration_s: Number = 0
    exchanges: int = 0
    summary: Summary = Summary()
    warnings: list[Text] = []
    to_fix: list[ToFix] = []
    rules: list[Rule] = []
    cost: Cost | None = None
    audit: Audit | None = None
    load: Load | None = None

    def plain(self) -> dict[str, Any]:
        """This report as the JSON values of the file."""
        absent = {name for name in ("dialect", "cost", "audit", "load") if getattr(self, name) is None}
        return self.model_dump(mode="json", exclude=absent)
