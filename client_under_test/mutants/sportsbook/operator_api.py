"""Faults in the requests that the CLIENT makes (OUT)."""

import html
import json
import threading
import time
import traceback
from typing import Any
from urllib.parse import urlencode

import urllib3
from flask import Flask
from typing_extensions import override

from client_under_test.app import Parts, create_app
from client_under_test.config import Config
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


class _Untyped(OperatorApi):
    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        return super().post(
            path, document, {**headers, "Content-Type": "text/plain"} if path == "/auth" else headers
        )


class _TwoVersions(OperatorApi):
    """Was moved to the new version of the API in one of two places."""

    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        return super().post(f"/v1{path}" if path == "/auth" else f"/v2{path}", document, headers)


class _OtherNames(OperatorApi):
    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if path == "/auth":
            document = {"login": document["username"], "password": document["password"]}
        return super().post(path, document, headers)


class _NoBearer(OperatorApi):
    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        plain = {name: value.removeprefix("Bearer ") for name, value in headers.items()}
        return super().post(path, document, plain)


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


class _Changed(OperatorApi):
    """Sends one field of /start-session otherwise."""

    @override
    def post(
        self, path: str, document: dict[str, Any], headers: dict[str, str]
    ) -> tuple[int, dict[str, Any]]:
        if path == "/start-session":
            document = self.changed(document)
        return super().post(path, document, headers)

    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "user_id": sum(map(ord, document["user_id"]))}


class _LowerCurrency(_Changed):
    @override
    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "currency": document["currency"].lower()}


class _Symbol(_Changed):
    @override
    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "currency": "€"}


class _Locale(_Changed):
    @override
    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "lang": f"{document.get('lang', 'en')}-US"}


class _Prefixed(_Changed):
    @override
    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "user_id": f"site:{document['user_id']}"}


class _UpperUser(_Changed):
    @override
    def changed(self, document: dict[str, Any]) -> dict[str, Any]:
        return {**document, "user_id": document["user_id"].upper()}


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
    @override
    def forget(self, token: str) -> None:
        return


class _Tagged(OperatorApi):
    @override
    def iframe_url(self, document: dict[str, Any]) -> str:
        address = super().iframe_url(document)
        return f"{address}{'&' if '?' in address else '?'}utm_source=site"


class _Stripped(OperatorApi):
    @override
    def iframe_url(self, document: dict[str, Any]) -> str:
        return super().iframe_url(document).split("?")[0].rstrip("/")


class _Https(OperatorApi):
    @override
    def iframe_url(self, document: dict[str, Any]) -> str:
        return super().iframe_url(document).replace("http://", "https://", 1)


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


MUTANTS: tuple[Mutant, ...] = (
    mutant("out-form", "/auth is sent as a form.", ("OUT-01",), operator_api=_Form, needs=_LAUNCH),
    mutant(
        "out-text-plain", "/auth is called text/plain.", ("OUT-01",), operator_api=_Untyped, needs=_LAUNCH
    ),
    mutant(
        "out-login", "/auth says login for username.", ("OUT-01",), operator_api=_OtherNames, needs=_LAUNCH
    ),
    mutant(
        "out-no-bearer",
        "The token comes without the word Bearer.",
        ("OUT-02",),
        operator_api=_NoBearer,
        needs=_LAUNCH,
    ),
    mutant(
        "out-token-in-body",
        "The token is sent in the body.",
        ("OUT-02",),
        operator_api=_TokenInBody,
        needs=_LAUNCH,
    ),
    mutant(
        "out-user-number", "user_id is a number.", ("OUT-03", "OUT-08"), operator_api=_Changed, needs=_LAUNCH
    ),
    mutant(
        "out-currency-lower",
        "The currency is in lower case.",
        ("OUT-03",),
        operator_api=_LowerCurrency,
        needs=_LAUNCH,
    ),
    mutant(
        "out-currency-symbol", "The currency is its sign.", ("OUT-03",), operator_api=_Symbol, needs=_LAUNCH
    ),
    mutant("out-lang-locale", "lang is a locale.", ("OUT-03",), operator_api=_Locale, needs=_LAUNCH),
    mutant(
        "out-login-each-time", "Each launch logs in.", ("OUT-04",), operator_api=_LoginEachTime, needs=_LAUNCH
    ),
    mutant(
        "out-token-for-ever", "The token is kept for ever.", ("OUT-05",), operator_api=_ForEver, needs=_LAUNCH
    ),
    mutant(
        "out-401-same-token",
        "After a 401 the same token is tried.",
        ("OUT-05",),
        operator_api=_NeverForgotten,
        needs=_LAUNCH,
    ),
    mutant(
        "out-url-tagged", "A parameter is added to the URL.", ("OUT-06",), operator_api=_Tagged, needs=_LAUNCH
    ),
    mutant(
        "out-url-stripped", "The URL loses its query.", ("OUT-06",), operator_api=_Stripped, needs=_LAUNCH
    ),
    mutant("out-url-https", "The URL is made https.", ("OUT-06",), operator_api=_Https, needs=_LAUNCH),
    Mutant(
        "out-crash", "Errors of the OPERATOR show a debugger's page.", ("OUT-07",), _debugging, True, _LAUNCH
    ),
    mutant("out-telling", "The error shows the login.", ("OUT-07",), operator_api=_Telling, needs=_LAUNCH),
    mutant(
        "out-patient",
        "A launch waits a minute.",
        ("OUT-07",),
        operator_api=_Patient,
        needs=_LAUNCH,
        sequential=False,
    ),
    mutant(
        "out-pretending",
        "A failed launch shows an empty page.",
        ("OUT-07",),
        operator_api=_Pretending,
        needs=_LAUNCH,
    ),
    mutant(
        "out-user-prefixed",
        "user_id is sent with a prefix.",
        ("OUT-08",),
        operator_api=_Prefixed,
        needs=_LAUNCH,
    ),
    mutant(
        "out-user-upper", "user_id is sent in capitals.", ("OUT-08",), operator_api=_UpperUser, needs=_LAUNCH
    ),
    mutant(
        "out-two-versions",
        "The token is asked for under v1, the session under v2.",
        ("OUT-09",),
        operator_api=_TwoVersions,
        needs=_LAUNCH,
    ),
    mutant(
        "out-token-per-thread",
        "Each thread has its own token.",
        ("OUT-04",),
        operator_api=_PerThread,
        needs=_LAUNCH,
    ),
)
