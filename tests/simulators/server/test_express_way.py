"""The express way of the fake providers gives what Flask gives, or leaves the request to it."""

import json
import re
import socket

import pytest
from graphql import execute_sync, parse

from loadtests.benchmarks import simulators
from loadtests.benchmarks.driver import complete, get, post
from loadtests.benchmarks.providers import ENDPOINTS
from simulators.checkout.graphql import Graph
from simulators.checkout.plan import plan
from simulators.checkout.simulator import CheckoutTwin
from simulators.checkout.wire import Agreement
from simulators.exchanges.history import History, Outcome
from simulators.jackpot.api import create_app
from simulators.jackpot.service import Agreement as JackpotAgreement
from simulators.jackpot.simulator import JackpotTwin
from simulators.server import express
from simulators.server.response_faults import Disturbance
from simulators.server.wsgi_server import Server
from simulators.transport.http_client import Sender

JSON = ("Content-Type", "application/json")
AUTH = json.dumps({"username": simulators.USERNAME, "password": simulators.PASSWORD}).encode()


@pytest.fixture(params=["express", "ordinary"])
def way(request):
    return request.param


class House:
    """One provider on a real server, with or without its express way."""

    def __init__(self, provider, way="express"):
        self.history = History()
        self.app = simulators.APPS[provider](Sender(self.history))
        self.way = express.of(self.app)
        assert self.way is not None
        if way == "ordinary":
            del self.app.extensions[express.EXTENSION]
        self.server = Server(self.app).start()
        self.site = self.server.url

    def send(self, *pieces):
        """The answer to a request that is sent in ``pieces``, each once the one before has surely left."""
        with socket.create_connection(("127.0.0.1", self.server.port), 20) as connection:
            connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            for piece in pieces:
                connection.sendall(piece)
            return received(connection)


def received(connection):
    data = b""
    while not complete(data):
        came = connection.recv(65_536)
        assert came, f"closed after {data!r}"
        data += came
    return data


@pytest.fixture
def house():
    made = []

    def make(*arguments):
        made.append(House(*arguments))
        return made[-1]

    yield make
    for one in made:
        one.server.stop()


def parted(answer):
    """Status line, headers but the date, and the document with everything minted made plain."""
    head, _, body = answer.partition(b"\r\n\r\n")
    first, *headers = head.decode().split("\r\n")
    text = re.sub(r"[0-9a-f]{8}-[0-9a-f-]{27}|/play/[\w-]+|mint[\w-]+|pbt[\w-]+", "minted", body.decode())
    text = re.sub(r'"(token|access_token)": ?"[^"]+"', r'"\1":"minted"', text)
    text = re.sub(r"127\.0\.0\.1:\d+", "host", text)
    fields = {name.lower(): value for name, value in (line.split(": ", 1) for line in headers)}
    del fields["date"]
    return first, fields, text


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_both_ways_answer_and_record_alike(house, endpoint):
    answers, exchanges = [], []
    for way in ("express", "ordinary"):
        one = house(endpoint.provider, way)
        request = endpoint.requests(one.site)[0].replace(b"127.0.0.1\r\n", b"127.0.0.1:80\r\n", 1)
        answers.append(parted(one.send(request)))
        exchanges.append(one.history[-1])
        # Bodies that tell the second of their making are not alike.
        assert exchanges[-1].request.body == request.partition(b"\r\n\r\n")[2]
    assert answers[0] == answers[1]
    assert answers[0][0] == "HTTP/1.1 200 OK"
    first, second = exchanges
    assert first.outcome is second.outcome is Outcome.OK
    for name in ("provider", "kind", "direction", "error", "faults"):
        assert getattr(first, name) == getattr(second, name)
    assert first.request.method == second.request.method
    assert first.request.url == second.request.url
    assert {name.lower() for name, _ in first.request.headers} == {
        name.lower() for name, _ in second.request.headers
    }
    assert first.answer.status == second.answer.status
    assert first.answered >= first.invoked


def test_the_express_way_is_taken(house, monkeypatch):
    one = house("operator")
    monkeypatch.setattr(one.app, "wsgi_app", None)
    # Flask cannot answer any more.
    assert one.send(post("/auth", AUTH, [JSON])).startswith(b"HTTP/1.1 200 OK")


@pytest.mark.parametrize(
    ("request_", "status"),
    [
        (post("/auth", AUTH, [("Content-Type", "text/plain")]), 400),
        (post("/auth", b'{"username":"client","password":"no"}', [JSON]), 401),
        (post("/auth", b"{", [JSON]), 400),
        (post("/auth?x=1", AUTH, [JSON]), 200),
        (post("/%61uth", AUTH, [JSON]), 200),
        (post("/auth", AUTH, [JSON, ("Connection", "close")]), 200),
        (post("/auth", AUTH, [JSON, ("X_Odd", "1")]), 200),
        (post("/auth", AUTH, [JSON, ("X-Twice", "1"), ("X-Twice", "2")]), 200),
        (post("/auth", AUTH, [JSON]).replace(b"HTTP/1.1", b"HTTP/1.0"), 200),
        (post("/auth", AUTH, [JSON], host="a b"), 200),
        (get("/auth"), 405),
        (get("/nothing"), 404),
        (
            b"POST /auth HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n"
            + f"{len(AUTH):x}\r\n".encode()
            + AUTH
            + b"\r\n0\r\n\r\n",
            200,
        ),
    ],
)
def test_what_is_not_plain_goes_the_ordinary_way(house, request_, status):
    one = house("operator")
    assert one.way.answer(request_) is None
    assert len(one.history) == 0
    assert one.send(request_).startswith(f"HTTP/1.1 {status} ".encode()) or request_.count(b"HTTP/1.0")


def test_requests_in_pieces_and_one_behind_the_other(house, way):
    one = house("operator", way)
    request = post("/auth", AUTH, [JSON])
    assert one.way.answer(request[:-1]) is None
    assert one.way.answer(request * 2) is None
    with socket.create_connection(("127.0.0.1", one.server.port), 20) as connection:
        connection.sendall(request[:30])
        connection.sendall(request[30:] + request)
        data = b""
        while data.count(b"expires_in") < 2:
            data += connection.recv(65_536)
        connection.sendall(request)
        assert received(connection).startswith(b"HTTP/1.1 200 OK")
    assert [exchange.ok for exchange in one.history] == [True] * 3


def test_a_fault_that_waits_closes_the_express_way(house):
    one = house("operator")
    one.way._disturbances.add(Disturbance("auth", (503, b"{}", "application/json")))
    assert one.send(post("/auth", AUTH, [JSON])).startswith(b"HTTP/1.1 503")
    assert one.send(post("/auth", AUTH, [JSON])).startswith(b"HTTP/1.1 200")


def test_a_mistake_of_the_server_is_told_by_flask(house, monkeypatch):
    one = house("operator")

    def broken(*_):
        raise ZeroDivisionError

    monkeypatch.setattr("simulators.operator.simulator.Twin.auth", broken)
    assert one.send(post("/auth", AUTH, [JSON])).startswith(b"HTTP/1.1 500")
    monkeypatch.undo()
    assert one.send(post("/auth", AUTH, [JSON])).startswith(b"HTTP/1.1 200")


def test_the_catalogue_is_never_stale():
    twin = JackpotTwin(JackpotAgreement("key", "signature", "secret"), Sender(History()))
    way = express.of(create_app(twin))
    request = get("/v2/stores", [("apikey", "key")])

    def stores():
        return json.loads(way.answer(request).partition(b"\r\n\r\n")[2])

    before = stores()
    assert stores() == before
    twin.platform.update_store(before[0]["id"], {"name": "Another"})
    assert stores()[0]["name"] == "Another"
    twin.platform.disable_store(before[0]["id"])
    assert [each["id"] for each in stores()] == [each["id"] for each in before[1:]]
    twin.platform.public_url = "http://elsewhere.example"
    assert stores()[0]["storeLogoSmall"].startswith("http://elsewhere.example/")


CREATE = "createMerchantCheckout(merchantId: $m, payload: $p)"
HEAD = "mutation ($m: ID!, $p: String!) "


@pytest.mark.parametrize(
    ("query", "planned"),
    [
        (HEAD + "{ " + CREATE + " { checkout { token } errors { code field message } } }", True),
        (HEAD + "{ made: " + CREATE + " { e: errors { message c: code } checkout { t: token } } }", True),
        (HEAD + "{ " + CREATE + " { checkout { token } } }", True),
        ("mutation N($m: ID!, $p: String!) { " + CREATE + " { errors { code } } }", True),
        (HEAD + "{ " + CREATE + " { __typename } }", False),
        (HEAD + "{ " + CREATE + " { checkout { token } checkout { token } } }", False),
        (HEAD + "{ " + CREATE + " { checkout @skip(if: true) { token } } }", False),
        (
            HEAD
            + "{ "
            + CREATE
            + " { ...f } } fragment f on CreateMerchantCheckoutPayload { checkout { token } }",
            False,
        ),
        (
            HEAD + "{ a: " + CREATE + " { checkout { token } } b: " + CREATE + " { checkout { token } } }",
            False,
        ),
        ('mutation ($p: String!, $m: ID! = "x") { ' + CREATE + " { checkout { token } } }", False),
        (
            'mutation ($p: String!) { createMerchantCheckout(merchantId: "x", payload: $p) { checkout { token } } }',
            False,
        ),
        ("{ merchantId }", False),
    ],
)
def test_a_plan_gives_what_graphql_gives(query, planned):
    graph = Graph(CheckoutTwin(Agreement(simulators.MERCHANT, simulators.CHECKOUT_KEY), Sender(History())))
    asked = parse(query)
    assert (plan(asked) is not None) == planned
    for merchant in (simulators.MERCHANT, "nobody", 7):
        for payload in (simulators.payload(1), "nonsense", None):
            variables = {"m": merchant, "p": payload}
            status, answer = graph.answer({"query": query, "variables": variables})
            plainly = execute_sync(graph.schema, asked, variable_values=variables)
            assert (status == 200) == (not plainly.errors)
            if status == 200:
                assert json.dumps(answer["data"]) == json.dumps(plainly.data)
