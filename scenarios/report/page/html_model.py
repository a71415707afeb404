"""report.json read back: the shape that report.html is drawn from. Keys that it does not know are left alone."""

import json
import re
from pathlib import Path
from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError

from scenarios.problems.errors import UsageProblem
from scenarios.report.plain import printable

Outcome = Literal["passed", "failed", "warned", "skipped", "info", "undecided"]

_PLAIN = re.compile(r"[\x20-\x7e\n]*")


class _Part(BaseModel):
    model_config = ConfigDict(extra="ignore", frozen=True)


class Message(_Part):
    """A request: headers are pairs, ``body`` is text, shortened where it was long."""

    method: str = ""
    url: str = ""
    headers: list[tuple[str, str]] = []
    body: str = ""


class Answer(_Part):
    """An answer in the same form."""

    status: int
    headers: list[tuple[str, str]] = []
    body: str = ""


class Exchange(_Part):
    """A request with its answer or the lack of one. ``at`` is ISO 8601 in UTC, ``seconds`` how long the answer took,
    ``invoked`` when the request left, in seconds since the history began.
    """

    number: int
    provider: str
    kind: str
    direction: str = "to CLIENT"
    at: str = ""
    seconds: float | None = None
    invoked: float | None = None
    request: Message
    answer: Answer | None = None
    outcome: str = "unknown"
    error: str | None = None
    failure: str | None = None
    copy_of: int | None = None
    faults: list[str] = []
    curl: str = ""


class Finding(_Part):
    """One breach; ``off`` is the money at stake, as text in the player's currency."""

    level: str = "MUST"
    case: str = ""
    expected: str = ""
    seen: str = ""
    off: str = "0"
    exchanges: list[int] = []


class BalancePoint(_Part):
    """What the balance may be after an exchange: from ``low`` to ``high``, as texts in the curve's currency."""

    exchange: int
    at: float
    label: str = ""
    low: str
    high: str


class BalanceCurve(_Part):
    """The model's balance over a generated history, and what was ``seen`` at its end (None where it was not read)."""

    player: str
    currency: str
    opening: str
    points: list[BalancePoint] = []
    seen: str | None = None


class Scenario(_Part):
    """One scenario's part in a rule's verdict."""

    id: str
    title: str = ""
    outcome: Outcome
    message: str = ""
    findings: list[Finding] = []
    story: list[str] = []
    exchanges: list[Exchange] = []
    balance: BalanceCurve | None = None


class Rule(_Part):
    """One rule with its verdict."""

    id: str
    level: str
    provider: str = ""
    statement: str = ""
    source: str = ""
    why: str = ""
    causes: str = ""
    outcome: Outcome
    reason: str = ""
    replay: str = ""
    scenarios: list[Scenario] = []


class Tally(_Part):
    """How many rules of a level came out how."""

    passed: int = 0
    failed: int = 0
    warned: int = 0
    skipped: int = 0
    undecided: int = 0


class Summary(_Part):
    """The tallies by level."""

    must: Tally = Tally()
    should: Tally = Tally()


class Audit(BaseModel):
    """What the audit of all balances after a load run says. Further keys are kept, and shown as they are."""

    model_config = ConfigDict(extra="allow", frozen=True)

    verdict: Literal["clean", "broken", "undecided"]
    players: int = 0
    transactions: int = 0
    off: str = "0"


class LoadRow(_Part):
    """One kind of request of a load run; times are milliseconds, ``rate`` is requests per second."""

    name: str
    requests: int = 0
    failures: int = 0
    rate: float = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None
    max_ms: float | None = None


class LoadMoment(_Part):
    """What a load run did at a moment, ``at`` seconds after its start."""

    at: float
    users: int = 0
    rate: float = 0
    failures: float = 0
    p50_ms: float | None = None
    p95_ms: float | None = None
    p99_ms: float | None = None


class LoadMemory(_Part):
    """What all processes of a load run took, and the largest of them, ``at`` seconds after its start."""

    at: float
    bytes: float
    greatest: float


class LoadError(_Part):
    """One kind of failure, and how often it came."""

    name: str = ""
    error: str
    count: int = 1


class RampStep(_Part):
    """What one number of users came to. ``audit`` is the verdict after it, ``failed`` is failures per second."""

    users: int
    rate: float = 0
    failed: float = 0
    p99_ms: float | None = None
    holds: bool = False
    audit: Literal["clean", "broken", "undecided"] | None = None
    why: str = ""


class Ramp(_Part):
    """The search for the highest rate that holds; ``verdict`` says in words what it found."""

    verdict: str = ""
    steps: list[RampStep] = []


class Load(_Part):
    """The traffic of a load run. ``seconds`` is how long it lasted."""

    host: str = ""
    users: int = 0
    processes: int = 1
    seconds: float = 0
    requests: int = 0
    failures: int = 0
    rate: float = 0
    rows: list[LoadRow] = []
    over_time: list[LoadMoment] = []
    memory: list[LoadMemory] = []
    errors: list[LoadError] = []
    ramp: Ramp | None = None


class Report(_Part):
    """A whole report.json of version 1."""

    version: Literal[1]
    seed: int | None = None
    effort: str = ""
    probe: str = ""
    duration_s: float = 0
    exchanges: int = 0
    target: str = ""
    started: str = ""
    strict: bool = False
    interrupted: bool = False
    summary: Summary = Summary()
    warnings: list[str] = []
    rules: list[Rule] = Field(default=[])
    audit: Audit | None = None
    load: Load | None = None


def read_report(file: Path) -> Report:
    """Read a report.json, or the one in the folder ``file``. Raises UsageProblem where it is none."""
    path = file / "report.json" if file.is_dir() else file
    try:
        saved = json.loads(path.read_text(encoding="utf-8"))
        return report_of(saved)
    except OSError as error:
        raise UsageProblem(
            f"{path} cannot be read: {error.strerror}",
            "a report.json, or the folder that holds it",
            "name the DIR that pitboss check --report DIR wrote",
        ) from None
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        place = ".".join(str(step) for step in first["loc"])
        came = f"{path} is no report of pitboss: {place or 'all of it'}: {first['msg']}"
    except (ValueError, RecursionError) as error:
        came = f"{path} is no report of pitboss: {error}"
    raise UsageProblem(
        came,
        "the report.json that check, demo or load wrote, of version 1",
        "name the DIR that pitboss check --report DIR wrote",
    )


def report_of(saved: object) -> Report:
    """The report that parsed JSON holds, harmless to show. Raises pydantic's ValidationError, a ValueError."""
    return Report.model_validate(_harmless(saved))


def _harmless(value: Any, key: str = "") -> Any:
    """``value`` with what a screen would obey written as escapes; a command line keeps all but half characters."""
    if isinstance(value, str):
        if _PLAIN.fullmatch(value):
            return value
        whole = value.encode("utf-8", "backslashreplace").decode("utf-8")
        return whole if key == "curl" else printable(whole)
    if isinstance(value, list):
        return [_harmless(one, key) for one in value]
    if isinstance(value, dict):
        return {printable(name): _harmless(one, name) for name, one in value.items()}
    return value
