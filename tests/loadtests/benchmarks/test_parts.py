"""The benchmarks measure what they say: the driver counts right answers only, raw statements are the CLIENT's own."""

import re
import tempfile
from pathlib import Path

import pytest
import sqlalchemy as sa

from client_under_test.database import Database
from client_under_test.schema import postings, transactions
from client_under_test.wallet.accounts import Accounts
from client_under_test.wallet.ledger import Ledger
from client_under_test.wallet.messages import Action, Transaction
from loadtests.benchmarks import durable, memory, providers, raw_database, run, verdict
from loadtests.benchmarks.driver import BadAnswer, complete, drive, post
from loadtests.benchmarks.pairs import Absent, in_turns, ratio, spread, table
from loadtests.benchmarks.providers import ENDPOINTS, OURS
from loadtests.traffic.ledger import Ledger as LoadLedger
from loadtests.traffic.ledger import Pattern
from simulators.server.wsgi_server import Server


def test_pairs():
    order = []
    rates = in_turns({"a": lambda: order.append("a") or 4.0, "b": lambda: order.append("b") or 2.0}, 2)
    assert (order, rates) == (["a", "b"] * 3, {"a": [4.0, 4.0], "b": [2.0, 2.0]})
    assert ratio([2.0, 9.0, 4.0], [1.0, 3.0, 4.0]) == 2.0
    assert spread([2.0, 9.0], [1.0, 3.0]) == "2.00 to 3.00"
    assert table(("x", "y"), [("a", 1)]) == ["| x | y |", "| --- | ---: |", "| a | 1 |"]


@pytest.mark.parametrize(
    ("received", "whole"),
    [
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nab", True),
        (b"HTTP/1.1 200 OK\r\nX: 1\r\ncontent-length: 2\r\n\r\na", False),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n", False),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n0\r\n\r\n", True),
        (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n1\r\na\r\n", False),
    ],
)
def test_an_answer_is_whole(received, whole):
    assert complete(received) is whole


@pytest.fixture
def server():
    """Answers with the body it got; 500 to a body of "no"."""
    bodies = []

    def app(environ, start_response):
        body = environ["wsgi.input"].read()
        bodies.append(body)
        start_response("500 NO" if body == b"no" else "200 OK", [("Content-Length", str(len(body)))])
        return [body]

    with Server(app) as running:
        running.bodies = bodies
        yield running


def test_the_driver_sends_each_request_once(server):
    requests = [post("/", f"body {number}".encode(), []) for number in range(50)]
    driven = drive(server.port, requests, connections=4, expect="body")
    assert driven.answers == 50
    assert sorted(server.bodies) == sorted(f"body {number}".encode() for number in range(50))
    assert driven.rate == 50 / driven.seconds


def test_the_driver_begins_anew_until_its_time_is_over(server):
    driven = drive(server.port, [post("/", b"x", [])], connections=2, seconds=0.3, repeat=True)
    assert driven.answers == len(server.bodies) > 2


@pytest.mark.parametrize(("body", "expect"), [(b"no", ""), (b"yes", "other")])
def test_the_driver_counts_no_wrong_answers(server, body, expect):
    with pytest.raises(BadAnswer, match="not as expected"):
        drive(server.port, [post("/", body, [])], connections=1, expect=expect)


def pattern(statement):
    """A statement without what differs between spellings: table prefixes, casts, parameters, white space."""
    text = re.sub(
        r"::(TIMESTAMP WITH TIME ZONE|[A-Z]+)|\b(players|transactions|postings)\.|\"", "", statement
    )
    text = re.sub(r"%\(\w+\)s|:\w+|\?|'bet'|'EUR'|\bNULL\b|\b1\b", "?", text)
    text = re.sub(r"LIMIT \? OFFSET \?", "LIMIT ?", text)
    return " ".join(text.replace("( ", "(").split()).replace(" =", "=").replace("= ", "=")


@pytest.fixture(params=["sqlite", "postgresql"])
def books(request, tmp_path):
    address = (
        str(tmp_path / "x.sqlite") if request.param == "sqlite" else request.getfixturevalue("postgres_url")
    )
    database = Database(address)
    database.prepare()
    Accounts(database).seed(["p-1", "p-2"], "EUR", 1000)
    yield database, address
    database.close()


def test_raw_statements_are_those_of_the_ledger(books):
    database = books[0]
    seen = []

    @sa.event.listens_for(database.engine, "before_cursor_execute")
    def keep(_connection, _cursor, statement, *_):
        seen.append(statement)

    Ledger(database).apply(Transaction("b-1", Action.BET, "p-1", "EUR", 1))
    raw = raw_database.sqlite_statements() if database.sqlite else raw_database.postgresql_statements()
    sent = [one for one in map(pattern, seen) if not one.startswith(("BEGIN", "PRAGMA"))]
    assert [one.replace(" RETURNING id", "") for one in sent] == [
        pattern(one).replace(" RETURNING id", "") for one in raw[1:-1]
    ]


def test_raw_wagers_keep_the_books(books):
    database, address = books
    raw = (
        raw_database.sqlite_raw(address, ["p-1", "p-2"])
        if database.sqlite
        else raw_database.postgresql_raw(address, ["p-1", "p-2"], 4)
    )
    with raw as commits:
        assert commits(40) > 0
    accounts = Accounts(database)
    assert sum(accounts.get(player).balance for player in ("p-1", "p-2")) == 2000 - 40
    assert accounts.recompute() == []


def test_callbacks_are_measured_on_sqlite_and_kept():
    course = durable.Course("SQLite", 4, 60)
    with tempfile.TemporaryDirectory() as folder:
        file = str(Path(folder, "client.sqlite"))
        raw = raw_database.sqlite_raw(file, durable.PLAYERS)
        measured = durable.measure(course, Path(folder), file, raw, 1)
        assert all(rate > 0 for rates in measured.values() for rate in rates)
        database = Database(file)
        with database.read() as connection:
            count = connection.scalar(sa.select(sa.func.count()).select_from(transactions))
        # One turn to warm up and one that counts, of both.
        assert count == 4 * 60
        with database.write() as connection:
            connection.execute(sa.delete(postings).where(postings.c.id == 100))
        database.close()
        with pytest.raises(RuntimeError, match="do not add up"):
            durable.audited(file, 64)


def test_callbacks_are_measured_on_postgresql(postgres_url, tmp_path):
    course = durable.Course("PostgreSQL", 2, 40)
    raw = raw_database.postgresql_raw(postgres_url, durable.PLAYERS, 2)
    measured = durable.measure(course, tmp_path, postgres_url, raw, 1)
    assert all(rate > 0 for rates in measured.values() for rate in rates)


def test_the_ledger_is_weighed():
    one = memory.in_child(2000, 2)
    assert (one.players, one.transactions, one.open_operations) == (2000, 8000, 2)
    # Sums and openings of 8 bytes each are the least there can be.
    assert one.traced > 17
    ledger = LoadLedger(Pattern("p-{n}", 10), "EUR", 2)
    memory.play(ledger, 10, 3)
    # Nine win 19.00 each, one has every bet rolled back.
    assert ledger.moved(0) == 0
    assert ledger.moved(1) == 3 * (1900 - 1001)
    ledger.close()


@pytest.fixture
def without_tools(monkeypatch, tmp_path):
    monkeypatch.setattr(providers, "TOOLS", tmp_path)
    monkeypatch.setenv("PATH", str(tmp_path))


def test_a_provider_is_measured_where_the_others_are_absent(without_tools):
    row = providers.row(ENDPOINTS[0], rounds=1, seconds=0.2, warm=0.1)
    assert row[0] == "operator POST /auth"
    assert int(row[1].replace(",", "")) > 100
    assert row[2:] == [""] * 5
    with pytest.raises(Absent, match=r"prism is not installed.*npm.*install --prefix"):
        providers._tool("prism")


@pytest.mark.parametrize("endpoint", ENDPOINTS, ids=lambda endpoint: endpoint.path)
def test_every_endpoint_answers_what_the_others_are_given(endpoint):
    with providers.ours(endpoint.provider) as running:
        running.requests = endpoint.requests(f"http://127.0.0.1:{running.port}")
        document = providers._answered(running)
        assert drive(running.port, running.requests[:50], connections=2).answers == len(running.requests[:50])
    assert document
    if endpoint.path == "/graphql":
        assert document["data"]["createMerchantCheckout"]["errors"] is None


def test_a_payload_that_may_be_shown_once_is(without_tools):
    fresh = next(endpoint for endpoint in ENDPOINTS if endpoint.fresh)
    with providers.ours(fresh.provider) as running:
        sent = []

        def renew():
            sent.append(fresh.requests(""))
            return sent[-1]

        running.renew = renew
        assert running.measure(0.2) > 100
    flat = [request for burst in sent for request in burst]
    assert len(set(flat)) == len(flat)


def parts(**bodies):
    def section(body):
        if isinstance(body, Exception):
            raise body
        return [body]

    return {
        letter: run.Part(f"Part {letter}", lambda body=body: section(body)) for letter, body in bodies.items()
    }


def test_one_part_is_measured_anew_and_the_others_stay(tmp_path, capsys):
    to = tmp_path / "docs" / "benchmarks.md"
    assert run.main([], parts(a="old a", b="old b\n\n### below", c=Absent("get it")), to) == 0
    first = to.read_text()
    assert first.startswith("# Benchmarks\n")
    assert run.main(["--only", "b"], parts(a="x", b="new b", c="x"), to) == 0
    assert to.read_text() == first.replace("old b\n\n### below", "new b")
    assert run.main(["--skip", "a, b"], parts(a="x", b="x", c="came"), to) == 0
    assert run.read(to.read_text()) == {
        "a": "## Part a\n\nold a",
        "b": "## Part b\n\nnew b",
        "c": "## Part c\n\ncame",
    }
    assert "came" in capsys.readouterr().out


def test_a_part_that_fails_stops_no_other(tmp_path, capsys):
    to = tmp_path / "benchmarks.md"
    assert run.main([], parts(a=RuntimeError("broken"), b="measured"), to) == 1
    assert "part a failed: RuntimeError: broken" in capsys.readouterr().err
    assert list(run.read(to.read_text())) == ["b"]


def test_an_unknown_part_is_explained(tmp_path, capsys):
    with pytest.raises(SystemExit):
        run.main(["--only", "z"], parts(a="x"), tmp_path / "x.md")
    assert "there is no part z; expected were letters of a" in capsys.readouterr().err


def test_the_document_names_every_part():
    written = run.read(run.DOCUMENT.read_text(encoding="utf-8"))
    assert set(written) <= set(run.PARTS)
    for letter, text in written.items():
        assert text.startswith(f"## {run.PARTS[letter].title}\n")
    assert run.PARTS["e"].title == verdict.TITLE
    assert OURS == "ours"
