"""The OPERATOR's server over real HTTP: tokens, sessions, errors, faults on demand, and what is recorded."""

import json
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
import requests

from simulators.exchanges.as_json import as_json
from simulators.exchanges.history import Direction, Status, header
from simulators.exchanges.owners import ALL
from simulators.exchanges.redaction import Redactor
from simulators.operator.api import create_app
from simulators.operator.delivery import Callbacks
from simulators.operator.simulator import Agreement, OperatorSimulator
from simulators.server.access.tokens import Tokens, TokenStanding
from simulators.server.provider_app import BODY_BYTES
from simulators.server.wsgi_server import Server
from simulators.webhooks.retry_queue import Schedule
from tests.simulators.operator.tiny_client import TinyClient, channel

PASSWORD = "pass-wörd-42"
CREDENTIALS = {"username": "client", "password": PASSWORD}
START = {"user_id": "p-1", "currency": "EUR", "lang": "en"}
AGREEMENT = Agreement("client", PASSWORD, ("EUR", "USD"), ("en", "es"))


@dataclass
class Served:
    """A running simulator, its address, a tiny CLIENT behind it, and a clock that tests turn."""

    simulator: OperatorSimulator
    url: str
    client: TinyClient
    now: float = 0.0

    def post(self, path: str, document: object = None, **more: Any) -> requests.Response:
        more.setdefault("timeout", 20)
        return requests.post(self.url + path, **({"json": document} if document is not None else {}), **more)

    def token(self) -> str:
        answer = self.post("/auth", CREDENTIALS)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def start(self, token: str, document: object = START, path: str = "/start-session") -> requests.Response:
        return self.post(path, document, headers={"Authorization": f"Bearer {token}"})


@pytest.fixture
def served() -> Iterator[Served]:
    with channel() as (client, operator):
        built = Served.__new__(Served)
        built.client, built.now = client, 0.0
        queue = Callbacks(operator, Schedule(1, window=1), clock=lambda: built.now)
        built.simulator = OperatorSimulator(AGREEMENT, queue, clock=lambda: built.now, seed=1)
        with Server(create_app(built.simulator)) as server:
            built.url = server.url
            yield built
            built.simulator.calm(ALL)


def assert_error(answer: requests.Response, status: int, code: str) -> str:
    assert answer.status_code == status, answer.text
    assert answer.headers["Content-Type"] == "application/json"
    document = answer.json()
    assert list(document) == ["error", "message"]
    assert document["error"] == code
    assert "Traceback" not in answer.text
    assert len(document["message"]) > 20
    return str(document["message"])


# -- as documented


@pytest.mark.parametrize("prefix", ["", "/v1", "/2.0"])
def test_auth_and_start_session_as_documented(served: Served, prefix: str) -> None:
    answer = served.post(f"{prefix}/auth", CREDENTIALS)
    assert answer.status_code == 200
    assert list(answer.json()) == ["token", "expires_in"]
    assert answer.json()["expires_in"] == 3600
    started = served.start(answer.json()["token"], path=f"{prefix}/start-session")
    assert started.status_code == 200
    assert list(started.json()) == ["url"]
    url = started.json()["url"]
    assert url.startswith(served.url + "/play/")
    assert requests.get(url, timeout=20).status_code == 200
    session = served.simulator.sessions[0]
    assert (session.player, session.currency, session.lang, session.url) == ("p-1", "EUR", "en", url)
    assert session.at > 1_600_000_000


def test_lang_is_optional(served: Served) -> None:
    assert served.start(served.token(), {"user_id": "p", "currency": "USD"}).status_code == 200
    assert served.start(served.token(), {"user_id": "p", "currency": "USD", "lang": None}).status_code == 200
    assert [session.lang for session in served.simulator.sessions] == [None, None]


def test_public_url_comes_first(served: Served) -> None:
    served.simulator.public_url = "https://sports.example/"
    assert served.start(served.token()).json()["url"].startswith("https://sports.example/play/")


def test_an_agreed_version_is_the_only_one(served: Served) -> None:
    served.simulator.agreement = Agreement("client", PASSWORD, version="v2")
    assert served.post("/v2/auth", CREDENTIALS).status_code == 200
    for path in ("/auth", "/v1/auth"):
        assert "/v2/auth" in assert_error(served.post(path, CREDENTIALS), 404, "UNKNOWN_VERSION")


@pytest.mark.parametrize(
    ("allowed", "status"),
    [((), 200), (("127.0.0.1",), 200), (("10.0.0.0/8", "127.0.0.0/8"), 200), (("127.0.0.10", "::1"), 403)],
)
def test_only_the_clients_server_may_call(served: Served, allowed: tuple[str, ...], status: int) -> None:
    served.simulator.agreement = replace(AGREEMENT, server_ip=allowed)
    answer = served.post("/auth", CREDENTIALS, headers={"X-Forwarded-For": "127.0.0.10"})
    assert answer.status_code == status, answer.text
    if status == 403:
        assert "127.0.0.1," in assert_error(answer, 403, "ADDRESS_NOT_ALLOWED")
        assert_error(served.start("token"), 403, "ADDRESS_NOT_ALLOWED")
    assert served.simulator.callers == {"127.0.0.1"}


# -- refusals


@pytest.mark.parametrize(
    "body",
    [
        {"username": "client", "password": "wrong"},
        {"username": "other", "password": PASSWORD},
        {"username": "", "password": ""},
        {"username": "client", "password": PASSWORD + " "},
    ],
)
def test_bad_credentials(served: Served, body: dict[str, str]) -> None:
    answer = served.post("/auth", body)
    assert_error(answer, 401, "BAD_CREDENTIALS")
    assert PASSWORD not in answer.text


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "NOT_JSON"),
        (b"{", "NOT_JSON"),
        (b"\xff\xfe", "NOT_JSON"),
        (b"[" * 100_000, "NOT_JSON"),
        (b"[]", "MALFORMED"),
        (b"null", "MALFORMED"),
        (b"{}", "MALFORMED"),
        (b'{"username": 7, "password": "x"}', "MALFORMED"),
        (b'{"username": "client", "password": ["super-secret"]}', "MALFORMED"),
    ],
)
def test_malformed_auth(served: Served, body: bytes, code: str) -> None:
    answer = served.post("/auth", data=body, headers={"Content-Type": "application/json"})
    assert_error(answer, 400, code)
    assert "super-secret" not in answer.text


def test_content_type_must_be_json(served: Served) -> None:
    for content_type in ("text/plain", "application/x-www-form-urlencoded", ""):
        answer = served.post("/auth", data=json.dumps(CREDENTIALS), headers={"Content-Type": content_type})
        assert "Content-Type" in assert_error(answer, 400, "NOT_JSON")
    answer = served.post(
        "/auth", data=json.dumps(CREDENTIALS), headers={"Content-Type": "application/json; charset=utf-8"}
    )
    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "TOKEN_MISSING"),
        ("", "TOKEN_MISSING"),
        ("Bearer", "TOKEN_MISSING"),
        ("Bearer ", "TOKEN_MISSING"),
        ("Basic abc", "TOKEN_MISSING"),
        ("Bearer nonsense", "TOKEN_INVALID"),
        ("Bearer \xff", "TOKEN_INVALID"),
    ],
)
def test_bad_tokens(served: Served, authorization: str | None, code: str) -> None:
    headers = {} if authorization is None else {"Authorization": authorization.encode("latin-1")}
    answer = served.post("/start-session", START, headers=headers)
    assert_error(answer, 401, code)
    assert answer.headers["WWW-Authenticate"] == "Bearer"


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"user_id": 7}, 400, "MALFORMED"),
        ({"user_id": ""}, 400, "MALFORMED"),
        ({"user_id": None}, 400, "MALFORMED"),
        ({"currency": None}, 400, "MALFORMED"),
        ({"lang": 1}, 400, "MALFORMED"),
        ({"currency": "GBP"}, 422, "CURRENCY_NOT_AGREED"),
        ({"currency": "eur"}, 422, "CURRENCY_NOT_AGREED"),
        ({"lang": "de"}, 422, "LANGUAGE_NOT_AGREED"),
    ],
)
def test_unacceptable_sessions(served: Served, change: dict[str, object], status: int, code: str) -> None:
    assert_error(served.start(served.token(), {**START, **change}), status, code)
    assert served.simulator.sessions == []


def test_forgiving_takes_broken_forms_but_no_bad_token(served: Served) -> None:
    served.simulator.forgiving = True
    plain = {"Content-Type": "text/plain"}
    token = served.post("/auth", data=json.dumps(CREDENTIALS), headers=plain).json()["token"]
    assert served.start(token, {"user_id": 7, "currency": "GBP", "lang": "de"}).status_code == 200
    assert served.simulator.sessions[0].player == "7"
    assert_error(served.start("nonsense"), 401, "TOKEN_INVALID")
    page = requests.get(served.simulator.sessions[0].url, timeout=20)
    assert page.status_code == 200


def test_unknown_addresses_methods_and_huge_bodies(served: Served) -> None:
    assert_error(served.post("/nothing/here/at/all", {}), 404, "NOT_FOUND")
    wrong = requests.get(served.url + "/auth", timeout=20)
    assert_error(wrong, 405, "METHOD_NOT_ALLOWED")
    assert "POST" in wrong.headers["Allow"]
    huge = served.post("/auth", data=b"x" * (BODY_BYTES + 1), headers={"Content-Type": "application/json"})
    assert_error(huge, 413, "REQUEST_ENTITY_TOO_LARGE")
    assert served.post("/auth", CREDENTIALS).status_code == 200


def test_a_crash_says_nothing_of_the_inside(served: Served) -> None:
    served.simulator.token_seconds = None  # type: ignore[assignment]
    assert "NoneType" not in assert_error(served.post("/auth", CREDENTIALS), 500, "INTERNAL_ERROR")
    assert served.simulator.auth_requests[0].answer is not None


# -- tokens


def test_tokens_expire_and_can_be_revoked(served: Served) -> None:
    served.simulator.token_seconds = 60
    answer = served.post("/auth", CREDENTIALS)
    assert answer.json()["expires_in"] == 60
    token = answer.json()["token"]
    served.now = 59.9
    assert served.start(token).status_code == 200
    served.now = 60.0
    assert_error(served.start(token), 401, "TOKEN_EXPIRED")
    fresh = served.token()
    assert served.start(fresh).status_code == 200
    served.simulator.revoke_tokens()
    assert_error(served.start(fresh), 401, "TOKEN_REVOKED")
    assert served.start(served.token()).status_code == 200


def test_each_token_has_its_own_end() -> None:
    now = 0.0
    tokens = Tokens(lambda: now)
    first, second = tokens.issue(10), tokens.issue(20)
    assert first != second
    now = 15.0
    assert (tokens.standing(first), tokens.standing(second)) == (TokenStanding.EXPIRED, TokenStanding.VALID)
    assert tokens.standing("\ud800") is TokenStanding.UNKNOWN


def test_concurrent_sessions_are_all_kept(served: Served) -> None:
    token = served.token()
    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(lambda _: served.start(token), range(48)))
    assert {answer.status_code for answer in answers} == {200}
    assert len({answer.json()["url"] for answer in answers}) == 48
    assert len(served.simulator.sessions) == len(served.simulator.session_requests) == 48


# -- the record


def test_requests_of_the_client_are_recorded(served: Served) -> None:
    token = served.token()
    served.start(token)
    served.start("wrong")
    served.post("/login", {"x": 1})
    requests.get(served.url + "/favicon.ico", timeout=20)
    requests.get(served.simulator.sessions[0].url, timeout=20)
    recorded = list(served.simulator.history)
    assert [exchange.title for exchange in recorded] == [
        "auth",
        "start-session",
        "start-session",
        "unknown request",
    ]
    assert {exchange.direction for exchange in recorded} == {Direction.FROM_CLIENT}
    assert [exchange.status for exchange in recorded] == [Status.OK, Status.OK, *[Status.REFUSED] * 2]
    assert [exchange.error for exchange in recorded] == [None, None, "TOKEN_INVALID", "NOT_FOUND"]
    auth, start = served.simulator.auth_requests[0], served.simulator.session_requests[0]
    assert json.loads(auth.request.body) == CREDENTIALS
    assert header(auth.request.headers, "content-type") == "application/json"
    assert header(start.request.headers, "authorization") == f"Bearer {token}"
    assert auth.answer is not None
    assert json.loads(auth.answer.body)["token"] == token


def test_no_secret_is_exported(served: Served) -> None:
    token = served.token()
    served.start(token)
    served.post("/auth", {"username": "client", "password": "a-mistyped-one"})
    for redactor in (served.simulator.redactor, Redactor({})):
        text = json.dumps([as_json(each, redactor) for each in served.simulator.history], ensure_ascii=False)
        for secret in (token, PASSWORD, "a-mistyped-one"):
            assert secret not in text
            assert json.dumps(secret)[1:-1] not in text


# -- faults on demand


def test_a_disturbed_answer(served: Served) -> None:
    served.simulator.disturb("auth", 2, answer=(500, b"<h1>oops</h1>", "text/html"), about=ALL)
    token_free = served.start("x")
    assert_error(token_free, 401, "TOKEN_INVALID")
    for _ in range(2):
        answer = served.post("/auth", CREDENTIALS)
        assert (answer.status_code, answer.text) == (500, "<h1>oops</h1>")
        assert answer.headers["Content-Type"] == "text/html"
    assert served.post("/auth", CREDENTIALS).status_code == 200
    disturbed = served.simulator.auth_requests[0]
    assert disturbed.status is Status.UNCLEAR
    assert [note.text for note in disturbed.faults] == ["auth answered 500 (text/html)"]
    assert served.simulator.auth_requests[2].faults == ()


def test_disturbed_until_calm(served: Served) -> None:
    served.simulator.disturb("start-session", None, answer=(503, b"", "text/plain"), about=ALL)
    token = served.token()
    assert [served.start(token).status_code for _ in range(3)] == [503] * 3
    served.simulator.calm(ALL)
    assert served.start(token).status_code == 200


def test_a_delayed_answer_is_let_go_by_calm(served: Served) -> None:
    served.simulator.disturb("auth", delay_seconds=3600, about=ALL)
    arrived = threading.Event()
    served.simulator.history.listeners.append(lambda _: arrived.set())
    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(served.post, "/auth", CREDENTIALS)
        assert arrived.wait(20)
        assert served.post("/auth", CREDENTIALS).status_code == 200  # the fault has hit the first one only
        assert not waiting.done()
        served.simulator.calm(ALL)
        assert waiting.result(20).status_code == 200
    assert served.simulator.auth_requests[0].faults[0].text == "auth delayed by 3600 s"


def test_a_caller_that_gives_up_meets_a_timeout(served: Served) -> None:
    served.simulator.disturb("auth", delay_seconds=3600, about=ALL)
    with pytest.raises(requests.Timeout):
        served.post("/auth", CREDENTIALS, timeout=0.2)
    assert served.post("/auth", CREDENTIALS).status_code == 200
