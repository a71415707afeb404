"""The pytest plugin that pitboss brings along: options, markers, and fixtures that load what they need.

A module by itself, since pytest loads it in every project where pitboss is installed: importing it imports no package
of ours, whose names (``scenarios`` above all) a project may have given to folders of its own.
"""

import configparser
import importlib.util
import re
import sys
from collections.abc import Generator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import pytest

if TYPE_CHECKING:
    from scenarios.embedded.simulators import Embedded, EmbeddedCheckout, EmbeddedJackpot, EmbeddedOperator

_PACKAGE: Final = "scenarios"
_OURS: Final = Path(__file__).parent / _PACKAGE
_RULE: Final = re.compile(r"[A-Z]{3}-\d\d")
_NO_TARGET: Final = "no target: give --pitboss pitboss.toml (pitboss init writes one)"
# The judge of this session, where there is one.
_SESSION: pytest.StashKey[Any] = pytest.StashKey()


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
    """Register the markers, and the judge where a target was given."""
    settings = configparser.ConfigParser()
    settings.read(_OURS / "pytest.ini", encoding="utf-8")
    for marker in settings["pytest"]["markers"].strip().splitlines():
        config.addinivalue_line("markers", marker)
    target_file = config.getoption("--pitboss")
    if target_file is None:
        return
    # Imported here so that a pytest run that has nothing to do with pitboss does not pay for it.
    from scenarios.problems.errors import Problem
    from scenarios.runner.pytest_run import join

    try:
        config.stash[_SESSION] = join(config, Path(target_file))
    except Problem as problem:
        raise pytest.UsageError(str(problem)) from None


def _refuse_another(config: pytest.Config, asked: str) -> None:
    """Raise UsageError where a package of others by the name of ours is, or would be, found in this session.

    ``asked`` is what the session was asked for, and cannot have then.
    """
    known = sys.modules.get(_PACKAGE)
    found = importlib.util.find_spec(_PACKAGE) if known is None else known.__spec__
    files = [Path(found.origin)] if found is not None and found.origin else []
    files += [folder / _PACKAGE / "__init__.py" for folder in (config.rootpath, config.invocation_params.dir)]
    ours = _OURS / "__init__.py"
    for file in files:
        if file.exists() and not file.samefile(ours):
            raise pytest.UsageError(
                f"{asked} where {file.parent} is a package, too\n"
                f"  expected: no package called {_PACKAGE} but pitboss's own, {_OURS}: Python knows one package by "
                "a name, so that either your tests or pitboss would not find theirs\n"
                "  next step: keep the tests that use pitboss in a folder without it, and run pytest there; "
                "or run pitboss check, or pitboss serve, which nothing in this folder disturbs"
            )


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """Skip scenarios where there is no target to judge."""
    if _SESSION in config.stash:
        return
    for item in items:
        marker = item.get_closest_marker("rules")
        # A project may have a marker and a fixture by these names that mean something else.
        ours = marker is not None and all(_RULE.fullmatch(str(name)) for name in marker.args)
        if ours and "judge" in getattr(item, "fixturenames", ()):
            item.add_marker(pytest.mark.skip(reason=_NO_TARGET))


@pytest.hookimpl(wrapper=True)
def pytest_cmdline_main(config: pytest.Config) -> Generator[None, Any, Any]:
    """Give ``pytest --pitboss`` the exit codes of ``pitboss check``, and end it in order as that ends."""
    if config.getoption("--pitboss") is None:
        return (yield)
    _refuse_another(config, "--pitboss was given")
    from scenarios.problems.signals import interruptible

    with interruptible():
        status = yield
    session = config.stash.get(_SESSION, None)
    if session is not None and status in (pytest.ExitCode.OK, pytest.ExitCode.TESTS_FAILED):
        return int(session.exit_code()) or status
    return status


@pytest.fixture
def pitboss_client() -> dict[str, dict[str, Any]]:
    """What your application and the providers agreed on, as sections of a target file; overridden in a conftest.py."""
    return {}


@pytest.fixture
def pitboss_providers(
    request: pytest.FixtureRequest, pitboss_client: dict[str, dict[str, Any]]
) -> Iterator["Embedded"]:
    """The providers of one test, which share one history."""
    try:
        _refuse_another(request.config, "a simulator of pitboss was asked for")
    except pytest.UsageError as refused:
        raise pytest.fail.Exception(str(refused), pytrace=False) from None
    from scenarios.embedded.simulators import embedded
    from scenarios.problems.errors import Problem

    try:
        with embedded(pitboss_client) as providers:
            yield providers
    except Problem as problem:
        raise pytest.fail.Exception(str(problem), pytrace=False) from None


@pytest.fixture
def operator_simulator(pitboss_providers: "Embedded") -> "EmbeddedOperator":
    """The OPERATOR on a free port of 127.0.0.1 until the test ends, with its verbs: bet, result, rollback, again."""
    return pitboss_providers.operator()


@pytest.fixture
def jackpot_simulator(pitboss_providers: "Embedded") -> "EmbeddedJackpot":
    """Jackpot on a free port of 127.0.0.1 until the test ends: its API, its webhooks, its stores."""
    return pitboss_providers.jackpot()


@pytest.fixture
def checkout_simulator(pitboss_providers: "Embedded") -> "EmbeddedCheckout":
    """The checkout on a free port of 127.0.0.1 until the test ends: its API, its hosted page, its decisions."""
    return pitboss_providers.checkout()
