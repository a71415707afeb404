"""report.json, the one schema of it: what ``check``, ``demo`` and ``load`` write, and all that is read back.

Written are all fields, in this order; read is what an earlier version wrote, too. Keys that it does not know are
left alone.
"""

from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, BeforeValidator, ConfigDict

from scenarios.contract.rule import Rule as ContractRule
from scenarios.problems.plain_text import whole

VERSION: Literal[1] = 1
Outcome = Literal["passed", "failed", "warned", "skipped", "info", "undecided"]
AuditVerdict = Literal["clean", "broken", "undecided"]
# A number is written as it came: 5 stays 5, and 5.0 stays 5.0.
Number = int | float
# UTF-8 has no half characters, which a CLIENT can send; they are spelt out.
Text = Annotated[str, BeforeValidator(lambda text: whole(text) if isinstance(text, str) else text)]


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


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
    """One breach; ``off`` is the money at stake, as text in the player's currency."""

    level: Text = "MUST"
    case: Text = ""
    expected: Text = ""
    seen: Text = ""
    off: Text = "0"
    exchanges: list[int] = []


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


class ClientIds(_Part):
    """How many CLIENT ids were ``compared``, whether that was ``all``, and the groups that ``shared`` one."""

    compared: int = 0
    all: bool = True
    shared: list[list[Text]] = []


class OffPlayer(_Part):
    """A player whose balance is none of the acceptable ones; ``off`` is how far, as text in the run's currency."""

    player: Text
    off: Text = "0"
    why: Text = ""
    transactions: list[Text] = []


class Doubt(_Part):
    """Players whose balance could not be judged, and why: ``count`` of them, and the first by name."""

    why: Text
    count: int
    players: list[Text] = []


class Breach(_Part):
    """An answer that broke the contract whatever the balances are."""

    rule: Text
    player: Text
    transaction: Text
    text: Text


class FailedRound(_Part):
    """Rounds that failed in the generator itself, ``count`` of them, and with what."""

    error: Text
    count: int


class Audit(_Part):
    """What the audit of all balances after a load run says. Amounts are texts in ``currency``.

    ``read`` balances of ``players`` were read, and ``right`` of them acceptable; ``resolved`` operations were open when
    the traffic ended; ``sample`` says how sure a sample makes, None where all were read.
    """

    verdict: AuditVerdict
    players: int = 0
    transactions: int = 0
    off: Text = "0"
    currency: Text = ""
    read: int = 0
    right: int = 0
    off_players: int = 0
    undecided_players: int = 0
    probe: Text = ""
    sample: Text | None = None
    workers: int = 0
    lost_workers: list[Text] = []
    resolved: int = 0
    client_ids: ClientIds | None = None
    broken_rules: dict[str, int] = {}
    broken: list[OffPlayer] = []
    undecided: list[Doubt] = []
    breaches: list[Breach] = []
    failed_rounds: list[FailedRound] = []
    never_sent: list[Text] = []


class LoadRow(_Part):
    """One kind of request of a load run; times are milliseconds, ``rate`` is requests per second."""

    name: Text
    requests: int = 0
    failures: int = 0
    rate: Number = 0
    p50_ms: Number | None = None
    p95_ms: Number | None = None
    p99_ms: Number | None = None
    max_ms: Number | None = None


class LoadMoment(_Part):
    """What a load run did at a moment, ``at`` seconds after its start."""

    at: Number
    users: int = 0
    rate: Number = 0
    failures: Number = 0
    p50_ms: Number | None = None
    p95_ms: Number | None = None


class LoadMemory(_Part):
    """What all ``processes`` of a load run took, and the largest of them, ``at`` seconds after its start."""

    at: Number
    bytes: Number
    greatest: Number
    processes: int = 1


class LoadError(_Part):
    """One kind of failure, and how often it came."""

    name: Text = ""
    error: Text
    count: int = 1


class RampStep(_Part):
    """What one number of users came to. ``audit`` is the verdict after it, ``failed`` is failures per second."""

    users: int
    rate: Number = 0
    failed: Number = 0
    p99_ms: Number | None = None
    holds: bool = False
    audit: AuditVerdict | None = None
    why: Text = ""


class Ramp(_Part):
    """The search for the highest rate that holds; ``verdict`` says in words what it found."""

    verdict: Text = ""
    limit_ms: Number | None = None
    best: RampStep | None = None
    steps: list[RampStep] = []


class Load(_Part):
    """The traffic of a load run. ``seconds`` is how long it lasted."""

    host: Text = ""
    users: int = 0
    processes: int = 1
    seconds: Number = 0
    requests: int = 0
    failures: int = 0
    rate: Number = 0
    rows: list[LoadRow] = []
    over_time: list[LoadMoment] = []
    errors: list[LoadError] = []
    memory: list[LoadMemory] = []
    ramp: Ramp | None = None


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
    the players' own, in which money is told where nothing else is said.
    ``target_gone`` is the rule at which the CLIENT went away for good, "" where it did not. Only a load run has
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
    rules: list[Rule] = []
    cost: Cost | None = None
    audit: Audit | None = None
    load: Load | None = None

    def plain(self) -> dict[str, Any]:
        """This report as the JSON values of the file."""
        absent = {name for name in ("dialect", "cost", "audit", "load") if getattr(self, name) is None}
        return self.model_dump(mode="json", exclude=absent)
