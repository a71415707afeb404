"""A CLIENT that says *not now*: what is sent is sent again later, at a pace that is learned from when it was taken.

Only what is refused alone, or is asked to come back much later, tells of the pace: of what is refused beside others
there are fewer at once (``concurrency``) from then on.

Implements ``contract.md``, *What a verdict may rest on*: 429, and 503 with or without Retry-After, mean *not now*.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from simulators.exchanges.history import Answer, header
from simulators.transport.rate_limits import Limits

# Seconds: the first pause where the CLIENT names none, alone and beside others, which are soon over, and the longest.
_FIRST, _FIRST_BESIDE = 0.5, 0.05
_LONGEST = 60.0
# Who limits how many are under way at once takes the next ones within so many seconds.
_SOON = 5.0
# What is asked for below what was taken, and the shortest time over which that is counted, in seconds.
_MARGIN = 0.9
_SHORTEST = 1.0
# How much of the patience is left after a request for which it was in vain: then "not now" is no matter of pace.
_DISAPPOINTED = 0.25
# So long nothing may be refused, in seconds and in times of the longest in which nothing was taken, before
# so many times as much is tried: a CLIENT that was away for a moment, time and again, would be asked ever more slowly.
_CALM = 5.0
_CALM_TIMES = 3.0
_FASTER = 1.25
# How long what was taken is remembered, in seconds.
_REMEMBERED = 120.0

_UNKNOWN = "requests were sent again later. If it limits rates, set [target] max_requests_per_second"
_AT_ONCE = "what came beside others was refused, and no more than {0} went out at once from then on"


@dataclass
class Pace:
    """How fast the CLIENT is asked, as learned; safe to use from several threads.

    ``limits`` are slowed down. ``tell`` is called once, with words, when the CLIENT says *not now* for the first time,
    ``slowed`` is called whenever a lower pace was learned.
    ``learned`` is the pace in requests per second, None while nothing was to be learned; once nothing was refused for a
    while, more is tried. ``patience`` is how long one request is sent again: limits are often counted by the minute.
    ``clock``, ``sleep`` and ``patience``: seconds.
    """

    limits: Limits
    tell: Callable[[str], None] | None = None
    slowed: Callable[[], None] | None = None
    clock: Callable[[], float] = time.monotonic
    sleep: Callable[[float], None] = time.sleep
    learned: float | None = None
    status: int | None = None
    patience: float = 75.0
    _taken: deque[float] = field(default_factory=deque)
    _refused_at: float | None = None
    # Whether what is refused now tells of the pace.
    _paced: bool = False
    # When the pace was changed last, and the longest in which nothing was taken.
    _changed_at: float = 0.0
    # When patience was lost last.
    _in_vain_at: float = float("-inf")
    _longest: float = 0.0
    # Until which exchange, by number, what was refused has been learned from.
    _learned_until: int = 0
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def taken(self, number: int) -> bool:
        """The CLIENT took exchange ``number``; after one that it did not take, that shows how many it takes.

        Tells whether a pace was learned from it.
        """
        with self._lock:
            now = self.clock()
            learned = self._refused_at is not None and self._paced
            if self._refused_at is not None:
                if learned:
                    self._learn(now - self._refused_at, self._refused_at)
                self._refused_at, self._learned_until, self._paced = None, number, False
            elif self.learned is not None and self._held_back(now, self.learned):
                self._keep_to(self.learned * _FASTER)
            self._taken.append(now)
            while self._taken[0] < now - _REMEMBERED:
                self._taken.popleft()
        if learned and self.slowed is not None:
            self.slowed()
        return learned

    def wait(
        self,
        answer: Answer,
        number: int,
        attempt: int,
        waited: float,
        *,
        ago: float = 0.0,
        beside: bool = False,
    ) -> float | None:
        """Wait before a request that was answered *not now*, in exchange ``number``, is sent again; return how long.

        ``attempt`` counts from 1, ``waited`` is how long it waited before. It was answered so many seconds ``ago``, and
        was sent alone or ``beside`` others. None where that would be too long.
        """
        with self._lock:
            # What left together is refused together: it shows one pace, not one for each.
            if self._refused_at is None and number > self._learned_until:
                self._refused_at = self.clock()
            first, self.status = self.status is None, answer.status
            shortest = _FIRST_BESIDE if beside else _FIRST
            pause: float = min(_LONGEST, max(_after(answer), shortest * 2.0 ** (attempt - 1)))
            self._paced |= self._refused_at is not None and (not beside or pause > _SOON)
            left = self.patience - waited
            # The last try is when patience ends, unless the CLIENT itself asks for more.
            pause = pause if pause <= left else max(left, _after(answer))
            if not 0 < pause <= left:
                # Those that waited side by side waited in vain once.
                if self.clock() - waited >= self._in_vain_at:
                    self.patience, self._in_vain_at = self.patience * _DISAPPOINTED, self.clock()
                self._refused_at = None
                return None
        if first and self.tell is not None:
            self.tell(
                f"the CLIENT answers {answer.status} (not now): what it does not take is sent later, and slower"
            )
        self.sleep(max(0.0, pause - ago))
        return pause

    def _held_back(self, now: float, learned: float) -> bool:
        """Whether nothing was refused for long, and the pace is what keeps more from being sent."""
        calm = max(_CALM, _CALM_TIMES * self._longest)
        lately = sum(1 for one in self._taken if one > now - _CALM)
        return now > self._changed_at + calm and lately > learned * _CALM / 2

    def _learn(self, blocked: float, since: float) -> None:
        """Slow down to what was taken before ``since``, in as long as the CLIENT then took nothing."""
        window = max(_SHORTEST, blocked)
        count = max(1, sum(1 for one in self._taken if one > since - window))
        rate = _MARGIN * count / window
        self._longest = max(self._longest, blocked)
        self._keep_to(rate if self.learned is None else min(rate, self.learned * _MARGIN), count)

    def _keep_to(self, rate: float, together: int | None = None) -> None:
        self.learned, self._changed_at = rate, self.clock()
        self.limits.keep_to(rate, together)

    def warning(self, at_once: int | None) -> str | None:
        """What the user should know and do, None where the CLIENT never said *not now*.

        ``at_once`` are the most that it takes at once, None where it takes as many as there were.
        """
        if self.status is None:
            return None
        said = [
            f"the CLIENT answered {self.status} (not now) under this run's load; that breaks no rule",
            *([] if at_once is None else [_AT_ONCE.format(at_once)]),
        ]
        if self.learned is None:
            return "; ".join(said if at_once is not None else [*said, _UNKNOWN])
        if self.learned < 1:
            return (
                f"{'; '.join(said)}, and the run went on at {self.learned:.2g} requests a second, which is less than "
                "[target] max_requests_per_second can say: raise the CLIENT's limit for tests"
            )
        # The key takes whole numbers.
        shown = int(self.learned)
        return (
            f"{'; '.join(said)}, and the run went on at {shown} requests a second. Raise the CLIENT's limit for tests, "
            f"or set [target] max_requests_per_second = {shown}"
        )


def _after(answer: Answer) -> float:
    """The seconds that the CLIENT asks for in Retry-After, 0 where it names none that can be read."""
    value = (header(answer.headers, "Retry-After") or "").strip()
    if value.isascii() and value.isdigit():
        return float(value[:6])
    try:
        return max(0.0, (parsedate_to_datetime(value) - datetime.now(UTC)).total_seconds())
    except (ValueError, TypeError, OverflowError):
        return 0.0
