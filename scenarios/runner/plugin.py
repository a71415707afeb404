"""The pytest plugin: options, selection and order, and verdicts made of test outcomes.

Without ``--pitboss`` (or the ``pitboss`` command in front) the plugin does nothing at all.
"""

from collections.abc import Generator
from pathlib import Path
from typing import Any

import pytest

from scenarios import ENGINE
from scenarios.problems.errors import Exit, Problem, UsageProblem
from scenarios.problems.signals import interruptible

FIXTURES = "pitboss-fixtures"
_NO_TARGET = "no target: give --pitboss pitboss.toml (pitboss init writes one)"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add our options; all are inert without ``--pitboss``."""
    group = parser.getgroup("pitboss", "judge a CLIENT by the contract's rules")
    group.addoption("--pitboss", metavar="FILE", help="the target file; turns the judge on")
    group.addoption(
        "--pitboss-only", metavar="IDS", default="", help="rules or groups to judge, e.g. RBK,IDM-02"
    )
    group.addoption("--pitboss-skip", metavar="IDS", default="", help="rules or groups to leave out")
    group.addoption("--pitboss-effort", metavar="EFFORT", default="normal", help="quick, normal or thorough")
    group.addoption(
        "--pitboss-seed", metavar="N", type=int, default=None, help="repeat a run's generated data"
    )
    group.addoption("--pitboss-strict", action="store_true", help="a broken SHOULD fails too")
    group.addoption(
        "--pitboss-report",
        metavar="DIR",
        help="write report.html, report.json, junit.xml and history.har there",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the markers, and the session's judge where a target was given."""
    config.addinivalue_line("markers", "rules(*ids): the contract rules that this scenario proves")
    config.addinivalue_line(
        "markers", "last(turn=1): may leave the CLIENT hanging, or (2, 3) a balance unreadable; runs late"
    )
    config.addinivalue_line(
        "markers", "whole_history: judges all exchanges of the run, so it runs at the very end"
    )
    config.addinivalue_line(
        "markers", "needs(*entries): driver entries without which the scenario is skipped"
    )
    target_file = config.getoption("--pitboss")
    judged = config.pluginmanager.has_plugin(ENGINE)
    if target_file is None and not judged:
        return
    # Imported here so that a pytest run that has nothing to do with pitboss does not pay for it.
    from scenarios.runner import fixtures
    from scenarios.runner import pytest_run as engine

    config.pluginmanager.register(fixtures, FIXTURES)
    if judged:
        return
    try:
        _alone(config)
        config.pluginmanager.register(engine.judge_from_options(config, Path(target_file)), ENGINE)
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None


def _alone(config: pytest.Config) -> None:
    if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
        raise UsageProblem(
            "--pitboss was given together with pytest-xdist's -n",
            "one process, since scenarios share the test players and their balances",
            "leave -n out, or add -n 0",
        )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip scenarios where there is no target to judge."""
    if config.pluginmanager.has_plugin(FIXTURES):
        return
    for item in items:
        marker = item.get_closest_marker("rules")
        if marker is not None and "judge" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=_NO_TARGET))


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Give ``pytest --pitboss`` the exit codes of ``pitboss check``, and end it in order as that ends."""
    if config.getoption("--pitboss") is None:
        return (yield)
    with interruptible():
        status = yield
    engine: Any = config.pluginmanager.get_plugin(ENGINE)
    if engine is not None and status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return status if engine.exit_code() is Exit.HOLDS else int(engine.exit_code())
    return status
