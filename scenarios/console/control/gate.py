"""Who may use the console where others reach it: whoever shows the token, by a header or once on the login page."""

import hmac
import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from scenarios.problems.errors import UsageProblem
from simulators.server import csrf

# The cookie of a browser that has logged in.
COOKIE: Final = "pitboss_console"
# So many wrong tokens in a row cost nothing; each one more makes its address wait twice as long, in seconds.
FREE: Final = 3
_LONGEST: Final = 60.0
# So many addresses and so many browsers are remembered.
_REMEMBERED: Final = 1000


def reached_by_others(host: str) -> bool:
    """Whether a server that listens on ``host``, an address or a name, is reached from other machines."""
    return not csrf.local(f"[{host}]" if ":" in host else host)


class WrongToken(UsageProblem):
    """A token that is not the console's."""


class TooMany(UsageProblem):
    """A token that was not looked at, as too many wrong ones came before; ``seconds`` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            "too many wrong tokens came from this address",
            f"none for {seconds} s more",
            "wait, then give the token that `pitboss serve` printed",
        )


class Gate:
    """Guards a console by ``token``. Where it ``asks``, who only looks on needs it, too. Safe from several threads.

    ``clock`` counts seconds.
    """

    def __init__(self, token: str, *, asks: bool, clock: Callable[[], float] = time.monotonic) -> None:
        self.token = token
        self.asks = asks
        self._clock = clock
        self._lock = threading.Lock()
        # How many wrong tokens in a row came from an address, and until when none is looked at.
        self._wrong: dict[str, tuple[int, float]] = {}
        self._sessions: dict[str, None] = {}

    def fits(self, given: str) -> bool:
        """Whether ``given`` is the token, compared in constant time."""
        return hmac.compare_digest(given.encode("utf-8", "surrogatepass"), self.token.encode())

    def check(self, given: str, peer: str) -> None:
        """Take the token ``given`` from the address ``peer``; raises WrongToken, and TooMany without looking at it."""
        with self._lock:
            now = self._clock()
            wrong, until = self._wrong.get(peer, (0, now))
            if until > now:
                raise TooMany(int(until - now) + 1)
            self._wrong.pop(peer, None)
            if self.fits(given):
                return
            pause = min(_LONGEST, 2.0 ** (wrong + 1 - FREE)) if wrong + 1 >= FREE else 0.0
            self._wrong[peer] = (wrong + 1, now + pause)
            _forget(self._wrong)
        raise WrongToken(
            "the token is not right" if given else "there is no token",
            "the one that `pitboss serve` printed, or that PITBOSS_CONTROL_TOKEN held when it was started",
            "give that one",
        )

    def log_in(self, given: str, peer: str) -> str:
        """The value of the cookie for a browser that gave the token; raises as ``check``."""
        self.check(given, peer)
        session = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[session] = None
            _forget(self._sessions)
        return session

    def knows(self, session: str) -> bool:
        """Whether ``session`` is the cookie of a browser that has logged in."""
        with self._lock:
            return session in self._sessions


def _forget(remembered: dict[str, object] | dict[str, tuple[int, float]] | dict[str, None]) -> None:
    """Let go of the oldest where there are too many."""
    while len(remembered) > _REMEMBERED:
        remembered.pop(next(iter(remembered)))
