"""The benchmark of senders measures what it says, and says how to get what is absent."""

import json
import re
import socket
from pathlib import Path

import pytest

from loadtests.benchmarks.traffic import LABELS, WRK_ABSENT, Measured, Row, fake, rows, sound, table
from loadtests.benchmarks.traffic_bodies import COUNT, bodies
from loadtests.benchmarks.traffic_ways import BARE, PLAIN, WRK
from simulators.operator.dialect import HASH_HEADER, SPORTSBOOK
from tests.support.sportsbook_messages import parse, signed


def test_bodies_are_genuine_callbacks_of_different_transactions() -> None:
    made = bodies()
    for one in made[:50]:
        assert signed(one.body, one.headers[HASH_HEADER], "benchmark")
        assert SPORTSBOOK.path(parse(one.body)) == one.path
    assert len({parse(one.body).id for one in made}) == COUNT


def test_the_fake_answers_a_copy_as_it_answered_the_first_also_when_it_comes_in_pieces() -> None:
    one = bodies()[0]
    request = (
        f"POST {one.path} HTTP/1.1\r\nHost: a\r\nContent-Length: {len(one.body)}\r\n\r\n".encode() + one.body
    )
    with fake() as port, socket.create_connection(("127.0.0.1", port), 20) as connection:
        answers = []
        for pieces in ([request], [request[:10], request[10:-1], request[-1:]]):
            for piece in pieces:
                connection.sendall(piece)
            answers.append(connection.recv(65_536))
    assert answers[0] == answers[1]
    said = json.loads(answers[0].split(b"\r\n\r\n", 1)[1])
    assert said == {"error": None, "transaction_id": f"c-{parse(one.body).id}"}


def test_every_way_is_measured_and_what_is_absent_is_named(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    measured = {row.label: row for row in rows(rounds=1, seconds=0.3, users=4)}
    assert list(measured) == list(LABELS.values())
    for way in (BARE, PLAIN):
        assert measured[LABELS[way]].rate > 0
        assert measured[LABELS[way]].per_cpu > 0
    assert measured[LABELS[BARE]].ratio == 1
    assert measured[LABELS[WRK]] == Row(LABELS[WRK], note=WRK_ABSENT)


@pytest.mark.parametrize(("requests", "failures"), [(100, 1), (0, 0)])
def test_a_run_in_which_requests_fail_is_no_figure(requests: int, failures: int) -> None:
    with pytest.raises(RuntimeError, match=f"{failures} of {requests} requests failed"):
        sound(PLAIN, Measured(requests, failures, 1.0, 1.0))


def test_the_table_has_a_line_for_each_sender() -> None:
    lines = table([Row("a", 1234.5, 6789.0, 1.0), Row("b", note=WRK_ABSENT)]).splitlines()
    assert lines[2:] == ["| a | 1,234 | 6,789 | 1.00 |", f"| b | {WRK_ABSENT} | | |"]
    assert {len(re.findall(r"\|", line)) for line in lines} == {5}
