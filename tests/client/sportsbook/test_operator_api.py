"""The reference CLIENT's own requests: shared tokens, and every trouble of the OPERATOR told clearly."""

import json
import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

import pytest
from flask import Flask, Response, jsonify, request

from client_under_test.server import threaded
from client_under_test.sportsbook.operator_api import OperatorApi
from tests.support.client_calls import Here, config


@dataclass
class Operator:
    """A tiny OPERATOR that records what it is asked, and answers ``trouble`` where there is some."""

    expires_in: object = 3600
    asked: list = field(default_factory=list)
    valid: set = field(default_factory=set)
    trouble: dict = field(default_factory=dict)
    go_on: threading.Event = field(default_factory=threading.Event)
    address: str = ""

    def app(self) -> Flask:
        app = Flask("operator")
        app.extensions["database"] = self  # closed by whoever serves an application of ours

        @app.post("/<path:name>")
        def answer(name: str) -> Response:
            self.asked.append((name, request.headers.get("Authorization"), request.get_json()))
            if name in self.trouble:
                return self.trouble[name]()
            if name == "auth":
                token = f"token-{len(self.asked)}"
                self.valid.add(token)
                return jsonify({"token": token, "expires_in": self.expires_in})
            if request.headers["Authorization"].removeprefix("Bearer ") not in self.valid:
                return Response(status=401)
            return jsonify({"url": "https://games.example/Play/%20x?a=1&b=%2B#Lobby"})

        return app

    def close(self) -> None:
        self.go_on.set()

    def count(self, name: str) -> int:
        return sum(one[0] == name for one in self.asked)


@pytest.fixture
def operator():
    fake = Operator()
    with threaded(fake.app()) as fake.address:
        yield fake
        fake.go_on.set()


@pytest.fixture
def client(tmp_path, operator):
    here = Here.over(tmp_path, operator_api_url=operator.address, timeout=60.0)
    yield here
    here.close()


def launch(client, **fields):
    answer = client.app.test_client().post(
        "/sportsbook/launch", json={"user_id": "p-1", "currency": "EUR", **fields}
    )
    return answer.status_code, answer.get_json()


def test_launches_at_once_log_in_once(client, operator):
    start = threading.Barrier(10)

    def one(_):
        start.wait()
        return launch(client, lang="en")

    with ThreadPoolExecutor(10) as pool:
        answers = list(pool.map(one, range(10)))
    assert {status for status, _ in answers} == {200}
    assert {body["url"] for _, body in answers} == {"https://games.example/Play/%20x?a=1&b=%2B#Lobby"}
    assert operator.count("auth") == 1
    assert operator.asked[0][2] == {"username": "client", "password": "a-password-of-the-tests"}
    assert operator.asked[-1][2] == {"user_id": "p-1", "currency": "EUR", "lang": "en"}


def test_revoked_token_is_renewed_once(client, operator):
    launch(client)
    operator.valid.clear()
    assert launch(client)[0] == 200
    assert operator.count("auth") == 2
    operator.trouble["start-session"] = lambda: Response(status=401)
    assert launch(client)[0] == 502
    assert operator.count("auth") == 3


def test_token_is_renewed_shortly_before_it_expires(tmp_path, operator):
    now = [0.0]
    outbound = OperatorApi(config(tmp_path, operator_api_url=operator.address), clock=lambda: now[0])
    operator.expires_in = "100"
    first = outbound.token()
    now[0] = 89.0
    assert outbound.token() == first
    now[0] = 90.5
    assert outbound.token() != first


def test_language_that_was_not_agreed_is_left_out(client, operator):
    assert launch(client, lang="xx")[0] == 200
    assert operator.asked[-1][2] == {"user_id": "p-1", "currency": "EUR"}
    assert launch(client, currency="USD")[0] == 422
    assert launch(client, user_id="nobody")[0] == 404


@pytest.mark.parametrize("path", ["auth", "start-session"])
@pytest.mark.parametrize("name", ["refused", "broken", "page", "list", "empty", "script"])
def test_trouble_is_told_clearly(client, operator, path, name):
    troubles = {
        "refused": lambda: Response(status=401),
        "broken": lambda: Response("a-password-of-the-tests", status=500),
        "page": lambda: Response("<html>", content_type="text/html"),
        "list": lambda: jsonify([]),
        "empty": lambda: jsonify({}),
        "script": lambda: jsonify({"url": "javascript:alert(1)", "token": 7, "expires_in": True}),
    }
    operator.trouble[path] = troubles[name]
    code, body = launch(client)
    assert code == 502
    assert body["error"].startswith("OPERATOR_")
    assert "password" not in json.dumps(body)
    assert "token" not in json.dumps(body)
    operator.trouble.clear()
    assert launch(client)[0] == 200


@pytest.mark.parametrize("path", ["auth", "start-session"])
def test_an_answer_that_is_late_is_not_waited_for(tmp_path, operator, path):
    def late():
        operator.go_on.wait(60)
        return Response(status=200)

    operator.trouble[path] = late
    here = Here.over(tmp_path, operator_api_url=operator.address, timeout=0.5)
    code, body = launch(here)
    assert code == 504
    assert body["error"].startswith("OPERATOR_")
    operator.go_on.set()
    here.close()


def test_operator_that_is_not_there(tmp_path):
    here = Here.over(tmp_path, operator_api_url="http://127.0.0.1:9", timeout=0.5)
    assert launch(here)[0] == 502
    here.close()
