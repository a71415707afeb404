"""Faults in the requests that the CLIENT makes (OUT)."""

import html
import json
import threading
import time
import traceback
from collections.abc import Callable
from functools import partial
from typing import Any
from urllib.parse import urlencode

import urllib3
from flask import Flask
from typing_extensions import override

from client_under_test.app import Parts, create_app
from client_under_test.config import Config
from client_under_test.mutants.changes import Change, changing, setting
from client_under_test.mutants.mutant import Mutant, mutant
from client_under_test.sportsbook.operator_api import OperatorApi, OperatorFailed, Token

_LAUNCH = ("launch",)


class _Form(OperatorApi):
    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if path != "/auth":
            return super().post(path, document, headers)
        answer = self._http.request(
            "POST",
            self._config.operator_api_url + path,
            body=urlencode(document),
            headers={"Content-Type": "application/x-www-form-urlencoded"},
            timeout=self._config.timeout,
        )
        return answer.status, json.loads(answer.data) if answer.status == 200 else {}


class _TokenInBody(OperatorApi):
    @override
    def start_session(
        self, token: str, player: str, currency: str, lang: str | None
    ) -> tuple[int, dict[str, Any]]:
        return self.post(
            "/start-session",
            {"token": token, "user_id": player, "currency": currency, "lang": lang or "en"},
            {},
        )


def _posting(change: Callable[..., tuple[str, dict[str, Any], dict[str, str]]]) -> type[OperatorApi]:
    """Sends the path, the body and the headers that ``change`` makes of the right ones."""

    class Posting(OperatorApi):
        @override
        def post(
            self, path: str, document: dict[str, Any], headers: dict[str, str]
        ) -> tuple[int, dict[str, Any]]:
            return super().post(*change(path, document, headers))

    return Posting


def _starting(change: Change) -> type[OperatorApi]:
    """Sends to /start-session what ``change`` makes of the right body."""
    return _posting(
        lambda path, body, headers: (path, change(body) if path == "/start-session" else body, headers)
    )


def _plain_text(path: str, body: Any, headers: dict[str, str]) -> Any:
    return path, body, {**headers, "Content-Type": "text/plain"} if path == "/auth" else headers


def _login(path: str, body: Any, headers: dict[str, str]) -> Any:
    named = {"login": body["username"], "password": body["password"]} if path == "/auth" else body
    return path, named, headers


def _no_bearer(path: str, body: Any, headers: dict[str, str]) -> Any:
    return path, body, {name: value.removeprefix("Bearer ") for name, value in headers.items()}


def _two_versions(path: str, body: Any, headers: dict[str, str]) -> Any:
    return f"/v1{path}" if path == "/auth" else f"/v2{path}", body, headers


def _showing(change: Callable[[str], str]) -> type[OperatorApi]:
    """Shows the player the address that ``change`` makes of the right one."""

    class Showing(OperatorApi):
        @override
        def iframe_url(self, document: dict[str, Any]) -> str:
            return change(super().iframe_url(document))

    return Showing


class _LoginEachTime(OperatorApi):
    @override
    def token(self) -> str:
        return self.auth().value


class _PerThread(OperatorApi):
    """Keeps the token in the thread that asked for it."""

    @override
    def token(self) -> str:
        here = threading.current_thread().__dict__
        token: Token | None = here.get("token")
        if token is None or self._clock() >= token.stale:
            token = here["token"] = self.auth()
        return token.value

    @override
    def forget(self, token: str) -> None:
        threading.current_thread().__dict__.pop("token", None)


class _ForEver(OperatorApi):
    @override
    def launch(self, player: str, currency: str, lang: str | None) -> str:
        status, document = self.start_session(self.token(), player, currency, lang)
        if status != 200:
            raise OperatorFailed(
                "OPERATOR_ERROR", "The sportsbook did not open a session. Please try again later."
            )
        return self.iframe_url(document)

    @override
    def auth(self) -> Token:
        return Token(super().auth().value, float("inf"))


class _NeverForgotten(OperatorApi):
    """After a 401 the same token is tried."""

    @override
    def forget(self, token: str) -> None:
        return


class _Crashing(OperatorApi):
    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        answer = self._http.request(
            "POST",
            self._config.operator_api_url + path,
            body=json.dumps(document),
            headers={"Content-Type": "application/json", **headers},
            timeout=self._config.timeout,
        )
        if answer.status >= 500:
            raise RuntimeError("unexpected status")
        return answer.status, json.loads(answer.data)


class _Telling(OperatorApi):
    @override
    def launch(self, player: str, currency: str, lang: str | None) -> str:
        try:
            return super().launch(player, currency, lang)
        except OperatorFailed as error:
            who = f"{self._config.username}:{self._config.password}"
            raise OperatorFailed(error.code, f"{error.message} (login {who})", error.status) from None


class _Patient(OperatorApi):
    def __init__(self, config: Config) -> None:
        super().__init__(config)
        self._patience = urllib3.Timeout(connect=5, read=120)

    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        began = time.monotonic()
        try:
            return super().post(path, document, headers)
        except OperatorFailed as error:
            if error.status != 504:
                raise
            # "It will come": no timeout was set.
            time.sleep(max(0.0, began + 60 - time.monotonic()))
            raise


class _Pretending(OperatorApi):
    @override
    def launch(self, player: str, currency: str, lang: str | None) -> str:
        try:
            return super().launch(player, currency, lang)
        except OperatorFailed:
            return "about:blank"


def _debugging(config: Config) -> Flask:
    app = create_app(config, Parts(operator_api=_Crashing))

    def page(_error: Exception) -> tuple[str, int]:
        return f"<pre>{html.escape(traceback.format_exc())}</pre>", 500

    app.register_error_handler(Exception, page)
    return app


_mutant = partial(mutant, needs=_LAUNCH)

MUTANTS: tuple[Mutant, ...] = (
    _mutant("out-form", ("OUT-01",), "/auth is sent as a form.", operator_api=_Form),
    _mutant("out-text-plain", ("OUT-01",), "/auth is called text/plain.", operator_api=_posting(_plain_text)),
    _mutant("out-login", ("OUT-01",), "/auth says login for username.", operator_api=_posting(_login)),
    _mutant(
        "out-no-bearer",
        ("OUT-02",),
        "The token comes without the word Bearer.",
        operator_api=_posting(_no_bearer),
    ),
    _mutant("out-token-in-body", ("OUT-02",), "The token is sent in the body.", operator_api=_TokenInBody),
    _mutant(
        "out-user-number",
        ("OUT-03", "OUT-08"),
        "user_id is a number.",
        operator_api=_starting(changing("user_id", lambda user: sum(map(ord, user)))),
    ),
    _mutant(
        "out-currency-lower",
        ("OUT-03",),
        "The currency is in lower case.",
        operator_api=_starting(changing("currency", str.lower)),
    ),
    _mutant(
        "out-currency-symbol",
        ("OUT-03",),
        "The currency is its sign.",
        operator_api=_starting(setting("currency", "€")),
    ),
    _mutant(
        "out-lang-locale",
        ("OUT-03",),
        "lang is a locale.",
        operator_api=_starting(lambda body: body | {"lang": f"{body.get('lang', 'en')}-US"}),
    ),
    _mutant("out-login-each-time", ("OUT-04",), "Each launch logs in.", operator_api=_LoginEachTime),
    _mutant("out-token-for-ever", ("OUT-05",), "The token is kept for ever.", operator_api=_ForEver),
    _mutant("out-401-same-token", ("OUT-05",), operator_api=_NeverForgotten),
    _mutant(
        "out-url-tagged",
        ("OUT-06",),
        "A parameter is added to the URL.",
        operator_api=_showing(lambda url: f"{url}{'&' if '?' in url else '?'}utm_source=site"),
    ),
    _mutant(
        "out-url-stripped",
        ("OUT-06",),
        "The URL loses its query.",
        operator_api=_showing(lambda url: url.split("?")[0].rstrip("/")),
    ),
    _mutant(
        "out-url-https",
        ("OUT-06",),
        "The URL is made https.",
        operator_api=_showing(lambda url: url.replace("http://", "https://", 1)),
    ),
    Mutant(
        "out-crash", ("OUT-07",), "Errors of the OPERATOR show a debugger's page.", _debugging, needs=_LAUNCH
    ),
    _mutant("out-telling", ("OUT-07",), "The error shows the login.", operator_api=_Telling),
    _mutant("out-patient", ("OUT-07",), "A launch waits a minute.", operator_api=_Patient, sequential=False),
    _mutant("out-pretending", ("OUT-07",), "A failed launch shows an empty page.", operator_api=_Pretending),
    _mutant(
        "out-user-prefixed",
        ("OUT-08",),
        "user_id is sent with a prefix.",
        operator_api=_starting(changing("user_id", lambda user: f"site:{user}")),
    ),
    _mutant(
        "out-user-upper",
        ("OUT-08",),
        "user_id is sent in capitals.",
        operator_api=_starting(changing("user_id", str.upper)),
    ),
    _mutant(
        "out-two-versions",
        ("OUT-09",),
        "Was moved to the new version of the API in one of two places.",
        operator_api=_posting(_two_versions),
    ),
    _mutant("out-token-per-thread", ("OUT-04",), operator_api=_PerThread),
)
