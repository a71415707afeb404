"""The memory of a load run, told by master and workers: in the report, on the console and on the page."""

import re

import pytest

from loadtests.monitor.memory import SHOWN
from tests.support.programs.load_runs import ONE_AT_A_TIME, load
from tests.support.programs.reference import reference

pytestmark = [pytest.mark.timeout(480, func_only=True), ONE_AT_A_TIME]
PLAYERS = ("p-1", "p-2", "p-3", "p-4")


def test_a_run_tells_the_memory_of_all_its_processes(tmp_path):
    with reference(tmp_path) as client:
        client.target(tmp_path, players=PLAYERS)
        with load(tmp_path, "--opening", "100", "--processes", "2", users=4) as run:
            # A line every two seconds, a point every one, and workers tell every three.
            run.wait_for("POST     bet ", times=4)
            run.interrupt()
            assert run.ended() == 0, run.output
    points = run.report["load"]["memory"]
    assert 2 <= len(points) <= SHOWN
    assert [point["at"] for point in points] == sorted(point["at"] for point in points)
    for point in points:
        assert point["processes"] == 3
        # A Python with Locust in it.
        assert 20e6 < point["greatest"] <= point["bytes"] <= 3 * point["greatest"] < 2e9
    assert re.search(
        r"^memory of the generator.*: (\d+\.\d ){2,10}MB, at \d+ moments of the run$", run.output, re.M
    )
    assert "Memory of the generator in MB" in (tmp_path / "report" / "report.html").read_text()
