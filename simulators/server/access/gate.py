"""Who may open pages that act, where others reach them: whoever shows the token, by a header or once on a login page.

One gate stands before all such pages of a process, so that one login opens those which have its host's name. APIs that
a CLIENT calls, and pages that a player's or a shopper's browser opens, have authentication of their own and no gate.
"""

import secrets
import threading
import time
from collections.abc import Callable
from typing import Final

from flask import Response, make_response, redirect, request

from simulators.server.access import csrf
from simulators.server.access.tokens import bearer
from simulators.server.pages import page
from simulators.values.secret import same

# A header beside Authorization, of which a proxy before the page may have a use of its own.
TOKEN_HEADER: Final = "X-Pitboss-Token"  # noqa: S105
# The cookie of a browser that has logged in.
COOKIE: Final = "pitboss_login"
# So many wrong tokens in a row cost nothing; each one more makes its address wait twice as long, in seconds.
FREE: Final = 3
_LONGEST: Final = 60.0
# So many addresses and so many browsers are remembered.
_REMEMBERED: Final = 1000


def reached_by_others(host: str) -> bool:
    """Whether a server that listens on ``host``, an address or a name, is reached from other machines."""
    return not csrf.local(f"[{host}]" if ":" in host else host)


class NotAdmitted(Exception):
    """A request that shows no right token: what ``came``, what was ``expected``, the ``next_step``, and the status."""

    def __init__(self, status: int, came: str, expected: str, next_step: str) -> None:
        super().__init__(f"{came}; expected {expected}; {next_step}")
        self.status, self.came, self.expected, self.next_step = status, came, expected, next_step


class WrongToken(NotAdmitted):
    """A token that is not the gate's."""

    def __init__(self, given: str) -> None:
        super().__init__(
            401,
            "the token is not right" if given else "there is no token",
            "the one that `pitboss serve` printed, or that PITBOSS_CONTROL_TOKEN held when it was started",
            "give that one",
        )


class TooMany(NotAdmitted):
    """A token that was not looked at, as too many wrong ones came before; ``seconds`` is how long to wait."""

    def __init__(self, seconds: int) -> None:
        self.seconds = seconds
        super().__init__(
            429,
            "too many wrong tokens came from this address",
            f"none for {seconds} s more",
            "wait, then give the token that `pitboss serve` printed",
        )


class Gate:
    """Guards pages by ``token``. Where it ``asks``, who only looks on needs it, too. Safe from several threads.

    ``clock`` counts seconds.
    """

    def __init__(
        self, token: str | None = None, *, asks: bool, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.token = token or secrets.token_urlsafe(24)
        self.asks = asks
        self._clock = clock
        self._lock = threading.Lock()
        # How many wrong tokens in a row came from an address, and until when none is looked at.
        self._wrong: dict[str, tuple[int, float]] = {}
        self._sessions: dict[str, None] = {}

    def fits(self, given: str) -> bool:
        """Whether ``given`` is the token, compared in constant time."""
        return same(given, self.token)

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
        raise WrongToken(given)

    def knows(self, session: str) -> bool:
        """Whether ``session`` is the cookie of a browser that has logged in."""
        with self._lock:
            return session in self._sessions

    # -- the request that is being answered

    def admit(self, what: str | None = None, action: str = "") -> Response | None:
        """Let the request through (None), or answer it with the login page; raises WrongToken, TooMany.

        ``what`` is the page that was asked for, in words (None: no page), ``action`` where the login page's form leads.
        """
        given = shown_token()
        if not self.asks or (not given and self.knows(request.cookies.get(COOKIE, ""))):
            return None
        if not given and what is not None:
            return login_page(what, action)
        self.check(given, request.remote_addr or "")
        return None

    def log_in(self, what: str, back: str, *, secure: bool, action: str = "") -> Response:
        """Take the token of the login page's form, and lead ``back``; the login page once more where it is wrong.

        ``secure`` sends the cookie by https alone.
        """
        try:
            self.check(request.form.get("token", "").strip(), request.remote_addr or "")
        except NotAdmitted as wrong:
            return login_page(what, action, wrong)
        session = secrets.token_urlsafe(24)
        with self._lock:
            self._sessions[session] = None
            _forget(self._sessions)
        response = make_response(redirect(back, 303))
        # Lax: an address that somebody sent opens the page; whatever acts needs the page's own token as well.
        response.set_cookie(COOKIE, session, httponly=True, samesite="Lax", secure=secure)
        return response


def shown_token() -> str:
    """The token that the request shows by a header, empty where it shows none."""
    return request.headers.get(TOKEN_HEADER) or bearer() or ""


def login_page(what: str, action: str = "", wrong: NotAdmitted | None = None) -> Response:
    """The page that asks for the token of ``what``; its form leads to ``action`` (empty: where it is)."""
    status = 401 if wrong is None else wrong.status
    response = page("login.html", status, what=what, action=action, wrong=wrong)
    if response.status_code == 401:
        response.headers["WWW-Authenticate"] = "Bearer"
    return response


def _forget(remembered: dict[str, tuple[int, float]] | dict[str, None]) -> None:
    """Let go of the oldest where there are too many."""
    while len(remembered) > _REMEMBERED:
        remembered.pop(next(iter(remembered)))
