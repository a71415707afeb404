"""Writes what a report's folder receives. Loaded when there is something to write."""

import json
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from scenarios.report.document import document
from scenarios.report.files import FAILURES, HAR, HTML, REPORT, REPRO
from scenarios.report.page.html import render
from scenarios.report.repro.script import script
from scenarios.report.saved import report_of
from scenarios.report.schema.report import Report
from scenarios.run.findings import RuleVerdict, Standing
from scenarios.run.run import Run
from simulators.exchanges.har import write_har


def write_reports(run: Run, verdicts: list[RuleVerdict], directory: Path) -> None:
    """Write ``report.json``, ``report.html`` and ``history.har`` into ``directory``; pytest writes ``junit.xml``.

    Generated histories that broke a rule are saved in ``failures/RULE.json``, for ``pitboss replay``; what a shell
    can show once more in ``repro/RULE.sh``. What cannot be written is a warning of ``run``, one for each file; a signal
    to end leaves out what is not written yet.
    """
    broken = [each for each in verdicts if each.standing in (Standing.FAILED, Standing.WARNED)]
    scripts = {verdict.rule.id: script(run, verdict) for verdict in broken}
    plain = document(run, verdicts, scripts).plain()
    steps: tuple[tuple[str, Callable[[Path], None]], ...] = (
        (REPORT, partial(_write_json, plain)),
        (HTML, partial(_write_html, plain)),
        (FAILURES, partial(_write_stories, run)),
        (REPRO, partial(_write_scripts, {rule: made.text for rule, made in scripts.items() if made.text})),
        (HAR, lambda path: write_har(run.history, path, run.redactor)),
    )
    for name, write in steps:
        try:
            write(directory / name)
        except OSError as error:
            run.warn(unwritten(error, directory / name))
            if (directory / name).is_file():
                (directory / name).unlink()  # the half that was written
        except KeyboardInterrupt:
            run.warn(f"interrupted: {directory / name} and what follows it were not written")
            return


def unwritten(error: OSError, path: Path) -> str:
    """One line about the file at ``path``, or the one that ``error`` names."""
    return f"{error.filename or path} cannot be written: {error.strerror or error}"


def _write_stories(run: Run, directory: Path) -> None:
    for stale in directory.glob("*.json"):
        stale.unlink()  # of an earlier run
    stories = {rule: story for result in run.results for rule, story in result.stories.items()}
    for rule, story in stories.items():
        directory.mkdir(exist_ok=True)
        (directory / f"{rule}.json").write_text(story.dumps(), encoding="utf-8")


def _write_scripts(scripts: Mapping[str, str], directory: Path) -> None:
    for stale in directory.glob("*.sh"):
        stale.unlink()
    for rule, text in scripts.items():
        directory.mkdir(exist_ok=True)
        (directory / f"{rule}.sh").write_text(text, encoding="utf-8")


def write_report(report: Report, directory: Path) -> None:
    """Write ``report`` as ``report.json`` and ``report.html`` into ``directory``."""
    plain = report.plain()
    _write_json(plain, directory / REPORT)
    _write_html(plain, directory / HTML)


def _write_json(plain: dict[str, Any], path: Path) -> None:
    text = json.dumps(plain, indent=2, ensure_ascii=False)
    path.write_text(text + "\n", encoding="utf-8")


def _write_html(plain: dict[str, Any], path: Path) -> None:
    path.write_text(render(report_of(plain)), encoding="utf-8")
