"""What came of a run."""

from dataclasses import dataclass, field

from scenarios.problems.errors import Exit, Problem
from scenarios.run.findings import RuleVerdict
from scenarios.run.run import Run


@dataclass(frozen=True)
class Judged:
    """What came of a run: its verdicts in contract order, the exit code, and the run with its history."""

    run: Run
    verdicts: list[RuleVerdict] = field(default_factory=list)
    code: Exit = Exit.HOLDS
    problem: Problem | None = None
    interrupted: bool = False
