"""The search for the highest rate that a CLIENT bears: which number of users to try next. Pure.

A rate holds where 99 of 100 answers come in time, (nearly) no request fails, and the audit after the step is clean.
Balances add up over the whole run: once an audit is broken every later one is, so that the search ends there.
"""

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

from loadtests.audit.outcome.verdict import AuditFinding

# The first step has one in so many of the users; then it grows by the factor, then narrows in so many steps.
_FIRST_OF, _GROWTH, _FINER = 32, 2.0, 4
# One failed request in so many is not yet taken for saturation.
_FAILED_OF: Final = 1000


@dataclass(frozen=True, slots=True)
class RampStep:
    """What one number of users came to: requests and failures a second, and the 99th percentile in milliseconds.

    ``finding`` is what the audit after it found, None where there was none; ``why`` says more where it is not clean.
    """

    users: int
    rate: float
    failed: float
    p99_ms: float
    finding: AuditFinding | None = None
    why: str = ""

    def holds(self, limit_ms: float) -> bool:
        """Whether answers came in time, (nearly) none was missing or broken, and every balance is right."""
        return not self.fault(limit_ms)

    def fault(self, limit_ms: float) -> str:
        """Why it does not hold, in words; empty where it does."""
        if self.finding is AuditFinding.BROKEN:
            return f"the audit is broken: {self.why}"
        if self.rate <= 0:
            return "nothing was answered"
        if self.p99_ms > limit_ms:
            return f"p99 is {self.p99_ms:g} ms (limit {limit_ms:g} ms)"
        if self.failed * _FAILED_OF > self.rate:
            return f"{self.failed:,.1f} of {self.rate:,.0f} requests/s failed"
        if self.finding is AuditFinding.UNDECIDED:
            return f"the audit is undecided: {self.why}"
        return "" if self.finding is AuditFinding.CLEAN else "nothing was audited"

    def __str__(self) -> str:
        """All of it in one line."""
        failed = f", {self.failed:,.1f}/s failed" if self.failed else ""
        audit = "not audited" if self.finding is None else f"audit {self.finding}"
        why = f" ({self.why})" if self.why else ""
        rate = f"{self.rate:,.0f} requests/s"
        return f"{_users(self.users)}, {rate}, p99 {self.p99_ms:g} ms{failed}, {audit}{why}"


@dataclass
class Search:
    """Looks for the highest rate that holds, with ``most`` users at most: grows until it breaks, then narrows.

    ``steps`` are all that were tried, in order; ``ended`` says what else than a step ended the search.
    """

    most: int
    limit_ms: float
    users: int = field(init=False)
    best: RampStep | None = None
    over: bool = False
    steps: list[RampStep] = field(default_factory=list)
    ended: str = ""
    _held: int = 0
    _broke: int | None = None
    _left: int = _FINER

    def __post_init__(self) -> None:
        self.users = max(1, self.most // _FIRST_OF)

    def judge(self, step: RampStep) -> None:
        """Take what the users of now came to, and set ``users`` to what is to be tried next, or ``over``."""
        self.steps.append(step)
        if step.holds(self.limit_ms):
            self._held = max(self._held, step.users)
            if self.best is None or step.rate > self.best.rate:
                self.best = step
        else:
            self._broke = step.users
        if self._broke is None:
            self.over = step.users >= self.most
            self.users = min(self.most, math.ceil(step.users * _GROWTH))
            return
        middle = (self._held + self._broke) // 2
        self.over = self._left == 0 or middle <= self._held or step.finding is AuditFinding.BROKEN
        self._left -= 1
        self.users = max(1, middle)

    def stop(self, why: str) -> None:
        """End the search with what was found so far: no further step can be judged, for the reason ``why``."""
        self.over, self.ended = True, why

    def verdict(self) -> str:
        """What was found, in words."""
        return "ramp: " + "; ".join(self._parts())

    def _parts(self) -> Iterator[str]:
        failing = [step for step in self.steps if not step.holds(self.limit_ms)]
        if self.best is not None:
            yield (
                f"{self.best.rate:,.0f} requests/s with {_users(self.best.users)}, p99 {self.best.p99_ms:g} ms "
                f"(limit {self.limit_ms:g} ms), audit clean"
            )
        else:
            yield "no rate holds" if failing else "no step was judged"
        if failing:
            # Those before it had more users.
            yield f"at {_users(failing[-1].users)} {failing[-1].fault(self.limit_ms)}"
        elif self.best is not None and self.over and not self.ended:
            yield f"{_users(self.most)} did not saturate the CLIENT"
        if self.ended:
            yield self.ended
        elif not self.over:
            yield "the run ended before the search did"

    def as_plain(self) -> dict[str, Any]:
        """All of it as numbers, texts, lists and dictionaries, for report.json."""
        return {
            "verdict": self.verdict(),
            "limit_ms": self.limit_ms,
            "best": None if self.best is None else self._plain(self.best),
            "steps": [self._plain(step) for step in self.steps],
        }

    def _plain(self, step: RampStep) -> dict[str, Any]:
        return {
            "users": step.users,
            "rate": round(step.rate, 1),
            "failed": round(step.failed, 1),
            "p99_ms": step.p99_ms,
            "holds": step.holds(self.limit_ms),
            "audit": None if step.finding is None else str(step.finding),
            "why": step.why,
        }


def _users(count: int) -> str:
    return "1 user" if count == 1 else f"{count:,} users"
