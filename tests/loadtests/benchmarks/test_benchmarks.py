"""The benchmarks measure what they say, and say how to get what is absent; wrk is played by a script."""

import itertools
import json
import re
import socket

import pytest

from loadtests.benchmarks import providers, run, start
from loadtests.benchmarks.pairs import Absent, in_turns, ratio, spread, table
from loadtests.benchmarks.providers import ENDPOINTS
from loadtests.benchmarks.traffic import ratios as traffic
from loadtests.benchmarks.traffic import wrk
from loadtests.benchmarks.traffic.bodies import COUNT, bodies
from loadtests.benchmarks.traffic.ratios import BARE, LABELS, OURS, WRK, Measured, fake, sound
from loadtests.benchmarks.traffic.wrk import Prepared
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from simulators.providers import PROVIDERS
from tests.support.sportsbook_messages import parse, signed


def test_pairs():
    order = []
    rates = in_turns({"a": lambda: order.append("a") or 4.0, "b": lambda: order.append("b") or 2.0}, 2)
    assert (order, rates) == (["a", "b"] * 3, {"a": [4.0, 4.0], "b": [2.0, 2.0]})
    assert ratio([2.0, 9.0, 4.0], [1.0, 3.0, 4.0]) == 2.0
    assert spread([2.0, 9.0], [1.0, 3.0]) == "2.00 to 3.00"
    assert table(("x", "y"), [("a", 1)]) == ["| x | y |", "| --- | ---: |", "| a | 1 |"]


@pytest.fixture
def programs(tmp_path, monkeypatch):
    """The only folder on PATH; returns how to put a program there that says ``words``."""
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(providers, "TOOLS", tmp_path)

    def played(name, words):
        file = tmp_path / name
        loop = f'while read -r line || [ -n "$line" ]; do echo "$line" >> {tmp_path}/sent; done < "$9"'
        file.write_text(f"#!/bin/sh\n{loop}\necho '{words}'\n")
        file.chmod(0o755)

    return played


def test_what_wrk_says_is_read_and_nothing_wrong_is_counted(programs, tmp_path):
    requests = [Prepared("POST", "/bet", {"A": "1", "B": "x: y"}, b'{"n":1}'), Prepared("GET", "/v2")]
    with pytest.raises(Absent, match="apt-get install wrk"):
        wrk.send(9, requests, connections=2, seconds=1)
    programs("wrk", "  1234 requests in 1.00s, 2MB read")
    measured = wrk.send(9, requests, connections=2, seconds=1)
    assert (measured.requests, measured.failures) == (1234, 0)
    assert measured.rate == 1234 / measured.wall
    sent = (tmp_path / "sent").read_text().splitlines()
    assert sent[0] == 'POST\t/bet\tA: 1\x1fB: x: y\t{"n":1}'
    for words in ("1 requests in 1s\nNon-2xx or 3xx responses: 1", "0 requests in 1s", "unable to connect"):
        programs("wrk", words)
        with pytest.raises(RuntimeError, match="wrk"):
            wrk.send(9, requests, connections=2, seconds=1)


def test_bodies_are_genuine_callbacks_of_different_transactions():
    made = bodies()
    for one in made[:50]:
        assert signed(one.body, one.headers[HASH_HEADER], "benchmark")
        assert SPORTSBOOK.path(parse(one.body)) == one.path
    assert len({parse(one.body).id for one in made}) == COUNT


def test_the_fake_answers_a_copy_as_it_answered_the_first_also_when_it_comes_in_pieces():
    one = bodies()[0]
    head = f"POST {one.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(one.body)}\r\n\r\n"
    request = head.encode() + one.body
    with fake() as port, socket.create_connection(("127.0.0.1", port), 20) as connection:
        answers = []
        for pieces in ([request], [request[:10], request[10:-1], request[-1:]]):
            for piece in pieces:
                connection.sendall(piece)
            answers.append(connection.recv(65_536))
    assert answers[0] == answers[1]
    said = json.loads(answers[0].split(b"\r\n\r\n", 1)[1])
    assert said == {"error": None, "transaction_id": f"c-{parse(one.body).id}"}


def test_traffic_is_measured_where_wrk_is_absent(programs):
    lines = traffic.section(rounds=1, seconds=0.3, users=4)
    text = "\n".join(lines)
    assert re.search(rf"\| {LABELS[BARE]} \| [\d,]+ \| [\d,]+ \| 1.00 \|", text)
    assert re.search(rf"\| {re.escape(LABELS[OURS])} \| [\d,]+ \| [\d,]+ \| \d\.\d\d \|", text)
    assert LABELS[WRK] not in text
    assert "apt-get install wrk" in text


@pytest.mark.parametrize(("requests", "failures"), [(100, 1), (0, 0)])
def test_a_run_in_which_requests_fail_is_no_figure(requests, failures):
    with pytest.raises(RuntimeError, match=f"{failures} of {requests} requests failed"):
        sound(OURS, Measured(requests, failures, 1.0, 1.0))


def test_a_simulator_is_measured_where_prism_is_absent(programs, monkeypatch):
    programs("wrk", "500 requests in 1s")
    spent = itertools.count(0.0, 0.5)
    monkeypatch.setattr(providers.Running, "_cpu", lambda _: next(spent))
    row = providers.row(ENDPOINTS[0], rounds=1, seconds=0.2, warm=0.1)
    assert row[0] == "operator POST /auth"
    assert row[1:] == ["1,000", "", "", ""]
    with pytest.raises(Absent, match=r"prism is not installed.*npm.*install --prefix"):
        providers._tool("prism")


@pytest.mark.parametrize("provider", PROVIDERS)
def test_every_endpoint_answers_what_prism_is_given(provider):
    with providers.ours(provider) as running:
        for endpoint in (each for each in ENDPOINTS[:-1] if each.provider == provider):
            running.requests = endpoint.requests(f"http://127.0.0.1:{running.port}")
            document = providers.answered(running)
            assert document, endpoint.path
            if endpoint.fresh:
                assert document["data"]["createMerchantCheckout"]["errors"] is None
                assert len({one.body for one in running.requests}) == len(running.requests)


def test_a_start_is_measured():
    assert 0 < start.help_text() < 60
    assert 0 < start.first_request() < 60


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
    assert run.main(["--only", "a,b"], parts(a=RuntimeError("broken"), b="measured"), to) == 1
    reported = capsys.readouterr()
    assert "came" in reported.out
    assert "part a failed: RuntimeError: broken" in reported.err
    with pytest.raises(SystemExit):
        run.main(["--only", "z"], parts(a="x"), to)
    assert "there is no part z; expected were letters of a" in capsys.readouterr().err


def test_the_document_names_no_part_that_is_not_measured():
    written = run.read(run.DOCUMENT.read_text(encoding="utf-8"))
    assert set(written) <= set(run.PARTS)
    for letter, text in written.items():
        assert text.startswith(f"## {run.PARTS[letter].title}\n")
