"""What the CLIENT asks of the OPERATOR: tokens and sessions. ``sportsbook.txt``, *CLIENT requests*."""

import json
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import urllib3

from client_under_test.config import Config

_ANSWER_LIMIT = 256 * 1024


class OperatorFailed(Exception):
    """The OPERATOR gave no session; ``code`` and ``message`` are fit for the player, ``status`` for HTTP."""

    def __init__(self, code: str, message: str, status: int = 502) -> None:
        super().__init__(message)
        self.code, self.message, self.status = code, message, status


@dataclass(frozen=True, slots=True)
class Token:
    """A bearer token, renewed from ``stale`` on (seconds on the clock)."""

    value: str
    stale: float


class OperatorApi:
    """Logs in to the OPERATOR once and opens sessions with that token until it is about to expire."""

    def __init__(self, config: Config, clock: Callable[[], float] = time.monotonic) -> None:
        self._config = config
        self._clock = clock
        self._http = urllib3.PoolManager(maxsize=8, retries=False)
        self._token: Token | None = None
        self._login = threading.Lock()

    def launch(self, player: str, currency: str, lang: str | None) -> str:
        """Open a session for ``player`` and return the URL for the iframe; raises OperatorFailed."""
        token = self.token()
        status, document = self.start_session(token, player, currency, lang)
        if status == 401:
            # Expired earlier than announced, or revoked: one new token, one more try.
            self.forget(token)
            status, document = self.start_session(self.token(), player, currency, lang)
        if status != 200:
            raise OperatorFailed(
                "OPERATOR_ERROR", "The sportsbook did not open a session. Please try again later."
            )
        return self.iframe_url(document)

    def iframe_url(self, document: dict[str, Any]) -> str:
        """Read the URL out of the OPERATOR's answer and change nothing in it."""
        address = document.get("url")
        # Anything but a web address ("javascript:..") has no business in our page.
        if not isinstance(address, str) or not address.startswith(("http://", "https://")):
            raise _unreadable()
        return address

    def token(self) -> str:
        """Return a valid token; launches that come together wait for one login."""
        with self._login:
            if self._token is None or self._clock() >= self._token.stale:
                self._token = self.auth()
            return self._token.value

    def forget(self, token: str) -> None:
        """Drop ``token`` unless another launch has replaced it already."""
        with self._login:
            if self._token is not None and self._token.value == token:
                self._token = None

    def auth(self) -> Token:
        """Log in; raises OperatorFailed."""
        asked = self._clock()
        credentials = {"username": self._config.username, "password": self._config.password}
        status, document = self.post("/auth", credentials, {})
        if status != 200:
            raise OperatorFailed(
                "OPERATOR_LOGIN_FAILED", "The sportsbook is not available. Please try again later."
            )
        token, seconds = document.get("token"), document.get("expires_in")
        if not isinstance(token, str) or not token or isinstance(seconds, bool):
            raise _unreadable()
        try:
            lifetime = float(seconds)  # type: ignore[arg-type]  # the document quotes the number
        except (TypeError, ValueError):
            raise _unreadable() from None
        return Token(token, asked + lifetime - min(self._config.renew_before, lifetime / 10))

    def start_session(
        self, token: str, player: str, currency: str, lang: str | None
    ) -> tuple[int, dict[str, Any]]:
        """Ask for a session; ``lang`` is left out where it is None."""
        asked = {"user_id": player, "currency": currency}
        if lang is not None:
            asked["lang"] = lang
        return self.post("/start-session", asked, {"Authorization": f"Bearer {token}"})

    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        """Post JSON; return the status and the JSON object answered (200 only); raises OperatorFailed."""
        timeout = self._config.timeout
        deadline = self._clock() + timeout
        try:
            answer = self._http.request(
                "POST",
                self._config.operator_api_url.rstrip("/") + path,
                body=json.dumps(document).encode(),
                headers={"Content-Type": "application/json", "Accept": "application/json", **headers},
                timeout=urllib3.Timeout(total=timeout),
                redirect=False,
                preload_content=False,
            )
            body = self._body(answer, deadline)
        except urllib3.exceptions.NewConnectionError:  # a kind of TimeoutError to urllib3
            raise _unreachable() from None
        except urllib3.exceptions.TimeoutError:
            raise _late() from None
        except (urllib3.exceptions.HTTPError, OSError):
            raise _unreachable() from None
        if answer.status != 200:
            return answer.status, {}
        try:
            read = json.loads(body)
        except (ValueError, RecursionError):
            raise _unreadable() from None
        if not isinstance(read, dict):
            raise _unreadable()
        return answer.status, read

    def _body(self, answer: urllib3.BaseHTTPResponse, deadline: float) -> bytes:
        # Piece by piece, because a timeout of the socket starts again with every byte that trickles in.
        body = b""
        while piece := answer.read1(16 * 1024):
            body += piece
            if self._clock() > deadline:
                answer.close()
                raise _late()
            if len(body) > _ANSWER_LIMIT:
                answer.close()
                raise _unreadable()
        answer.release_conn()
        return body


def _late() -> OperatorFailed:
    return OperatorFailed(
        "OPERATOR_TIMEOUT", "The sportsbook took too long to answer. Please try again.", 504
    )


def _unreachable() -> OperatorFailed:
    return OperatorFailed("OPERATOR_UNREACHABLE", "The sportsbook cannot be reached. Please try again later.")


def _unreadable() -> OperatorFailed:
    return OperatorFailed(
        "OPERATOR_UNREADABLE",
        "The sportsbook answered in a way we do not understand. Please try again later.",
    )
