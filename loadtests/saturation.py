"""The search for the highest rate that a CLIENT bears: which number of users to try next. Pure."""

import math
from dataclasses import dataclass, field
from typing import Final

# The first step has one in so many of the users; then it grows by the factor, then narrows in so many steps.
_FIRST_OF, _GROWTH, _FINER = 32, 2.0, 4
# One failed request in so many is not yet taken for saturation.
_FAILED_OF: Final = 1000


@dataclass(frozen=True, slots=True)
class Step:
    """What one number of users came to: requests and failures a second, and the 99th percentile in milliseconds."""

    users: int
    rate: float
    failed: float
    p99_ms: float

    def holds(self, limit_ms: float) -> bool:
        """Whether answers came in time, and (nearly) none was missing or broken."""
        return self.rate > 0 and self.p99_ms <= limit_ms and self.failed * _FAILED_OF <= self.rate


@dataclass
class Search:
    """Looks for the highest rate that holds, with ``most`` users at most: grows until it breaks, then narrows."""

    most: int
    limit_ms: float
    users: int = field(init=False)
    best: Step | None = None
    over: bool = False
    _held: int = 0
    _broke: int | None = None
    _left: int = _FINER

    def __post_init__(self) -> None:
        self.users = max(1, self.most // _FIRST_OF)

    def judge(self, step: Step) -> None:
        """Take what the users of now came to, and set ``users`` to what is to be tried next, or ``over``."""
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
        self.over = self._left == 0 or middle <= self._held
        self._left -= 1
        self.users = max(1, middle)

    def verdict(self) -> str:
        """What was found, in words."""
        if self.best is None:
            return (
                f"ramp: no rate holds: with {self._broke or self.users} users already, 99 of 100 answers took over "
                f"{self.limit_ms:g} ms, or requests failed"
            )
        found = (
            f"ramp: {self.best.rate:,.0f} requests/s with {self.best.users} users, p99 {self.best.p99_ms:g} ms "
            f"(limit {self.limit_ms:g} ms), if the audit is clean"
        )
        return found if self._broke is not None else f"{found}; {self.most} users did not saturate the CLIENT"
