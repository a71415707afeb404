"""The part of report.json that ``load`` writes: its audit and its traffic."""

from typing import Literal

from pydantic import BaseModel

from scenarios.report.schema.parts import PART, Number, Text

AuditVerdict = Literal["clean", "broken", "undecided"]


class _Part(BaseModel):
    model_config = PART


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
