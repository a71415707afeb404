"""The engine under Locust: the same figures as Locust's own, and real runs in one process, in several, and over TLS."""

import json
import os
import ssl
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.locust_runs import meeting, row, run, unpatched
from tests.support.racing_certificate import certificate
from tests.support.reference import reference
from tests.support.scripted_server import Asked, Scripted, answer

unpatched()
from locust.env import Environment  # noqa: E402
from locust.stats import RequestStats  # noqa: E402

from loadtests.transports.epoll.recording import BatchRecorder, EventRecorder, recorder  # noqa: E402

LOCUST = [sys.executable, "-m", "locust", "--headless", "--json", "--exit-code-on-error", "0", "-r", "100"]
PLAYERS, SENDS = 8, 40
BUSY = [
    "--engine=fast",
    "--copies=0.3",
    "--races=0.1",
    "--orphans=0.2",
    "--cuts=0.1",
    "--forgeries=0.1",
    "--voids=0.2",
]
LOCUSTFILE = """
import gevent
from locust import events
from locust.runners import WorkerRunner
from loadtests.engine.user import EngineUser
from loadtests.rounds import Send

class Player(EngineUser):
    ca_file = {ca_file!r}

    def rounds(self):
        for number in range({sends}):
            seen = yield Send("/transaction", b"%d" % number, f"n{{number % 3}}", {{"X-Security-Hash": "00"}})
            if seen.body != b"%d" % number:
                seen.problem = "another answer"

@events.init.add_listener
def _(environment, **_):
    if not isinstance(environment.runner, WorkerRunner):
        gevent.spawn(_until_all_have_ended, environment)

def _until_all_have_ended(environment):
    while environment.stats.num_requests < {total}:
        gevent.sleep(0.02)
    environment.runner.quit()
"""


class Clock:
    """A clock that is set by hand."""

    now = 100.0

    def __call__(self) -> float:
        return self.now


_requests = st.tuples(
    st.sampled_from(["bet", "win", "rollback"]),
    st.floats(0, 30, allow_nan=False),
    st.integers(0, 10_000),
    st.sampled_from([None, None, "HTTP 500", "closed"]),
)


@given(st.lists(st.lists(_requests, max_size=20), max_size=5))
def test_batches_come_to_the_same_figures_as_locusts_own(
    batches: list[list[tuple[str, float, int, str | None]]],
) -> None:
    ours, theirs = RequestStats(), RequestStats()
    batch = BatchRecorder(ours, Clock())
    for requests in batches:
        for name, seconds, length, problem in requests:
            batch.record(name, seconds, length, problem)
            theirs.log_request("POST", name, seconds * 1000, length)  # type: ignore[arg-type]
            if problem:
                theirs.log_error("POST", name, problem)
        batch.flush()
    assert _figures(ours) == _figures(theirs)
    assert {key: each.occurrences for key, each in ours.errors.items()} == {
        key: each.occurrences for key, each in theirs.errors.items()
    }


def _figures(stats: RequestStats) -> dict[Any, Any]:
    told = {}
    for key, entry in {**stats.entries, "total": stats.total}.items():
        figures = dict(entry.serialize())
        # Ours go by a clock that stands still.
        for moment in ("start_time", "last_request_timestamp"):
            figures.pop(moment)
        for seconds in ("num_reqs_per_sec", "num_fail_per_sec"):
            figures[seconds] = sum(figures[seconds].values())
        figures["total_response_time"] = pytest.approx(figures["total_response_time"])
        figures["response_times"] = dict(figures["response_times"])
        told[key] = figures
    return told


def test_each_request_counts_in_its_own_second() -> None:
    stats, clock = RequestStats(), Clock()
    batch = BatchRecorder(stats, clock)
    for moment, count in ((100.0, 3), (100.9, 2), (101.0, 4), (103.5, 1)):
        clock.now = moment
        batch.tick()
        for _ in range(count):
            batch.record("bet", 0.01, 2, "HTTP 500")
    clock.now = 103.6
    batch.flush()
    assert dict(stats.total.num_reqs_per_sec) == {100: 5, 101: 4, 103: 1}
    assert dict(stats.total.num_fail_per_sec) == {100: 5, 101: 4, 103: 1}
    assert stats.total.last_request_timestamp == pytest.approx(103.6)


def test_the_current_percentile_is_there_for_the_web_page() -> None:
    stats, clock = RequestStats(), Clock()
    batch = BatchRecorder(stats, clock)
    for second in range(100, 115):
        clock.now = float(second)
        batch.record("bet", 0.01, 2, None)
        batch.flush()
    assert stats.total.response_times_cache is not None
    assert {second for second in stats.total.response_times_cache if second < 200} >= set(range(101, 113))


def test_who_listens_for_requests_hears_of_each() -> None:
    environment, heard = Environment(user_classes=[]), list[dict[str, Any]]()
    environment.create_local_runner()
    assert isinstance(recorder(environment, "http://a"), BatchRecorder)
    environment.events.request.add_listener(lambda **told: heard.append(told))
    chosen = recorder(environment, "http://a")
    assert isinstance(chosen, EventRecorder)
    chosen.record("bet", 0.5, 7, "HTTP 500")
    (told,) = heard
    assert (told["name"], told["response_time"], told["response_length"], told["exception"]) == (
        "bet",
        500,
        7,
        "HTTP 500",
    )
    # Locust's own listener has counted it, once.
    assert (environment.stats.total.num_requests, environment.stats.total.num_failures) == (1, 1)


def printed(text: str) -> list[dict[str, Any]]:
    """The rows of every JSON list in ``text``: workers print an empty one each, at any time."""
    rows: list[dict[str, Any]] = []
    text = text.lstrip()
    while text:
        found, end = json.JSONDecoder().raw_decode(text)
        rows += found
        text = text[end:].lstrip()
    return rows


@pytest.mark.parametrize(
    ("options", "tls"), [((), False), (("--processes", "2"), False), ((), True)], ids=["one", "two", "tls"]
)
def test_a_run_counts_what_the_client_was_asked_and_what_was_wrong(
    tmp_path: Path, options: tuple[str, ...], tls: bool
) -> None:
    def script(asked: Asked) -> bytes:
        return answer(b"7" if asked.body == b"3" else asked.body)

    file = certificate(tmp_path)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(file)
    server = Scripted(script, tls=context if tls else None)
    locustfile = tmp_path / "locustfile.py"
    total = PLAYERS * SENDS
    locustfile.write_text(
        LOCUSTFILE.format(ca_file=str(file) if tls else None, sends=SENDS, total=total), encoding="utf-8"
    )
    environment = {name: value for name, value in os.environ.items() if not name.startswith("LOCUST")}
    where = meeting() if options else ()
    with server.running() as base_url:
        ran = subprocess.run(
            [*LOCUST, "-f", locustfile, "--host", base_url, "-u", str(PLAYERS), *options, *where],
            cwd=tmp_path,
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[3])},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
    assert ran.returncode == 0, ran.stderr
    told = {each["name"]: each for each in printed(ran.stdout)}
    assert sum(each["num_requests"] for each in told.values()) == len(server.asked) == total
    assert {name: each["num_failures"] for name, each in told.items()} == {"n0": PLAYERS, "n1": 0, "n2": 0}
    assert sum(sum(each["response_times"].values()) for each in told.values()) == total
    assert "Traceback" not in ran.stderr


@pytest.mark.parametrize("options", [(), ("--processes", "2")], ids=["one", "two"])
def test_all_kinds_of_traffic_over_the_engine_end_in_a_clean_audit(
    tmp_path: Path, options: tuple[str, ...]
) -> None:
    with reference(tmp_path) as client:
        client.target(tmp_path, players=("p-1", "p-2", "p-3", "p-4"))
        done = run("-u", 6, "-r", 6, *BUSY, *options, cwd=tmp_path, requests=900)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "audit: clean" in done.stdout
    assert "4 of 4 players" in done.stdout
    for name in (
        "bet",
        "win",
        "void",
        "copy",
        "copies at once",
        "orphan",
        "lost answer",
        "rollback",
        "bad signature",
    ):
        count, failed = row(done, name)
        assert count > 0, name
        assert failed == 0, done.stdout
