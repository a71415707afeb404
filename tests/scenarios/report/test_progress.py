"""What a check says while it runs: about how long it takes, and how far it is."""

from io import StringIO
from types import SimpleNamespace

from rich.console import Console

from scenarios.contract import RULES
from scenarios.report.terminal import Terminal
from scenarios.run.findings import Finding, ScenarioResult
from scenarios.run.planning.effort import QUICK

CHOSEN = ("BET-01", "RES-01", "RBK-01")


def watched(round_trip):
    """A terminal that is none, what it wrote, its clock and a run of three scenarios."""
    written, time = StringIO(), SimpleNamespace(now=100.0)
    terminal = Terminal(Console(file=written, width=200), clock=lambda: time.now)
    run = SimpleNamespace(
        settings=SimpleNamespace(effort=QUICK, rules=CHOSEN, seed=1),
        reach=SimpleNamespace(address="http://client"),
        guard=SimpleNamespace(seconds=600.0, left=500.0),
        probe_name="wagers",
        players=["p-1"],
        round_trip=round_trip,
        about=None if round_trip is None else 90.0,
        results=[],
    )
    terminal.planned(run, 90)
    return terminal, written, time, run


def ends(terminal, run, rule, *, broken=False):
    """A scenario of ``rule`` ends."""
    found = [Finding(rule, RULES[rule].level, "a", "b")] if broken else []
    run.results.append(ScenarioResult(f"made.{rule}", "", (rule,), findings=found))
    terminal.finished(run, run.results[-1])


def test_about_how_long_it_takes_is_told_where_the_link_was_measured():
    _, written, _, _ = watched(0.05)
    assert "as an answer takes 50 ms; at most 10 min (--time-limit)" in written.getvalue()
    _, written, _, _ = watched(None)
    assert "about" not in written.getvalue()


def test_progress_is_a_line_every_ten_seconds_where_there_is_no_terminal():
    terminal, written, time, run = watched(0.05)
    before = written.getvalue()
    ends(terminal, run, "BET-01")
    assert written.getvalue() == before
    time.now += 10
    ends(terminal, run, "RES-01", broken=True)
    reported = written.getvalue().removeprefix(before)
    assert "RES-01 broken (made.RES-01)" in reported
    assert "2 of 90 scenarios, 2 rules, 1 broken, about" in reported
    assert reported.rstrip().endswith("left")
    time.now += 9
    ends(terminal, run, "RBK-01")
    assert written.getvalue().removeprefix(before) == reported
