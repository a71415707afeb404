"""The memory of a load run: ten points of it at most, whatever its length, and told everywhere the audit is."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from loadtests.audit.outcome import text
from loadtests.audit.outcome.verdict import AuditVerdict, WorkerResult
from loadtests.monitor.memory import KEPT, SHOWN, Series, point
from scenarios.report.page.html import render
from scenarios.report.saved import report_of
from scenarios.report.schema.load import LoadMemory


def series(count):
    made = Series()
    for second in range(count):
        made.add(point(second, [1000 + second]))
    return made


@given(st.integers(1, 3_000))
def test_points_are_spread_over_the_whole_run(seconds):
    shown = [point.at for point in series(seconds).shown()]
    assert len(shown) == min(seconds, SHOWN)
    assert (shown[0], shown[-1]) == (0, seconds - 1)
    gaps = [after - before for before, after in pairwise(shown)]
    # Never in the wrong order, nor with a hole of a third of the run.
    assert all(0 < gap <= max(2, seconds / 3) for gap in gaps)


def test_a_day_takes_no_more_than_a_minute():
    made = series(86_400)
    assert len(made._kept) <= KEPT
    assert len(made.shown()) == SHOWN


def test_what_came_after_the_run_is_left_out():
    assert [point.at for point in series(60).shown(until=7.5)][-1] <= 7
    assert series(3).shown(until=-1) == []
    assert Series().shown() == []


def test_a_point_adds_up_processes():
    assert point(1.23, [30, 50, 20]) == LoadMemory(at=1.2, bytes=100, greatest=50, processes=3)


def reported(points):
    verdict = AuditVerdict("EUR", 1, WorkerResult(played=1, read=1, right=1, transactions=1), memory=points)
    return "\n".join(text.lines(verdict))


def test_the_console_tells_megabytes_below_the_audit():
    one = reported([point(0, [97_100_000]), point(1, [97_340_000])])
    assert one.splitlines()[-1] == "memory of the generator: 97.1 97.3 MB, at 2 moments of the run"
    more = reported([point(0, [50_000_000, 60_000_000])] * 3)
    assert more.splitlines()[-2:] == [
        "memory of the generator, 2 processes: 110.0 110.0 110.0 MB, at 3 moments of the run",
        "  of its largest process: 60.0 60.0 60.0 MB",
    ]
    assert "memory" not in reported([])


def test_the_page_draws_it_and_needs_no_report_that_has_it():
    plain = {"version": 1, "load": {"host": "h", "memory": [{"at": 0, "bytes": 97e6, "greatest": 97e6}] * 2}}
    assert "Memory of the generator in MB" in render(report_of(plain))
    del plain["load"]["memory"]
    assert "Memory of the generator" not in render(report_of(plain))
