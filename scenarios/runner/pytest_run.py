"""Runs scenarios under pytest, shut off from whatever the current directory holds."""

import contextlib
import functools
import os
import secrets
from collections.abc import Iterator, Sequence
from pathlib import Path

import pytest

from scenarios.contract import select
from scenarios.problems.did_you_mean import did_you_mean
from scenarios.problems.errors import Exit, UsageProblem
from scenarios.problems.signals import interruptible
from scenarios.report.files import JUNIT, prepare_directory
from scenarios.run.judge import Judged
from scenarios.run.planning.effort import EFFORTS, Effort
from scenarios.run.planning.settings import Settings
from scenarios.run.run import Run
from scenarios.runner import fixtures
from scenarios.runner.session import Session, Watcher
from scenarios.target.loading import load
from simulators.providers import PROVIDERS

PACKAGE = Path(__file__).parents[1]
SCENARIOS = tuple(PACKAGE / name for name in PROVIDERS)
# What of pytest no scenario uses: to look through it for fixtures and hooks takes longer than many a rule, and its
# search for exceptions that nobody saw collects garbage five times when a run ends.
_UNWANTED = (
    "cacheprovider debugging doctest faulthandler legacypath monkeypatch pastebin recwarn setuponly setupplan "
    "stepwise subtests terminal tmpdir unittest unraisableexception"
)
_SEEDS = 1_000_000


def check(
    settings: Settings,
    *,
    report: Path | None = None,
    watchers: Sequence[Watcher] = (),
    paths: Sequence[Path | str] | None = None,
) -> Judged:
    """Judge the target by the selected rules and write the reports into ``report``.

    Never raises for what the target does; raises UsageProblem where ``report`` cannot be written. ``paths``
    are the scenario files, or pytest node ids (None: those of the package).
    """
    session = Session(Run(settings), list(watchers), sure=True)
    files = scenario_files(settings.rules)
    arguments = [str(path) for path in (files if paths is None else paths)]
    arguments += ["-c", str(PACKAGE / "pytest.ini"), "--rootdir", str(PACKAGE), "--noconftest"]
    # No test here fails by an assertion of its own, so nothing has to be compiled again to explain one.
    arguments += ["--import-mode=importlib", "--assert=plain"]
    # Only sys.stdout is captured: a watcher that took it before still reaches the terminal, at once.
    arguments.append("--capture=sys")
    for unwanted in _UNWANTED.split():
        arguments += ["-p", f"no:{unwanted}"]
    if report is not None:
        prepare_directory(report)
        arguments.append(f"--junitxml={report / JUNIT}")
    with _shut_off(), interruptible():
        status = _played(arguments, session, [_Only(files)] if paths is None else [])
        session.pytest_sessionfinish()
    code = session.exit_code()
    if status == pytest.ExitCode.USAGE_ERROR:
        code = Exit.USAGE
    elif status == pytest.ExitCode.INTERNAL_ERROR and code is Exit.HOLDS:
        code = Exit.UNDECIDED
    judged = Judged(session.run, session.verdicts(), code, session.problem, session.run.interrupted)
    if report is not None:
        if judged.problem is None:
            from scenarios.report.ci.junit import label
            from scenarios.report.write import write_reports

            with interruptible():
                label(report / JUNIT, judged)
                write_reports(judged.run, judged.verdicts, report)
        else:
            (report / JUNIT).unlink(missing_ok=True)
    return judged


def scenario_files(rules: Sequence[str]) -> Sequence[Path]:
    """The package's scenario files that name one of ``rules``, all where none does: to collect all of them takes longer
    than many a rule.
    """
    naming = [path for path, text in _sources().items() if any(f'"{rule}"' in text for rule in rules)]
    return naming or [*_sources()]


@functools.cache
def _sources() -> dict[Path, str]:
    """The package's scenario files, in the order in which pytest collects them, and their text."""
    return {
        path: path.read_text(encoding="utf-8")
        for folder in SCENARIOS
        for path in sorted(folder.rglob("test_*.py"))
    }


class _Only:
    """A pytest plugin: of the folders that lead to ``files`` nothing else is looked at."""

    def __init__(self, files: Sequence[Path]) -> None:
        self._on_the_way = {path for file in files for path in (file, *file.parents)}

    def pytest_ignore_collect(self, collection_path: Path) -> bool | None:
        return None if collection_path in self._on_the_way else True


def _played(arguments: list[str], session: Session, plugins: Sequence[object]) -> int:
    """Run pytest. Once players are put back, it has nothing more to do than to write its file: where it cannot, the
    verdict stands, and a warning tells.
    """
    try:
        return pytest.main(arguments, plugins=[session, fixtures, *plugins])
    except OSError as error:
        if not session.finished:
            raise
        from scenarios.report.write import unwritten

        session.run.warn(unwritten(error, Path(JUNIT)))
    except KeyboardInterrupt:
        if not session.finished:
            raise
        session.run.warn(f"interrupted: {JUNIT} was not written")
    return pytest.ExitCode.OK


def effort_named(name: str) -> Effort:
    """The effort called ``name``; raises UsageProblem for another word."""
    if name not in EFFORTS:
        raise UsageProblem(
            f"--effort {name} is unknown",
            f"one of {', '.join(EFFORTS)}",
            did_you_mean(name, EFFORTS, "leave it out for normal"),
        )
    return EFFORTS[name]


def new_seed() -> int:
    """A seed for a run that was given none; the report tells it, so that the run can be repeated."""
    return secrets.randbelow(_SEEDS)


def join(config: pytest.Config, target_file: Path) -> Session:
    """Let the judge join the session of ``pytest --pitboss FILE``, with its options. Raises UsageProblem."""
    if getattr(config.option, "numprocesses", None) or hasattr(config, "workerinput"):
        raise UsageProblem(
            "--pitboss was given together with pytest-xdist's -n",
            "one process, since scenarios share the test players and their balances",
            "leave -n out, or add -n 0",
        )
    option = config.getoption
    target = load(target_file)
    chosen = select(option("--pitboss-only") or None, option("--pitboss-skip") or None)
    seed = option("--pitboss-seed")
    settings = Settings(
        target=target,
        rules=tuple(rule.id for rule in chosen),
        effort=effort_named(option("--pitboss-effort")),
        seed=new_seed() if seed is None else seed,
        strict=bool(option("--pitboss-strict")),
    )
    directory = option("--pitboss-report")
    report = Path(directory) if directory else None
    if report is not None:
        prepare_directory(report)
        config.option.xmlpath = config.option.xmlpath or str(report / JUNIT)
    session = Session(Run(settings), report=report)
    config.pluginmanager.register(fixtures)
    config.pluginmanager.register(session)
    return session


@contextlib.contextmanager
def _shut_off() -> Iterator[None]:
    """Keep pytest from the caller's plugins and options."""
    kept = {name: value for name, value in os.environ.items() if name.startswith("PYTEST_")}
    for name in kept:
        del os.environ[name]
    os.environ["PYTEST_DISABLE_PLUGIN_AUTOLOAD"] = "1"
    try:
        yield
    finally:
        for name in [name for name in os.environ if name.startswith("PYTEST_")]:
            del os.environ[name]
        os.environ.update(kept)
